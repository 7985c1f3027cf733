import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  begin,
  Caller,
  complaint,
  emptyNetwork,
  file,
  find,
  grownNetwork,
  hubsOf,
  join,
  leavesOf,
  live,
  type Network,
  ownFile,
  pick,
  settle,
} from '../../../test/gnutella2/networks.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { FaultPlan } from '../../sim/fault-plan.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { WorldOptions } from '../../sim/world.ts';
import { NO_HOOKS } from './gnutella2-options.ts';

const SEEDS = Number(process.env['KITH_SEEDS'] ?? 10);

/** A run with a bit of everything. */
function run(seed: number, world: Partial<WorldOptions> = {}): { hash: string; inspected: string } {
  const network = grownNetwork(14, { leavesMax: 4, compresses: seed % 2 === 0 }, { seed, clockDriftPpm: 200, ...world }, 10_000);
  network.world.faults = { loss: 0.05, duplication: 0.02, reordering: 0.05, reorderingMs: 100 };
  FaultPlan.random({ seed, nodes: 14, fromMs: network.world.now, untilMs: network.world.now + 20_000, count: 6 }).apply(network.world);
  for (let index = 0; index < 20; index++) {
    if (live(network).length > 0) begin(pick(network, live(network)), [`song${index}`]);
    network.world.runFor(1_000);
  }
  return { hash: network.world.traceHash(), inspected: JSON.stringify(network.nodes.map((node) => node.protocol.inspect())) };
}

test('the same seed gives the same run, and bytes mode the same as reference mode', () => {
  forSeeds(4, (seed) => {
    const first = run(seed);
    assert.deepEqual(run(seed), first);
    assert.deepEqual(run(seed, { mode: 'bytes' }), first);
    assert.notEqual(run(seed + 100).hash, first.hash);
  });
});

test('after stop no timer and no stream is left, whatever was under way', () => {
  const network = grownNetwork(12, { leavesMax: 4, compresses: true }, {}, 15_000);
  const newcomer = join(network);
  for (const node of [...network.nodes, newcomer]) begin(node, ['song3', 'nowhere']);
  network.world.runFor(400);
  for (const node of network.nodes) {
    network.world.leave(node);
    assert.equal(node.host.timersPending, 0, `node ${node.index}`);
  }
  network.world.runFor(60_000);
  for (const node of network.nodes) assert.equal(node.host.streams.size, 0, `node ${node.index}`);
});

test('a file of any leaf is found from any other, whichever hubs they have', () => {
  const network = grownNetwork(100);
  settle(network, 60_000);
  assert.ok(hubsOf(network).length >= 8, `${hubsOf(network).length} hubs`);
  for (let round = 0; round < 60; round++) {
    const [from, to] = network.random.shuffle([...network.nodes]) as [(typeof network.nodes)[0], (typeof network.nodes)[0]];
    const [hit] = find(network, from, [`singer${to.index}`, `song${to.index}`]);
    assert.deepEqual([hit?.name, hit?.bytes], [ownFile(to.index).name, 1_000 + to.index], `from ${from.index} to ${to.index}`);
    assert.equal(hit?.holder.id, to.protocol.guidHex);
    assert.equal(formatEndpoint(hit?.holder.endpoint as Endpoint), formatEndpoint(to.endpoint));
  }
});

test('a search by hash finds the file, and its bounds leave out what does not fit', () => {
  const network = grownNetwork(30);
  const sha1 = ownFile(7).hashes.sha1 as Uint8Array;
  const from = pick(network, leavesOf(network));
  const [hit] = find(network, from, [], { hash: { kind: 'sha1', bytes: sha1 } });
  assert.equal(hit?.name, ownFile(7).name);
  const all = find(network, from, ['mp3'], { limit: 100 });
  assert.equal(all.length, 29, 'all but our own');
  const some = find(network, from, ['mp3'], { limit: 100, bytesMin: 1_010, bytesMax: 1_019, without: ['song12'] });
  const wanted = network.nodes.filter(({ index }) => index >= 10 && index < 20 && index !== 12 && index !== from.index).length;
  assert.equal(some.length, wanted);
  assert.deepEqual(find(network, from, ['mp3'], { kind: 'video' }), []);
});

test('a search stops when it has what it wants, and tells nothing after it was stopped', () => {
  const network = grownNetwork(60);
  const from = pick(network, leavesOf(network));
  const few = begin(from, ['mp3'], { limit: 5 });
  network.world.runFor(60_000);
  assert.deepEqual([few.isOver, few.hits.length], [true, 5]);
  const heard: unknown[] = [];
  const search = from.protocol.search(
    { words: ['mp3'], limit: 100 },
    { onHit: (hit) => void heard.push(hit), onSearchEnd: () => void heard.push('end') },
  );
  network.world.runFor(10);
  search.stop();
  network.world.runFor(60_000);
  assert.deepEqual(heard, []);
  assert.equal(from.protocol.searcher.running, 0);
});

