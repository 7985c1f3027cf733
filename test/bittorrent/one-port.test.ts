/** Three protocols on one datagram socket: answers of UDP trackers, µTP and the DHT, told apart by their first bytes, in both worlds. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { endpointPort, formatEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { sha1 } from '../../src/core/sha1.ts';
import { torrentOf } from '../../src/lab/swarm-world.ts';
import { SocketHost } from '../../src/net/index.ts';
import { KADEMLIA_DEFAULTS, Kademlia } from '../../src/overlays/kademlia/index.ts';
import { Tracker } from '../../src/overlays/tracker/index.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import { World } from '../../src/sim/world.ts';
import { encodeInfo, parseInfo } from '../../src/transfer/bittorrent/index.ts';
import { FullNode } from './full-node.ts';

const UTP = { transport: 'utp' } as const;
const WAIT_MS_MAX = 20_000;

/** What a search in the DHT has found. */
function search(node: FullNode, announcePort: number | null): { found: string[]; stored: number | null } {
  const result: { found: string[]; stored: number | null } = { found: [], stored: null };
  const onPeers = (peers: readonly Endpoint[]): void => void result.found.push(...peers.map(formatEndpoint));
  const handler = { onPeers, onPeersDone: ({ stored }: { stored: number }) => void (result.stored = stored) };
  node.dht.getPeers(new Uint8Array(20).fill(7), handler, { announcePort });
  return result;
}

test('in the simulator one node asks a tracker, joins the DHT and gets a torrent over µTP, all on one port', () => {
  const run = (seed: number, mode: 'reference' | 'bytes'): string => {
    const metainfo = torrentOf(20, 32_768);
    const world = new World({ seed, mode, faults: { loss: 0.01 } });
    world.name(
      'tracker.sim',
      world.addNode((host) => new Tracker(host)),
    );
    const others = world.addNode((host) => new Kademlia(host, KADEMLIA_DEFAULTS));
    const stores = { [hexOf(metainfo.infoHash)]: 'full' } as const;
    const options = { bootstrap: [others.endpoint], engine: UTP };
    const seedNode = world.addNode((host) => new FullNode(host, metainfo, options), { stores });
    const node = world.addNode((host) => new FullNode(host, metainfo, options));
    assert.ok(world.runUntil(() => node.protocol.isComplete && node.protocol.dht.isJoined, 60_000));
    assert.equal(world.counters.streamsOpened, 0, 'no TCP');
    const announced = search(seedNode.protocol, 4444);
    assert.ok(world.runUntil(() => announced.stored !== null, 30_000));
    const { found } = search(node.protocol, null);
    assert.ok(world.runUntil(() => found.length > 0, 30_000));
    assert.ok(found[0]?.endsWith(':4444'), found[0]);
    world.runFor(1000);
    assert.equal(world.counters.dropped.malformed, 0);
    return world.traceHash();
  };
  forSeeds(3, (seed) => assert.equal(run(seed, 'bytes'), run(seed, 'reference')));
});

test('on sockets one node asks a tracker, joins the DHT and gets a torrent over µTP, all on one port', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-one-port-'));
  const hosts: SocketHost[] = [];
  t.after(async () => {
    for (const host of hosts) await host.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = async (): Promise<SocketHost> => {
    const host = new SocketHost({ address: '127.0.0.1' });
    await host.open();
    hosts.push(host);
    return host;
  };
  const until = async (holds: () => boolean): Promise<void> => {
    const deadline = Date.now() + WAIT_MS_MAX;
    while (!holds()) {
      assert.ok(Date.now() < deadline, JSON.stringify(hosts.map(({ counters }) => counters)));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const [trackerHost, dhtHost, seedHost, host] = [await open(), await open(), await open(), await open()];
  trackerHost.run((each) => new Tracker(each));
  dhtHost.run((each) => new Kademlia(each, KADEMLIA_DEFAULTS));

  const content = new Uint8Array(300_000).map((_, index) => index * 7 + (index >> 8));
  writeFileSync(join(folder, 'content'), content);
  const pieceBytes = 65_536;
  const pieces = Array.from({ length: Math.ceil(content.length / pieceBytes) }, (_, index) =>
    sha1(content.subarray(index * pieceBytes, (index + 1) * pieceBytes)),
  );
  const files = [{ path: ['content'], length: content.length, pad: false, executable: false, symlink: null }];
  const info = encodeInfo({ name: 'content', files, pieceBytes, pieceHashes: new Uint8Array(Buffer.concat(pieces)), private: false });
  const trackerUrl = `udp://${formatEndpoint(trackerHost.self.datagram as Endpoint)}/announce`;
  const metainfo = parseInfo(info, { trackers: [[trackerUrl]], webSeeds: [] });
  const start = (on: SocketHost, location: string): FullNode => {
    const engine = { ...UTP, listenPort: endpointPort(on.self.datagram as Endpoint) };
    const bootstrap = [dhtHost.self.datagram as Endpoint];
    return on.run((each) => new FullNode(each, metainfo, { bootstrap, engine, torrent: { location, recheck: 'check' } }));
  };
  const seedNode = start(seedHost, folder);
  await until(() => seedNode.isComplete && seedNode.dht.isJoined && seedNode.torrent.status().trackers[0]?.state === 'working');
  const node = start(host, mkdtempSync(join(folder, 'target-')));
  await until(() => node.isComplete && node.dht.isJoined);
  const announced = search(seedNode, 4444);
  await until(() => announced.stored !== null);
  const { found } = search(node, null);
  await until(() => found.length > 0);
  assert.deepEqual(found, ['127.0.0.1:4444']);
  assert.deepEqual([host.counters.streams, host.counters.malformed, seedHost.counters.malformed], [0, 0, 0]);
});
