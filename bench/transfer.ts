/**
 * One seed to one leecher over loopback, kith beside libtorrent and webtorrent: every pair once a round, so that a slow minute of
 * the machine hits all of them, and ratios are taken within a round. Time runs from the moment the leecher adds the torrent, with its
 * process up, until every piece is verified; the time from the start of its process is given too.
 *
 *   node bench/transfer.ts [--rounds 3] [--mib 1024] [--pieces 256,1024] [--pairs kith-kith,…] [--encryption require] [--profile FOLDER] [--json FILE]
 */

import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { treeOf, writeContent, writeTorrent } from '../test/interop/peers/content.ts';
import { freePort } from '../test/interop/peers/process-group.ts';
import { CONTESTANTS, type Contestant } from './contestants.ts';
import { costOf, machineCpuS, ownCpuS, type ProcessCost } from './process-cost.ts';
import { markdownTable, median, show, showRange } from './statistics.ts';

const PAIRS = ['libtorrent-libtorrent', 'kith-kith', 'libtorrent-kith', 'kith-libtorrent', 'webtorrent-webtorrent'];
const BASELINE = 'libtorrent-libtorrent';
/** When each quarter of the leecher's memory is released: as fast as the fastest pair needs it, and not two seconds before the slowest. */
const RELEASES_MS = [0, 0, 500, 900, 1300, 2000];
const READY_MS_MAX = 60_000;
const TRANSFER_MS_MAX = 180_000;
/** Share of one core that others may use before a run is marked as noisy. */
const FOREIGN_CORES_MAX = 0.15;

interface Run {
  readonly pair: string;
  readonly pieceKib: number;
  readonly round: number;
  readonly megabytesPerS: number;
  /** The same, counted from the start of the leecher's process. */
  readonly megabytesPerSFromSpawn: number;
  readonly firstMs: number;
  readonly seed: ProcessCost;
  readonly leech: ProcessCost;
  /** Cores that programs other than these two kept busy. */
  readonly foreignCores: number;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    mib: { type: 'string', default: '1024' },
    pieces: { type: 'string', default: '256,1024' },
    pairs: { type: 'string', default: PAIRS.join(',') },
    encryption: { type: 'string' },
    profile: { type: 'string' },
    json: { type: 'string' },
  },
});
if (options.encryption !== undefined && options.encryption !== 'require')
  throw new Error(`expected --encryption require or none, got ${options.encryption}`);
