import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { zlibCompression } from '../../src/net/compression.ts';
import { FaultPlan } from '../../src/sim/fault-plan.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { WorldOptions } from '../../src/sim/world.ts';
import { assertConnected, assertInOrder } from './laws.ts';
import { Found, grown, join, live, type Network, neighboursOf, network, type ServentNode, search, sharing, wired } from './networks.ts';

const SEEDS = Number(process.env.KITH_GNUTELLA_SEEDS ?? 3);
const WAN: Partial<WorldOptions> = { latency: { kind: 'plane', baseMs: 5, acrossMs: 120 } };

/** Each has a file of its own, and one of ten that several have. */
function files(index: number): ReturnType<typeof sharing> {
  return sharing(`own${index} song.mp3`, `shared${index % 10} tune.mp3`);
}

function pick(net: Network): ServentNode {
  const nodes = live(net);
  return nodes[net.random.below(nodes.length)] as ServentNode;
}

/** How many of so many searches for what somebody has find it. */
function success(net: Network, count: number): number {
  const looked = Array.from({ length: count }, () => {
    const holder = pick(net);
    const asker = pick(net);
    return { holder, asker, found: search(asker, `own${holder.index}`) };
  }).filter(({ holder, asker }) => holder !== asker);
  net.world.runFor(70_000);
  for (const { found } of looked) assert.ok(found.ended, 'every search ends');
  return looked.filter(({ found }) => found.hits.length > 0).length / looked.length;
}

test('200 servents settle into ultrapeers with leaves, and searches find what somebody has', () => {
  forSeeds(SEEDS, (seed) => {
    const net = grown(200, (index) => ({ files: files(index) }), { seed, ...WAN });
    assertInOrder(net);
    assertConnected(net);
    const ultrapeers = live(net).filter(({ protocol }) => protocol.role === 'ultrapeer').length;
    // Each of 200 leaves wants three of thirty places: twenty ultrapeers at least, and not many more.
    assert.ok(ultrapeers >= 12 && ultrapeers <= 60, `${ultrapeers} ultrapeers`);
    assert.ok(success(net, 40) >= 0.95);
    const before = ultrapeers;
    net.world.runFor(300_000);
    const after = live(net).filter(({ protocol }) => protocol.role === 'ultrapeer').length;
    assert.ok(Math.abs(after - before) <= before / 2, `${before} ultrapeers, and ${after} five minutes later`);
    assertInOrder(net);
  });
});

test('a third of all crash, ultrapeers among them: their leaves are leaves of others within a minute', () => {
  forSeeds(SEEDS, (seed) => {
    const net = grown(150, (index) => ({ files: files(index) }), { seed, ...WAN });
    for (const node of net.random.shuffle([...net.nodes]).slice(0, 50)) net.world.crash(node);
    net.world.runFor(60_000);
    for (const node of live(net))
      if (node.protocol.role === 'leaf') assert.ok(neighboursOf(node, 'ultrapeer').length > 0, `leaf ${node.index} is alone`);
    net.world.runFor(60_000);
    assertInOrder(net);
    assertConnected(net);
    assert.ok(success(net, 30) >= 0.9);
  });
});

test('an ultrapeer whose power fails is missed by its leaves within the pings that it owes, and they have others meanwhile', () => {
  const net = grown(100, (index) => ({ files: files(index), aliveLeafMs: 15_000 }), WAN);
  const dead = live(net).find((node) => neighboursOf(node, 'leaf').length > 5) as ServentNode;
  net.world.crash(dead, 'power');
  net.world.runFor(90_000);
  for (const node of live(net)) {
    if (node === dead) continue;
    const own = neighboursOf(node).map(({ listening }) => listening?.join('.'));
    assert.ok(!own.includes(dead.endpoint.join('.')), `${node.index} still has it`);
    if (node.protocol.role === 'leaf') assert.ok(own.length > 0);
  }
});

test('through loss, partitions and crashes of a random plan the network comes back into order', () => {
  forSeeds(SEEDS, (seed) => {
    const net = grown(80, (index) => ({ files: files(index) }), { seed, ...WAN, faults: { loss: 0.02, jitterMs: 30, duplication: 0.01 } });
    const plan = FaultPlan.random({ seed, nodes: 80, fromMs: net.world.now, untilMs: net.world.now + 120_000, count: 15 });
    plan.apply(net.world);
    for (let round = 0; round < 12; round++) {
      search(pick(net), 'shared3');
      net.world.runFor(10_000);
    }
    net.world.faults = {};
    net.world.runFor(240_000);
    assertInOrder(net);
    assertConnected(net);
    assert.ok(success(net, 20) >= 0.85, plan.describe());
  });
});

