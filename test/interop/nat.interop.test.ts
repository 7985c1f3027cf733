/**
 * Pairs of kith behind NATs of the Linux kernel, in networks of the test's own: those that connect in the simulator do, the others do not.
 * A tracker and a peer in the open that gives next to nothing are all the help they have (BEP 11, 29, 55).
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { TEST_MS_MAX } from './kith-run.ts';
import { CLIENT_PORT, type Home, type LinuxNat, MEETING_PLACE, NatNetworks } from './nat-networks.ts';
import { type NetNamespace, whyNoNamespaces } from './net-namespaces.ts';
import { treeOf, writeContent } from './peers/content.ts';
import { type KithPeer, type KithPeerRow, type KithRunOptions, kithTracker, runKithGet, runKithShare } from './peers/kith.ts';
import { START_MS_MAX } from './peers/peer.ts';
import { until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const TRACKER_PORT = 6969;
const TRACKER = `udp://${MEETING_PLACE}:${TRACKER_PORT}/announce`;
const NAME = 'content';
const CONTENT_BYTES = 1 << 20;
/** Of the third peer: a tenth of the content in a whole test. */
const TRICKLE = '1k';
/** Of the leecher, so that its connections can be seen. */
const SLOW = '250k';
const MEET_MS_MAX = 60_000;
/** Two rounds of dials and introductions. */
const APART_MS = 45_000;
const OURS = ['--public', '--dht', 'off', '--no-lsd', '--tracker', TRACKER, '--peers'];

type Pairing = readonly [seed: LinuxNat, leecher: LinuxNat];

const MEET: readonly Pairing[] = [
  ['open', 'port-restricted'],
  ['port-restricted', 'open'],
  ['port-restricted', 'port-restricted'],
  ['shifted', 'shifted'],
  ['full-cone', 'symmetric'],
  ['symmetric', 'full-cone'],
  ['cgn', 'port-restricted'],
];
const STAY_APART: readonly Pairing[] = [
  ['symmetric', 'port-restricted'],
  ['symmetric', 'symmetric'],
];

const skip = whyNoNamespaces('iptables') ?? false;
for (const [seed, leecher] of MEET) {
  test(`a seed (${seed}) and a leecher (${leecher}) meet`, { skip, timeout: TEST_MS_MAX }, (t) => theyMeet(t, seed, leecher));
}

// They mostly wait, each in networks of its own, so they wait together.
test('others do not meet', { skip, timeout: TEST_MS_MAX, concurrency: true }, async (t) => {
  const apart = STAY_APART.map(([seed, leecher]) =>
    t.test(`a seed (${seed}) and a leecher (${leecher})`, { timeout: TEST_MS_MAX }, (each) => theyStayApart(each, seed, leecher)),
  );
  await Promise.all(apart);
});

test('the third peer introduces a leecher of which the seed has not heard', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const networks = new NatNetworks(t);
  const before = await meetThird(t, networks, 'shifted');
  const { bench, seed, seedAt, torrent } = before;
  // Who was told of somebody hears of the next one a minute later (BEP 11): until then only the leecher knows of the other.
  const decoyAt = networks.home('open');
  const slow = [...OURS, '--limit-up', TRICKLE, '--limit-down', TRICKLE];
  const decoy = bench.keep(runKithGet(torrent, await bench.place('decoy'), slow, { port: CLIENT_PORT, inside: inside(decoyAt.client) }));
  // Whoever of both has dialled: the third peer has told the seed of the decoy.
  await until('word of the decoy', START_MS_MAX, () => rowOf(seed, decoyAt.address)?.sources.includes('pex') === true);
  await decoy.finish();
  // Nor does the tracker tell the seed.
  await before.tracker.finish();
  const leecherAt = networks.home('shifted');
  const { get } = await startLeecher(before, leecherAt, ['--peer', `${MEETING_PLACE}:${CLIENT_PORT}`]);
  await until('a connection', MEET_MS_MAX, () => isConnected(get, seedAt.address));
  const rows = [rowOf(get, seedAt.address), await until('the other end', START_MS_MAX, () => rowOf(seed, leecherAt.address) ?? null)];
  assert.match(rows.map((row) => row?.flags).join(), /h/);
  await get.done(MEET_MS_MAX);
});

