/** `kith get` from each real program that seeds: through a tracker, through a magnet link, from a peer that is named. */

import { type TestContext, test } from 'node:test';
import { announced, getAndCompare, magnetOf, oddContent, startKithTracker, TEST_MS_MAX, withTrackers } from './kith-run.ts';
import { NO_TRACKER } from './peers/content.ts';
import { libtorrent } from './peers/libtorrent.ts';
import { opentrackerMissing, startOpentracker } from './peers/opentracker.ts';
import type { PeerProgram } from './peers/peer.ts';
import { PROGRAMS } from './peers/programs.ts';
import { Workbench } from './workbench.ts';

for (const program of PROGRAMS) {
  const options = { skip: program.missing() ?? false, timeout: TEST_MS_MAX };
  test(`${program.name} seeds to kith, found through our tracker`, options, (t) => throughTracker(t, program));
  test(`${program.name} seeds to kith, which has only a magnet link`, options, (t) => throughMagnet(t, program));
}

const skip = libtorrent.missing() ?? opentrackerMissing() ?? false;
for (const kind of ['http', 'udp'] as const) {
  test(`kith finds a seed through opentracker over ${kind}`, { skip, timeout: TEST_MS_MAX }, (t) => throughOpentracker(t, kind));
}

test('libtorrent, which asks for encryption by default, seeds to kith', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { torrent, folder } = content;
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: torrent.path, folder, encryption: 'allowed' });
  await getAndCompare(bench, torrent.path, content, ['--peer', seed.endpoint]);
});

async function throughTracker(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const tracker = await startKithTracker(bench);
  const content = await oddContent(bench, [tracker.httpUrl]);
  await bench.start(program, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
  await announced(tracker.httpUrl, content.torrent, 1, 0);
  await getAndCompare(bench, content.torrent.path, content);
}

async function throughMagnet(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const seed = await bench.start(program, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
  await getAndCompare(bench, magnetOf(content.torrent, [], [seed.endpoint]), content);
}

async function throughOpentracker(t: TestContext, kind: 'http' | 'udp'): Promise<void> {
  const bench = await Workbench.for(t);
  const bare = await oddContent(bench, []);
  const tracker = bench.keep(await startOpentracker([bare.torrent.infoHash]));
  // The seed announces over HTTP in both cases: what is under test is how kith asks.
  const content = await withTrackers(bench, bare, [tracker.httpUrl]);
  await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder });
  await announced(tracker.httpUrl, content.torrent, 1, 0);
  await getAndCompare(bench, magnetOf(content.torrent, [kind === 'http' ? tracker.httpUrl : tracker.udpUrl]), content);
}