const bytes = Number(options.mib) * 1024 * 1024;
const folder = await mkdtemp(join(tmpdir(), 'kith-bench-transfer-'));
const runs: Run[] = [];
try {
  await measure();
} finally {
  await rm(folder, { recursive: true, force: true });
}
report();
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ v: 1, machine: machine(), bytes, runs }, null, 2)}\n`);

async function measure(): Promise<void> {
  await writeContent(folder, 'content', bytes);
  const expected = (await treeOf(folder, 'content')).join();
  const pieceSizes = options.pieces.split(',').map(Number);
  const torrents = new Map<number, string>();
  for (const kib of pieceSizes) {
    torrents.set(kib, (await writeTorrent(join(folder, `${kib}.torrent`), folder, 'content', kib * 1024, [])).path);
  }
  const pairs = options.pairs.split(',').filter(isAvailable);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const kib of pieceSizes) {
      // Another pair begins each round: what a run leaves behind (warm memory, dirty pages) meets a different one.
      const first = round % pairs.length;
      for (const pair of [...pairs.slice(first), ...pairs.slice(0, first)]) {
        runs.push(await patiently(() => transfer(pair, kib, torrents.get(kib) as string, round, expected)));
      }
    }
  }
}

/** Once more when it fails: one in some hundred starts of libtorrent never says that it is ready, and an hour's rounds would be lost. */
async function patiently(run: () => Promise<Run>): Promise<Run> {
  try {
    return await run();
  } catch (error) {
    console.error(`once more, since: ${error instanceof Error ? error.message : String(error)}`);
  }
  return run();
}

async function transfer(pair: string, pieceKib: number, torrent: string, round: number, expected: string): Promise<Run> {
  const [from, to] = contestantsOf(pair);
  const target = join(folder, 'target');
  await mkdir(target);
  const profile = options.profile === undefined ? {} : { profileFolder: options.profile };
  const extras = { ...profile, encrypted: options.encryption === 'require' };
  const seed = from.start('seed', { torrent, pieceBytes: pieceKib * 1024, folder, port: await freePort(), peers: [], ...extras });
  try {
    await seed.event('ready', READY_MS_MAX);
    await touchMemory();
    const seedBefore = costOf(seed.pid);
    const [machineBefore, ownBefore] = [machineCpuS(), ownCpuS()];
    const spawnedMs = performance.now();
    const job = { torrent, pieceBytes: pieceKib * 1024, folder: target, port: await freePort(), peers: [seed.endpoint], ...extras };
    const leech = to.start('leech', job);
    releaseMemory();
    try {
      const done = await leech.event('done', TRANSFER_MS_MAX);
      const [machineAfter, ownAfter] = [machineCpuS(), ownCpuS()];
      const [seedAfter, leechAfter] = [costOf(seed.pid), costOf(leech.pid)];
      const ms = done.ms as number; // Every contestant's "done" carries it.
      const first = leech.events.find((event) => event.event === 'first');
      const seedCost = { ...seedAfter, cpuS: seedAfter.cpuS - seedBefore.cpuS };
      const foreignS = machineAfter - machineBefore - (ownAfter - ownBefore) - seedCost.cpuS - leechAfter.cpuS;
      await Promise.all([leech.finish(), seed.finish()]);
      if ((await treeOf(target, 'content')).join() !== expected) throw new Error(`${pair}: expected the same bytes at the leecher`);
      const run: Run = {
        pair,
        pieceKib,
        round,
        megabytesPerS: bytes / 1e3 / ms,
        megabytesPerSFromSpawn: bytes / 1e3 / (done.atMs - spawnedMs),
        firstMs: first?.ms ?? Number.NaN,
        seed: seedCost,
        leech: leechAfter,
        foreignCores: Math.max(0, foreignS / ((done.atMs - spawnedMs) / 1000)),
      };
      const noisy = run.foreignCores > FOREIGN_CORES_MAX ? `, noisy: others used ${show(run.foreignCores, 2)} cores` : '';
      console.error(`round ${round + 1}, ${pieceKib} KiB, ${pair}: ${show(run.megabytesPerS)} MB/s${noisy}`);
      return run;
    } finally {
      await leech.stop();
    }
  } finally {
    await seed.stop();
    await rm(target, { recursive: true, force: true });
    for (const [index] of RELEASES_MS.entries()) await rm(touchedPath(index), { force: true });
    execFileSync('sync', ['-f', folder]); // The next run shall not pay for the dirty pages of this one.
  }
}

/**
 * Writes one and a half times what the leecher is about to write, and removes it bit by bit while it writes. A virtual machine gives
 * memory that has been free for two seconds back to its host, and the next to fill it with file content pays ten times the price (2.4 s
 * of kernel time a GiB instead of 0.2 here). Without this the pair pays whose seed took longest to start.
 */
async function touchMemory(): Promise<void> {
  const block = new Uint8Array(1 << 20);
  for (const [index] of RELEASES_MS.entries()) {
    const file = await open(touchedPath(index), 'w');
    for (let written = 0; written < bytes / 4; written += block.length) await file.write(block);
    await file.close();
  }
}

function releaseMemory(): void {
  for (const [index, ms] of RELEASES_MS.entries()) setTimeout(() => rmSync(touchedPath(index), { force: true }), ms).unref();
}

function touchedPath(index: number): string {
  return join(folder, `touched-${index}`);
}

function isAvailable(pair: string): boolean {
  const missing = contestantsOf(pair).find((contestant) => contestant.version() === null);
  if (missing !== undefined) console.error(`${pair} is left out: ${missing.name} is not there`);
  return missing === undefined;
}

function contestantsOf(pair: string): [Contestant, Contestant] {
  const found = pair.split('-').map((name) => CONTESTANTS.find((contestant) => contestant.name === name));
  const [from, to] = found;
  if (from === undefined || to === undefined || found.length !== 2) throw new Error(`expected a pair such as ${BASELINE}, got ${pair}`);
  return [from, to];
}

function report(): void {
  const head = [
    'seed → leecher',
    'pieces',
    'MB/s',
    '× libtorrent',
    'best × best',
    'MB/s from process start',
    'first block ms',
    'CPU s seed',
    'CPU s leech',
    'peak MB seed',
    'peak MB leech',
    'anonymous MB seed / leech',
    'foreign cores',
  ];
  const rows: string[][] = [];
  for (const kib of new Set(runs.map((run) => run.pieceKib))) {
    for (const pair of new Set(runs.map((run) => run.pair))) {
      const own = runs.filter((run) => run.pair === pair && run.pieceKib === kib);
      const baseline = runs.filter((run) => run.pair === BASELINE && run.pieceKib === kib);
      const ratios = own.map((run) => run.megabytesPerS / baselineOf(run));
      rows.push([
        pair.replace('-', ' → '),
        `${kib} KiB`,
        showRange(own.map((run) => run.megabytesPerS)),
        showRange(ratios, 2),
        show(best(own) / best(baseline), 2),
        show(median(own.map((run) => run.megabytesPerSFromSpawn))),
        showRange(own.map((run) => run.firstMs)),
        show(median(own.map((run) => run.seed.cpuS)), 2),
        `${show(median(own.map((run) => run.leech.cpuS)), 2)}, least ${show(Math.min(...own.map((run) => run.leech.cpuS)), 2)}`,
        show(median(own.map((run) => run.seed.peakMb))),
        show(median(own.map((run) => run.leech.peakMb))),
        `${show(median(own.map((run) => run.seed.anonymousMb)))} / ${show(median(own.map((run) => run.leech.anonymousMb)))}`,
        show(median(own.map((run) => run.foreignCores)), 2),
      ]);
    }
  }
  console.log(
    `${machine()}; ${options.mib} MiB, ${options.rounds} rounds${options.encryption === 'require' ? ', all in RC4' : ''}; medians (least–greatest)\n`,
  );
  console.log(markdownTable(head, rows));
}

/** What a pair does when the machine lets it: the run that nobody disturbed, MB/s. */
function best(own: readonly Run[]): number {
  return Math.max(...own.map((run) => run.megabytesPerS));
}

function baselineOf(run: Run): number {
  const match = runs.find((other) => other.pair === BASELINE && other.pieceKib === run.pieceKib && other.round === run.round);
  return match?.megabytesPerS ?? Number.NaN;
}

function machine(): string {
  const versions = CONTESTANTS.map((contestant) => `${contestant.name} ${contestant.version() ?? 'missing'}`).join(', ');
  return `${cpus().length} cores, Node ${process.versions.node}, ${versions}, load ${loadavg()[0]?.toFixed(2)}`;
}
