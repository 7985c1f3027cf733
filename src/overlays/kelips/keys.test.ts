import assert from 'node:assert/strict';
import test from 'node:test';
import {
  findFile,
  get,
  grownNetwork,
  idealNetwork,
  insertFile,
  join,
  type KelipsNode,
  live,
  lookup,
  type Network,
  pick,
  put,
  QUICK,
  randomKey,
  settle,
} from '../../../test/kelips/networks.ts';
import { readId } from '../../core/id160.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { idealGroupOf } from './ideal-views.ts';

/** KITH_SEEDS=5000 looks for longer. */
const SEEDS = Number(process.env['KITH_SEEDS'] ?? 10);
const MEND_MS = 90_000;

function fill(network: Network, count: number): Uint8Array[] {
  const keys = Array.from({ length: count }, () => randomKey(network));
  for (const [index, key] of keys.entries()) assert.ok(put(network, pick(network), key, Uint8Array.of(index)).ok);
  return keys;
}

function assertAllFound(network: Network, keys: readonly Uint8Array[]): void {
  for (const [index, key] of keys.entries()) {
    const { ok, value } = get(network, pick(network), key);
    assert.ok(ok, `key ${index} is answered for; ${network.world.describe()}`);
    assert.deepEqual(value, Uint8Array.of(index), `key ${index}; ${network.world.describe()}`);
  }
}

/** By the definition, beside what nodes believe. */
function rightfulHolders(network: Network, key: Uint8Array): string[] {
  const point = readId(key);
  const { groups, replicas } = network.options;
  const all = live(network).map(({ protocol }) => protocol);
  const membersOf = (group: number): KelipsNode['protocol'][] => all.filter(({ state }) => state.group === group);
  const group = idealGroupOf(point, groups, (index) => membersOf(index).length >= replicas);
  const members = (group < 0 ? all : membersOf(group)).map(({ self }) => self);
  return members
    .sort((a, b) => compareNearness(a, b, point))
    .slice(0, replicas)
    .map(({ hex }) => hex)
    .sort();
}

function assertInPlace(network: Network, keys: readonly Uint8Array[]): void {
  for (const key of keys) {
    const holders = live(network).filter(({ protocol }) => protocol.keys.has(readId(key)));
    const found = holders.map(({ protocol }) => protocol.self.hex).sort();
    assert.deepEqual(found, rightfulHolders(network, key), `the holders of ${readId(key).hex}; ${network.world.describe()}`);
  }
}

test('section 2: a lookup is one hop to a contact, which names the holder, and one to that; of the own group it is the second alone', () => {
  const network = idealNetwork(200, { groups: 14 });
  for (let count = 0; count < 200; count++) {
    const from = pick(network);
    const key = randomKey(network);
    const { owners, hops, timeouts } = lookup(network, from, key);
    assert.deepEqual([rightfulHolders(network, key).includes(owners[0]?.hex ?? ''), timeouts], [true, 0]);
    const isOwn = from.protocol.state.holds(readId(key));
    assert.ok(hops <= (isOwn ? 1 : 2), `${hops} hops, own group: ${isOwn}`);
  }
});

test('what was put lies at the nearest members of its group, and is got from everywhere, after crashes, leaves and joins too', () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(24, QUICK, { seed });
    const keys = fill(network, 20);
    assertAllFound(network, keys);
    for (let round = 0; round < 2; round++) {
      // As many as a key has copies might be all of them.
      for (let count = 0; count < 2; count++) network.world.crash(pick(network), 'power');
      for (let count = 0; count < 3; count++) join(network);
      settle(network);
      network.world.runFor(MEND_MS);
      const leaver = pick(network);
      leaver.protocol.leave({ onLeft: () => network.world.at(network.world.now, () => network.world.leave(leaver)) });
      network.world.runFor(MEND_MS);
      settle(network);
    }
    assertAllFound(network, keys);
    assertInPlace(network, keys);
  });
});

test('a key of a group that is too small for its copies lies in the next; when no group is large enough, all nodes are one', () => {
  for (const nodes of [1, 2, 3, 5, 8, 13]) {
    const network = grownNetwork(nodes, { ...QUICK, groups: 8 }, { seed: nodes });
    for (let count = 0; count < 20; count++) {
      const key = randomKey(network);
      const { ok, owners } = put(network, pick(network), key, Uint8Array.of(count));
      assert.deepEqual([ok, owners], [true, Math.min(3, nodes)], `${nodes} nodes`);
      network.world.runFor(1_000);
      assertInPlace(network, [key]);
      assert.deepEqual(get(network, pick(network), key).value, Uint8Array.of(count));
    }
  }
});

