import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type ChordNode,
  get,
  grownRing,
  idealRing,
  join,
  live,
  members,
  ownerOf,
  pick,
  put,
  type Ring,
  randomKey,
  remove,
  settle,
  sorted,
  wait,
} from '../../../test/chord/rings.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { chordCodec } from './messages.ts';
import { store, VALUE_BYTES_MAX } from '../values/index.ts';
import { idOfBytes } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

const FAST = { roundMs: 1000, successors: 4, repairRounds: 3 };

/** Puts `count` random keys, whose values say which they are. */
function fill(ring: Ring, count: number): Uint8Array[] {
  const keys = Array.from({ length: count }, () => randomKey(ring));
  for (const [index, key] of keys.entries()) assert.ok(put(ring, pick(ring), key, Uint8Array.of(index)).ok);
  return keys;
}

function assertAllFound(ring: Ring, keys: readonly Uint8Array[]): void {
  for (const [index, key] of keys.entries()) {
    const result = get(ring, pick(ring), key);
    assert.ok(result.ok, `key ${index} is answered for; ${ring.world.describe()}`);
    assert.deepEqual(result.value, Uint8Array.of(index), `key ${index}; ${ring.world.describe()}`);
  }
}

function holders(ring: Ring, key: Uint8Array): VirtualNode[] {
  return sorted(members(ring)).filter((unit) => unit.keys.has(idOfBytes(key)));
}

/** The nodes that should hold a key: its owner and who follows it. */
function replicasOf(ring: Ring, key: Uint8Array): VirtualNode[] {
  const order = sorted(members(ring));
  const first = order.indexOf(ownerOf(order, idOfBytes(key)));
  const count = Math.min(ring.options.replicas, order.length);
  return Array.from({ length: count }, (_, behind) => order[(first + behind) % order.length] as VirtualNode);
}

function assertInPlace(ring: Ring, keys: readonly Uint8Array[]): void {
  for (const key of keys) {
    const expected = new Set(replicasOf(ring, key).map((unit) => unit.self.hex));
    const got = new Set(holders(ring, key).map((unit) => unit.self.hex));
    assert.deepEqual(got, expected, `the holders of ${idOfBytes(key).hex}; ${ring.world.describe()}`);
  }
}

test('SIGCOMM 2001, section 4.2: a value that was put is got from everywhere, held by the owner and its successors', () => {
  const ring = grownRing(20, FAST);
  const keys = fill(ring, 30);
  assertAllFound(ring, keys);
  ring.world.runFor(20_000);
  assertInPlace(ring, keys);
  const nothing = get(ring, pick(ring), randomKey(ring));
  assert.deepEqual([nothing.ok, nothing.value], [true, null]);
});

test('in a ring of fewer nodes than replicas every node holds every key, is asked for it, and keeps it', () => {
  for (const nodes of [1, 2, 3, 4]) {
    const ring = grownRing(nodes, { roundMs: 1000, repairRounds: 2, replicas: 5, readQuorum: 3, writeQuorum: 3 }, { seed: nodes });
    for (let count = 0; count < 8; count++) {
      const key = randomKey(ring);
      const { ok, owners } = put(ring, pick(ring), key, Uint8Array.of(count));
      assert.deepEqual([ok, owners], [true, nodes]);
      for (let second = 0; second < 10; second++) {
        ring.world.runFor(1000);
        assert.equal(holders(ring, key).length, nodes, `key ${count} of ${nodes} nodes, ${ring.world.describe()}`);
      }
    }
  }
});

test('a later put wins, a removed key is gone and stays gone, and can be put again', () => {
  const ring = grownRing(12, FAST);
  const key = randomKey(ring);
  for (const value of [1, 2, 3]) {
    put(ring, pick(ring), key, Uint8Array.of(value));
    assert.deepEqual(get(ring, pick(ring), key).value, Uint8Array.of(value));
  }
  assert.ok(remove(ring, pick(ring), key).ok);
  ring.world.runFor(20_000);
  assert.deepEqual([get(ring, pick(ring), key).value, holders(ring, key).length], [null, 0]);
  put(ring, pick(ring), key, Uint8Array.of(4));
  assert.deepEqual(get(ring, pick(ring), key).value, Uint8Array.of(4));
});

test('SIGCOMM 2001, section 6: keys survive the crash of any nodes fewer than their replicas, and get new replicas', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(20, FAST, { seed });
    const keys = fill(ring, 20);
    ring.world.runFor(10_000);
    for (let round = 0; round < 4; round++) {
      for (let count = 0; count < 2; count++) ring.world.crash(pick(ring), 'power');
      settle(ring);
      ring.world.runFor(20_000);
      assertAllFound(ring, keys);
    }
    ring.world.runFor(30_000);
    assertInPlace(ring, keys);
  });
});