test('what is shared later is found, and what is no longer shared is not', () => {
  const network = grownNetwork(30);
  const holder = pick(network, leavesOf(network));
  const files = holder.protocol.options.files as unknown as { add(file: unknown): void; remove(id: number): void };
  files.add(file(2, 'brand new tune.ogg'));
  network.world.runFor(15_000);
  const from = pick(
    network,
    leavesOf(network).filter((node) => node !== holder),
  );
  assert.equal(find(network, from, ['brand', 'tune']).length, 1);
  files.remove(2);
  assert.equal(find(network, from, ['brand', 'tune']).length, 0);
});

test('hubs come of those who find no place, and more when all are full', () => {
  const network = emptyNetwork({ leavesMax: 8 });
  const first = join(network);
  network.world.runFor(3_000);
  assert.ok(first.protocol.role.isHub, 'nobody was there to ask');
  for (let index = 1; index < 40; index++) {
    join(network);
    network.world.runFor(500);
  }
  settle(network, 120_000);
  network.world.runFor(120_000);
  const hubs = hubsOf(network).length;
  assert.ok(hubs >= 4 && hubs <= 20, `${hubs} hubs for 40 nodes of at most 8 leaves`);
});

test('hubs that are not needed any more become leaves again', () => {
  const network = grownNetwork(60, { leavesMax: 8, idleHubMs: 60_000 }, { seed: 3 });
  const before = hubsOf(network).length;
  for (const leaf of leavesOf(network).slice(0, 44)) network.world.leave(leaf);
  network.world.runFor(900_000);
  settle(network, 60_000);
  const after = hubsOf(network).length;
  assert.ok(after <= before - 3, `${before} hubs, then ${after}`);
});

test('only those who may be are hubs', () => {
  const network = emptyNetwork();
  join(network, [], { role: 'hub' });
  for (let index = 1; index < 30; index++) join(network, [ownFile(index)], { role: 'leaf' });
  for (let index = 30; index < 34; index++) join(network, [ownFile(index)], { isFirewalled: true });
  network.world.runFor(200_000);
  assert.equal(hubsOf(network).length, 1);
  assert.equal(hubsOf(network)[0]?.protocol.links.leaves.length, 12, 'as many as it has places');
});

test('a hub that crashes is replaced within a minute: every leaf has one, and every file is found', () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(40, {}, { seed });
    const victim = pick(network, hubsOf(network));
    network.world.crash(victim, seed % 2 === 0 ? 'power' : 'kill');
    network.world.runFor(40_000);
    settle(network, 20_000);
    assertAllFound(network, 4);
  });
});

test('with a twentieth of all datagrams lost and a tenth of all nodes crashing, what is there is found', () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(40, {}, { seed, faults: { loss: 0.05, jitterMs: 50 } }, 60_000);
    for (let round = 0; round < 4; round++) {
      network.world.crash(pick(network, live(network)), network.random.chance(0.5) ? 'power' : 'kill');
      join(network, [ownFile(network.nodes.length)]);
      network.world.runFor(20_000);
    }
    settle(network, 120_000);
    network.world.runFor(20_000);
    assertAllFound(network, 4);
  });
});

test('half the hubs at once: within two minutes all is as before', () => {
  forSeeds(Math.ceil(SEEDS / 3), (seed) => {
    const network = grownNetwork(60, {}, { seed });
    const hubs = network.random.shuffle(hubsOf(network));
    for (const hub of hubs.slice(0, Math.floor(hubs.length / 2))) network.world.crash(hub, 'power');
    network.world.runFor(30_000);
    settle(network, 90_000);
    network.world.runFor(15_000);
    assertAllFound(network, 4);
  });
});

test('connections that deflate carry the same searches in fewer bytes', () => {
  const bytes = [false, true].map((compresses) => {
    const network = grownNetwork(30, { compresses, tableBits: 18 });
    assertAllFound(network, 5);
    return network.nodes.reduce((sum, node) => sum + node.bytesUp, 0);
  });
  assert.ok((bytes[1] as number) < 0.9 * (bytes[0] as number), `${bytes.join(' against ')} bytes`);
});

test('who cannot be reached searches by way of his hubs, and is found and pushed by way of them', () => {
  const pushed: string[] = [];
  const network = grownNetwork(40);
  const hidden = join(network, [file(1, 'hidden treasure.mp3')], {
    isFirewalled: true,
    hooks: { ...NO_HOOKS, onPush: (to) => void pushed.push(formatEndpoint(to)) },
  });
  network.world.runFor(30_000);
  for (const to of [3, 17, 29]) assert.equal(find(network, hidden, [`song${to}`])[0]?.bytes, 1_000 + to);
  const from = pick(network, leavesOf(network).slice(0, -1));
  const [hit] = find(network, from, ['hidden', 'treasure']);
  assert.ok(hit?.holder.firewalled);
  assert.ok(hit.holder.proxies.length > 0);
  assert.ok(from.protocol.push(hit.holder));
  network.world.runFor(2_000);
  assert.deepEqual([...new Set(pushed)], [formatEndpoint(from.endpoint)]);
});

