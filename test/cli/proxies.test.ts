/** kith behind a proxy on loopback: everything that a download does goes through it, and canaries see whoever comes directly. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { RecordingProxy } from '../fixtures/recording-proxy.ts';
import { events, Room } from './kith-process.ts';

const CONTENT_BYTES = 300_000;
const LSD_GROUP = '239.192.152.143';
const LSD_PORT = 6771;

interface World {
  readonly room: Room;
  readonly canary: Canary;
  readonly content: Buffer;
  readonly link: string;
  readonly hash: string;
  /** Of the true tracker, under a name. */
  readonly trackers: readonly string[];
}

/** One port for TCP and UDP that is named as peer, tracker and web seed, and answers nothing; and an ear in the local network. */
class Canary {
  readonly port: number;
  /** Ports that it was dialled or written to from. */
  readonly from: number[] = [];
  /** What was said in the local network. */
  readonly said: string[] = [];

  static async open(t: TestContext): Promise<Canary> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const canary = new Canary(port);
    server.on('connection', (socket) => {
      canary.from.push(socket.remotePort as number);
      socket.on('error', () => undefined).destroy();
    });
    const datagrams = createSocket('udp4').on('message', (_bytes, { port: from }) => canary.from.push(from));
    const ear = createSocket({ type: 'udp4', reuseAddr: true }).on('message', (bytes) => canary.said.push(bytes.toString('latin1')));
    for (const [socket, on] of [
      [datagrams, port],
      [ear, LSD_PORT],
    ] as const) {
      socket.bind(on, socket === ear ? '0.0.0.0' : '127.0.0.1');
      await once(socket, 'listening');
    }
    ear.addMembership(LSD_GROUP, '127.0.0.1');
    t.after(() => {
      server.close();
      datagrams.close();
      ear.close();
    });
    return canary;
  }

  private constructor(port: number) {
    this.port = port;
  }
}

/** A share without a proxy, and a link to it that names what leads there by names that only proxies know, and the canary everywhere. */
async function shared(t: TestContext): Promise<World> {
  const room = new Room();
  t.after(() => room.close());
  const canary = await Canary.open(t);
  const content = Buffer.alloc(CONTENT_BYTES, 'what goes through a proxy ');
  writeFileSync(join(room.here, 'film.mkv'), content);
  const link = new URL(await room.start(['share', 'film.mkv', '--port', '0', '--tracker-port', '0', '--no-lsd']).link());
  const hash = /btih:([0-9a-f]{40})/.exec(link.href)?.[1] as string;
  const trackers = link.searchParams.getAll('tr').map((url) => url.replace('127.0.0.1', 'tracker.test'));
  const to = `127.0.0.1:${canary.port}`;
  const canaries = [`tr=http://${to}/announce`, `tr=udp://${to}/announce`, `tr=udp://canary.test:${canary.port}/a`, `x.pe=${to}`];
  return { room, canary, content, hash, trackers, link: `magnet:?xt=urn:btih:${hash}&${canaries.join('&')}` };
}

function get({ room, link }: World, args: readonly string[], environment: Record<string, string> = {}): ReturnType<Room['run']> {
  return room.run(['get', '--json', '-o', 'got', '--timeout', '20', '--lsd', ...args, link], environment);
}

function came({ room }: World): Buffer {
  return readFileSync(join(room.here, 'got', 'film.mkv'));
}

function assertNobodyCameAround({ canary, hash }: World, proxy: RecordingProxy): void {
  for (const port of canary.from) assert.ok(proxy.ownPorts.has(port), 'somebody came around the proxy');
  assert.deepEqual(
    canary.said.filter((text) => text.toLowerCase().includes(hash)),
    [],
    'it spoke in the local network',
  );
}

for (const transport of ['tcp', 'utp'] as const) {
  test(`a download over ${transport} through a SOCKS5 proxy: trackers, peers and names go through it, and nothing around it`, async (t) => {
    const world = await shared(t);
    const proxy = await RecordingProxy.open(t, 'socks5', { user: 'alice', password: 'secret' });
    const trackers = world.trackers.flatMap((url) => ['--tracker', url]);
    const { code, stderr } = await get(world, ['--proxy', proxy.url, '--transport', transport, ...trackers], {
      KITH_PROXY_PASSWORD: 'secret',
    });
    assert.equal(code, 0, stderr);
    assert.ok(came(world).equals(world.content));
    assertNobodyCameAround(world, proxy);
    const asked = [...proxy.asked].join('\n');
    const [, trackerPort] = /:(\d+)\/announce/.exec(world.trackers[0] as string) as unknown as [string, string];
    for (const to of [`tcp tracker.test:${trackerPort}`, `udp tracker.test:${trackerPort}`, `udp canary.test:${world.canary.port}`])
      assert.ok(asked.includes(to), `${to} is not among\n${asked}`);
    assert.match(asked, transport === 'utp' ? /udp 127\.0\.0\.1:/ : /tcp 127\.0\.0\.1:/);
  });
}

