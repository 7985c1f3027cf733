/** What is stored where, for whom and for how long: peers (BEP 5, 33), items (BEP 44, 46), samples (BEP 51). */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  announce,
  type Dht,
  get,
  getPeers,
  grownDht,
  idealDht,
  join,
  type KademliaNode,
  oracle,
  pick,
  putImmutable,
  putMutable,
  randomKey,
  wait,
} from '../../../test/kademlia/worlds.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import { hexOf } from '../../core/hex.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { mutableTarget, signItem, torrentOfValue, torrentValue } from './item.ts';
import { KrpcCode } from './krpc-messages.ts';
import { readId } from './node-id.ts';
import { SIMULATED_SIGNATURES } from './simulated-signatures.ts';

const SECRET = new Uint8Array(32).fill(7);
const PUBLIC_KEY = SIMULATED_SIGNATURES.publicKey(SECRET);
const HOUR_MS = 3_600_000;

function holders(dht: Dht, infoHash: Uint8Array): string[] {
  const target = readId(infoHash);
  return dht.nodes.filter((node) => node.protocol.v4?.peers.pick(target, 1, false) !== null).map((node) => node.protocol.id.hex);
}

function endpointHex(node: KademliaNode, port = 6881): string {
  const endpoint = node.endpoint.slice();
  endpoint[4] = port >> 8;
  endpoint[5] = port & 255;
  return hexOf(endpoint);
}

function signed(seq: bigint, text: string, salt = ''): ReturnType<typeof signItem> {
  return signItem(SIMULATED_SIGNATURES, SECRET, salt, seq, latin1Bytes(`${text.length}:${text}`));
}

test('BEP 5: a peer is announced to the 8 nodes nearest to the info-hash, and found from everywhere', () => {
  forSeeds(10, (seed) => {
    const dht = idealDht(200, {}, { seed });
    const infoHash = randomKey(dht);
    const peer = pick(dht);
    assert.equal(announce(dht, peer, infoHash, 51_413).stored, 8);
    assert.deepEqual(holders(dht, infoHash).sort(), oracle(dht, readId(infoHash), peer).sort());
    for (let round = 0; round < 10; round++) assert.deepEqual(getPeers(dht, pick(dht), infoHash).endpoints, [endpointHex(peer, 51_413)]);
  });
});

test('BEP 5: with an implied port the port of the datagrams is announced', () => {
  const dht = idealDht(50);
  const infoHash = randomKey(dht);
  const [peer, other] = dht.nodes as [KademliaNode, KademliaNode];
  announce(dht, peer, infoHash, 0);
  assert.deepEqual(getPeers(dht, other, infoHash).endpoints, [endpointHex(peer)]);
});

test('a peer that is not announced again is forgotten within 45 minutes, one that is stays', () => {
  const dht = idealDht(60);
  const infoHash = randomKey(dht);
  const [gone, stays, asker] = dht.nodes as [KademliaNode, KademliaNode, KademliaNode];
  announce(dht, gone, infoHash);
  for (let round = 0; round < 4; round++) {
    announce(dht, stays, infoHash);
    dht.world.runFor(1_200_000);
  }
  assert.deepEqual(getPeers(dht, asker, infoHash).endpoints, [endpointHex(stays)]);
});

test('peers are found while a fifth of the nodes crash between announce and search', () => {
  forSeeds(10, (seed) => {
    const dht = grownDht(80, {}, { seed });
    const infoHash = randomKey(dht);
    const peer = pick(dht);
    announce(dht, peer, infoHash);
    for (const node of dht.random.shuffle(dht.nodes.filter((node) => node !== peer)).slice(0, 16)) dht.world.crash(node, 'power');
    assert.deepEqual(getPeers(dht, pick(dht), infoHash).endpoints, [endpointHex(peer)]);
  });
});

