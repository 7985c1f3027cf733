/** The control: each program against libtorrent, without us. When one fails here, the program or its driver is at fault, not kith. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { NO_TRACKER, ODD_FILES, treeOf, writeContent, writeTorrent } from './peers/content.ts';
import { libtorrent } from './peers/libtorrent.ts';
import type { PeerProgram } from './peers/peer.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

const TRANSFER_MS_MAX = 60_000;
const PIECE_BYTES = 64 * 1024;

for (const program of PROGRAMS) {
  if (program === libtorrent) continue;
  const skip = program.missing() ?? libtorrent.missing() ?? false;
  test(`control: ${program.name} seeds to libtorrent`, { skip, timeout: 2 * TRANSFER_MS_MAX }, (t) => transfer(t, program, libtorrent));
  test(`control: libtorrent seeds to ${program.name}`, { skip, timeout: 2 * TRANSFER_MS_MAX }, (t) => transfer(t, libtorrent, program));
}

async function transfer(t: TestContext, from: PeerProgram, to: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const [source, target] = [await bench.place('source'), await bench.place('target')];
  await writeContent(source, 'content', ODD_FILES);
  const torrent = await writeTorrent(join(bench.folder, 'content.torrent'), source, 'content', PIECE_BYTES, [NO_TRACKER]);
  const magnet = `magnet:?xt=urn:btih:${torrent.infoHash}&tr=${encodeURIComponent(NO_TRACKER)}`;
  const seed = await bench.start(from, { role: 'seed', torrent: torrent.path, folder: source });
  const leech = await bench.start(to, { role: 'leech', magnet, folder: target });
  // Whichever side can be told to dial is told: not every program connects to loopback by itself.
  if (!(await leech.dial(seed.endpoint))) await seed.dial(leech.endpoint);
  await leech.done(TRANSFER_MS_MAX);
  const expected = await treeOf(source, 'content');
  assert.deepEqual(await treeOf(target, 'content'), to.skipsEmptyFiles ? expected.filter((row) => !row.startsWith('empty ')) : expected);
}
