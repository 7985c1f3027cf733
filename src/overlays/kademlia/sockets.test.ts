/** The same nodes on real sockets: over IPv4, over IPv6, and one that is in both networks at once (BEP 32). */

import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import test from 'node:test';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { ED25519 } from '../../net/ed25519.ts';
import { SocketHost } from '../../net/index.ts';
import { Kademlia } from './kademlia.ts';
import { KADEMLIA_DEFAULTS, type KademliaOptions } from './kademlia-options.ts';

const NODES = 12;
const WAIT_MS_MAX = 20_000;
const POLL_MS = 20;
const INFO_HASH = new Uint8Array(20).fill(0x42);

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'));
const skip = hasIpv6 ? false : 'no IPv6 on this machine';

class Running {
  readonly hosts: SocketHost[] = [];
  readonly nodes: Kademlia[] = [];

  async add(address: string, options: Partial<KademliaOptions> = {}): Promise<Kademlia> {
    const host = new SocketHost({ address, streamPort: null });
    await host.open();
    this.hosts.push(host);
    const node = host.run((each) => new Kademlia(each, { ...KADEMLIA_DEFAULTS, signatures: ED25519, tickMs: 200, ...options }));
    this.nodes.push(node);
    return node;
  }

  /** Nodes at that address, joined through the first of them. */
  async network(address: string): Promise<Endpoint> {
    const first = this.nodes.length;
    await this.add(address);
    const entry = this.hosts[first]?.self.datagram as Endpoint;
    for (let index = 1; index < NODES; index++) await this.add(address, { bootstrap: [entry] });
    await this.until(() => this.nodes.slice(first).every((node) => node.isJoined));
    return entry;
  }

  async until(holds: () => boolean): Promise<void> {
    const deadline = Date.now() + WAIT_MS_MAX;
    while (!holds()) {
      assert.ok(Date.now() < deadline, JSON.stringify(this.nodes.map((node) => node.inspect())));
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.close();
  }
}

function search(node: Kademlia, port: number | null): Promise<{ stored: number; found: string[] }> {
  const found: string[] = [];
  return new Promise((resolve) => {
    const onPeers = (peers: readonly Endpoint[]): void => void found.push(...peers.map(formatEndpoint));
    node.getPeers(INFO_HASH, { onPeers, onPeersDone: ({ stored }) => resolve({ stored, found: found.sort() }) }, { announcePort: port });
  });
}

for (const [family, address, peer] of [
  ['IPv4', '127.0.0.1', '127.0.0.1:7777'],
  ['IPv6', '::1', '[::1]:7777'],
] as const) {
  test(`over ${family} a peer is announced and found`, { skip: family === 'IPv6' ? skip : false }, async (t) => {
    const running = new Running();
    t.after(() => running.close());
    await running.network(address);
    assert.equal((await search(running.nodes[3] as Kademlia, 7777)).stored, 8);
    assert.deepEqual((await search(running.nodes[9] as Kademlia, null)).found, [peer]);
  });
}

test('BEP 32: a node in both networks finds the peers of both, and announces itself in each', { skip }, async (t) => {
  const running = new Running();
  t.after(() => running.close());
  const bootstrap = [await running.network('127.0.0.1'), await running.network('::1')];
  const [only4, only6] = [running.nodes[2] as Kademlia, running.nodes[NODES + 2] as Kademlia];
  const both = await running.add('::', { bootstrap });
  await running.until(() => both.networks.length === 2 && both.networks.every(({ join }) => join.done));
  await search(only4, 4444);
  await search(only6, 6666);
  const { stored, found } = await search(both, 9999);
  assert.deepEqual(found, ['127.0.0.1:4444', '[::1]:6666']);
  assert.equal(stored, 16);
  assert.deepEqual((await search(only6, null)).found, ['[::1]:6666', '[::1]:9999']);
  assert.deepEqual((await search(only4, null)).found, ['127.0.0.1:4444', '127.0.0.1:9999']);
});

test('a node that starts again with what it has saved needs nobody to tell it where to begin', async (t) => {
  const running = new Running();
  t.after(() => running.close());
  await running.network('127.0.0.1');
  const state = JSON.parse(JSON.stringify((running.nodes[5] as Kademlia).save()));
  await running.hosts[5]?.close();
  const again = await running.add('127.0.0.1', { state });
  assert.equal(again.id.hex, state.id);
  await running.until(() => again.isJoined);
  assert.equal((await search(again, 1)).stored, 8);
});