test('SIGCOMM 2001, section 4.4: a newcomer gets its keys from its successor, and strays go where they belong', () => {
  const ring = grownRing(8, FAST);
  const keys = fill(ring, 40);
  for (let count = 0; count < 8; count++) join(ring);
  settle(ring);
  assertAllFound(ring, keys);
  ring.world.runFor(90_000);
  assertInPlace(ring, keys);
  assertAllFound(ring, keys);
});

test('ToN 2003, section III: who leaves hands its keys over, so that not even single copies are lost', () => {
  forSeeds(3, (seed) => {
    const ring = grownRing(12, { ...FAST, replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed });
    const keys = fill(ring, 30);
    for (let count = 0; count < 8; count++) {
      const node = pick(ring);
      assert.ok(
        wait<boolean>(ring, (done) => node.protocol.leave({ onLeft: done })),
        'all are taken',
      );
      ring.world.leave(node);
      settle(ring);
    }
    assert.equal(live(ring).length, 4);
    assertAllFound(ring, keys);
  });
});

test('neighbours that leave at the same time lose nothing: who is leaving takes no keys, and the one behind gets them', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(12, { ...FAST, replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed });
    const keys = fill(ring, 40);
    const order = sorted(members(ring));
    const leavers = order.slice(2, 5).map((unit) => ring.nodes.find((node) => node.protocol.units[0] === unit) as ChordNode);
    const told: boolean[] = [];
    for (const node of leavers) node.protocol.leave({ onLeft: (handedOver) => told.push(handedOver) });
    ring.world.runUntil(() => told.length === leavers.length, 60_000);
    assert.deepEqual(told, [true, true, true], ring.world.describe());
    for (const node of leavers) ring.world.leave(node);
    settle(ring);
    ring.world.runFor(20_000);
    assertAllFound(ring, keys);
  });
});

test('a host with many points leaves with all of them: its keys go to others, also when most that it knows has just left', () => {
  forSeeds(6, (seed) => {
    const ring = grownRing(2, { ...FAST, successors: 8, units: 12, replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed });
    const last = join(ring, { units: 1 });
    settle(ring);
    const keys = fill(ring, 30);
    for (const node of ring.nodes.slice(0, 2)) {
      if (seed % 2 === 0) settle(ring);
      assert.ok(
        wait<boolean>(ring, (done) => node.protocol.leave({ onLeft: done })),
        ring.world.describe(),
      );
      ring.world.leave(node);
    }
    ring.world.runFor(200);
    // Of a ring that was at rest it knows at once that nobody is left.
    if (seed % 2 === 0) assert.ok(last.protocol.isMember && members(ring)[0]?.successors[0] === members(ring)[0]?.self);
    settle(ring);
    assertAllFound(ring, keys);
  });
});

test('the last to leave has nobody to give its keys to, and says so', () => {
  const ring = grownRing(1, FAST);
  fill(ring, 1);
  assert.equal(
    wait<boolean>(ring, (done) => ring.nodes[0]?.protocol.leave({ onLeft: done })),
    false,
  );
});

test('SIGCOMM 2001, theorem 1: when a node joins or leaves, only keys of its neighbourhood move, K/N on average', () => {
  const options = { ...FAST, successors: 4, replicas: 1, readQuorum: 1, writeQuorum: 1, repairRounds: 2 };
  const ring = grownRing(20, options);
  const keys = Array.from({ length: 400 }, () => randomKey(ring));
  for (const key of keys) {
    const item = { key: idOfBytes(key), version: 1, writer: 0, removed: false, value: key };
    ownerOf(sorted(members(ring)), idOfBytes(key)).keys.take(item);
  }
  const place = (): string[] =>
    keys.map((key) =>
      holders(ring, key)
        .map((unit) => unit.self.hex)
        .join(),
    );
  let moved = 0;
  for (let count = 0; count < 10; count++) {
    const before = place();
    const node = join(ring);
    settle(ring);
    ring.world.runFor(60_000);
    const after = place();
    const newcomer = node.protocol.units[0]?.self.hex;
    for (const [index, holder] of after.entries()) {
      if (holder === before[index]) continue;
      moved++;
      assert.equal(holder, newcomer, 'what moves goes to the newcomer');
    }
  }
  const expected = 10 * (400 / 25);
  assert.ok(moved > expected / 2 && moved < expected * 2, `about ${expected} keys, got ${moved}`);
});

