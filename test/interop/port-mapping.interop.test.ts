/** kith behind a router that maps ports, as most of the world is: Debian's miniupnpd, and a peer outside that nothing else lets in. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseEndpoint } from '../../src/core/endpoint.ts';
import { hexOf } from '../../src/core/hex.ts';
import { HOME, HomeNetwork, type RouterOptions, WORLD, whyNoHome } from './home-network.ts';
import { type Content, oddContent, PATIENCE, TEST_MS_MAX, TRANSFER_MS_MAX } from './kith-run.ts';
import type { NetNamespace } from './net-namespaces.ts';
import { treeOf } from './peers/content.ts';
import { type KithPeer, type KithRunOptions, kithTracker, runKithGet, runKithShare } from './peers/kith.ts';
import { until } from './peers/process-group.ts';
import { Workbench } from './workbench.ts';

const skip = whyNoHome() ?? false;
const MAPPED_MS_MAX = 20_000;
const PORT = 6881;
const TRACKER = 6969;
/** Whom nobody announces to, and nobody asks. */
const ALONE = ['--dht', 'off', '--no-lsd'];

const ROUTERS: readonly (readonly [title: string, protocol: string, options: RouterOptions])[] = [
  ['PCP', 'PCP', { control: true, upnp: false }],
  ['UPnP, the first version', 'UPnP', { control: false, upnp: true, igd1: true }],
  ['UPnP, the second version', 'UPnP', { control: false, upnp: true }],
];

for (const [title, protocol, options] of ROUTERS) {
  test(`a share behind a router that speaks ${title} is fetched from outside, and nothing stays open`, {
    skip,
    timeout: TEST_MS_MAX,
  }, async (t) => {
    const { bench, network } = await homeFor(t);
    await network.startRouter(options);
    const content = await oddContent(bench, []);
    const share = bench.keep(shareFrom(network, content));
    const link = await worldLink(share);
    const { externalAddress, protocol: by } = share.lines.get('port-mapping') ?? { event: '' };
    assert.deepEqual([by, externalAddress], [protocol, WORLD.router]);
    const places = [`tcp ${PORT}`, `udp ${PORT}`, `tcp ${TRACKER}`, `udp ${TRACKER}`];
    const expected = places.map((place) => `${place} ${HOME.machine} ${place.split(' ')[1]}`).sort();
    assert.deepEqual(network.mappings(), expected);

    await fetchFromWorld(bench, network, link, content);
    await share.finish();
    assert.deepEqual(network.mappings(), []);
  });
}

test('when the router restarts, the share is reachable again within seconds', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const { bench, network } = await homeFor(t);
  const options = { control: true, upnp: false };
  await network.startRouter(options);
  const content = await oddContent(bench, []);
  await worldLink(bench.keep(shareFrom(network, content)));
  const before = network.mappings();
  await network.stopRouter();
  assert.deepEqual(network.mappings(), []);
  await network.startRouter(options);
  await until(
    'the same mappings',
    MAPPED_MS_MAX,
    () => network.mappings().join() === before.join(),
    () => `${network.mappings().join('\n')}\n${network.routerWords}`,
  );
});

test('when a neighbour has the port, another one is taken, and links and trackers lead there', {
  skip,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const { bench, network } = await homeFor(t);
  await network.startRouter({ control: true, upnp: true });
  mapFor(network, HOME.neighbour, PORT);
  const tracker = bench.keep(kithTracker(TRACKER, ['--listen', WORLD.machine], inside(network.world)));
  await tracker.event('ready', MAPPED_MS_MAX);
  const content = await oddContent(bench, []);
  const share = bench.keep(shareFrom(network, content, '--tracker', `http://${WORLD.machine}:${TRACKER}/announce`));
  const link = await worldLink(share);
  const number = share.lines.get('port-mapping')?.ports?.find(({ role }) => role === 'peers')?.externalPort;
  assert.notEqual(number, PORT);
  assert.ok(link.includes(`x.pe=${WORLD.router}:${number}`), link);
  const place = hexOf(parseEndpoint(`${WORLD.router}:${number}`) ?? new Uint8Array());
  await until('the place of the share, of the tracker', MAPPED_MS_MAX, () => peersOf(network, link).includes(place));
  await fetchFromWorld(bench, network, link, content);
  await share.finish();
  assert.deepEqual(network.mappings(), [`tcp ${PORT} ${HOME.neighbour} ${PORT}`], "the neighbour's stays");
});

