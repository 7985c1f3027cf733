/** Leaf sets exact on both sides, and tables without a wrong entry, once changes end: whatever has happened before. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  byNearness,
  complaint,
  crash,
  grownNetwork,
  idealNetwork,
  join,
  live,
  lookups,
  members,
  type Network,
  nodeOf,
  pick,
  randomKey,
  rightShare,
  settle,
  takeOutStranded,
} from '../../../test/pastry/networks.ts';
import { forSeeds } from '../../sim/seeds.ts';

/** KITH_SEEDS=5000 looks for longer. */
const SEEDS = Number(process.env['KITH_SEEDS'] ?? 150);
const FAULTY_MS = 20_000;
const FAST = { roundMs: 1000, leaves: 8, neighbours: 8, slowMs: 250, timeoutMs: 700, mendRounds: 2 };

/** One thing happens. Never so many die at once that a whole side of a leaf set is gone (section 2.4). */
function disturb(network: Network): void {
  const { world, random } = network;
  const victim = pick(network);
  const canGo = live(network).length > 6;
  switch (random.below(6)) {
    case 0:
    case 1:
      if (live(network).length < 30) join(network);
      return;
    case 2:
      for (let count = 0; count < 3; count++) join(network);
      return;
    case 3:
      if (canGo) crash(network, victim);
      return;
    case 4:
      if (canGo) world.leave(victim);
      return;
    default:
      world.restart(victim);
  }
}

test(`leaf sets are exact and symmetric, and no entry is wrong, after each of ${SEEDS} runs with joins, crashes, leaves, restarts and loss`, () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(3 + (seed % 6), FAST, { seed });
    network.world.faults = { loss: 0.01 * (seed % 6), duplication: 0.02, reordering: 0.1, reorderingMs: 200, jitterMs: 20 };
    const until = network.world.now + FAULTY_MS;
    while (network.world.now < until) {
      network.world.runFor(network.random.unit() * 4000);
      disturb(network);
    }
    network.world.faults = {};
    takeOutStranded(network);
    settle(network);
    assert.equal(rightShare(network, lookups(network, 20)), 1);
  });
});

test('Middleware 2001, section 2.4: thirty that join at the same moment through one come to be in order', () => {
  forSeeds(8, (seed) => {
    const network = grownNetwork(4, FAST, { seed });
    const [first] = live(network);
    for (let count = 0; count < 30; count++) join(network, { join: [first?.endpoint ?? new Uint8Array(6)] });
    settle(network, 60_000);
    assert.equal(members(network).length, 34);
  });
});

test('section 2.4: as long as not half of a leaf set dies at once, the others find who follows, and lookups end right meanwhile', () => {
  forSeeds(10, (seed) => {
    const network = idealNetwork(60, { ...FAST, leaves: 16 }, { seed });
    const row = byNearness(network, randomKey(network)).slice(0, 7);
    crash(network, ...row.map((node) => nodeOf(network, node)));
    assert.equal(rightShare(network, lookups(network, 60)), 1, network.world.describe());
    settle(network);
  });
});

test('more than the paper promises: when a whole side of a leaf set has died at once, those on either side of the gap find each other', () => {
  forSeeds(10, (seed) => {
    const network = idealNetwork(80, { ...FAST, tableRounds: 1 }, { seed });
    crash(
      network,
      ...byNearness(network, randomKey(network))
        .slice(0, 12)
        .map((node) => nodeOf(network, node)),
    );
    settle(network);
    assert.equal(rightShare(network, lookups(network, 40)), 1);
  });
});

test('of those that are left when a third has died at once, all have their leaf sets again within a few rounds', () => {
  forSeeds(2, (seed) => {
    const network = idealNetwork(400, { roundMs: 10_000, tableRounds: 1 }, { seed });
    crash(network, ...network.random.shuffle([...network.nodes]).slice(0, 130));
    network.world.runFor(120_000);
    assert.doesNotMatch(complaint(network) ?? '', /leaf|leaves/, network.world.describe());
  });
});

test('a network that has lost all but a few is a small network in the end, whose leaf sets reach round', () => {
  forSeeds(10, (seed) => {
    const network = idealNetwork(24, FAST, { seed });
    while (live(network).length > 5) {
      crash(network, pick(network));
      network.world.runFor(8000);
    }
    settle(network, 120_000);
    assert.ok(members(network).every(({ leaves }) => leaves.larger.length === 4 && leaves.smaller.length === 4 && leaves.knowsAll));
  });
});

test('a leaf that has died leaves a side with room, and that is no reason to take oneself for the owner of all keys', () => {
  const network = idealNetwork(200, { ...FAST, roundMs: 0 });
  const node = pick(network).protocol;
  const [nearest] = node.leaves.larger;
  assert.ok(nearest !== undefined);
  node.drop(nearest.contact);
  assert.equal(node.leaves.larger.length, 3);
  assert.ok(!node.leaves.knowsAll);
  const far = Uint8Array.of((node.self.w0 >>> 24) ^ 0x80, ...new Uint8Array(19));
  const found = lookupsAt(network, node, far);
  assert.equal(found, byNearness(network, far)[0]?.self.hex);
});

function lookupsAt(network: Network, node: Network['nodes'][number]['protocol'], key: Uint8Array): string | undefined {
  let owner: string | undefined;
  node.lookup(key, { onFind: ({ owners }) => (owner = owners[0]?.hex) });
  network.world.runFor(5000);
  return owner;
}

test('networks that a partition has split become one again when it has healed', () => {
  forSeeds(12, (seed) => {
    const network = grownNetwork(20, FAST, { seed });
    network.world.partition(network.nodes.filter(() => network.random.chance(seed % 2 === 0 ? 0.5 : 0.2)));
    network.world.runFor(20_000 + network.random.unit() * 60_000);
    network.world.heal();
    settle(network);
    assert.equal(members(network).length, 20);
  });
});

test('networks of one to twenty nodes, smaller than the leaf set and larger, own every key at one node', () => {
  for (let count = 1; count <= 20; count++) {
    const network = grownNetwork(count, { ...FAST, leaves: 8 }, { seed: count });
    assert.equal(rightShare(network, lookups(network, 40)), 1, `${count} nodes`);
    assert.equal(complaint(network), null);
  }
});

test('section 2.2: a network at rest has no place empty for which somebody is there, once tables have been compared for a while', () => {
  const network = grownNetwork(40, { ...FAST, tableRounds: 1 });
  network.world.runFor(120_000);
  const all = members(network);
  for (const node of all) {
    for (const { self } of all)
      assert.ok(self === node.self || node.table.towards(self) !== null, `${node.self.hex} has a place for ${self.hex}`);
  }
});
