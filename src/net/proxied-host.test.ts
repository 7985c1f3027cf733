/** A host behind a proxy on loopback: streams, TLS, datagrams, names and pages go through it, and with the proxy gone nothing goes at all. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import tls from 'node:tls';
import { Recorder } from '../../test/conformance/stream-recorder.ts';
import { Script } from '../../test/conformance/script.ts';
import { RecordingProxy, type RecordingProxyOptions } from '../../test/fixtures/recording-proxy.ts';
import { noteCodec, notes } from '../../test/notes-protocol.ts';
import { endpointIp, endpointOf } from '../core/endpoint.ts';
import type { Endpoint, Peer } from '../core/host.ts';
import { HttpFetcher } from './fetcher.ts';
import { parseProxy, type Proxy, ProxyError } from './proxy.ts';
import { SocketHost } from './socket-host.ts';

const KINDS = ['socks5', 'http'] as const;
const FIXTURES = new URL('../../test/fixtures/tls/', import.meta.url);
const CERTIFICATE = readFileSync(new URL('certificate.pem', FIXTURES), 'utf8');
const ROOTS = tls.getCACertificates('default');

interface World {
  readonly proxy: RecordingProxy;
  readonly host: SocketHost;
  readonly script: Script;
}

async function behind(t: TestContext, kind: 'socks5' | 'http', options: RecordingProxyOptions = {}): Promise<World> {
  const proxy = await RecordingProxy.open(t, kind, options);
  const host = new SocketHost({ proxy: parsed(proxy.url, options.password) });
  await host.open();
  t.after(() => host.close());
  return { proxy, host, script: host.run((asHost) => new Script(asHost)) };
}

function parsed(url: string, password = ''): Proxy {
  return parseProxy(url, password) as Proxy;
}

/** A server that echoes; the ports that it was dialled from. */
async function echo(t: TestContext, secure: boolean): Promise<{ port: number; from: number[] }> {
  const from: number[] = [];
  const key = { cert: CERTIFICATE, key: readFileSync(new URL('key.pem', FIXTURES)) };
  const onSocket = (socket: import('node:net').Socket): void => {
    from.push(socket.remotePort as number);
    socket.on('error', () => undefined).pipe(socket);
  };
  const server = secure ? tls.createServer(key, onSocket) : createServer(onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { port: (server.address() as AddressInfo).port, from };
}

/** What became of a stream to there: `host.resolve` gives the endpoint. */
async function dialled({ script }: World, name: string, port: number, secureName?: string): Promise<Recorder> {
  const near = new Recorder();
  script.act((host) => {
    const onResolved = ([endpoint]: readonly Endpoint[]): void => {
      const stream = host.connect(host.peer(endpoint as Endpoint), notes, near, secureName);
      stream.send(noteCodec, { text: 'said before it was open' });
    };
    host.resolve(name, port, { onResolved });
  });
  const deadlineMs = performance.now() + 10_000;
  while (near.log.length < 2 && near.closed === null && performance.now() < deadlineMs) await turn();
  return near;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}

function fetched(t: TestContext, proxy: Proxy, url: string): Promise<string> {
  const fetcher = new HttpFetcher(proxy);
  t.after(() => fetcher.close());
  return new Promise((resolve) => {
    const onFetched = (status: number, body: Uint8Array, detail: string): void =>
      resolve(`${status} ${Buffer.from(body).toString()} ${detail}`.trim());
    fetcher.fetch(url, { bytesMax: 1000, timeoutMs: 5000 }, { onFetched });
  });
}

for (const kind of KINDS) {
  test(`streams go through the ${kind} proxy, to addresses and to names that it alone knows`, async (t) => {
    const world = await behind(t, kind);
    const { port, from } = await echo(t, false);
    for (const name of ['127.0.0.1', 'peer.test']) {
      const near = await dialled(world, name, port);
      assert.deepEqual(near.log, ['open', 'said before it was open'], near.detail);
    }
    assert.deepEqual([...world.proxy.asked], [`tcp 127.0.0.1:${port}`, `tcp peer.test:${port}`]);
    assert.equal(from.length, 2);
    for (const each of from) assert.ok(world.proxy.ownPorts.has(each), 'somebody came around the proxy');
  });

  test(`TLS goes through the ${kind} proxy, and its certificate is that of the server`, async (t) => {
    const world = await behind(t, kind);
    const { port } = await echo(t, true);
    tls.setDefaultCACertificates([...ROOTS, CERTIFICATE]);
    const near = await dialled(world, 'secure.test', port, 'localhost');
    assert.deepEqual(near.log, ['open', 'said before it was open'], near.detail);
    const misnamed = await dialled(world, 'secure.test', port, 'secure.test');
    assert.equal(misnamed.detail, 'ERR_TLS_CERT_ALTNAME_INVALID');
  });

  test(`pages come through the ${kind} proxy, which is told the name and its user`, async (t) => {
    const server = createHttpServer((request, response) =>
      response.end(`${request.headers.host} ${request.headers['proxy-authorization'] ?? 'no secret'}`),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const proxy = await RecordingProxy.open(t, kind, { user: 'alice', password: 'secret' });
    assert.equal(
      await fetched(t, parsed(proxy.url, 'secret'), `http://tracker.test:${port}/announce`),
      `200 tracker.test:${port} no secret OK`,
    );
    assert.deepEqual([...proxy.asked], [kind === 'http' ? `page http://tracker.test:${port}/announce` : `tcp tracker.test:${port}`]);
    assert.match(await fetched(t, parsed(proxy.url, 'wrong'), `http://tracker.test:${port}/`), /^0 .*the proxy .*does not take this user/);
  });

  test(`https pages come through the ${kind} proxy by a connection, and it sees their server's name alone`, async (t) => {
    tls.setDefaultCACertificates([...ROOTS, CERTIFICATE]);
    const key = readFileSync(new URL('key.pem', FIXTURES));
    const server = createHttpsServer({ cert: CERTIFICATE, key }, (request, response) => response.end(`page ${request.url}`));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const proxy = await RecordingProxy.open(t, kind, { user: 'alice', password: 'secret' });
    assert.equal(
      await fetched(t, parsed(proxy.url, 'secret'), `https://localhost:${port}/announce?secret`),
      '200 page /announce?secret OK',
    );
    assert.deepEqual([...proxy.asked], [`tcp localhost:${port}`]);
    assert.match(await fetched(t, parsed(proxy.url, 'secret'), `https://tracker.test:${port}/`), /^0 .*ERR_TLS_CERT_ALTNAME_INVALID/);
  });

  test(`a dead ${kind} proxy is named, and nobody is dialled instead`, async (t) => {
    const world = await behind(t, kind);
    const { port, from } = await echo(t, false);
    const { url } = world.proxy;
    world.proxy.close();
    const near = await dialled(world, '127.0.0.1', port);
    assert.equal(near.closed, 'unreachable');
    assert.equal(near.detail, `the proxy ${url}: ECONNREFUSED`);
    assert.match(await fetched(t, parsed(url), `http://127.0.0.1:${port}/`), /^0 .*the proxy .*ECONNREFUSED/);
    const again = new SocketHost({ proxy: parsed(url) });
    await assert.rejects(again.open(), ProxyError);
    assert.deepEqual(from, []);
  });
}

test('a stream that the SOCKS proxy could not open ends for the reason that it gives', async (t) => {
  const world = await behind(t, 'socks5', { refuses: 5 });
  const near = await dialled(world, '192.0.2.1', 80);
  assert.deepEqual([near.closed, near.detail], ['refused', `the proxy ${world.proxy.url}: 192.0.2.1:80: it says connection refused`]);
});

test('a wrong password is told at once', async (t) => {
  const proxy = await RecordingProxy.open(t, 'socks5', { user: 'alice', password: 'secret' });
  const host = new SocketHost({ proxy: parsed(proxy.url, 'guess') });
  await assert.rejects(host.open(), { name: 'ProxyError', message: `the proxy ${proxy.url}: it does not take this user and password` });
});

/** An UDP echo; the ports that it heard from. */
async function datagramEcho(t: TestContext): Promise<{ port: number; from: number[] }> {
  const from: number[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (bytes, sender) => {
    from.push(sender.port);
    socket.send(bytes, sender.port, sender.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.after(() => socket.close());
  return { port: socket.address().port, from };
}

test('datagrams go through the relay, to addresses and names, and come again when it went away and returned', async (t) => {
  const world = await behind(t, 'socks5');
  const { port, from } = await datagramEcho(t);
  const heard: string[] = [];
  const say = async (to: Endpoint, text: string): Promise<void> => {
    const deadlineMs = performance.now() + 10_000;
    const count = heard.length;
    while (heard.length === count && performance.now() < deadlineMs) {
      world.script.act((host) => host.send(host.peer(to), noteCodec, { text }));
      for (let wait = 0; wait < 20 && heard.length === count; wait++) await turn();
    }
  };
  world.script.act((host) =>
    host.bind(noteCodec, { onDatagram: (peer: Peer, { text }) => heard.push(`${text} from ${endpointIp(host.endpoint(peer))}`) }),
  );
  let named: Endpoint | undefined;
  world.script.act((host) => host.resolve('node.test', port, { onResolved: (found) => (named = found[0]) }));
  await say(endpointOf('127.0.0.1', port) as Endpoint, 'one');
  await say(named as Endpoint, 'two');
  world.proxy.hangUpAll();
  await turn();
  await say(endpointOf('127.0.0.1', port) as Endpoint, 'three');
  assert.deepEqual([...new Set(heard)], ['one from 127.0.0.1', 'two from 127.0.0.1', 'three from 127.0.0.1']);
  assert.deepEqual([...world.proxy.asked], [`udp 127.0.0.1:${port}`, `udp node.test:${port}`]);
  for (const each of from) assert.ok(world.proxy.ownPorts.has(each), 'a datagram came around the proxy');
});

test('without a relay there are no datagrams, and streams all the same', async (t) => {
  for (const [kind, options] of [
    ['socks5', { withoutDatagrams: true }],
    ['http', {}],
  ] as const) {
    const world = await behind(t, kind, options);
    assert.deepEqual(world.host.self, { datagram: null, stream: null });
    const { port, from } = await datagramEcho(t);
    world.script.act((host) => host.send(host.peer(endpointOf('127.0.0.1', port) as Endpoint), noteCodec, { text: 'lost' }));
    const stream = await echo(t, false);
    assert.deepEqual((await dialled(world, '127.0.0.1', stream.port)).log, ['open', 'said before it was open']);
    assert.deepEqual([from, world.host.counters.dropped], [[], 1]);
  }
});

test('nothing is listened to behind a proxy, whatever ports are given, and multicast is refused', async (t) => {
  const proxy = await RecordingProxy.open(t, 'socks5');
  const host = new SocketHost({ proxy: parsed(proxy.url), address: '127.0.0.1', streamPort: 0, datagramPort: 0 });
  await host.open();
  t.after(() => host.close());
  assert.equal(host.self.stream, null);
  await assert.rejects(host.openMulticast([endpointOf('239.192.152.143', 6771) as Endpoint]), /goes around it/);
});