test('people are told in one line, and get a link for the world', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const { bench, network } = await homeFor(t);
  await network.startRouter({ control: true, upnp: false });
  const content = await oddContent(bench, []);
  const path = join(content.folder, content.torrent.name);
  const kith = fileURLToPath(new URL('../../kith', import.meta.url));
  const env = { ...process.env, HOME: bench.folder, XDG_STATE_HOME: bench.folder, NO_COLOR: '1' };
  const share = network.home.spawn(kith, ['share', path, '--public', '--port', String(PORT), ...ALONE], { env });
  const line = `Router maps ${WORLD.router}:${PORT} to this machine by PCP.`;
  const isSaid = (): boolean => share.lastWords.includes(line) && share.lastWords.includes(`x.pe=${WORLD.router}:${PORT}`);
  await until(line, MAPPED_MS_MAX, isSaid, () => share.lastWords);
  assert.equal(share.lastWords.split(line).length, 2, 'it is said once');
});

test('by NAT-PMP a port is mapped for an hour, and ended', { skip, timeout: TEST_MS_MAX }, async (t) => {
  const { network } = await homeFor(t);
  await network.startRouter({ control: true, upnp: false });
  const program = mapperProgram("{ protocols: ['NAT-PMP'] }", 7001);
  const lines: string[] = [];
  const mapper = network.home.spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    onLine: (line) => lines.push(line),
  });
  await until(
    'a report',
    MAPPED_MS_MAX,
    () => lines.length > 0,
    () => mapper.lastWords,
  );
  const { protocol, externalAddress, ports } = JSON.parse(lines[0] ?? '') as { protocol: string; externalAddress: string; ports: unknown };
  assert.deepEqual([protocol, externalAddress], ['NAT-PMP', WORLD.router]);
  assert.deepEqual(ports, [{ role: 'peers', port: 7001, externalPort: 7001, transports: ['tcp', 'udp'], why: '' }]);
  assert.deepEqual(network.mappings(), [`tcp 7001 ${HOME.machine} 7001`, `udp 7001 ${HOME.machine} 7001`]);
  mapper.write('');
  assert.equal(await mapper.end(MAPPED_MS_MAX), 0);
  assert.deepEqual(network.mappings(), []);
});

test('behind a router that maps nothing a share starts and stops as fast as ever, and the event says why', {
  skip,
  timeout: TEST_MS_MAX,
}, async (t) => {
  const { bench, network } = await homeFor(t);
  // Packets to its ports vanish: no answer at all is what takes longest.
  network.router.exec('sh', '-ec', 'ip route add blackhole 10.77.0.2/32');
  const content = await oddContent(bench, []);
  const share = bench.keep(shareFrom(network, content));
  await share.link();
  assert.ok(!share.lines.has('port-mapping'), 'the link did not wait');
  assert.equal(dialFromWorld(network), 'ECONNREFUSED', 'nobody comes in unasked');
  const began = performance.now();
  await share.finish();
  assert.ok(performance.now() - began < 3_000, `stopping took ${performance.now() - began} ms`);

  const again = bench.keep(shareFrom(network, content));
  await until(
    'a report',
    MAPPED_MS_MAX,
    () => again.lines.has('port-mapping'),
    () => again.group.lastWords,
  );
  const { state, why } = again.lines.get('port-mapping') ?? { event: '' };
  assert.equal(state, 'failed');
  assert.match(why ?? '', /PCP: the router does not answer; NAT-PMP: the router does not answer; UPnP: the router does not answer/);
});

