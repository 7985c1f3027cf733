/** Web seeds between programs: theirs fetch from our web server without any peer, and kith fetches from a plain one of somebody else. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Content, expectedTree, getAndCompare, oddContent, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { aria2 } from './peers/aria2.ts';
import { type TorrentFile, treeOf, writeTorrent } from './peers/content.ts';
import { runKithShare } from './peers/kith.ts';
import { libtorrent } from './peers/libtorrent.ts';
import { START_MS_MAX } from './peers/peer.ts';
import { findProgram, freePort, ProcessGroup, until } from './peers/process-group.ts';
import { transmission } from './peers/transmission.ts';
import { Workbench } from './workbench.ts';

const PIECE_BYTES = 64 * 1024;

/** The .torrent of the content with nothing in it but these web seeds. */
async function webTorrent(bench: Workbench, { folder, torrent }: Content, webSeeds: readonly string[]): Promise<TorrentFile> {
  return writeTorrent(join(bench.folder, 'web.torrent'), folder, torrent.name, PIECE_BYTES, [], webSeeds);
}

// rtorrent knows no web seeds; webtorrent puts names into URLs as they are, where `#` and `%` mean something else.
for (const program of [libtorrent, transmission, aria2]) {
  test(`${program.name} fetches from our web server, without any peer`, {
    skip: program.missing() ?? false,
    timeout: TEST_MS_MAX,
  }, async (t) => {
    const bench = await Workbench.for(t);
    const content = await oddContent(bench, []);
    const httpPort = await freePort();
    const ports = ['--http-port', String(httpPort), '--tracker-port', String(await freePort())];
    const share = bench.keep(runKithShare(join(content.folder, content.torrent.name), ['--http', ...ports], { port: await freePort() }));
    await share.link();
    const torrent = await webTorrent(bench, content, [`http://127.0.0.1:${httpPort}/`]);
    const folder = await bench.place('theirs');
    const peer = await bench.start(program, { role: 'leech', torrent: torrent.path, folder });
    await peer.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
  });
}

const python = findProgram('python3');
const skip = python === null ? 'python3 is not installed' : false;
test('kith fetches from a plain web server that knows no ranges, without any peer', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const port = await freePort();
  const server = bench.keep(
    new ProcessGroup(python as string, ['-m', 'http.server', String(port), '--bind', '127.0.0.1', '--directory', content.folder]),
  );
  const answers = async (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until('the web server', START_MS_MAX, answers, () => server.lastWords);
  const torrent = await webTorrent(bench, content, [`http://127.0.0.1:${port}/`]);
  await getAndCompare(bench, torrent.path, content);
});
