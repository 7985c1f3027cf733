/** `kith share` to each real program that downloads: by the .torrent and its tracker, and by the magnet link that it printed. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { announced, expectedTree, oddContent, startKithTracker, startShare, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { treeOf } from './peers/content.ts';
import type { PeerProgram } from './peers/peer.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

type By = 'torrent' | 'magnet';

for (const program of PROGRAMS) {
  const options = { skip: program.missing() ?? false, timeout: TEST_MS_MAX };
  for (const by of ['torrent', 'magnet'] as const) {
    const how = by === 'torrent' ? 'by its .torrent and tracker' : 'by its magnet link';
    test(`kith seeds to ${program.name}, ${how}`, options, (t) =>
      program.dialsLoopback ? theyDial(t, program, by) : weDial(t, program, by),
    );
  }
}

/** The program finds kith through kith's own tracker, or through the peer in the link. */
async function theyDial(t: TestContext, program: PeerProgram, by: By): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { share, torrent } = await startShare(bench, content, []);
  const folder = await bench.place('target');
  const source = by === 'torrent' ? { torrent } : { magnet: await share.link() };
  const leech = await bench.start(program, { role: 'leech', folder, ...source });
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}

/** A program that does not dial loopback waits at a tracker; kith, told by the tracker, dials it although it is the seed. */
async function weDial(t: TestContext, program: PeerProgram, by: By): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const tracker = await startKithTracker(bench);
  const first = await startShare(bench, content, ['--tracker', tracker.httpUrl]);
  const link = await first.share.link();
  await first.share.finish();
  const folder = await bench.place('target');
  const source = by === 'torrent' ? { torrent: first.torrent } : { magnet: link };
  const leech = await bench.start(program, { role: 'leech', folder, ...source });
  await announced(tracker.httpUrl, { ...content.torrent, infoHash: infoHashOf(link) }, 0, 1);
  await startShare(bench, content, ['--tracker', tracker.httpUrl]);
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}

function infoHashOf(link: string): string {
  const hash = /urn:btih:([0-9a-f]{40})/.exec(link)?.[1];
  assert.ok(hash !== undefined, `expected a hex info-hash in the link, got ${link}`);
  return hash;
}
