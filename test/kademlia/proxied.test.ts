/** A node of the DHT behind a SOCKS proxy: it begins at a router whose name only the proxy knows, and tells nobody an endpoint that stands for a name. */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { endpointPort, formatEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { ED25519 } from '../../src/net/ed25519.ts';
import { parseProxy } from '../../src/net/proxy.ts';
import { SocketHost, type SocketHostOptions } from '../../src/net/socket-host.ts';
import { KADEMLIA_DEFAULTS, Kademlia, type KademliaOptions } from '../../src/overlays/kademlia/index.ts';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';

const NODES = 6;
const WAIT_MS_MAX = 20_000;
const INFO_HASH = new Uint8Array(20).fill(0x42);

async function node(t: TestContext, where: SocketHostOptions, options: Partial<KademliaOptions>): Promise<[Kademlia, SocketHost]> {
  const host = new SocketHost({ ...where, streamPort: null });
  await host.open();
  t.after(() => host.close());
  return [host.run((each) => new Kademlia(each, { ...KADEMLIA_DEFAULTS, signatures: ED25519, tickMs: 200, ...options })), host];
}

async function joined(nodes: readonly Kademlia[]): Promise<void> {
  const deadlineMs = performance.now() + WAIT_MS_MAX;
  while (!nodes.every((each) => each.isJoined)) {
    assert.ok(performance.now() < deadlineMs, JSON.stringify(nodes.map((each) => each.inspect())));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function search(from: Kademlia, announcePort: number | null): Promise<readonly string[]> {
  const found: string[] = [];
  const onPeers = (peers: readonly Endpoint[]): void => void found.push(...peers.map(formatEndpoint));
  return new Promise((resolve) => from.getPeers(INFO_HASH, { onPeers, onPeersDone: () => resolve(found) }, { announcePort }));
}

test('a node joins through the name of a router, finds peers, and names no name to others', async (t) => {
  const loopback = { address: '127.0.0.1' };
  const [first, host] = await node(t, loopback, {});
  const entry = host.self.datagram as Endpoint;
  const others: Kademlia[] = [];
  for (let count = 1; count < NODES; count++) others.push((await node(t, loopback, { bootstrap: [entry] }))[0]);
  await joined(others);
  await search(others[0] as Kademlia, 7777);

  const proxy = await RecordingProxy.open(t, 'socks5');
  const router = { host: 'router.test', port: endpointPort(entry) };
  const [behind] = await node(t, { proxy: parseProxy(proxy.url) }, { bootstrapNames: [router] });
  await joined([behind]);
  assert.deepEqual(await search(behind, null), ['127.0.0.1:7777']);
  assert.ok(proxy.asked.has(`udp router.test:${router.port}`), [...proxy.asked].join());
  const known = [behind, first, ...others].flatMap((each) => each.save().contacts);
  // In hex, behind 20 bytes of id.
  assert.deepEqual(
    known.filter((contact) => contact.slice(40).startsWith('f0')),
    [],
  );
  assert.ok(behind.save().contacts.length >= NODES - 1, behind.save().contacts.join());
});
