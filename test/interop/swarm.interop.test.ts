/** One swarm of all programs that are there, with kith in it as a seed and as a leecher: everybody ends with every byte. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announced, expectedTree, oddContent, PATIENCE, startKithTracker, startShare, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { treeOf } from './peers/content.ts';
import { runKithGet } from './peers/kith.ts';
import { freePort } from './peers/process-group.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

const there = PROGRAMS.filter((program) => program.missing() === null);
const absent = PROGRAMS.filter((program) => program.missing() !== null).map((program) => program.name);

test('a swarm of kith and every other program finishes', {
  skip: there.length < 2 ? 'fewer than two programs' : false,
  timeout: 2 * TEST_MS_MAX,
}, async (t) => {
  if (absent.length > 0) t.diagnostic(`not in this swarm: ${absent.join(', ')}`);
  const bench = await Workbench.for(t);
  const tracker = await startKithTracker(bench);
  const content = await oddContent(bench, []);
  const seed = await startShare(bench, content, ['--tracker', tracker.httpUrl]);
  const infoHash = /urn:btih:([0-9a-f]{40})/.exec(await seed.share.link())?.[1] ?? '';
  await seed.share.finish();

  // All programs wait for the content first; only then do kith's seed and leecher come and dial those who do not dial loopback.
  const leeches = [];
  for (const program of there) {
    const folder = await bench.place(program.name);
    leeches.push({ program, folder, peer: await bench.start(program, { role: 'leech', torrent: seed.torrent, folder }) });
  }
  await announced(tracker.httpUrl, { ...content.torrent, infoHash }, 0, there.length);
  const ours = await bench.place('kith');
  const get = bench.keep(runKithGet(seed.torrent, ours, [...PATIENCE, '--seed'], { port: await freePort() }));
  await startShare(bench, content, ['--tracker', tracker.httpUrl]);

  await Promise.all([get.done(2 * TRANSFER_MS_MAX), ...leeches.map(({ peer }) => peer.done(2 * TRANSFER_MS_MAX))]);
  assert.deepEqual(await treeOf(ours, content.torrent.name), content.tree);
  for (const { program, folder } of leeches) {
    assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program), program.name);
  }
});