test('SIGCOMM 2001, section 6.2, figures 8 and 9: keys per node spread as published, and less with virtual nodes', () => {
  const spread = (units: number): number => {
    const hosts = 1000;
    const ring = idealRing(hosts, { units, roundMs: 0, successors: 1, replicas: 1, readQuorum: 1, writeQuorum: 1 }, { seed: 2 });
    const order = sorted(members(ring));
    const hostOf = new Map(ring.nodes.flatMap((node, index) => node.protocol.units.map((unit) => [unit, index])));
    const counts = new Array<number>(hosts).fill(0);
    for (let key = 0; key < 100 * hosts; key++) {
      const host = hostOf.get(ownerOf(order, idOfBytes(randomKey(ring)))) as number;
      counts[host] = (counts[host] as number) + 1;
    }
    return counts.sort((a, b) => a - b)[Math.floor(0.99 * hosts)] as number;
  };
  // The 99th percentile for a mean of 100.
  for (const [units, published] of [
    [1, 477],
    [10, 186],
    [20, 161],
  ] as const) {
    const got = spread(units);
    assert.ok(Math.abs(got - published) < 0.15 * published, `${units} virtual nodes: ${published} keys published, got ${got}`);
  }
});

test('a quorum that is not there is told, and what was said to be written is read while a minority is silent', () => {
  forSeeds(5, (seed) => {
    const ring = idealRing(30, { roundMs: 0, successors: 6, replicas: 3, readQuorum: 2, writeQuorum: 2 }, { seed });
    const key = randomKey(ring);
    const replicas = replicasOf(ring, key);
    const client = ring.nodes.find((node) => !replicas.includes(node.protocol.units[0] as VirtualNode)) as ChordNode;
    const crash = (unit: VirtualNode | undefined): void =>
      ring.world.crash(ring.nodes.find((node) => node.protocol.units[0] === unit) as ChordNode, 'power');
    assert.ok(put(ring, client, key, Uint8Array.of(1)).ok);
    crash(replicas[seed % 3]);
    assert.deepEqual(get(ring, client, key).value, Uint8Array.of(1));
    assert.ok(put(ring, client, key, Uint8Array.of(2)).ok);
    assert.deepEqual(get(ring, client, key).value, Uint8Array.of(2));
    crash(replicas[(seed + 1) % 3]);
    assert.equal(get(ring, client, key).ok, false);
    assert.equal(put(ring, client, key, Uint8Array.of(3)).ok, false);
  });
});

test('a value that a stranger stores, wherever that is, costs the ring no more than its copies', () => {
  const bytesWith = (stores: number): number => {
    const ring = idealRing(20, { ...FAST, successors: 8 });
    const stranger = ring.world.addNode((host) => ({
      start: () => host.bind(chordCodec, { onDatagram() {} }),
      onTimer() {},
      stop() {},
      inspect() {},
    }));
    ring.world.runFor(1);
    for (let count = 0; count < stores; count++) {
      const item = { key: idOfBytes(randomKey(ring)), version: 1, writer: 1, removed: false, value: new Uint8Array(VALUE_BYTES_MAX) };
      stranger.host.send(pick(ring).peer, chordCodec, { tag: store.tag, transaction: count, unit: 0, item });
    }
    ring.world.runFor(60_000);
    if (stores > 0) assert.ok(members(ring).some((unit) => unit.keys.size > 0));
    return ring.world.counters.datagramBytes;
  };
  const bytesEach = (bytesWith(50) - bytesWith(0)) / 50;
  // One that came to the wrong node travels once more. Comparing versions, twenty times in that minute, is what else there is.
  const copies = 1 + 3;
  assert.ok(bytesEach < (copies + 1) * VALUE_BYTES_MAX + 20 * 300, `${bytesEach} bytes for each`);
});

test('a value that is too long is refused at once, and a full node refuses more', () => {
  const ring = grownRing(4, { ...FAST, successors: 3, itemsMax: 2 });
  assert.throws(
    () => ring.nodes[0]?.protocol.put(randomKey(ring), new Uint8Array(VALUE_BYTES_MAX + 1), { onAccess() {} }),
    /at most 1024 bytes/,
  );
  const done = Array.from({ length: 12 }, () => put(ring, pick(ring), randomKey(ring), new Uint8Array(VALUE_BYTES_MAX)).ok);
  assert.ok(done.includes(true) && done.includes(false), `${done}`);
  assert.ok(members(ring).every((unit) => unit.keys.size <= 2));
});

test('puts and gets go through with loss, duplicates and nodes that come and go', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(16, { ...FAST, attempts: 3 }, { seed });
    ring.world.faults = { loss: 0.05, duplication: 0.05, reordering: 0.1, reorderingMs: 100 };
    const keys: Uint8Array[] = [];
    for (let index = 0; index < 20; index++) {
      const key = randomKey(ring);
      const client = ring.nodes[0] as ChordNode;
      while (!put(ring, client, key, Uint8Array.of(index)).ok) ring.world.runFor(1000);
      keys.push(key);
      if (index % 6 === 5) {
        ring.world.crash(live(ring)[1 + ring.random.below(live(ring).length - 1)] as ChordNode);
        ring.world.runFor(15_000);
      }
      if (index % 5 === 4) join(ring);
    }
    ring.world.faults = {};
    settle(ring);
    ring.world.runFor(30_000);
    assertAllFound(ring, keys);
  });
});
