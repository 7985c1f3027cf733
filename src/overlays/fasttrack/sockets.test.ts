/** The same nodes on real sockets of loopback, among them a client that sends what giFT sent, and strangers that send anything. */

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { FAST_ELECTION, Finder, sharedFile } from '../../../test/fasttrack/worlds.ts';
import { RawClient } from '../../../test/fasttrack/raw-client.ts';
import { endpointPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { readText } from './wire-fields.ts';
import { SocketHost } from '../../net/index.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import { FastTrackNode } from './fasttrack-node.ts';
import { Type } from './messages.ts';
import { FASTTRACK_DEFAULTS, type FastTrackOptions } from './options.ts';

const WAIT_MS_MAX = 30_000;
const POLL_MS = 20;

interface Running {
  readonly host: SocketHost;
  readonly node: FastTrackNode;
  readonly endpoint: Endpoint;
}

async function run(t: TestContext, role: FastTrackOptions['role'], names: readonly string[], nodes: readonly Endpoint[]): Promise<Running> {
  const host = new SocketHost({ address: '127.0.0.1' });
  await host.open();
  t.after(() => host.close());
  const files = new ListedFiles(names.map((name, index) => sharedFile(name, index + 1)));
  const options = { ...FASTTRACK_DEFAULTS, role, nodes, beatMs: 500, tickMs: 200, floodTtl: 1, election: FAST_ELECTION };
  const node = host.run((each) => new FastTrackNode(each, { files }, options));
  return { host, node, endpoint: host.self.stream as Endpoint };
}

async function until(what: string, holds: () => boolean, details: () => unknown = () => ''): Promise<void> {
  const deadline = Date.now() + WAIT_MS_MAX;
  while (!holds()) {
    assert.ok(Date.now() < deadline, `expected ${what}: ${JSON.stringify(details())}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function found(node: FastTrackNode, words: string): Promise<string[]> {
  const finder = new Finder();
  node.search({ words: words.split(' '), limit: 100 }, finder);
  await until(
    'the end of a search',
    () => finder.ended,
    () => node.inspect(),
  );
  return finder.names;
}

test('eight nodes on loopback find each other’s files, also when a supernode has gone', async (t) => {
  const first = await run(t, 'supernode', [], []);
  const second = await run(t, 'supernode', [], [first.endpoint]);
  const third = await run(t, 'supernode', ['song of a supernode.mp3'], [first.endpoint]);
  const supernodes = [first, second, third];
  const others: Running[] = [];
  for (let index = 0; index < 5; index++) {
    others.push(
      await run(
        t,
        'ordinary',
        [`song ${index}.mp3`],
        supernodes.map(({ endpoint }) => endpoint),
      ),
    );
  }
  const state = (): unknown => [...supernodes, ...others].map(({ node }) => node.inspect());
  const attached = (): boolean => others.every(({ node }) => node.parent.isAttached);
  const linked = (count: number) => (): boolean =>
    supernodes.filter(({ node }) => node.supernode?.links.count === count).length === count + 1;
  await until('everybody under a supernode', attached, state);
  await until('all supernodes linked', linked(2), state);
  const asker = (others[0] as Running).node;
  await until('all shares known', () => supernodes.reduce((sum, { node }) => sum + (node.supernode?.index.count ?? 0), 0) === 6, state);
  assert.deepEqual(await found(asker, 'song'), ['song 1.mp3', 'song 2.mp3', 'song 3.mp3', 'song 4.mp3', 'song of a supernode.mp3']);
  await second.host.close();
  const left = [first, third];
  await until(
    'everybody under a supernode again',
    () => attached() && left.reduce((sum, { node }) => sum + (node.supernode?.index.count ?? 0), 0) === 6,
    state,
  );
  assert.equal((await found(asker, 'song')).length, 5);
});

test('who can be dialled learns it from the supernode that has tried, and others find him there', async (t) => {
  const supernode = await run(t, 'supernode', [], []);
  const child = await run(t, 'ordinary', ['song.mp3'], [supernode.endpoint]);
  await until('a visit', () => child.node.reachedMs > Number.NEGATIVE_INFINITY);
  const [seen] = supernode.node.supernode?.children ?? [];
  await until('a child that was reached', () => seen?.reachable === true);
  assert.deepEqual(seen?.publicEndpoint, child.endpoint);
});

test('a client that sends what giFT-FastTrack sent logs in, shares, searches and is answered', async (t) => {
  const { node, endpoint } = await run(t, 'supernode', ['walrus polka.mp3'], []);
  const client = await RawClient.open(endpointPort(endpoint));
  t.after(() => client.close());
  client.sayHello();
  await client.until('the network', () => client.of('network').length > 0);
  assert.equal(client.answer, '000000010a244084');
  assert.deepEqual(client.heard[0], { type: 'network', name: 'KaZaA' });
  client.say('4b615a614100');
  // Captured bodies; the heads are those of the first, second, third and fourth packet of a direction.
  const packets = [
    [0x02, 'cb00713c04bf6000676946546564'],
    [0x22, '00010000b66425f0528f7eb8b4e0cc56cbba82dc1f6cfbffb90f92a7600102167a65627261207175696c7420616e7468656d2e6d7033'],
    [0x06, '000103e8000001bf0105000677616c727573'],
  ] as const;
  let state = 0x51;
  for (const [type, body] of packets) {
    const length = body.length / 2;
    const [low, high] = [type.toString(16).padStart(2, '0'), '00'];
    const [lengthLow, lengthHigh] = [length.toString(16).padStart(2, '0'), '00'];
    const orders = [low + high + lengthHigh + lengthLow, high + lengthHigh + low + lengthLow, high + lengthLow + lengthHigh + low];
    client.say(`4b${orders[state % 3]}${body}`);
    state = (state ^ ~(type + length)) >>> 0;
  }
  client.say('50');
  await client.until('results and their end', () => client.of(Type.searchEnd).length > 0);
  const [results] = client.of(Type.results);
  assert.deepEqual(
    results?.body.results.map(({ tags }) => readText(tags[0]?.value ?? new Uint8Array(0))),
    ['walrus polka.mp3'],
  );
  assert.deepEqual(client.of(Type.searchEnd)[0]?.body, { id: 0 });
  assert.deepEqual(client.of(Type.externalIp)[0]?.body.ip, Uint8Array.of(127, 0, 0, 1));
  await client.until('a pong', () => client.of('pong').length === 1);
  assert.equal(node.supernode?.index.count, 2);
});

test('sockets that send anything, nothing or HTTP cost themselves and nobody else', async (t) => {
  const { node, endpoint } = await run(t, 'supernode', [], []);
  const child = await run(t, 'ordinary', ['song.mp3'], [endpoint]);
  await until('a child', () => child.node.parent.isAttached);
  const random = new Random(6);
  for (let count = 0; count < 50; count++) {
    const socket = connect(endpointPort(endpoint), '127.0.0.1');
    socket.on('error', () => {});
    const closed = new Promise((resolve) => {
      socket.on('close', resolve);
    });
    const said = count % 3 === 0 ? Buffer.from('GET / HTTP/1.1\r\n\r\n') : random.fill(new Uint8Array(random.below(3_000)));
    socket.end(said);
    socket.resume();
    await closed;
  }
  const client = await RawClient.open(endpointPort(endpoint));
  client.sayHello();
  client.say('4b615a614100');
  client.say('00112233445566778899');
  await client.until('an end', () => client.closed);
  assert.ok(child.node.parent.isAttached);
  assert.deepEqual(node.supernode?.children.size, 1);
});
