/**
 * get_peers replies a second of one DHT node over UDP, and the CPU time of one: ours beside libtorrent's. The node has one core, the load
 * (`dht-load.cpp`, compiled here) the other; both have joined the same 40 nodes on loopback, so that a reply names 8 contacts. Then what
 * a reply costs without the sockets.
 *
 *   node bench/dht.ts [--rounds 3] [--seconds 2] [--servers kith,libtorrent]
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { encodeToBytes } from '../src/core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../src/core/endpoint.ts';
import type { Endpoint } from '../src/core/host.ts';
import { SocketHost } from '../src/net/index.ts';
import { Contact, Kademlia, KADEMLIA_DEFAULTS, krpc, type KrpcMessage, NodeId } from '../src/overlays/kademlia/index.ts';
import { LibtorrentDht } from '../test/interop/peers/libtorrent-dht.ts';
import { freePort, ProcessGroup, until } from '../test/interop/peers/process-group.ts';
import { costOf } from './process-cost.ts';
import { markdownTable, show, showRange } from './statistics.ts';

const SELF = fileURLToPath(import.meta.url);
const SERVER_CORE = '0';
const LOAD_CORE = '1';
const NODES = 40;
const JOIN_MS_MAX = 20_000;
const CODEC_ROUNDS = 200_000;

interface Server {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '2' },
    servers: { type: 'string', default: 'kith,libtorrent' },
  },
});

if (positionals[0] === 'serve') await serve(Number(positionals[1]), positionals[2] as string);
else await measure();

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-dht-'));
  const load = join(folder, 'dht-load');
  execFileSync('g++', ['-O2', '-o', load, fileURLToPath(new URL('dht-load.cpp', import.meta.url))]);
  const { hosts, entry } = await network();
  const rows = new Map<string, { readonly perSecond: number; readonly cpuMicroseconds: number; readonly replyBytes: number }[]>();
  const names = options.servers.split(',');
  try {
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of names) {
        const result = await measureOne(name, load, entry, folder);
        rows.set(name, [...(rows.get(name) ?? []), result]);
        process.stderr.write(`${name} ${show(result.perSecond)}/s, ${show(result.cpuMicroseconds)} µs, ${result.replyBytes} bytes\n`);
      }
    }
  } finally {
    for (const host of hosts) await host.close();
    await rm(folder, { recursive: true, force: true });
  }
  const table = names.map((name) => {
    const results = rows.get(name) ?? [];
    return [
      name,
      showRange(
        results.map(({ perSecond }) => perSecond / 1000),
        1,
      ),
      showRange(
        results.map(({ cpuMicroseconds }) => cpuMicroseconds),
        1,
      ),
      show(results[0]?.replyBytes ?? Number.NaN),
    ];
  });
  process.stdout.write(`${markdownTable(['node', 'get_peers replies, thousands/s', 'CPU µs a reply', 'bytes a reply'], table)}\n`);
  codec();
  process.stdout.write(
    `load average ${loadavg()
      .map((each) => each.toFixed(1))
      .join(' ')}\n`,
  );
}

async function measureOne(name: string, load: string, entry: Endpoint, folder: string) {
  const server = name === 'libtorrent' ? await startLibtorrent(entry, folder) : await startKith(entry);
  try {
    execFileSync('taskset', ['-acp', SERVER_CORE, String(server.pid)], { stdio: 'ignore' });
    // The first second is for the compiler.
    run(load, server.port, 1);
    const cpuBefore = costOf(server.pid).cpuS;
    const { answers, seconds, replyBytes } = run(load, server.port, Number(options.seconds));
    return { perSecond: answers / seconds, cpuMicroseconds: ((costOf(server.pid).cpuS - cpuBefore) / answers) * 1e6, replyBytes };
  } finally {
    await server.stop();
  }
}

function run(load: string, port: number, seconds: number) {
  const args = ['-c', LOAD_CORE, load, String(port), String(seconds)];
  const words = execFileSync('taskset', args, { encoding: 'utf8', timeout: (seconds + 30) * 1000 }).split(' ');
  return { answers: Number(words[0]), seconds: Number(words[1]), replyBytes: Number(words[2]) };
}

async function network(): Promise<{ hosts: SocketHost[]; entry: Endpoint }> {
  const hosts: SocketHost[] = [];
  const nodes: Kademlia[] = [];
  for (let index = 0; index < NODES; index++) {
    const host = new SocketHost({ address: '127.0.0.1', streamPort: null });
    await host.open();
    hosts.push(host);
    const first = hosts[0]?.self.datagram as Endpoint;
    nodes.push(host.run((each) => new Kademlia(each, { ...KADEMLIA_DEFAULTS, tickMs: 1000, bootstrap: index === 0 ? [] : [first] })));
  }
  await until(
    'the network',
    JOIN_MS_MAX,
    async () => nodes.every((node) => node.isJoined),
    () => JSON.stringify(nodes[0]?.inspect()),
  );
  return { hosts, entry: hosts[1]?.self.datagram as Endpoint };
}

async function startKith(entry: Endpoint): Promise<Server> {
  const port = await freePort();
  let ready = false;
  const group = new ProcessGroup(process.execPath, [SELF, 'serve', String(port), formatEndpoint(entry)], { onLine: () => (ready = true) });
  await until(
    'kith to join',
    JOIN_MS_MAX,
    () => ready,
    () => group.lastWords,
  );
  return { pid: group.pid, port, stop: () => group.stop() };
}

async function startLibtorrent(entry: Endpoint, folder: string): Promise<Server> {
  const port = await freePort();
  // Limits that a node of the open network has, and an alert a query, would be all that is measured.
  const settings = { dht_upload_rate_limit: 500_000_000, dht_block_ratelimit: 100_000_000 };
  const node = new LibtorrentDht([port], formatEndpoint(entry), folder, settings);
  await node.ready(1);
  await node.ask({ do: 'quiet', node: 0 }, 'quiet');
  return { pid: node.pid, port, stop: () => node.stop() };
}

async function serve(port: number, entry: string): Promise<void> {
  const host = new SocketHost({ address: '127.0.0.1', datagramPort: port, streamPort: null });
  await host.open();
  const bootstrap = [parseEndpoint(entry) as Endpoint];
  const node = host.run((each) => new Kademlia(each, { ...KADEMLIA_DEFAULTS, bootstrap }));
  await until(
    'a table',
    JOIN_MS_MAX,
    async () => node.isJoined,
    () => JSON.stringify(node.inspect()),
  );
  process.stdout.write('ready\n');
}

/** What reading a query and writing its reply cost, without sockets. */
function codec(): void {
  const id = new NodeId(1, 2, 3, 4, 5);
  const query: KrpcMessage = {
    kind: 'query',
    method: 'get_peers',
    transaction: 'aa',
    version: '',
    readOnly: false,
    id,
    target: id,
    want: 0,
    noseed: false,
    scrape: false,
  };
  const nodes = Array.from({ length: 8 }, (_, index) => new Contact(new NodeId(index, 1, 2, 3, 4), Uint8Array.of(10, 0, 0, index, 1, 1)));
  const reply: KrpcMessage = {
    kind: 'reply',
    transaction: 'aa',
    version: 'KT01',
    id,
    ip: Uint8Array.of(127, 0, 0, 1, 1, 1),
    nodes,
    nodes6: null,
    token: '12345678',
    values: null,
    values6: null,
    scrape: null,
    item: null,
    samples: null,
  };
  const bytes = encodeToBytes(krpc, query);
  const into = new Uint8Array(2048);
  for (const [name, work] of [
    ['reads a query', () => krpc.decode(bytes, 0, bytes.length)],
    ['writes a reply', () => krpc.size(reply) + krpc.encode(reply, into, 0)],
  ] as const) {
    for (let round = 0; round < CODEC_ROUNDS; round++) work();
    const started = process.cpuUsage();
    for (let round = 0; round < CODEC_ROUNDS; round++) work();
    const { user, system } = process.cpuUsage(started);
    process.stdout.write(`${name} in ${(((user + system) / CODEC_ROUNDS) * 1000).toFixed(0)} ns\n`);
  }
}
