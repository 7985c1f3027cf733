/** Keys and their copies in a Pastry network: at the nodes that are numerically nearest to them, whoever comes and goes. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  byNearness,
  crash,
  get,
  grownNetwork,
  idealNetwork,
  join,
  live,
  members,
  type Network,
  nodeOf,
  type PastryNode,
  pick,
  put,
  randomKey,
  remove,
  settle,
  wait,
} from '../../../test/pastry/networks.ts';
import { readId } from '../../core/id160.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { VALUE_BYTES_MAX } from '../values/index.ts';
import { PastryClient } from './client.ts';

const FAST = { roundMs: 1000, leaves: 8, neighbours: 8, repairRounds: 3 };
const SINGLE = { ...FAST, replicas: 1, readQuorum: 1, writeQuorum: 1 };

/** Puts `count` random keys, whose values say which they are. */
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

/** At the nearest nodes, as many as there are replicas, and nowhere else. */
function assertInPlace(network: Network, keys: readonly Uint8Array[]): void {
  for (const key of keys) {
    const expected = byNearness(network, key)
      .slice(0, network.options.replicas)
      .map(({ self }) => self.hex);
    const got = members(network).filter((node) => node.keys.has(readId(key)));
    assert.deepEqual(new Set(got.map(({ self }) => self.hex)), new Set(expected), network.world.describe());
  }
}

test('Middleware 2001, section 2: a value that was put is got from everywhere, held by the nodes that are numerically nearest to it', () => {
  const network = grownNetwork(24, FAST);
  const keys = fill(network, 30);
  assertInPlace(network, keys);
  assertAllFound(network, keys);
  const nothing = get(network, pick(network), randomKey(network));
  assert.deepEqual([nothing.ok, nothing.value], [true, null]);
});

test('in a network of fewer nodes than replicas every node holds every key, and is asked for it', () => {
  for (const nodes of [1, 2, 3, 4]) {
    const network = grownNetwork(nodes, { ...FAST, replicas: 5, readQuorum: 3, writeQuorum: 3 }, { seed: nodes });
    for (let count = 0; count < 4; count++) {
      const key = randomKey(network);
      assert.deepEqual([put(network, pick(network), key, Uint8Array.of(count)).owners, get(network, pick(network), key).ok], [nodes, true]);
      network.world.runFor(5000);
      assertInPlace(network, [key]);
    }
  }
});

test('a later put wins, a removed key is gone and stays gone, and can be put again', () => {
  const network = grownNetwork(12, FAST);
  const key = randomKey(network);
  for (const value of [1, 2, 3]) {
    put(network, pick(network), key, Uint8Array.of(value));
    assert.deepEqual(get(network, pick(network), key).value, Uint8Array.of(value));
  }
  assert.ok(remove(network, pick(network), key).ok);
  network.world.runFor(20_000);
  assert.equal(get(network, pick(network), key).value, null);
  put(network, pick(network), key, Uint8Array.of(4));
  assert.deepEqual(get(network, pick(network), key).value, Uint8Array.of(4));
});

test('keys survive the crash of any nodes fewer than their replicas, and get new copies where they belong', () => {
  forSeeds(5, (seed) => {
    const network = grownNetwork(24, FAST, { seed });
    const keys = fill(network, 20);
    for (let round = 0; round < 4; round++) {
      crash(network, pick(network), pick(network));
      settle(network);
      network.world.runFor(20_000);
      assertAllFound(network, keys);
    }
    network.world.runFor(30_000);
    assertInPlace(network, keys);
  });
});

test('newcomers get the keys that are theirs, and strays go where they belong', () => {
  forSeeds(4, (seed) => {
    const network = grownNetwork(8, FAST, { seed });
    const keys = fill(network, 40);
    for (let count = 0; count < 8; count++) join(network);
    settle(network);
    assertAllFound(network, keys);
    network.world.runFor(90_000);
    assertInPlace(network, keys);
  });
});

test('who leaves hands its keys over, so that not even single copies are lost', () => {
  forSeeds(4, (seed) => {
    const network = grownNetwork(12, SINGLE, { seed });
    const keys = fill(network, 30);
    for (let count = 0; count < 8; count++) {
      const node = pick(network);
      assert.ok(
        wait<boolean>(network, (onLeft) => node.protocol.leave({ onLeft })),
        'all are taken',
      );
      network.world.leave(node);
      settle(network);
    }
    assert.equal(live(network).length, 4);
    assertAllFound(network, keys);
  });
});