test('BEP 33: seeds and leechers are counted apart, though a reply with filters names few of them', () => {
  const dht = idealDht(120);
  const infoHash = randomKey(dht);
  const [asker, ...others] = dht.nodes as [KademliaNode, ...KademliaNode[]];
  for (const [index, node] of others.slice(0, 40).entries()) announce(dht, node, infoHash, 0, index < 10);
  const found = getPeers(dht, asker, infoHash, { scrape: true });
  const { seeds, peers } = found.scrape as { seeds: number; peers: number };
  assert.ok(Math.abs(seeds - 10) < 1 && Math.abs(peers - 30) < 2, `${seeds} seeds, ${peers} peers`);
  assert.ok(found.peers >= 22 && found.peers <= 40);
});

test('BEP 44: an immutable item is put to 8 nodes, found by its hash, and gone after two hours', () => {
  const dht = idealDht(100);
  const { target, stored } = putImmutable(dht, pick(dht), latin1Bytes('12:Hello World!'));
  assert.equal(hexOf(target), 'e5f96f6f38320f0f33959cb4d3d656452117aadb');
  assert.equal(stored, 8);
  assert.equal(hexOf(get(dht, pick(dht), { target }).value as Uint8Array), hexOf(latin1Bytes('12:Hello World!')));
  dht.world.runFor(2.1 * HOUR_MS);
  assert.equal(get(dht, pick(dht), { target }).value, null);
});

test('BEP 44: of a mutable item the newest version is found, wherever older ones linger', () => {
  forSeeds(10, (seed) => {
    const dht = idealDht(80, {}, { seed });
    const name = { publicKey: PUBLIC_KEY, salt: 'news' };
    assert.equal(putMutable(dht, pick(dht), signed(1n, 'old', 'news')).stored, 8);
    for (const node of dht.random.shuffle([...dht.nodes]).slice(0, 16)) dht.world.crash(node, 'power');
    putMutable(dht, pick(dht), signed(2n, 'new', 'news'));
    const found = get(dht, pick(dht), name);
    assert.equal(found.mutable?.seq, 2n);
    assert.equal(hexOf(found.value as Uint8Array), hexOf(latin1Bytes('3:new')));
    assert.equal(get(dht, pick(dht), { publicKey: PUBLIC_KEY, salt: 'other' }).value, null);
  });
});

test('BEP 44: a lower number, the same one with another value and a wrong cas are refused by their codes', () => {
  const dht = idealDht(60);
  const node = pick(dht);
  putMutable(dht, node, signed(5n, 'five'));
  assert.deepEqual(new Set(putMutable(dht, node, signed(4n, 'four')).refusals), new Set([KrpcCode.seqTooLow]));
  assert.deepEqual(new Set(putMutable(dht, node, signed(5n, 'other')).refusals), new Set([KrpcCode.seqTooLow]));
  assert.equal(putMutable(dht, node, signed(5n, 'five')).stored, 8);
  assert.deepEqual(new Set(putMutable(dht, node, signed(7n, 'seven'), 6n).refusals), new Set([KrpcCode.casMismatch]));
  assert.equal(putMutable(dht, node, signed(7n, 'seven'), 5n).stored, 8);
  assert.equal(get(dht, pick(dht), { publicKey: PUBLIC_KEY, salt: '' }).mutable?.seq, 7n);
});

test('BEP 44: anybody may keep an item alive by putting what was found again', () => {
  const dht = idealDht(60);
  const [author, reader] = dht.nodes as [KademliaNode, KademliaNode];
  const name = { publicKey: PUBLIC_KEY, salt: '' };
  putMutable(dht, author, signed(1n, 'kept'));
  dht.world.crash(author, 'power');
  for (let round = 0; round < 3; round++) {
    dht.world.runFor(HOUR_MS);
    const { mutable, copies, missing } = get(dht, reader, name);
    assert.ok(mutable !== null && copies + missing >= 8);
    putMutable(dht, reader, mutable);
  }
  assert.equal(get(dht, pick(dht), name).mutable?.seq, 1n);
});

