/** Local discovery with other programs (BEP 14), in a network of its own: they choose themselves where they speak. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { expectedTree, getAndCompare, oddContent, startShare, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { isInside, testInside } from './own-network.ts';
import { NO_TRACKER, treeOf } from './peers/content.ts';
import type { PeerProgram } from './peers/peer.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

/** rtorrent has no local discovery. */
const SPEAKERS = PROGRAMS.filter(({ name }) => name !== 'rtorrent');

if (!isInside) testInside('local discovery in a network of its own', import.meta.url, 4 * TEST_MS_MAX);
else {
  for (const program of SPEAKERS) {
    const skip = program.missing() ?? false;
    test(`kith finds ${program.name} in the local network`, { skip, timeout: TEST_MS_MAX }, (t) => finds(t, program));
    const deaf = skip === false && !program.dialsLoopback ? 'it does not dial 127.x' : skip;
    test(`${program.name} finds kith in the local network`, { skip: deaf, timeout: TEST_MS_MAX }, (t) => isFound(t, program));
  }
}

async function finds(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const { folder, torrent } = content;
  await bench.start(program, { role: 'seed', torrent: torrent.path, folder, finds: ['lsd'] });
  await getAndCompare(bench, torrent.infoHash, content, ['--lsd']);
}

/** The program waits; kith comes, and says so once. */
async function isFound(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const args = ['--lsd', '--tracker', NO_TRACKER];
  const { share, torrent } = await startShare(bench, content, args);
  await share.finish();
  const folder = await bench.place('target');
  const leech = await bench.start(program, { role: 'leech', torrent, folder, finds: ['lsd'] });
  await startShare(bench, content, args);
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}
