/** Our DHT nodes and libtorrent's in one network on loopback: what one side stores the other finds, peers and items, both ways. */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { latin1, latin1Bytes } from '../../src/core/bytes.ts';
import { endpointPort, formatEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { ED25519 } from '../../src/net/ed25519.ts';
import { SocketHost } from '../../src/net/index.ts';
import { immutableTarget, Kademlia, KADEMLIA_DEFAULTS, signItem } from '../../src/overlays/kademlia/index.ts';
import type { ItemFound, ItemPut, PeersFound } from '../../src/overlays/kademlia/index.ts';
import { libtorrentVersion } from './peers/libtorrent.ts';
import { LibtorrentDht } from './peers/libtorrent-dht.ts';
import { freePort, until } from './peers/process-group.ts';

const OURS = 10;
/** Fewer than 8 of libtorrent's: every search needs nodes of both sides. */
const THEIRS = 6;
const JOIN_MS_MAX = 20_000;
const SECRET = new Uint8Array(32).fill(5);

const skip = libtorrentVersion() === null ? 'python3-libtorrent is not installed' : false;
const hosts: SocketHost[] = [];
const nodes: Kademlia[] = [];
let theirs: LibtorrentDht;
let folder = '';

before(async () => {
  if (skip !== false) return;
  for (let index = 0; index < OURS; index++) {
    const host = new SocketHost({ address: '127.0.0.1', streamPort: null });
    await host.open();
    hosts.push(host);
    const first = hosts[0]?.self.datagram as Endpoint;
    const options = { ...KADEMLIA_DEFAULTS, signatures: ED25519, tickMs: 1000, bootstrap: index === 0 ? [] : [first] };
    nodes.push(host.run((each) => new Kademlia(each, options)));
  }
  await until(
    'our nodes to join',
    JOIN_MS_MAX,
    async () => nodes.every((node) => node.isJoined),
    () => JSON.stringify(nodes[1]?.inspect()),
  );
  const ports: number[] = [];
  for (let index = 0; index < THEIRS; index++) ports.push(await freePort());
  folder = await mkdtemp(join(tmpdir(), 'kith-dht-'));
  theirs = await new LibtorrentDht(ports, formatEndpoint(hosts[1]?.self.datagram as Endpoint), folder).ready(THEIRS);
  await until(
    'nodes of libtorrent in our tables',
    JOIN_MS_MAX,
    async () => nodes.filter((node) => [...(node.v4?.table.all() ?? [])].some(({ port }) => ports.includes(port))).length > OURS / 2,
    () => JSON.stringify(nodes[1]?.inspect()),
  );
});

after(async () => {
  await theirs?.stop();
  for (const host of hosts) await host.close();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

function node(index: number): Kademlia {
  return nodes[index] as Kademlia;
}

function hash(byte: number): Uint8Array {
  return new Uint8Array(20).fill(byte);
}

/** What our side finds; the promise is the test's, protocols have none. */
function search(from: Kademlia, infoHash: Uint8Array, port: number | null): Promise<PeersFound & { readonly endpoints: string[] }> {
  const endpoints: string[] = [];
  return new Promise((resolve) => {
    const onPeers = (peers: readonly Endpoint[]): void => void endpoints.push(...peers.map(formatEndpoint));
    from.getPeers(infoHash, { onPeers, onPeersDone: (found) => resolve({ ...found, endpoints }) }, { announcePort: port });
  });
}

test('libtorrent finds a peer that was announced through our node', { skip }, async () => {
  const { stored } = await search(node(2), hash(0x11), 4321);
  assert.equal(stored, 8);
  await theirs.ask({ do: 'peers', node: 3, hash: hexOf(hash(0x11)) }, 'peers', ({ peers }) => peers?.includes('127.0.0.1:4321') === true);
});

test('we find a peer that was announced through libtorrent', { skip }, async () => {
  const { port } = await theirs.ask({ do: 'announce', node: 0, hash: hexOf(hash(0x22)) }, 'announce');
  await until(
    'the peer',
    JOIN_MS_MAX,
    async () => (await search(node(7), hash(0x22), null)).endpoints.includes(`127.0.0.1:${port}`),
    () => JSON.stringify(node(7).inspect()),
  );
});

test('BEP 44: libtorrent gets an immutable item that we put', { skip }, async () => {
  const put = latin1Bytes('14:from our nodes');
  const { stored, target } = await new Promise<ItemPut>((resolve) => node(4).putImmutable(put, { onPut: resolve }));
  assert.equal(stored, 8);
  const got = await theirs.ask({ do: 'get', node: 2, hash: hexOf(target) }, 'get');
  assert.match(got.text ?? '', /from our nodes/);
});

test('BEP 44: we get an immutable item that libtorrent put', { skip }, async () => {
  await theirs.ask({ do: 'put', node: 1, text: 'from libtorrent' }, 'stored');
  const target = immutableTarget(latin1Bytes('15:from libtorrent'));
  const found = await new Promise<ItemFound>((resolve) => node(5).get({ target }, { onItem: resolve }));
  assert.equal(latin1(found.value as Uint8Array), '15:from libtorrent');
});

test('BEP 44: mutable items go both ways, and each side takes over where the other left off', { skip }, async () => {
  const publicKey = ED25519.publicKey(SECRET);
  const key = { secret: hexOf(SECRET), public: hexOf(publicKey), salt: 'interop' };
  await theirs.ask({ do: 'put-mutable', node: 4, ...key, text: 'first' }, 'stored');
  const found = await new Promise<ItemFound>((resolve) => node(6).get({ publicKey, salt: 'interop' }, { onItem: resolve }));
  assert.equal(latin1(found.value as Uint8Array), '5:first');
  const seq = found.mutable?.seq as bigint;
  const next = signItem(ED25519, SECRET, 'interop', seq + 1n, latin1Bytes('6:second'));
  const put = await new Promise<ItemPut>((resolve) => node(8).putMutable(next, { onPut: resolve }, seq));
  assert.deepEqual(put.refusals, []);
  assert.equal(put.stored, 8);
  const theirItem = await theirs.ask(
    { do: 'get-mutable', node: 5, public: key.public, salt: 'interop' },
    'get-mutable',
    (event) => event.seq === Number(seq + 1n),
  );
  assert.match(theirItem.text ?? '', /second/);
});

test('BEP 51: libtorrent samples info-hashes of our nodes, and we those of libtorrent', { skip }, async () => {
  await search(node(3), hash(0x33), 99);
  const holder = nodes.findIndex((each) => (each.v4?.peers.infoHashes ?? 0) > 0);
  const port = endpointPort(hosts[holder]?.self.datagram as Endpoint);
  const { hashes, total } = await theirs.ask({ do: 'sample', node: 0, port }, 'sample');
  assert.ok((total ?? 0) > 0 && hashes?.length === total, JSON.stringify({ hashes, total }));
  const sampled = new Map<number, number>();
  await new Promise<unknown>((resolve) => {
    node(9).sample(hash(0x33), { onSamples: (from, _infoHashes, all) => void sampled.set(from.port, all), onSampled: resolve });
  });
  const ours = hosts.map((host) => endpointPort(host.self.datagram as Endpoint));
  assert.ok(
    [...sampled.keys()].some((from) => !ours.includes(from)),
    'a node of libtorrent answered',
  );
  assert.ok([...sampled.values()].some((all) => all > 0));
});
