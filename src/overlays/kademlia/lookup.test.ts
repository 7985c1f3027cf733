/** Lookups end where they should: in networks at rest always, and through loss, crashes and partitions as soon as those are over. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  assertFindsNearest,
  assertTables,
  findNode,
  grownDht,
  idealDht,
  idsOf,
  join,
  type KademliaNode,
  live,
  oracle,
  pick,
  randomKey,
} from '../../../test/kademlia/worlds.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { bytesOfId, readId } from './node-id.ts';

test('Kademlia, 2.3: in a network at rest every lookup ends at the true k nearest, within log2 N hops', () => {
  for (const [count, lookups] of [
    [2, 20],
    [9, 50],
    [200, 300],
    [2000, 300],
  ] as const) {
    const dht = idealDht(count, {}, { seed: count });
    let hops = 0;
    for (let round = 0; round < lookups; round++) {
      const found = assertFindsNearest(dht);
      hops = Math.max(hops, found.hops);
      assert.ok(found.nearestHops >= 1 && found.nearestHops <= found.hops);
    }
    assert.ok(hops <= 1 + 32 - Math.clz32(count), `${hops} hops among ${count}`);
    assertTables(dht);
  }
});

test('a network that has grown by joins alone finds the true k nearest, every time', () => {
  forSeeds(10, (seed) => {
    const dht = grownDht(40 + seed * 10, {}, { seed });
    assert.ok(dht.nodes.every((node) => node.protocol.isJoined));
    for (let round = 0; round < 30; round++) assertFindsNearest(dht);
    assertTables(dht);
  });
});

test('with 5% loss, duplicates and reordering a lookup finds the nearest but for those that the loss hid', () => {
  let found = 0;
  let lookups = 0;
  forSeeds(10, (seed) => {
    const dht = idealDht(300, {}, { seed, faults: { loss: 0.05, duplication: 0.05, reordering: 0.2, reorderingMs: 300 } });
    for (let round = 0; round < 20; round++) {
      const target = randomKey(dht);
      const from = pick(dht);
      const truth = oracle(dht, readId(target), from);
      const ids = idsOf(findNode(dht, from, target));
      found += truth.filter((id) => ids.includes(id)).length;
      lookups++;
    }
    assertTables(dht);
  });
  // A question and its answer both come through in 0.95² of the cases.
  assert.ok(found >= 0.86 * 8 * lookups, `${found} of ${8 * lookups}`);
});

test('after a third has crashed, and the tables have healed, lookups are right again', () => {
  forSeeds(10, (seed) => {
    const dht = idealDht(150, { refreshMs: 120_000, tickMs: 20_000 }, { seed });
    for (const node of dht.random.shuffle([...dht.nodes]).slice(0, 50)) dht.world.crash(node, dht.random.chance(0.5) ? 'kill' : 'power');
    dht.world.runFor(1_200_000);
    for (let round = 0; round < 20; round++) assertFindsNearest(dht);
    assertTables(dht);
  });
});

test('a dead node is overdue in a lookup that does not wait until it is given up, and counts once in one that does', () => {
  const costs = [5000, 1000].map((timeoutMs) => {
    const dht = idealDht(30, { slowMs: 1000, timeoutMs });
    const [from, dead] = [dht.nodes[0], dht.nodes[1]] as [KademliaNode, KademliaNode];
    dht.world.crash(dead, 'power');
    const { overdue, timeouts, tookMs } = findNode(dht, from, bytesOfId(dead.protocol.id));
    assert.ok(tookMs < 2000, `${tookMs} ms`);
    return { overdue, timeouts };
  });
  assert.deepEqual(costs, [
    { overdue: 1, timeouts: 0 },
    { overdue: 1, timeouts: 1 },
  ]);
});

test('a network that was cut in two for half an hour is one again soon after', () => {
  forSeeds(6, (seed) => {
    const dht = grownDht(60, { refreshMs: 120_000, tickMs: 10_000 }, { seed });
    dht.world.partition(dht.nodes.slice(0, 30));
    dht.world.runFor(1_800_000);
    dht.world.heal();
    dht.world.runFor(1_200_000);
    for (let round = 0; round < 20; round++) assertFindsNearest(dht);
    assertTables(dht);
  });
});

test('nodes that come and go leave tables in order, and newcomers are found', () => {
  forSeeds(10, (seed) => {
    const dht = grownDht(30, { refreshMs: 60_000, tickMs: 10_000 }, { seed, faults: { loss: 0.02 } });
    for (let round = 0; round < 40; round++) {
      if (dht.random.chance(0.5)) join(dht);
      else if (live(dht).length > 15) dht.world.crash(pick(dht), 'power');
      dht.world.runFor(5000);
      assertTables(dht);
    }
    dht.world.faults = {};
    dht.world.runFor(1_200_000);
    for (let round = 0; round < 20; round++) assertFindsNearest(dht);
  });
});

test('a run is the same in both modes, to the last event', () => {
  const [reference, bytes] = (['reference', 'bytes'] as const).map((mode) => {
    const dht = grownDht(30, {}, { seed: 3, mode, faults: { loss: 0.05 } });
    for (let round = 0; round < 10; round++) findNode(dht, pick(dht), randomKey(dht));
    return dht.world.traceHash();
  });
  assert.equal(bytes, reference);
});
