/**
 * kith and Transmission without a tracker: each finds the other in a DHT whose other nodes are ours. Transmission takes no node at 127.x, so this
 * runs in a network of its own that has addresses like those of a home network.
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { SocketHost } from '../../src/net/index.ts';
import { Kademlia, KADEMLIA_DEFAULTS, readId } from '../../src/overlays/kademlia/index.ts';
import { type Content, expectedTree, magnetOf, oddContent, PATIENCE, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import { isInside, testInside } from './own-network.ts';
import { treeOf } from './peers/content.ts';
import { runKithGet, runKithShare } from './peers/kith.ts';
import { freePort, until } from './peers/process-group.ts';
import { transmission } from './peers/transmission.ts';
import { Workbench } from './workbench.ts';

/** Its DHT calls itself broken with fewer than nine nodes, and poor, which is enough, with fewer than forty. */
const OURS = 24;
const JOIN_MS_MAX = 20_000;
const THEIR_ADDRESS = '10.77.0.2';
const OUR_ADDRESS = '10.77.0.3';
const NODE_ADDRESSES = Array.from({ length: OURS }, (_, index) => `10.77.0.${10 + index}`);
const PORT = 6881;

if (!isInside) {
  const missing = transmission.missing();
  const addresses = [THEIR_ADDRESS, OUR_ADDRESS, ...NODE_ADDRESSES].map((address) => `${address}/24`);
  if (missing === null) testInside('the DHT with Transmission in a network of its own', import.meta.url, 2 * TEST_MS_MAX, addresses);
  else test('the DHT with Transmission in a network of its own', { skip: missing }, () => {});
} else {
  const hosts: SocketHost[] = [];
  const nodes: Kademlia[] = [];
  const entries = NODE_ADDRESSES.map((address) => `${address}:${PORT}`);
  const ours = ['--no-lsd', '--listen', OUR_ADDRESS, '--dht', 'on', '--dht-node', entries[0] as string];

  before(async () => {
    for (const address of NODE_ADDRESSES) {
      const host = new SocketHost({ address, streamPort: null, datagramPort: PORT });
      await host.open();
      hosts.push(host);
      const bootstrap = nodes.length === 0 ? [] : [parseEndpoint(entries[0] as string) as Endpoint];
      nodes.push(host.run((each) => new Kademlia(each, { ...KADEMLIA_DEFAULTS, bootstrap })));
    }
    await until('our nodes to join', JOIN_MS_MAX, async () => nodes.slice(1).every(({ isJoined }) => isJoined));
  });

  after(async () => {
    for (const host of hosts) await host.close();
  });

  const announced = (content: Content): boolean => {
    const infoHash = readId(Buffer.from(content.torrent.infoHash, 'hex'));
    return nodes.some(({ v4 }) => (v4?.peers.pick(infoHash, 1, false) ?? null) !== null);
  };

  test('Transmission gets from kith what it knows by nothing but a hash', { timeout: TEST_MS_MAX }, async (t) => {
    const bench = await Workbench.for(t);
    const content = await oddContent(bench, []);
    const path = join(content.folder, content.torrent.name);
    const share = bench.keep(runKithShare(path, ['--no-tracker', ...ours], { port: await freePort() }));
    const [hash] = /urn:btih:[0-9a-f]{40}/.exec(await share.link()) ?? [];
    const folder = await bench.place('target');
    const leech = await bench.start(transmission, {
      role: 'leech',
      magnet: `magnet:?xt=${hash}`,
      folder,
      address: THEIR_ADDRESS,
      dhtNodes: entries,
    });
    await leech.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(folder, content.torrent.name), expectedTree(content, transmission));
  });

  test('kith gets from Transmission what it knows by nothing but a hash, and its node is one of ours', {
    timeout: TEST_MS_MAX,
  }, async (t) => {
    const bench = await Workbench.for(t);
    const content = await oddContent(bench, []);
    const seed = await bench.start(transmission, {
      role: 'seed',
      torrent: content.torrent.path,
      folder: content.folder,
      address: THEIR_ADDRESS,
      dhtNodes: entries,
    });
    await until('its announce', TRANSFER_MS_MAX, async () => announced(content));
    const knowIt = nodes.filter(({ v4 }) => [...(v4?.table.all() ?? [])].some((each) => formatEndpoint(each.endpoint) === seed.endpoint));
    assert.ok(knowIt.length > 0, 'its node is in our tables');
    const target = await bench.place('target');
    const get = bench.keep(runKithGet(magnetOf(content.torrent, []), target, [...PATIENCE, ...ours], { port: await freePort() }));
    await get.done(TRANSFER_MS_MAX);
    assert.deepEqual(await treeOf(target, content.torrent.name), content.tree);
  });
}