test('a download through an HTTP proxy: peers by CONNECT, pages of trackers, and no datagram', async (t) => {
  const world = await shared(t);
  const proxy = await RecordingProxy.open(t, 'http');
  const trackers = world.trackers.flatMap((url) => ['--tracker', url]);
  const { code, stderr } = await get(world, trackers, { KITH_PROXY: proxy.url });
  assert.equal(code, 0, stderr);
  assert.ok(came(world).equals(world.content));
  assertNobodyCameAround(world, proxy);
  assert.match([...proxy.asked].join('\n'), /page http:\/\/tracker\.test:\d+\/announce/);
});

test('without a proxy the canaries do see who comes', async (t) => {
  const world = await shared(t);
  const proxy = await RecordingProxy.open(t, 'socks5');
  const trackers = world.trackers.flatMap((url) => ['--tracker', url.replace('tracker.test', '127.0.0.1')]);
  const { code, stderr } = await get(world, trackers);
  assert.equal(code, 0, stderr);
  assert.ok(world.canary.from.length > 0);
  assert.throws(() => assertNobodyCameAround({ ...world, canary: Object.assign(world.canary, { said: [] }) }, proxy), /came around/);
});

test('a proxy that is down or turns us away ends the command with exit code 5 and its name, and nobody is dialled', async (t) => {
  const world = await shared(t);
  const closed = await RecordingProxy.open(t, 'socks5');
  const { url } = closed;
  closed.close();
  const strict = await RecordingProxy.open(t, 'socks5', { user: 'alice', password: 'secret' });
  for (const [proxy, words] of [
    [url, 'ECONNREFUSED'],
    [url.replace('socks5', 'http'), 'ECONNREFUSED'],
    [strict.url, 'does not take this user and password'],
  ] as const) {
    const { code, stdout } = await get(world, ['--proxy', proxy, ...world.trackers.flatMap((each) => ['--tracker', each])]);
    assert.equal(code, 5, stdout);
    const message = String(events(stdout).at(-1)?.message);
    assert.ok(message.includes(proxy) && message.includes(words), message);
  }
  assert.deepEqual(world.canary.from, []);
});

test('what others would connect to is refused behind a proxy, with the way out', async (t) => {
  const room = new Room();
  t.after(() => room.close());
  writeFileSync(join(room.here, 'a.txt'), 'a');
  const environment = { KITH_PROXY: 'socks5://127.0.0.1:9' };
  for (const args of [
    ['share', 'a.txt'],
    ['share', '--http', '--no-tracker', 'a.txt'],
    ['tracker'],
    ['dht', 'join'],
    ['dht', 'get', 'x', '--via', '127.0.0.1:9'],
  ]) {
    const { code, stderr } = await room.run(args, environment);
    assert.equal(code, 2, `${args.join(' ')}: ${stderr}`);
    assert.match(stderr, /cannot be behind a proxy[^]*KITH_PROXY/, args.join(' '));
  }
});

test('sharing behind a proxy names no address of ours, and delivers to those whom it dials through it', async (t) => {
  const world = await shared(t);
  const proxy = await RecordingProxy.open(t, 'socks5');
  const content = Buffer.alloc(CONTENT_BYTES, 'another thing ');
  writeFileSync(join(world.room.here, 'other.bin'), content);
  const tracker = await openTracker(world.room);
  const hash = (await world.room.run(['create', 'other.bin', '--json'])).stdout;
  const infoHash = (JSON.parse(hash) as { infoHash: string }).infoHash;
  const leech = world.room.start(['get', infoHash, '-o', 'got', '--tracker', tracker, '--json', '--no-lsd']);
  await leech.saying(/"event":"progress"/);
  const behind = ['--tracker', tracker.replace('127.0.0.1', 'tracker.test'), '--proxy', proxy.url, '--once'];
  const share = world.room.start(['share', 'other.bin', ...behind]);
  const link = await share.link();
  assert.ok(!link.includes('x.pe'), link);
  assert.deepEqual([(await leech.ended).code, (await share.ended).code], [0, 0], share.stderr);
  assert.ok(readFileSync(join(world.room.here, 'got', 'other.bin')).equals(content));
  assertNobodyCameAround(world, proxy);
});

