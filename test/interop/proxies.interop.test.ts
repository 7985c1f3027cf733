/**
 * kith behind proxies of others, where the kernel counts what leaves: from the user's network only the proxy can be reached, and every other packet that is tried is a leak. Trackers
 * over HTTP and UDP, a web seed, a DHT node and peers are named, most by names that only the proxy's side knows; local discovery is asked for.
 */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, type NetNamespace, NetNamespaces, whyNoNamespaces } from './net-namespaces.ts';
import { type ProcessGroup, until } from './peers/process-group.ts';
import { PROXY_PORT, REAL_PROXIES, type RealProxy } from './peers/proxies.ts';
import { Workbench } from './workbench.ts';

const KITH = resolve(import.meta.dirname, '../../kith');
const TEST_MS_MAX = 120_000;
const RUN_MS_MAX = 60_000;
/** The user's side of the proxy, and the world's. */
const USER = '10.97.0.2';
const INSIDE = '10.97.0.1';
const OUTSIDE = '10.98.0.1';
const WORLD = '10.98.0.2';
const CONTENT = Buffer.alloc(3_000_000, 'only through the proxy ');
/** Where the kernel's own neighbour discovery is no leak: TCP, UDP and memberships of multicast groups are. */
const COUNTERS = `table inet leak {
  counter proxied { }
  counter relayed { }
  counter leaked { }
  chain out {
    type filter hook output priority 0;
    ip daddr ${INSIDE} tcp dport ${PROXY_PORT} counter name proxied accept
    ip daddr ${INSIDE} udp dport != 53 counter name relayed accept
    meta l4proto { tcp, udp, igmp } counter name leaked
  }
}
`;

interface Networks {
  readonly bench: Workbench;
  readonly user: NetNamespace;
  readonly proxy: NetNamespace;
  readonly world: NetNamespace;
  readonly infoHash: string;
}

/** What there is under /etc inside is this. */
function etc(t: TestContext, space: NetNamespace, file: string, text: string): void {
  const folder = join('/etc/netns', space.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  t.after(() => rmSync(folder, { recursive: true, force: true }));
}

async function networks(t: TestContext): Promise<Networks> {
  const bench = await Workbench.for(t);
  const spaces = NetNamespaces.for(t);
  const [user, proxy, world] = ['user', 'proxy', 'world'].map((role) => spaces.add(role)) as [NetNamespace, NetNamespace, NetNamespace];
  connect({ space: user, name: 'out', addresses: [`${USER}/24`] }, { space: proxy, name: 'in', addresses: [`${INSIDE}/24`] });
  connect({ space: proxy, name: 'out', addresses: [`${OUTSIDE}/24`] }, { space: world, name: 'in', addresses: [`${WORLD}/24`] });
  // What goes around the proxy does leave, as it would at home, and is counted; it arrives nowhere.
  user.defaultRoute(INSIDE);
  etc(t, user, 'resolv.conf', `nameserver ${INSIDE}\noptions timeout:1 attempts:1\n`);
  etc(t, user, 'hosts', '127.0.0.1 localhost\n');
  etc(t, proxy, 'hosts', `127.0.0.1 localhost\n${WORLD} tracker.test seed.test\n`);
  writeFileSync(join(bench.folder, 'counters.nft'), COUNTERS);
  user.exec('nft', '-f', join(bench.folder, 'counters.nft'));
  return { bench, user, proxy, world, infoHash: await share(bench, world) };
}

/** kith in the world: a tracker, a seed, a web seed and a node of the DHT at the ports that it always has. */
async function share(bench: Workbench, world: NetNamespace): Promise<string> {
  writeFileSync(join(bench.folder, 'film.mkv'), CONTENT);
  let link = '';
  const args = ['share', join(bench.folder, 'film.mkv'), '--listen', WORLD, '--http', '--dht', 'on', '--no-lsd'];
  const group = world.spawn(KITH, args, { env: environment(bench, 'world'), onLine: (line) => (link ||= line) });
  await until(
    'a link',
    20_000,
    () => Promise.resolve(link !== ''),
    () => group.lastWords,
  );
  return /btih:([0-9a-f]{40})/.exec(link)?.[1] as string;
}

function environment(bench: Workbench, home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: join(bench.folder, home), NODE_COMPILE_CACHE: join(bench.folder, 'compiled'), ...more };
}