test('under churn, with sessions of ten minutes, most searches find what is there', () => {
  forSeeds(Math.min(2, SEEDS), (seed) => {
    const net = grown(120, (index) => ({ files: files(index) }), { seed, ...WAN });
    const random = new Random(seed, 3);
    let found = 0;
    let looked = 0;
    for (let step = 0; step < 60; step++) {
      const victim = pick(net);
      if (random.chance(0.5)) net.world.leave(victim);
      else net.world.crash(victim);
      join(net, { files: files(net.nodes.length) });
      const holder = pick(net);
      const asker = pick(net);
      const result = search(asker, `own${holder.index}`);
      net.world.runFor(5_000);
      if (holder === asker || !asker.host.running || !holder.host.running) continue;
      looked++;
      net.world.runFor(10_000);
      if (result.hits.length > 0 || !asker.host.running) found++;
    }
    assert.ok(found / looked >= 0.8, `${found} of ${looked}`);
    net.world.runFor(120_000);
    assertInOrder(net);
  });
});

test('both modes of the simulator give the same network, event for event', () => {
  for (const compression of [null, zlibCompression]) {
    const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
      const net = grown(40, (index) => ({ files: files(index), compression }), { seed: 5, mode, ...WAN });
      const found = search(pick(net), 'shared4');
      net.world.runFor(30_000);
      return [net.world.traceHash(), found.names.length];
    });
    assert.deepEqual(reference, bytes);
  }
});

test('a search that is stopped tells nothing more, and leaves nothing behind', () => {
  const net = grown(60, (index) => ({ files: files(index) }), WAN);
  const found = new Found();
  const asker = pick(net);
  const running = asker.protocol.search({ words: ['shared1'], limit: 100 }, found);
  running.stop();
  running.stop();
  net.world.runFor(60_000);
  assert.deepEqual([found.hits.length, found.ended, asker.protocol.searches.size], [0, false, 0]);
  assertInOrder(net);
});

test('who leaves says goodbye, and has no timer left', () => {
  const net = network();
  for (let count = 0; count < 5; count++) {
    join(net, { mode: count === 0 ? 'ultrapeer' : 'leaf' });
    net.world.runFor(3_000);
  }
  const [node] = net.nodes as [ServentNode];
  search(node, 'zebra');
  net.world.leave(node);
  net.world.runFor(100);
  assert.equal(node.host.timersPending, 0);
  net.world.runFor(1_000);
  for (const leaf of live(net)) assert.equal(neighboursOf(leaf).length, 0);
});

test('a thousand servents settle, and searches find what one of them has by asking a part of them', () => {
  const net = grown(1_000, (index) => ({ files: files(index), hostsMax: 64 }), { seed: 11, ...WAN });
  assertInOrder(net);
  assertConnected(net);
  const before = net.nodes.reduce((sum, { protocol }) => sum + protocol.router.queriesSeen, 0);
  const found = search(pick(net), 'shared7', { limit: 20 });
  net.world.runFor(70_000);
  const asked = net.nodes.reduce((sum, { protocol }) => sum + protocol.router.queriesSeen, 0) - before;
  assert.equal(found.hits.length, 20, 'a hundred have it');
  assert.ok(asked < 400, `${asked} of a thousand were asked for twenty hits`);
  assert.ok(success(net, 30) >= 0.95);
});

test('two thousand flat servents: a flood of ttl 7 reaches each once, and every hit of those it reaches comes home', () => {
  const random = new Random(12);
  const links = Array.from({ length: 2_000 }, (_, index): [number, number][] =>
    index === 0 ? [] : [...new Set([random.below(index), random.below(index)])].map((other) => [index, other]),
  ).flat();
  const own = (index: number) => ({ files: index % 50 === 0 ? sharing('zebra.mp3') : sharing(), cachesPongs: true, messagesAtOnce: 1e6 });
  const net = wired(2_000, links, own, { seed: 12, ...WAN });
  const found = search(net.nodes[1_999] as ServentNode, 'zebra', { limit: 1_000 });
  net.world.runFor(30_000);
  const reached = net.nodes.filter(({ protocol }) => protocol.router.queriesSeen > 0);
  assert.ok(reached.length > 1_500, `${reached.length} reached`);
  assert.ok(reached.every(({ protocol }) => protocol.router.queriesSeen === 1));
  assert.equal(found.hits.length, reached.filter(({ index }) => index % 50 === 0).length);
});