interface Before {
  readonly bench: Workbench;
  readonly tracker: KithPeer;
  readonly torrent: string;
  readonly source: string;
  readonly seed: KithPeer;
  readonly seedAt: Home;
}

interface Pair {
  readonly source: string;
  readonly target: string;
  readonly seedAt: Home;
  readonly get: KithPeer;
}

async function theyMeet(t: TestContext, seed: LinuxNat, leecher: LinuxNat): Promise<void> {
  const { source, target, seedAt, get } = await pairOf(t, seed, leecher);
  await until('a connection', MEET_MS_MAX, () => isConnected(get, seedAt.address));
  const { endpoint, flags, sources } = rowOf(get, seedAt.address) as KithPeerRow;
  t.diagnostic(`${endpoint} ${flags} by ${sources.join(', ')}`);
  // Two behind NATs have nothing but µTP.
  if (seed !== 'open' && leecher !== 'open') assert.match(flags, /P/);
  await get.done(MEET_MS_MAX);
  assert.deepEqual(await treeOf(target, NAME), await treeOf(source, NAME));
}

async function theyStayApart(t: TestContext, seed: LinuxNat, leecher: LinuxNat): Promise<void> {
  const { seedAt, get } = await pairOf(t, seed, leecher);
  await until('the third peer', START_MS_MAX, () => isConnected(get, MEETING_PLACE));
  await pause(APART_MS);
  assert.equal(isConnected(get, seedAt.address), false);
  assert.equal(get.lines.has('done'), false);
  assert.ok(isConnected(get, MEETING_PLACE), 'the third peer is still there to introduce them');
}

async function pairOf(t: TestContext, seedNat: LinuxNat, leecherNat: LinuxNat): Promise<Pair> {
  const networks = new NatNetworks(t);
  const before = await meetThird(t, networks, seedNat);
  const { source, seedAt } = before;
  return { source, seedAt, ...(await startLeecher(before, networks.home(leecherNat))) };
}

async function startLeecher(
  { bench, torrent }: Before,
  { client }: Home,
  more: readonly string[] = [],
): Promise<{ target: string; get: KithPeer }> {
  const target = await bench.place('target');
  const options = { port: CLIENT_PORT, inside: inside(client) };
  return { target, get: bench.keep(runKithGet(torrent, target, [...OURS, '--limit-down', SLOW, ...more], options)) };
}

/** The seed has met the third peer before the leecher comes. */
async function meetThird(t: TestContext, networks: NatNetworks, seedNat: LinuxNat): Promise<Before> {
  const bench = await Workbench.for(t);
  const seedAt = networks.home(seedNat);
  const source = await bench.place('source');
  await writeContent(source, NAME, CONTENT_BYTES);
  const tracker = bench.keep(kithTracker(TRACKER_PORT, ['--public'], { inside: inside(networks.open) }));
  await tracker.event('ready', START_MS_MAX);
  const torrent = join(bench.folder, 'content.torrent');
  const startSeed = (): KithPeer => {
    const options = { port: CLIENT_PORT, inside: inside(seedAt.client) };
    return bench.keep(runKithShare(join(source, NAME), [...OURS, '--torrent', torrent], options));
  };
  // For the .torrent, which the third peer needs before the seed comes.
  const before = startSeed();
  await before.link();
  await before.finish();
  const slow = ['--limit-up', TRICKLE, '--limit-down', TRICKLE];
  const third = bench.keep(
    runKithGet(torrent, await bench.place('third'), [...OURS, ...slow], { port: CLIENT_PORT, inside: inside(networks.open) }),
  );
  await third.event('counters', START_MS_MAX);
  const seed = startSeed();
  await until('the seed and the third peer', START_MS_MAX, () => isConnected(seed, MEETING_PLACE));
  return { bench, tracker, torrent, source, seed, seedAt };
}

function inside(network: NetNamespace): NonNullable<KithRunOptions['inside']> {
  return (command, ...args) => network.inside(command, ...args);
}

function isConnected(peer: KithPeer, address: string): boolean {
  return rowOf(peer, address) !== undefined;
}

function rowOf(peer: KithPeer, address: string): KithPeerRow | undefined {
  return peer.lines.get('peers')?.peers?.find(({ endpoint }) => endpoint.startsWith(`${address}:`));
}
