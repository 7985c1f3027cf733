/**
 * BitTorrent v2 and hybrids (BEP 52) with libtorrent, which was there first: both make the same torrents of the same files, and content
 * goes both ways by file and by link. Programs that know v1 alone take hybrids as v1.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { versionOf } from '../../src/transfer/bittorrent/metainfo.ts';
import { parseMetainfo } from '../../src/transfer/bittorrent/parse-metainfo.ts';
import { hexOf } from '../../src/core/hex.ts';
import {
  announced,
  type Content,
  getAndCompare,
  oddContent,
  startKithTracker,
  startShare,
  TEST_MS_MAX,
  TRANSFER_MS_MAX,
} from './kith-run.ts';
import { treeOf } from './peers/content.ts';
import { libtorrent, libtorrentInfo } from './peers/libtorrent.ts';
import { rtorrent } from './peers/rtorrent.ts';
import { webtorrent } from './peers/webtorrent.ts';
import { Workbench } from './workbench.ts';

const KITH = fileURLToPath(new URL('../../kith', import.meta.url));
/** Files of several pieces, so that there are layers to ask for. */
const PIECE_BYTES = 32_768;
const options = { skip: libtorrent.missing() ?? false, timeout: TEST_MS_MAX };
type Version = '1' | '2' | 'hybrid';

/** libtorrent's torrent of the content. */
async function theirs(bench: Workbench, version: Version, trackers: readonly string[] = []): Promise<Content & { magnet: string }> {
  const content = await oddContent(bench, []);
  const path = join(bench.folder, `libtorrent-${version}.torrent`);
  const { name } = content.torrent;
  const { v1, v2, magnet } = libtorrentInfo(path, { make: content.folder, name, version, piece_bytes: PIECE_BYTES, trackers });
  return { ...content, torrent: { path, name, infoHash: v1 ?? (v2 as string).slice(0, 40) }, magnet };
}

for (const version of ['1', '2', 'hybrid'] as const) {
  test(
    `kith and libtorrent ${version === '1' ? 'read' : 'make the same torrents and read'} each other's (${version})`,
    options,
    async (t) => {
      const bench = await Workbench.for(t);
      const content = await theirs(bench, version);
      const path = join(bench.folder, 'kith.torrent');
      const args = ['create', join(content.folder, content.torrent.name), '--version', version, '--piece-size', '32KiB', '-o', path, '-q'];
      const home = {
        XDG_CONFIG_HOME: bench.folder,
        XDG_DATA_HOME: bench.folder,
        XDG_STATE_HOME: bench.folder,
        XDG_CACHE_HOME: bench.folder,
      };
      execFileSync(KITH, args, { env: { ...process.env, ...home } });
      const ofOurs = libtorrentInfo(path);
      const ofTheirs = libtorrentInfo(content.torrent.path);
      // The order of files is free in v1, and libtorrent takes that of the disk.
      if (version !== '1') assert.deepEqual([ofOurs.v1, ofOurs.v2], [ofTheirs.v1, ofTheirs.v2]);
      for (const [file, said] of [
        [path, ofOurs],
        [content.torrent.path, ofTheirs],
      ] as const) {
        const metainfo = parseMetainfo(new Uint8Array(readFileSync(file)));
        assert.equal(String(versionOf(metainfo)), version);
        assert.equal(metainfo.v2 === null ? null : hexOf(metainfo.v2.infoHash), said.v2);
        assert.equal(hexOf(metainfo.infoHash), said.v1 ?? said.v2?.slice(0, 40));
      }
    },
  );
}

for (const version of ['2', 'hybrid'] as const) {
  test(`libtorrent seeds a torrent (${version}) to kith, found through our tracker`, options, async (t) => {
    const bench = await Workbench.for(t);
    const tracker = await startKithTracker(bench);
    const content = await theirs(bench, version, [tracker.httpUrl]);
    await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
    await announced(tracker.httpUrl, content.torrent, 1, 0);
    await getAndCompare(bench, content.torrent.path, content);
  });

  test(`libtorrent seeds a torrent (${version}) to kith, which has only a magnet link`, options, async (t) => {
    const bench = await Workbench.for(t);
    const content = await theirs(bench, version);
    const seed = await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
    await getAndCompare(bench, `${content.magnet}&x.pe=${seed.endpoint}`, content);
  });

  for (const by of ['torrent', 'magnet'] as const) {
    test(`kith seeds a torrent (${version}) to libtorrent, by its ${by === 'torrent' ? '.torrent' : 'magnet link'}`, options, async (t) => {
      const bench = await Workbench.for(t);
      const content = await oddContent(bench, []);
      const { share, torrent } = await startShare(bench, content, ['--version', version, '--piece-size', '32KiB']);
      const folder = await bench.place('target');
      const link = await share.link();
      assert.match(link, version === '2' ? /^magnet:\?xt=urn:btmh:1220/ : /^magnet:\?xt=urn:btih:[0-9a-f]{40}&xt=urn:btmh:1220/);
      const leech = await bench.start(libtorrent, { role: 'leech', folder, ...(by === 'torrent' ? { torrent } : { magnet: link }) });
      await leech.done(TRANSFER_MS_MAX);
      assert.deepEqual(await treeOf(folder, content.torrent.name), content.tree);
    });
  }
}

test('a hybrid is one torrent to kith, whichever half of its link is given', options, async (t) => {
  const bench = await Workbench.for(t);
  const content = await theirs(bench, 'hybrid');
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
  for (const half of [/&xt=urn:btmh:[0-9a-f]+/, /xt=urn:btih:[0-9a-f]+&/]) {
    await getAndCompare(bench, `${content.magnet.replace(half, '')}&x.pe=${seed.endpoint}`, content);
  }
});

for (const program of [webtorrent, rtorrent]) {
  const skip = program.missing() ?? options.skip;
  test(`kith seeds a hybrid to ${program.name}, which knows v1 alone`, { ...options, skip }, (t) => hybridAsV1(t, program));
}

async function hybridAsV1(t: TestContext, program: typeof webtorrent): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const tracker = await startKithTracker(bench);
  const args = ['--version', 'hybrid', '--piece-size', '32KiB', '--tracker', tracker.httpUrl];
  const first = await startShare(bench, content, args);
  const infoHash = /urn:btih:([0-9a-f]{40})/.exec(await first.share.link())?.[1] as string;
  const folder = await bench.place('target');
  // Who does not dial loopback waits at the tracker, and kith, started anew, dials it although it is the seed.
  if (!program.dialsLoopback) await first.share.finish();
  const leech = await bench.start(program, { role: 'leech', folder, torrent: first.torrent });
  if (!program.dialsLoopback) {
    await announced(tracker.httpUrl, { ...content.torrent, infoHash }, 0, 1);
    await startShare(bench, content, args);
  }
  await leech.done(TRANSFER_MS_MAX);
  // webtorrent keeps the padding as files, and leaves out the empty file, which it does make of a torrent of v1.
  const kept = (row: string): boolean => !row.startsWith('.pad/') && !/ 0 [0-9a-f]{64}$/.test(row);
  assert.deepEqual((await treeOf(folder, content.torrent.name)).filter(kept), content.tree.filter(kept));
}
