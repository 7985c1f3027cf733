/** The swarm table against a plain model, and its bounds: memory, expiry, fairness of random sets. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { writeU32 } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import { Random } from '../../core/random.ts';
import { NO_SWARM, SwarmTable } from './swarm-table.ts';

const SEED = Number(process.env.KITH_SEED ?? 41);
const BOUNDS = { swarmsMax: 2 ** 21, peersMax: 2 ** 21 };
const AGE = 2700;

for (const addressBytes of [4, 16] as const) {
  test(`IPv${addressBytes === 4 ? 4 : 6}: after 60,000 random operations the table holds what a plain map holds`, () => {
    const random = new Random(SEED, addressBytes);
    const table = new SwarmTable(addressBytes, BOUNDS, new Random(SEED, 9));
    const model = new Map<string, Map<string, string>>();
    for (let step = 0; step < 60_000; step++) {
      const infoHash = infoHashOf(random.below(4) === 0 ? random.below(200) : 0);
      const peer = peerOf(random.below(900), addressBytes);
      const swarm = table.admit(infoHash);
      const expected = getOrAdd(model, hexOf(infoHash));
      // Growing first, shrinking then, so that sets pass through all sizes both ways.
      if (random.chance(step < 30_000 ? 0.2 : 0.8)) {
        table.remove(swarm, peer);
        expected.delete(hexOf(peer));
      } else {
        const kind = (['seed', 'partial', 'leecher'] as const)[random.below(3)] ?? 'seed';
        table.announce(swarm, peer, kind === 'seed', 0, kind === 'partial');
        expected.set(hexOf(peer), kind);
      }
      if (random.below(100) === 0) {
        table.sweep(0, AGE, 50);
        for (const [key, peers] of model) if (peers.size === 0 && table.find(Buffer.from(key, 'hex')) === NO_SWARM) model.delete(key);
      }
    }
    let peers = 0;
    for (const [key, members] of model) {
      const swarm = table.find(Buffer.from(key, 'hex'));
      assert.notEqual(swarm, NO_SWARM, `seed ${SEED}`);
      assert.deepEqual(new Set(pick(table, swarm, 10_000, null, false)), new Set(members.keys()), `seed ${SEED}`);
      const count = (kind: string): number => [...members.values()].filter((each) => each === kind).length;
      assert.deepEqual([table.seeds(swarm), table.leechers(swarm)], [count('seed'), members.size - count('seed')]);
      assert.equal(table.downloaders(swarm), count('leecher'));
      peers += members.size;
    }
    assert.equal(table.peers, peers);
    assert.equal(table.swarms, model.size);
  });
}

test('a set is of distinct peers, as many as asked for, without the one who asks', () => {
  const table = new SwarmTable(4, BOUNDS, new Random(SEED));
  const swarm = table.admit(infoHashOf(1));
  for (let peer = 0; peer < 1000; peer++) table.announce(swarm, peerOf(peer, 4), false, 0);
  for (let round = 0; round < 200; round++) {
    const set = pick(table, swarm, 50, peerOf(round, 4), false);
    assert.equal(set.length, 50);
    assert.equal(new Set(set).size, 50);
    assert.ok(!set.includes(hexOf(peerOf(round, 4))));
  }
});

test('every peer of a large swarm is handed out about as often as any other', () => {
  const table = new SwarmTable(4, BOUNDS, new Random(SEED));
  const swarm = table.admit(infoHashOf(1));
  const peers = 400;
  for (let peer = 0; peer < peers; peer++) table.announce(swarm, peerOf(peer, 4), false, 0);
  const times = new Map<string, number>();
  const rounds = 8000;
  for (let round = 0; round < rounds; round++) {
    for (const key of pick(table, swarm, 20, null, false)) times.set(key, (times.get(key) ?? 0) + 1);
  }
  const mean = (rounds * 20) / peers;
  for (const [key, count] of times)
    assert.ok(count > mean / 2 && count < mean * 2, `${key} came ${count} times, the mean is ${mean}; seed ${SEED}`);
  assert.equal(times.size, peers);
});

test('a leecher gets seeds first and some leechers, a seed gets leechers only', () => {
  const table = new SwarmTable(4, BOUNDS, new Random(SEED));
  const swarm = table.admit(infoHashOf(1));
  for (let peer = 0; peer < 200; peer++) table.announce(swarm, peerOf(peer, 4), peer < 100, 0);
  const seeds = new Set(Array.from({ length: 100 }, (_, peer) => hexOf(peerOf(peer, 4))));
  const forLeecher = pick(table, swarm, 40, null, false);
  assert.equal(forLeecher.filter((peer) => seeds.has(peer)).length, 30);
  assert.equal(forLeecher.length, 40);
  const forSeed = pick(table, swarm, 40, null, true);
  assert.equal(forSeed.filter((peer) => seeds.has(peer)).length, 0);
  assert.equal(forSeed.length, 40);
});

test('a peer that finishes moves from the leechers to the seeds, once', () => {
  const table = new SwarmTable(4, BOUNDS, new Random(SEED));
  const swarm = table.admit(infoHashOf(1));
  assert.equal(table.announce(swarm, peerOf(1, 4), false, 0), 'added');
  assert.equal(table.announce(swarm, peerOf(1, 4), false, 5), 'known');
  assert.equal(table.announce(swarm, peerOf(1, 4), true, 9), 'became-seed');
  assert.equal(table.announce(swarm, peerOf(1, 4), true, 9), 'known');
  assert.deepEqual([table.seeds(swarm), table.leechers(swarm), table.peers], [1, 0, 1]);
});

test('peers not seen for 45 minutes go, those who were stay, and empty swarms go with them', () => {
  const table = new SwarmTable(4, BOUNDS, new Random(SEED));
  // Close to where the 16-bit times wrap around.
  const start = 65_000;
  for (let swarm = 0; swarm < 50; swarm++) {
    for (let peer = 0; peer <= swarm * 4; peer++) table.announce(table.admit(infoHashOf(swarm)), peerOf(peer, 4), peer % 3 === 0, start);
  }
  for (let peer = 0; peer < 10; peer++) table.announce(table.admit(infoHashOf(49)), peerOf(peer, 4), true, start + 2000);
  for (let round = 0; round < 400; round++) table.sweep(start + AGE + 1, AGE, 100);
  assert.deepEqual([table.peers, table.swarms], [10, 1]);
  for (let round = 0; round < 10; round++) table.sweep(start + 2000 + AGE + 1, AGE, 100);
  assert.deepEqual([table.peers, table.swarms], [0, 0]);
});

test('at its bounds the table takes no more swarms or peers, and still renews the ones it has', () => {
  const table = new SwarmTable(4, { swarmsMax: 2, peersMax: 3 }, new Random(SEED));
  const swarm = table.admit(infoHashOf(1));
  assert.notEqual(table.admit(infoHashOf(2)), NO_SWARM);
  assert.equal(table.admit(infoHashOf(3)), NO_SWARM);
  for (let peer = 0; peer < 3; peer++) assert.equal(table.announce(swarm, peerOf(peer, 4), false, 0), 'added');
  assert.equal(table.announce(swarm, peerOf(3, 4), false, 0), 'full');
  assert.equal(table.announce(swarm, peerOf(2, 4), false, 0), 'known');
  assert.equal(table.announce(swarm, peerOf(2, 4), true, 0), 'became-seed');
});

test('300,000 peers cost at most 64 bytes each, in one swarm and in as many swarms', () => {
  for (const swarms of [1, 300_000]) {
    const table = new SwarmTable(4, BOUNDS, new Random(SEED));
    for (let peer = 0; peer < 300_000; peer++) table.announce(table.admit(infoHashOf(peer % swarms)), peerOf(peer, 4), false, 0);
    assert.ok(table.bytes / table.peers <= 64, `${table.bytes / table.peers} bytes a peer in ${swarms} swarms`);
  }
});

function pick(table: SwarmTable, swarm: number, want: number, exclude: Uint8Array | null, forSeed: boolean): string[] {
  const size = table.addressBytes + 2;
  const into = new Uint8Array(want * size + 4).fill(0xaa);
  const end = table.pick(swarm, exclude, forSeed, want, into, 2);
  assert.equal(into[end], 0xaa);
  return Array.from({ length: (end - 2) / size }, (_, index) => hexOf(into.subarray(2 + index * size, 2 + (index + 1) * size)));
}

function infoHashOf(number: number): Uint8Array {
  const bytes = new Uint8Array(20);
  writeU32(bytes, 0, Math.imul(number, 0x9e3779b1));
  writeU32(bytes, 16, number);
  return bytes;
}

function peerOf(number: number, addressBytes: number): Uint8Array {
  const bytes = new Uint8Array(addressBytes + 2);
  writeU32(bytes, addressBytes - 4, number >>> 1);
  bytes[addressBytes] = 0x1a;
  bytes[addressBytes + 1] = number & 1;
  return bytes;
}

function getOrAdd(model: Map<string, Map<string, string>>, key: string): Map<string, string> {
  let members = model.get(key);
  if (members === undefined) model.set(key, (members = new Map()));
  return members;
}
