/** The bounds of what a node keeps for others: nobody fills it up, nobody shuts others out. */

import assert from 'node:assert/strict';
import test from 'node:test';
import { latin1Bytes } from '../../core/bytes.ts';
import { endpointOf } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { ItemStore } from './item-store.ts';
import { KrpcCode } from './krpc-messages.ts';
import { NodeId } from './node-id.ts';
import { PeerStore } from './peer-store.ts';

const SELF = new NodeId(0, 0, 0, 0, 0);
const BOUNDS = { infoHashesMax: 4, peersMax: 50, perAddressMax: 3, ageMs: 1000 };

function store(bounds: Partial<typeof BOUNDS> = {}): PeerStore {
  return new PeerStore({ ...BOUNDS, ...bounds }, SELF, new Random(1), 6);
}

function at(last: number, port = 6881): Endpoint {
  return endpointOf(`198.51.${last >> 8}.${last & 255}`, port) as Endpoint;
}

function hash(word: number): NodeId {
  return new NodeId(word, 0, 0, 0, 1);
}

test('BEP 33: an address is in a swarm once: announced again, its port and its being a seed are brought up to date', () => {
  const peers = store();
  peers.announce(hash(1), at(1, 1000), false, 0);
  peers.announce(hash(1), at(1, 2000), true, 0);
  assert.deepEqual([...(peers.pick(hash(1), 10, false) as Uint8Array)], [...at(1, 2000)]);
  assert.equal(peers.size, 1);
});

test('BEP 33: to who wants no seeds leechers are named first', () => {
  const peers = store();
  for (let last = 0; last < 40; last++) peers.announce(hash(1), at(last), last < 35, 0);
  const picked = peers.pick(hash(1), 5, true) as Uint8Array;
  const lasts = Array.from({ length: 5 }, (_, index) => picked[index * 6 + 3] as number).sort((a, b) => a - b);
  assert.deepEqual(lasts, [35, 36, 37, 38, 39]);
});

test('a full swarm takes a newcomer in the place of a random one, and every peer is named sooner or later', () => {
  const peers = store();
  for (let last = 0; last < 60; last++) assert.ok(peers.announce(hash(1), at(last), false, 0));
  assert.equal(peers.size, 50);
  const named = new Set<number>();
  for (let round = 0; round < 200; round++) named.add((peers.pick(hash(1), 1, false) as Uint8Array)[3] as number);
  assert.ok(named.size > 40 && named.has(59), `${named.size} named`);
});

test('one address is in a bounded number of swarms, and has its places back when they get old', () => {
  const peers = store();
  for (let word = 1; word <= 3; word++) assert.ok(peers.announce(hash(word), at(1), false, 0));
  assert.equal(peers.announce(hash(4), at(1), false, 0), false);
  assert.ok(peers.announce(hash(4), at(2), false, 5000));
  peers.expire(5000);
  assert.equal(peers.size, 1);
  assert.ok(peers.announce(hash(5), at(1), false, 5000));
});

test('with no room for another info-hash the farthest from us goes, which may be the new one', () => {
  const peers = store();
  for (const [index, word] of [5, 9, 7, 3].entries()) peers.announce(hash(word), at(index), false, 0);
  assert.equal(peers.announce(hash(100), at(10), false, 0), false);
  assert.ok(peers.announce(hash(1), at(11), false, 0));
  assert.equal(peers.pick(hash(9), 1, false), null);
  assert.equal(peers.infoHashes, 4);
});

test('BEP 51: a sample stays the same until its interval is over', () => {
  const peers = store({ infoHashesMax: 1000 });
  for (let word = 0; word < 100; word++) peers.announce(hash(word), at(word), false, 0);
  const first = peers.sample(20, 0, 60_000);
  assert.equal(first.infoHashes.length, 400);
  assert.deepEqual(peers.sample(20, 59_000, 60_000), first);
  assert.notDeepEqual(peers.sample(20, 61_000, 60_000).infoHashes, first.infoHashes);
});

test('items: too many of one address are refused, and without signatures there are no mutable ones', () => {
  const items = new ItemStore({ itemsMax: 10, perAddressMax: 2, ageMs: 1000 }, SELF, null);
  const put = (text: string, from: Endpoint): number | undefined => items.put(latin1Bytes(text), null, from, 0)?.code;
  assert.deepEqual(
    [put('i1e', at(1)), put('i2e', at(1)), put('i1e', at(1)), put('i3e', at(1)), put('i3e', at(2))],
    [undefined, undefined, undefined, KrpcCode.server, undefined],
  );
  assert.equal(put('x', at(1)), KrpcCode.protocol);
  assert.equal(put(`1000:${'x'.repeat(1000)}`, at(1)), KrpcCode.valueTooBig);
  const mutable = { key: new Uint8Array(32), salt: '', seq: 1n, signature: new Uint8Array(64), cas: null };
  assert.equal(items.put(latin1Bytes('i1e'), mutable, at(3), 0)?.code, KrpcCode.server);
  assert.equal(items.put(latin1Bytes('i1e'), { ...mutable, salt: 'x'.repeat(65) }, at(3), 0)?.code, KrpcCode.saltTooBig);
});