async function startProxy({ bench, proxy }: Networks, real: RealProxy): Promise<void> {
  const group = proxy.spawn(real.program, real.args(INSIDE, OUTSIDE, bench.folder));
  const listens = (): Promise<boolean> =>
    Promise.resolve(proxy.exec('cat', '/proc/net/tcp').includes(`:${hexPort(PROXY_PORT)} 00000000:0000 0A`));
  await until(`${real.name} to listen`, 10_000, listens, () => group.lastWords);
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** `kith get` by everything that there is to ask. */
function get({ bench, user, infoHash }: Networks, args: readonly string[], env: NodeJS.ProcessEnv): ProcessGroup {
  const trackers = ['http', 'udp'].flatMap((scheme) => ['--tracker', `${scheme}://tracker.test:6969/announce`]);
  const elsewhere = [
    '--web-seed',
    'http://seed.test:8080/film.mkv',
    '--dht',
    'on',
    '--dht-node',
    `${WORLD}:6881`,
    '--lsd',
    '--peer',
    `${WORLD}:9`,
  ];
  const all = ['get', infoHash, '-o', join(bench.folder, 'got'), '--public', ...trackers, ...elsewhere, ...args];
  return user.spawn(KITH, all, { env: environment(bench, 'user', env) });
}

function packets({ user }: Networks, counter: 'proxied' | 'relayed' | 'leaked'): number {
  return Number(/packets (\d+)/.exec(user.exec('nft', 'list', 'counter', 'inet', 'leak', counter))?.[1] ?? Number.NaN);
}

function through(real: RealProxy): NodeJS.ProcessEnv {
  const user = real.user === null ? '' : `${real.user}@`;
  return {
    KITH_PROXY: `${real.kind}://${user}${INSIDE}:${PROXY_PORT}`,
    ...(real.password !== '' && { KITH_PROXY_PASSWORD: real.password }),
  };
}

for (const real of REAL_PROXIES) {
  const skip = whyNoNamespaces('nft', real.program) ?? false;
  test(`a download through ${real.name}: not one packet goes elsewhere`, { skip, timeout: TEST_MS_MAX }, async (t) => {
    const nets = await networks(t);
    await startProxy(nets, real);
    const run = get(nets, ['--timeout', '30'], through(real));
    assert.equal(await run.end(RUN_MS_MAX), 0, run.lastWords);
    assert.ok(readFileSync(join(nets.bench.folder, 'got', 'film.mkv')).equals(CONTENT));
    assert.deepEqual([packets(nets, 'leaked'), packets(nets, 'proxied') > 10, packets(nets, 'relayed') > 0], [0, true, real.relays]);
  });

  if (real.relays)
    test(`a download by µTP alone through ${real.name}`, { skip, timeout: TEST_MS_MAX }, async (t) => {
      const nets = await networks(t);
      await startProxy(nets, real);
      const trackers = ['--tracker', 'udp://tracker.test:6969/announce'];
      const args = ['get', nets.infoHash, '-o', join(nets.bench.folder, 'got'), '--transport', 'utp', '--timeout', '30', ...trackers];
      const run = nets.user.spawn(KITH, args, { env: environment(nets.bench, 'user', through(real)) });
      assert.equal(await run.end(RUN_MS_MAX), 0, run.lastWords);
      assert.ok(readFileSync(join(nets.bench.folder, 'got', 'film.mkv')).equals(CONTENT));
      assert.deepEqual([packets(nets, 'leaked'), packets(nets, 'relayed') > 20], [0, true]);
    });

  test(`while ${real.name} is not there nothing is tried but to reach it, and the exit code is 5`, {
    skip,
    timeout: TEST_MS_MAX,
  }, async (t) => {
    const nets = await networks(t);
    const run = get(nets, [], through(real));
    assert.equal(await run.end(RUN_MS_MAX), 5, run.lastWords);
    assert.match(run.lastWords, new RegExp(`proxy ${real.kind}://\\S*${INSIDE}:${PROXY_PORT}: ECONNREFUSED`));
    assert.equal(packets(nets, 'leaked'), 0);
  });
}

test('without a proxy the same download is counted packet by packet', {
  skip: whyNoNamespaces('nft') ?? false,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const nets = await networks(t);
  const run = get(nets, ['--timeout', '3'], {});
  assert.notEqual(await run.end(RUN_MS_MAX), 0, run.lastWords);
  assert.ok(packets(nets, 'leaked') > 10, `${packets(nets, 'leaked')} packets`);
});