test('keys move with their group when that becomes large enough, and when it ceases to be', () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(6, { ...QUICK, groups: 3 }, { seed });
    const keys = fill(network, 10);
    for (let count = 0; count < 8; count++) {
      join(network);
      settle(network);
    }
    network.world.runFor(MEND_MS);
    assertInPlace(network, keys);
    while (live(network).length > 5) {
      network.world.crash(pick(network), 'power');
      settle(network);
      network.world.runFor(MEND_MS / 3);
    }
    network.world.runFor(MEND_MS);
    assertAllFound(network, keys);
    assertInPlace(network, keys);
  });
});

test('a lookup whose contacts are dead goes on through members of the own group, and one in vain ends', () => {
  const network = idealNetwork(60, { ...QUICK, roundMs: 0 });
  const [from] = network.nodes;
  assert.ok(from !== undefined);
  const { state } = from.protocol;
  const target = (state.group + 1) % 4;
  const key = (): Uint8Array => {
    for (;;) {
      const drawn = randomKey(network);
      if (state.groupOf(readId(drawn)) === target) return drawn;
    }
  };
  const contacts = state.foreign.nearestIn(target).map(({ hex }) => hex);
  for (const node of network.nodes) if (contacts.includes(node.protocol.self.hex)) network.world.crash(node, 'power');
  const { owners, timeouts } = lookup(network, from, key());
  assert.ok(owners.length > 0 && timeouts >= contacts.length, `${owners.length} owners after ${timeouts} timeouts`);
  for (const node of network.nodes) if (node !== from) network.world.crash(node, 'power');
  assert.equal(lookup(network, from, key()).owners.length, 0);
});

test('section 2: a file gets a home at random in its group, whose filetuple comes to all members; it is found by a walk until the home is dead', () => {
  const network = idealNetwork(80, QUICK, { seed: 5 });
  const keys = Array.from({ length: 12 }, () => randomKey(network));
  const homes = keys.map((key) => insertFile(network, pick(network), key).homes[0]);
  for (const [index, key] of keys.entries())
    assert.equal(pick(network).protocol.state.groupOf(homes[index] ?? readId(key)), pick(network).protocol.state.groupOf(readId(key)));
  assert.ok(new Set(homes.map((home) => home?.hex)).size > 6, 'homes differ');
  network.world.runFor(120_000);
  for (const { protocol } of network.nodes) {
    for (const key of keys) {
      const known = protocol.state.tuples.homesOf(readId(key)).length;
      assert.equal(known, protocol.state.holds(readId(key)) ? 1 : 0, 'one tuple in the group, none outside of it');
    }
  }
  for (const [index, key] of keys.entries()) {
    const { homes: found, tries } = findFile(network, pick(network), key);
    assert.deepEqual([found.map(({ hex }) => hex), tries], [[homes[index]?.hex], 1]);
  }
  const home = network.nodes.find(({ protocol }) => protocol.self.hex === homes[0]?.hex) as KelipsNode;
  network.world.crash(home, 'power');
  // The last heartbeat is under way for a while.
  network.world.runFor(3 * network.options.tupleTimeoutMs);
  const gone = findFile(network, pick(network), keys[0] as Uint8Array);
  assert.deepEqual([gone.homes.length, gone.tries], [0, network.options.fileTriesMax]);
});

test('a file that a dead member keeps from coming to its home is tried again, by another contact and then through the own group', () => {
  forSeeds(SEEDS, (seed) => {
    const network = idealNetwork(80, { ...QUICK, roundMs: 0, walkTimeoutMs: 3_000 }, { seed, faults: { loss: 0.01 } });
    for (let count = 0; count < 4; count++) network.world.crash(pick(network), 'power');
    const tries = Array.from({ length: 20 }, () => insertFile(network, pick(network), randomKey(network)).tries);
    assert.ok(tries.some((count) => count > 1) && tries.every((count) => count <= 4), tries.join(' '));
  });
});