test('neighbours that leave at the same time lose nothing: who is leaving takes no keys, and the next gets them', () => {
  forSeeds(4, (seed) => {
    const network = grownNetwork(14, SINGLE, { seed });
    const keys = fill(network, 40);
    const leavers = byNearness(network, randomKey(network))
      .slice(0, 3)
      .map((node) => nodeOf(network, node));
    const told: boolean[] = [];
    for (const node of leavers) node.protocol.leave({ onLeft: (handedOver) => told.push(handedOver) });
    network.world.runUntil(() => told.length === leavers.length, 60_000);
    assert.deepEqual(told, [true, true, true], network.world.describe());
    for (const node of leavers) network.world.leave(node);
    settle(network);
    network.world.runFor(20_000);
    assertAllFound(network, keys);
  });
});

test('the last to leave has nobody to give its keys to, and says so', () => {
  const network = grownNetwork(1, FAST);
  fill(network, 1);
  assert.equal(
    wait<boolean>(network, (onLeft) => pick(network).protocol.leave({ onLeft })),
    false,
  );
});

test('what was said to be written is read while a minority is silent, and a quorum that is not there is told', () => {
  forSeeds(4, (seed) => {
    const network = idealNetwork(40, { ...FAST, roundMs: 0 }, { seed });
    const key = randomKey(network);
    const [first, second, third] = byNearness(network, key).map((node) => nodeOf(network, node)) as [PastryNode, PastryNode, PastryNode];
    const client = nodeOf(network, byNearness(network, key).at(-1));
    assert.ok(put(network, client, key, Uint8Array.of(1)).ok);
    crash(network, [first, second, third][seed % 3] as PastryNode);
    assert.deepEqual(get(network, client, key).value, Uint8Array.of(1));
    assert.ok(put(network, client, key, Uint8Array.of(2)).ok);
    assert.deepEqual(get(network, client, key).value, Uint8Array.of(2));
  });
});

test('a value that is too long is refused at once, and a full node refuses more', () => {
  const network = grownNetwork(4, { ...FAST, itemsMax: 2 });
  assert.throws(
    () => pick(network).protocol.put(randomKey(network), new Uint8Array(VALUE_BYTES_MAX + 1), { onAccess() {} }),
    /at most 1024 bytes/,
  );
  const done = Array.from({ length: 12 }, () => put(network, pick(network), randomKey(network), new Uint8Array(VALUE_BYTES_MAX)).ok);
  assert.ok(done.includes(true) && done.includes(false), `${done}`);
  assert.ok(members(network).every((node) => node.keys.size <= 2));
});

test('a client that is no member reads and writes through any that it is told of, and nobody takes it for a node', () => {
  const network = grownNetwork(16, FAST);
  const states: string[] = [];
  const options = { ...network.options, join: [pick(network).endpoint] };
  const client = network.world.addNode((host) => new PastryClient(host, options, { onEntry: (state) => states.push(state) }));
  network.world.runFor(2000);
  assert.deepEqual(states, ['found']);
  const key = randomKey(network);
  assert.ok(wait<{ ok: boolean }>(network, (onAccess) => client.protocol.put(key, Uint8Array.of(9), { onAccess })).ok);
  assert.deepEqual(get(network, pick(network), key).value, Uint8Array.of(9));
  settle(network);
  assert.equal(members(network).length, 16);
});

test('puts and gets go through with loss, duplicates and nodes that come and go', () => {
  forSeeds(3, (seed) => {
    const network = grownNetwork(16, { ...FAST, attempts: 3 }, { seed });
    network.world.faults = { loss: 0.05, duplication: 0.05, reordering: 0.1, reorderingMs: 100 };
    const client = network.nodes[0] as PastryNode;
    const keys: Uint8Array[] = [];
    for (let index = 0; index < 20; index++) {
      const key = randomKey(network);
      while (!put(network, client, key, Uint8Array.of(index)).ok) network.world.runFor(1000);
      keys.push(key);
      if (index % 6 === 5) {
        crash(network, live(network)[1 + network.random.below(live(network).length - 1)] as PastryNode);
        network.world.runFor(15_000);
      }
      if (index % 5 === 4) join(network);
    }
    network.world.faults = {};
    settle(network);
    network.world.runFor(30_000);
    assertAllFound(network, keys);
  });
});
