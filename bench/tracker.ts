/**
 * Announces a second over UDP and HTTP, and memory for a million peers: our tracker beside opentracker and npm bittorrent-tracker. The
 * server has one core, the load (`tracker-load.cpp`, compiled here) the other; servers take turns within a round, 50 peers a reply.
 *
 *   node bench/tracker.ts [--rounds 3] [--seconds 3] [--servers kith,opentracker,bittorrent-tracker] [--json FILE]
 */

import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SocketHost } from '../src/net/index.ts';
import { Tracker } from '../src/overlays/tracker/index.ts';
import { startOpentracker } from '../test/interop/peers/opentracker.ts';
import { freePort, ProcessGroup, until } from '../test/interop/peers/process-group.ts';
import { costOf } from './process-cost.ts';
import { markdownTable, show, showRange } from './statistics.ts';

const SELF = fileURLToPath(import.meta.url);
const SERVER_CORE = '0';
const LOAD_CORE = '1';
/** 100 peers in each of 1000 swarms, so that a reply has 50 of them; npm's keeps at most 1000 a swarm. */
const SWARMS = 1000;
const PORTS = 100;
const MEMORY_PORTS = 1000;
const FILL_SECONDS_MAX = 60;
const MODES = ['udp', 'http', 'http-keep'] as const;
type Mode = (typeof MODES)[number];

interface Server {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

interface Result {
  readonly server: string;
  readonly mode: Mode;
  readonly perSecond: number;
  readonly cpuMicroseconds: number;
  readonly replyBytes: number;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    servers: { type: 'string', default: 'kith,opentracker,bittorrent-tracker' },
    json: { type: 'string' },
  },
});

if (positionals[0] === 'serve') await serve(positionals[1] ?? 'kith', Number(positionals[2]));
else await measure();

async function measure(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-tracker-'));
  const load = join(folder, 'tracker-load');
  execFileSync('g++', ['-O2', '-o', load, fileURLToPath(new URL('tracker-load.cpp', import.meta.url))]);
  const names = options.servers.split(',');
  const results: Result[] = [];
  const memory: [string, number, number][] = [];
  try {
    for (let round = 0; round < Number(options.rounds); round++) {
      for (const name of names) await measureRates(load, name, results);
    }
    for (const name of names) memory.push([name, ...(await measureMemory(load, name))]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  report(names, results, memory);
  if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ v: 1, results, memory }, null, 2)}\n`);
}

async function measureRates(load: string, name: string, results: Result[]): Promise<void> {
  const server = await start(name);
  try {
    announce(load, 'udp', server, FILL_SECONDS_MAX, PORTS, 'fill');
    for (const mode of MODES) {
      const cpuBefore = costOf(server.pid).cpuS;
      const { answers, seconds, replyBytes } = announce(load, mode, server, Number(options.seconds), PORTS, 'run');
      const cpuMicroseconds = ((costOf(server.pid).cpuS - cpuBefore) / answers) * 1e6;
      results.push({ server: name, mode, perSecond: answers / seconds, cpuMicroseconds, replyBytes });
      process.stderr.write(`${name} ${mode} ${show(answers / seconds)}/s, ${show(replyBytes)} bytes a reply\n`);
    }
  } finally {
    await server.stop();
  }
}

/** Peers announced, and the bytes of resident memory that each of them costs. npm's is too slow for a million. */
async function measureMemory(load: string, name: string): Promise<[number, number]> {
  const server = await start(name);
  try {
    const ports = name === 'bittorrent-tracker' ? PORTS : MEMORY_PORTS;
    // A first look with a few peers, so that what grows only once is not counted.
    announce(load, 'udp', server, 1, 1, 'run');
    const before = costOf(server.pid).residentMb;
    const { answers } = announce(load, 'udp', server, FILL_SECONDS_MAX, ports, 'fill');
    return [answers, ((costOf(server.pid).residentMb - before) * 1e6) / answers];
  } finally {
    await server.stop();
  }
}

function announce(load: string, mode: Mode, server: Server, seconds: number, ports: number, what: 'fill' | 'run') {
  const args = ['-c', LOAD_CORE, load, mode, String(server.port), String(seconds), String(SWARMS), String(ports), what];
  const words = execFileSync('taskset', args, { encoding: 'utf8', timeout: (seconds + 30) * 1000 }).split(' ');
  return { answers: Number(words[0]), seconds: Number(words[1]), replyBytes: Number(words[2]) };
}

async function start(name: string): Promise<Server> {
  if (name === 'opentracker') {
    const server = await startOpentracker(Array.from({ length: SWARMS }, (_, swarm) => infoHashOf(swarm)));
    pin(server.pid);
    return { pid: server.pid, port: Number(new URL(server.httpUrl).port), stop: server.stop };
  }
  const port = await freePort();
  let ready = false;
  const group = new ProcessGroup(process.execPath, [SELF, 'serve', name, String(port)], { onLine: () => (ready = true) });
  await until(
    `${name} to listen`,
    20_000,
    () => ready,
    () => group.lastWords,
  );
  pin(group.pid);
  return { pid: group.pid, port, stop: () => group.stop() };
}

function pin(pid: number): void {
  execFileSync('taskset', ['-acp', SERVER_CORE, String(pid)], { stdio: 'ignore' });
}

async function serve(name: string, port: number): Promise<void> {
  if (name === 'kith') {
    const host = new SocketHost({ address: '127.0.0.1', datagramPort: port, streamPort: port });
    await host.open();
    host.run((ours) => new Tracker(ours));
  } else {
    // Its own package beside the interop tests, so that it never becomes a dependency of ours.
    const entry = new URL('../test/interop/peers/node_modules/bittorrent-tracker/index.js', import.meta.url);
    const { Server: NpmTracker } = await import(entry.href);
    const server = new NpmTracker({ udp: true, http: true, ws: false, stats: false });
    server.on('warning', () => {});
    await new Promise<void>((resolve) => server.listen(port, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, resolve));
  }
  process.stdout.write('ready\n');
}

/** As in `tracker-load.cpp`. */
function infoHashOf(swarm: number): string {
  return swarm.toString(16).padStart(8, '0') + 'ab'.repeat(16);
}

function report(names: readonly string[], results: readonly Result[], memory: readonly (readonly [string, number, number])[]): void {
  const rows = names.map((name) => {
    const rates = MODES.map((mode) => {
      const of = results.filter((result) => result.server === name && result.mode === mode);
      return `${showRange(
        of.map(({ perSecond }) => perSecond / 1000),
        1,
      )}; ${showRange(
        of.map(({ cpuMicroseconds }) => cpuMicroseconds),
        1,
      )}`;
    });
    const [, peers, bytes] = memory.find(([of]) => of === name) ?? [name, Number.NaN, Number.NaN];
    return [name, ...rates, `${show(bytes)} (${show(peers)} peers)`];
  });
  const head = ['server', 'UDP, thousands/s; CPU µs', 'HTTP, a connection each', 'HTTP, kept alive', 'resident bytes a peer'];
  process.stdout.write(
    `${markdownTable(head, rows)}\n\nload average ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}\n`,
  );
}