test('who knows nobody asks for hosts once in a while, and takes those that he is given', () => {
  const network = grownNetwork(6);
  let needed = 0;
  const lonely = join(network, [], { role: 'leaf', bootstrap: [], hooks: { ...NO_HOOKS, needHosts: () => void needed++ } });
  network.world.runFor(150_000);
  assert.equal(needed, 3);
  lonely.protocol.addHosts([pick(network, leavesOf(network).slice(0, -1)).endpoint]);
  network.world.runFor(30_000);
  assert.ok(lonely.protocol.links.hubs.length > 0);
  assert.equal(lonely.protocol.goodHosts(1).length, 1);
});

test('a leaf that its hubs tell to wait asks them again later, and finds what it looks for', () => {
  const network = grownNetwork(24, { queriesAtOnce: 2, queryGapMs: 3_000 });
  const from = pick(network, leavesOf(network));
  const others = network.nodes.filter((node) => node !== from).slice(0, 8);
  const findings = others.map((node) => begin(from, [`song${node.index}`]));
  network.world.runFor(90_000);
  assert.deepEqual(
    findings.map(({ hits, isOver }) => [hits.length, isOver]),
    others.map(() => [1, true]),
  );
});

test('PI: hubs that are asked by another let a node know that it can be reached', () => {
  const network = grownNetwork(40, {}, {}, 200_000);
  assert.ok(hubsOf(network).length >= 3);
  for (const { protocol, index } of live(network)) assert.ok(protocol.pings.isReachable, `node ${index}`);
});

test('HAW: hubs hear of hubs that are no neighbours of theirs', () => {
  const network = emptyNetwork({ role: 'hub', peersWanted: 1, peersMax: 2, advertMs: 20_000, infoMs: 1e9, redialMs: 1e9 });
  for (let index = 0; index < 6; index++) {
    const previous = network.nodes.slice(-1).map((node) => node.endpoint);
    join(network, [], { bootstrap: previous });
    network.world.runFor(3_000);
  }
  const [first] = network.nodes;
  const knows = (): number => first?.protocol.hubs.size ?? 0;
  const before = knows();
  network.world.runFor(120_000);
  assert.ok(before < 5 && knows() === 5, `${before} hubs known, then ${knows()}`);
});

test('a search gets to the end of a chain of hubs of which nobody knows more than his neighbours', () => {
  const network = emptyNetwork({ role: 'hub', peersWanted: 1, peersMax: 2, knownHubsMax: 2, infoMs: 1e9, advertMs: 1e9, redialMs: 1e9 });
  for (let index = 0; index < 8; index++) {
    const previous = network.nodes.slice(-1).map((node) => node.endpoint);
    join(network, [ownFile(index)], { bootstrap: previous });
    network.world.runFor(3_000);
  }
  const [first] = network.nodes as [(typeof network.nodes)[0]];
  assert.equal(first.protocol.links.hubs.length, 1);
  assert.equal(find(network, first, ['song7'])[0]?.name, ownFile(7).name);
  assert.deepEqual(find(network, first, ['nowhere']), []);
});

test('two nodes that both think themselves hubs, with no leaves, become hub and leaf', () => {
  const network = emptyNetwork({ aloneMs: 2_000 });
  const one = join(network, [], { bootstrap: [] });
  network.world.runFor(3_000);
  const two = join(network, [], { bootstrap: [] });
  network.world.runFor(3_000);
  assert.ok(one.protocol.role.isHub && two.protocol.role.isHub);
  two.protocol.learnHub(one.endpoint, 0);
  network.world.runFor(60_000);
  assert.equal(hubsOf(network).length, 1);
  assert.equal(complaint(network), null);
});

test('connections of other protocols on the same port are handed over with their first bytes', () => {
  const firsts: string[] = [];
  const network = emptyNetwork();
  const node = join(network, [], {
    otherStreams: {
      take(stream, first) {
        firsts.push(hexOf(first));
        stream.end();
        return { onOpen() {}, onMessage() {}, onBulk() {}, onDrain() {}, onEnd() {}, onClose() {} };
      },
    },
  });
  network.world.runFor(10);
  const caller = network.world.addNode((host) => new Caller(host, node.peer));
  network.world.runFor(1_000);
  assert.deepEqual(firsts, [hexOf(Uint8Array.of(0x47, 0x45))]);
  assert.ok(caller.protocol.isEnded);
  assert.equal(node.protocol.links.all.size, 0);
});

function assertAllFound(network: Network, count: number): void {
  for (let round = 0; round < count; round++) {
    const there = network.random.shuffle(live(network));
    const [from, to] = there as [(typeof there)[0], (typeof there)[0]];
    const own = to.protocol.options.files.after(0, 1)[0];
    const hits = find(network, from, (own?.name ?? '').replace('.mp3', '').split(' '));
    assert.ok(
      hits.some((hit) => hit.holder.id === to.protocol.guidHex),
      `${own?.name} of node ${to.index} (${to.protocol.role.isHub ? 'hub' : 'leaf'}) was not found from ${from.index}; ${network.world.describe()}`,
    );
  }
}