async function openTracker(room: Room): Promise<string> {
  const tracker = room.start(['tracker', '--port', '0']);
  return (await tracker.saying(/^http:\S+$/m))[0];
}

test('a web seed with a name is fetched from through the proxy, alone', async (t) => {
  for (const kind of ['socks5', 'http'] as const) {
    const world = await shared(t);
    const proxy = await RecordingProxy.open(t, kind);
    assert.equal((await world.room.run(['create', 'film.mkv'])).code, 0);
    const served: number[] = [];
    const server = createHttpServer((request, response) => {
      served.push(request.socket.remotePort as number);
      const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      const [from, to] = first === undefined ? [0, CONTENT_BYTES] : [Number(first), Number(last) + 1];
      const headers = { 'content-range': `bytes ${from}-${to - 1}/${CONTENT_BYTES}`, 'content-length': to - from };
      response.writeHead(first === undefined ? 200 : 206, headers).end(world.content.subarray(from, to));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close().closeAllConnections());
    const { port } = server.address() as AddressInfo;
    const args = ['get', 'film.mkv.torrent', '-o', 'got', '--web-seed', `http://seed.test:${port}/film.mkv?key=1`, '--proxy', proxy.url];
    const { code, stderr } = await world.room.run(args);
    assert.equal(code, 0, stderr);
    assert.ok(came(world).equals(world.content));
    assert.deepEqual([...proxy.asked], [`tcp seed.test:${port}`]);
    assert.ok(served.length > 0 && served.every((from) => proxy.ownPorts.has(from)));
  }
});

test('µTP alone is refused where the proxy carries no datagrams', async (t) => {
  const world = await shared(t);
  const proxy = await RecordingProxy.open(t, 'socks5', { withoutDatagrams: true });
  const { code, stdout } = await get(world, ['--proxy', proxy.url, '--transport', 'utp']);
  assert.equal(code, 2);
  assert.match(stdout, /carries no datagrams/);
});

test('a password is taken from a file or a variable, never from an argument, and never shown', async (t) => {
  const room = new Room();
  t.after(() => room.close());
  const settings = (await room.run(['paths', 'settings'])).stdout.trim();
  mkdirSync(join(settings, '..'), { recursive: true });
  writeFileSync(settings, 'proxy = "socks5://alice:open%20sesame@127.0.0.1:9"\nproxy-password = "hush"\n');
  for (const args of [
    ['config', 'get'],
    ['config', 'get', '--json'],
    ['config', 'why', 'proxy', '--json'],
    ['config', 'why', 'proxy-password'],
    ['get', '0'.repeat(40), '--peer', '127.0.0.1:9'],
  ]) {
    const { stdout, stderr } = await room.run(args, {});
    assert.doesNotMatch(stdout + stderr, /sesame|hush/, args.join(' '));
  }
  for (const args of [
    ['get', '0'.repeat(40), '--proxy', 'socks5://alice:hush@127.0.0.1:9'],
    ['config', 'set', 'proxy', 'http://alice:hush@127.0.0.1:9'],
    ['config', 'set', 'proxy-password', 'hush'],
  ]) {
    const { code, stdout, stderr } = await room.run(args);
    assert.equal(code, 2);
    assert.match(stderr, /does not belong on the command line/);
    assert.doesNotMatch(stdout + stderr, /hush/);
  }
  const { stderr } = await room.run(['get', '0'.repeat(40)], { KITH_PROXY: 'sock5://alice:hush@127.0.0.1:9' });
  assert.match(stderr, /KITH_PROXY says "sock5:\/\/alice:…@127\.0\.0\.1:9"/);
});

test('the name of a peer is not looked up behind a proxy', async (t) => {
  const room = new Room();
  t.after(() => room.close());
  const { code, stderr } = await room.run(['get', '0'.repeat(40), '--peer', 'peer.example:6881'], { KITH_PROXY: 'socks5://127.0.0.1:9' });
  assert.equal(code, 2);
  assert.match(stderr, /no name is looked up here/);
});