test('BEP 44: an item that was not signed by its key is not believed', () => {
  const dht = idealDht(60);
  const forged = { ...signed(9n, 'mine'), publicKey: new Uint8Array(32).fill(1) };
  assert.deepEqual(new Set(putMutable(dht, pick(dht), forged).refusals), new Set([KrpcCode.badSignature]));
  // A liar that stores it all the same: who gets it sees the signature.
  const target = readId(mutableTarget(forged.publicKey, ''));
  const lie = { target, value: forged.value, owner: 0, storedAtMs: 0, mutable: { ...forged, key: forged.publicKey, cas: null } };
  for (const node of dht.nodes) node.protocol.items.get = () => lie;
  const [first] = dht.nodes as [KademliaNode];
  assert.equal(get(dht, first, { publicKey: forged.publicKey, salt: '' }).value, null);
});

test('BEP 46: a torrent that changes is followed by its key', () => {
  const dht = idealDht(60);
  for (const [seq, byte] of [
    [1n, 0x11],
    [2n, 0x22],
  ] as const) {
    putMutable(dht, pick(dht), signItem(SIMULATED_SIGNATURES, SECRET, 'n', seq, torrentValue(new Uint8Array(20).fill(byte))));
    const { value } = get(dht, pick(dht), { publicKey: PUBLIC_KEY, salt: 'n' });
    assert.equal(hexOf(torrentOfValue(value as Uint8Array) as Uint8Array), hexOf(new Uint8Array(20).fill(byte)));
  }
});

test('BEP 51: the samples of all nodes make an index of all torrents', () => {
  const dht = idealDht(40);
  const announced = new Set<string>();
  for (let index = 0; index < 30; index++) {
    const infoHash = randomKey(dht);
    announced.add(hexOf(infoHash));
    announce(dht, pick(dht), infoHash);
  }
  const sampled = new Set<string>();
  for (let round = 0; round < 30; round++) {
    wait(dht, (done) => {
      const onSamples = (_: unknown, infoHashes: readonly Uint8Array[]): void => infoHashes.forEach((each) => sampled.add(hexOf(each)));
      pick(dht).protocol.sample(randomKey(dht), { onSamples, onSampled: done });
    });
  }
  assert.deepEqual(sampled, announced);
});

test('BEP 51: one node that is named gives samples of its own, and a dead one none', () => {
  const dht = idealDht(40);
  announce(dht, pick(dht), randomKey(dht));
  const holder = dht.nodes.find((node) => (node.protocol.v4?.peers.infoHashes ?? 0) > 0) as KademliaNode;
  const asker = dht.nodes.find((node) => node !== holder) as KademliaNode;
  const sampled: string[] = [];
  const sample = (): { readonly timeouts: number; readonly samples: number } =>
    wait(dht, (done) => {
      const onSamples = (from: { readonly hex: string }): void => void sampled.push(from.hex);
      asker.protocol.sampleNode(holder.endpoint, { onSamples, onSampled: done });
    });
  assert.deepEqual([sample().samples, sampled], [1, [holder.protocol.id.hex]]);
  dht.world.crash(holder, 'power');
  assert.deepEqual([sample().timeouts, sampled.length], [1, 1]);
});

test('BEP 43: a node that only reads finds and announces, answers nobody, and is in no table', () => {
  const dht = grownDht(40);
  const infoHash = randomKey(dht);
  const reader = join(dht, { readOnly: true });
  dht.world.runFor(60_000);
  assert.equal(announce(dht, reader, infoHash).stored, 8);
  assert.deepEqual(getPeers(dht, dht.nodes[0] as KademliaNode, infoHash).endpoints, [endpointHex(reader)]);
  assert.equal(reader.protocol.responder.counters.replies, 0);
  for (const node of dht.nodes) assert.equal(node.protocol.v4?.table.find(reader.protocol.id), null);
});
