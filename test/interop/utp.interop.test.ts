/** kith and others over µTP alone: kith is told so, and they as far as they can be. Both ways, and with either side dialling. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  announced,
  expectedTree,
  getAndCompare,
  oddContent,
  PATIENCE,
  startKithTracker,
  startShare,
  TEST_MS_MAX,
  TRANSFER_MS_MAX,
} from './kith-run.ts';
import { NO_TRACKER, treeOf, writeContent, writeTorrent } from './peers/content.ts';
import { runKithGet } from './peers/kith.ts';
import { libtorrent } from './peers/libtorrent.ts';
import type { PeerEncryption, PeerProgram } from './peers/peer.ts';
import { freePort } from './peers/process-group.ts';
import { qbittorrent } from './peers/qbittorrent.ts';
import { transmission } from './peers/transmission.ts';
import { Workbench } from './workbench.ts';

const UTP = ['--transport', 'utp'];
const LARGE_BYTES = 64 << 20;

for (const program of [libtorrent, transmission, qbittorrent]) {
  const options = { skip: program.missing() ?? false, timeout: TEST_MS_MAX };
  test(`${program.name} seeds to kith over µTP, dialled by kith`, options, (t) => getFrom(t, program));
  test(`kith seeds to ${program.name} over µTP`, options, (t) => (program.dialsLoopback ? theyDial(t, program) : weDial(t, program)));
}

const skip = libtorrent.missing() ?? false;
for (const encryption of ['allow', 'require']) {
  const args = [...UTP, '--encryption', encryption];
  test(`libtorrent, over µTP and in RC4 alone, seeds to a kith that will ${encryption} it`, { skip, timeout: TEST_MS_MAX }, (t) =>
    getFrom(t, libtorrent, args, 'rc4'),
  );
  test(`a kith that will ${encryption} it seeds to libtorrent over µTP and in RC4 alone`, { skip, timeout: TEST_MS_MAX }, (t) =>
    theyDial(t, libtorrent, args, 'rc4'),
  );
}

test('a kith that was told nothing reaches a libtorrent that has no TCP', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: content.torrent.path, folder: content.folder, utp: true });
  await getAndCompare(bench, content.torrent.path, content, ['--peer', seed.endpoint]);
});

test('libtorrent dials a kith that downloads, over µTP', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { torrent, folder } = content;
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: torrent.path, folder, utp: true });
  const target = await bench.place('target');
  const get = bench.keep(runKithGet(torrent.path, target, [...PATIENCE, ...UTP, '--tracker', NO_TRACKER], { port: await freePort() }));
  for (let tries = 0; tries < 5; tries++) await seed.dial(get.endpoint);
  await get.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(target, torrent.name), content.tree);
});

test(`${LARGE_BYTES >> 20} MiB go from libtorrent to kith and on to another libtorrent over µTP`, {
  skip,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const bench = await Workbench.for(t);
  const [source, middle, target] = [await bench.place('source'), await bench.place('middle'), await bench.place('target')];
  await writeContent(source, 'large', LARGE_BYTES);
  const torrent = await writeTorrent(`${bench.folder}/large.torrent`, source, 'large', 256 << 10, []);
  const seed = await bench.start(libtorrent, { role: 'seed', torrent: torrent.path, folder: source, utp: true });
  const relay = bench.keep(
    runKithGet(torrent.path, middle, [...PATIENCE, ...UTP, '--seed', '--peer', seed.endpoint], { port: await freePort() }),
  );
  await relay.done(TRANSFER_MS_MAX);
  const leech = await bench.start(libtorrent, { role: 'leech', torrent: torrent.path, folder: target, utp: true });
  await leech.dial(relay.endpoint);
  await leech.done(TRANSFER_MS_MAX);
  const expected = await treeOf(source, 'large');
  assert.deepEqual([await treeOf(middle, 'large'), await treeOf(target, 'large')], [expected, expected]);
});

async function getFrom(t: TestContext, program: PeerProgram, args = UTP, encryption: PeerEncryption = 'allowed'): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, [NO_TRACKER]);
  const { folder, torrent } = content;
  const seed = await bench.start(program, { role: 'seed', torrent: torrent.path, folder, encryption, utp: true });
  await getAndCompare(bench, torrent.path, content, [...args, '--peer', seed.endpoint]);
}

async function theyDial(t: TestContext, program: PeerProgram, args = UTP, encryption: PeerEncryption = 'allowed'): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const { torrent } = await startShare(bench, content, args);
  const folder = await bench.place('target');
  const leech = await bench.start(program, { role: 'leech', folder, torrent, encryption, utp: true });
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}

/** A program that does not dial loopback waits at a tracker; kith, told by the tracker, dials it although it is the seed. */
async function weDial(t: TestContext, program: PeerProgram): Promise<void> {
  const bench = await Workbench.for(t);
  const content = await oddContent(bench, []);
  const tracker = await startKithTracker(bench);
  const first = await startShare(bench, content, ['--tracker', tracker.httpUrl]);
  const infoHash = /urn:btih:([0-9a-f]{40})/.exec(await first.share.link())?.[1] ?? '';
  await first.share.finish();
  const folder = await bench.place('target');
  const leech = await bench.start(program, { role: 'leech', torrent: first.torrent, folder, utp: true });
  await announced(tracker.httpUrl, { ...content.torrent, infoHash }, 0, 1);
  await startShare(bench, content, [...UTP, '--tracker', tracker.httpUrl]);
  await leech.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, program));
}
