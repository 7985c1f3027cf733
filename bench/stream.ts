/**
 * How soon a film starts that loads from one seed, and whether it stalls: `kith stream` beside webtorrent's server, one load after the other,
 * each a fresh process with nothing on disk. The way to the seed is a proxy that delays each byte (`delay-proxy.ts`): it works without root,
 * and where the kernel has no netem. The seed is `kith share` for both.
 *
 *   node bench/stream.ts [--loads 10] [--round-trip-ms 20] [--mib 32] [--piece-kib 256] [--rate 500000] [--seconds 5] [--limit-up 0]
 *                        [--programs kith,webtorrent] [--json FILE]
 *
 * `--rate` is what the film plays, in bytes a second; `--limit-up` what the seed sends at most, 0 without limit.
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { writeContent, writeTorrent } from '../test/interop/peers/content.ts';
import { runKithShare } from '../test/interop/peers/kith.ts';
import { freePort } from '../test/interop/peers/process-group.ts';
import { webtorrentVersion } from '../test/interop/peers/webtorrent.ts';
import { markdownTable, median, show, showRange } from './statistics.ts';
import type { Played } from './stream-player.ts';

const LOAD_MS_MAX = 120_000;

const SCRIPTS: Readonly<Record<string, string>> = {
  kith: fileURLToPath(new URL('stream-load.ts', import.meta.url)),
  webtorrent: fileURLToPath(new URL('../test/interop/peers/webtorrent-stream.mjs', import.meta.url)),
};

interface Load extends Played {
  readonly program: string;
  /** From adding the torrent, which dials the seed, to the first byte at the player. */
  readonly addMs: number;
}

const { values: options } = parseArgs({
  options: {
    loads: { type: 'string', default: '10' },
    'round-trip-ms': { type: 'string', default: '20' },
    mib: { type: 'string', default: '32' },
    'piece-kib': { type: 'string', default: '256' },
    rate: { type: 'string', default: '500000' },
    seconds: { type: 'string', default: '5' },
    'limit-up': { type: 'string', default: '0' },
    programs: { type: 'string', default: 'kith,webtorrent' },
    json: { type: 'string' },
  },
});
const programs = options.programs.split(',').filter((name) => name !== 'webtorrent' || webtorrentVersion() !== null);
const loads: Load[] = [];
const folder = await mkdtemp(join(tmpdir(), 'kith-bench-stream-'));
try {
  await loadAll();
} finally {
  await rm(folder, { recursive: true, force: true });
}
report();
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ v: 1, options, loads }, null, 2)}\n`);

async function loadAll(): Promise<void> {
  const pieceBytes = Number(options['piece-kib']) * 1024;
  await writeContent(folder, 'film.mp4', Number(options.mib) * 1024 * 1024);
  const { path: torrent } = await writeTorrent(join(folder, 'film.torrent'), folder, 'film.mp4', pieceBytes, []);
  const port = await freePort();
  const words = ['--no-tracker', '--piece-size', String(pieceBytes), '--limit-up', options['limit-up']];
  const seed = runKithShare(join(folder, 'film.mp4'), words, { port });
  const proxy = spawn(process.execPath, [
    fileURLToPath(new URL('delay-proxy.ts', import.meta.url)),
    `127.0.0.1:${port}`,
    String(Number(options['round-trip-ms']) / 2),
  ]);
  try {
    await seed.ready();
    const [line] = (await once(createInterface({ input: proxy.stdout }), 'line')) as [string];
    // In turn: what else happens on the machine meets both.
    for (let count = 0; count < Number(options.loads); count++)
      for (const program of programs) loads.push(await load(program, count, torrent, `127.0.0.1:${line}`));
  } finally {
    proxy.kill();
    await seed.stop();
  }
}

async function load(program: string, count: number, torrent: string, peer: string): Promise<Load> {
  const target = join(folder, `${program}-${count}`);
  await mkdir(target);
  const job = { torrent, folder: target, peer, bytesPerSecond: Number(options.rate), seconds: Number(options.seconds) };
  const run = promisify(execFile)(process.execPath, [SCRIPTS[program] ?? '', JSON.stringify(job)], {
    timeout: LOAD_MS_MAX,
    // As the script `kith` has it: sources are compiled once.
    env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'kith-bench-compiled') },
  });
  const { stdout } = await run;
  await rm(target, { recursive: true, force: true });
  const measured = JSON.parse(stdout) as Omit<Load, 'program'>; // Our own script wrote it.
  console.error(`${program} ${count + 1}: ${show(measured.addMs)} ms, ${measured.stalls} stalls`);
  return { program, ...measured };
}

function report(): void {
  const rows = programs.map((program) => {
    const own = loads.filter((each) => each.program === program);
    return [
      program,
      showRange(own.map(({ addMs }) => addMs)),
      showRange(own.map(({ requestMs }) => requestMs)),
      show(median(own.map(({ firstByteAtMs }) => firstByteAtMs))),
      String(own.reduce((sum, { stalls }) => sum + stalls, 0)),
      show(own.reduce((sum, { stalledMs }) => sum + stalledMs, 0)),
    ];
  });
  const head = ['program', 'from adding, ms', 'from the request, ms', 'from process start, ms', 'stalls, all loads', 'stalled, ms'];
  const limit = options['limit-up'] === '0' ? 'without limit' : `at ${options['limit-up']} B/s`;
  console.log(
    `${options.loads} loads, a round trip of ${options['round-trip-ms']} ms by a proxy, ${options.mib} MiB in pieces of ${options['piece-kib']} KiB,`,
  );
  console.log(`played for ${options.seconds} s at ${options.rate} B/s; the seed sends ${limit}.`);
  console.log(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}, load ${show(loadavg()[0] ?? Number.NaN, 1)}\n`);
  console.log(markdownTable(head, rows));
}
