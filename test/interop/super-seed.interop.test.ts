/** Super-seeding (BEP 16) to programs of others: alone, where each piece has to be shown without waiting for anybody, and together. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedTree, oddContent, startShare, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { aria2 } from './peers/aria2.ts';
import { treeOf } from './peers/content.ts';
import { libtorrent } from './peers/libtorrent.ts';
import type { PeerProgram } from './peers/peer.ts';
import { webtorrent } from './peers/webtorrent.ts';
import { Workbench } from './workbench.ts';

/** Programs that dial the tracker's peers on loopback by themselves. */
const TAKERS: readonly PeerProgram[] = [libtorrent, aria2, webtorrent];

for (const takers of [...TAKERS.map((program) => [program]), [libtorrent, aria2, libtorrent]]) {
  const missing = takers.map((program) => program.missing()).find((why) => why !== null);
  const names = takers.map(({ name }) => name).join(', ');
  test(`kith super-seeds to ${names}`, { skip: missing ?? false, timeout: TEST_MS_MAX }, async (t) => {
    const bench = await Workbench.for(t);
    const content = await oddContent(bench, []);
    const { torrent } = await startShare(bench, content, ['--super-seed']);
    const folders = await Promise.all(takers.map((_, index) => bench.place(`taker ${index}`)));
    const peers = await Promise.all(
      takers.map((program, index) => bench.start(program, { role: 'leech', torrent, folder: folders[index] as string })),
    );
    await Promise.all(peers.map((peer) => peer.done(TRANSFER_MS_MAX)));
    for (const [index, program] of takers.entries()) {
      assert.deepEqual(await treeOf(folders[index] as string, content.torrent.name), expectedTree(content, program));
    }
  });
}