async function homeFor(t: TestContext): Promise<{ bench: Workbench; network: HomeNetwork }> {
  const bench = await Workbench.for(t);
  return { bench, network: new HomeNetwork(t, bench) };
}

function shareFrom(network: HomeNetwork, { folder, torrent }: Content, ...args: readonly string[]): KithPeer {
  return runKithShare(join(folder, torrent.name), ['--public', ...ALONE, ...args], { port: PORT, ...inside(network.home) });
}

/** A download by a peer outside, compared. */
async function fetchFromWorld(bench: Workbench, network: HomeNetwork, link: string, content: Content): Promise<void> {
  const folder = await bench.place('target');
  const got = bench.keep(runKithGet(link, folder, [...PATIENCE, ...ALONE], { port: 0, ...inside(network.world) }));
  await got.done(TRANSFER_MS_MAX);
  assert.deepEqual(await treeOf(folder, content.torrent.name), content.tree);
}

function inside(space: NetNamespace): Required<Pick<KithRunOptions, 'inside'>> {
  return { inside: (...line) => space.inside(...line) };
}

/** The link that leads in from outside. */
async function worldLink(share: KithPeer): Promise<string> {
  const link = (): string => share.lines.get('link')?.link ?? '';
  await until(
    'a link from outside',
    MAPPED_MS_MAX,
    () => link().includes(`x.pe=${WORLD.router}:`),
    () => share.group.lastWords,
  );
  return link();
}

/** A mapper on its own that prints its reports, and ends when it is told to. */
function mapperProgram(options: string, port: number): string {
  return `import { PortMapper } from ${JSON.stringify(new URL('../../src/net/port-mapping/index.ts', import.meta.url))};
    const mapper = new PortMapper({ onChange: (status) => console.log(JSON.stringify(status)), ...${options} });
    mapper.add({ role: 'peers', port: ${port}, transports: ['tcp', 'udp'] });
    mapper.start();
    process.stdin.once('data', async () => { await mapper.close(); process.exit(0); });`;
}

/** What becomes of a connection from outside to the port that would be mapped. */
function dialFromWorld(network: HomeNetwork): string {
  const program = `require('net').connect(${PORT}, '${WORLD.router}').on('error', (e) => process.stdout.write(e.code))
    .on('connect', () => { process.stdout.write('open'); process.exit(); });`;
  return network.world.exec(process.execPath, '-e', program);
}

/** What the tracker outside tells a newcomer, in hex. */
function peersOf({ world }: HomeNetwork, link: string): string {
  const hash = /btih:(\w{40})/.exec(link)?.[1]?.replace(/../g, '%$&');
  const query = `info_hash=${hash}&peer_id=-XX0000-000000000000&port=1&uploaded=0&downloaded=0&left=1&compact=1&event=started`;
  const program = `fetch('http://${WORLD.machine}:${TRACKER}/announce?${query}').then((r) => r.arrayBuffer())
    .then((body) => process.stdout.write(Buffer.from(body).toString('hex')))`;
  return world.exec(process.execPath, '-e', program);
}

/** A mapping of TCP for another machine of the home, by NAT-PMP. */
function mapFor(network: HomeNetwork, address: string, port: number): void {
  const hex = `00020000${port.toString(16).padStart(4, '0').repeat(2)}00000e10`;
  const program = `const s = require('dgram').createSocket('udp4'); s.on('message', () => s.close());
    s.bind(0, '${address}', () => s.send(Buffer.from('${hex}', 'hex'), 5351, '${HOME.router}'));`;
  network.home.exec(process.execPath, '-e', program);
  assert.deepEqual(network.mappings(), [`tcp ${port} ${address} ${port}`]);
}
