/**
 * One seed with a capped upload and eight leechers, real processes on loopback, kith beside libtorrent and webtorrent. They find
 * each other through an opentracker, so that whoever comes later dials those before, and nobody both ways. The ideal is size / rate: the seed can send each byte once, no sooner.
 *
 *   node bench/swarm.ts [--rounds 1] [--mib 256] [--rate 20000000] [--leechers 8] [--programs kith,libtorrent] [--json FILE]
 */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { treeOf, writeContent, writeTorrent } from '../test/interop/peers/content.ts';
import type { JsonLinesPeer } from '../test/interop/peers/json-lines-peer.ts';
import { type RunningTracker, startOpentracker } from '../test/interop/peers/opentracker.ts';
import { freePort } from '../test/interop/peers/process-group.ts';
import { CONTESTANTS, type Contestant } from './contestants.ts';
import { costOf } from './process-cost.ts';
import { markdownTable, median, show, showRange } from './statistics.ts';

const PIECE_BYTES = 256 * 1024;
const READY_MS_MAX = 60_000;

interface Run {
  readonly program: string;
  readonly round: number;
  /** From the first leecher that had started until the last was complete. */
  readonly seconds: number;
  /** From the start of the first leecher's process. */
  readonly secondsFromSpawn: number;
  readonly firstDoneS: number;
  readonly seedCopies: number;
  readonly cpuS: number;
  readonly peakMb: number;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    mib: { type: 'string', default: '256' },
    rate: { type: 'string', default: '20000000' },
    leechers: { type: 'string', default: '8' },
    programs: { type: 'string', default: 'kith,libtorrent,webtorrent' },
    json: { type: 'string' },
  },
});
const bytes = Number(options.mib) * 1024 * 1024;
const rate = Number(options.rate);
const idealS = bytes / rate;
const runs: Run[] = [];
for (let round = 0; round < Number(options.rounds); round += 1) {
  for (const name of options.programs.split(',')) {
    const program = CONTESTANTS.find((contestant) => contestant.name === name);
    if (program === undefined) throw new Error(`expected one of ${CONTESTANTS.map((contestant) => contestant.name)}, got ${name}`);
    if (program.version() === null) console.error(`${name} is left out: it is not there`);
    else runs.push(await swarm(program, round));
  }
}
report();
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify({ v: 1, bytes, rate, runs }, null, 2)}\n`);

async function swarm(program: Contestant, round: number): Promise<Run> {
  const folder = await mkdtemp(join(tmpdir(), 'kith-bench-swarm-'));
  const running: JsonLinesPeer[] = [];
  let tracker: RunningTracker | null = null;
  try {
    await writeContent(folder, 'content', bytes);
    const expected = (await treeOf(folder, 'content')).join();
    const { infoHash } = await writeTorrent(join(folder, 'probe.torrent'), folder, 'content', PIECE_BYTES, []);
    tracker = await startOpentracker([infoHash]);
    const trackerUrl = tracker.httpUrl;
    const torrent = (await writeTorrent(join(folder, 'swarm.torrent'), folder, 'content', PIECE_BYTES, [trackerUrl])).path;
    const ports: number[] = [];
    for (let n = 0; n < Number(options.leechers); n += 1) ports.push(await freePort());

    const seed = program.start('seed', {
      torrent,
      pieceBytes: PIECE_BYTES,
      folder,
      port: await freePort(),
      peers: [],
      trackerUrl,
      uploadBytesPerS: rate,
    });
    running.push(seed);
    await seed.event('ready', READY_MS_MAX);
    const spawnedMs = performance.now();
    const leeches = ports.map((port, index) => {
      const target = join(folder, `target-${index}`);
      return { target, peer: program.start('leech', { torrent, pieceBytes: PIECE_BYTES, folder: target, port, peers: [], trackerUrl }) };
    });
    running.push(...leeches.map((leech) => leech.peer));
    const limitMs = idealS * 1000 * 4 + READY_MS_MAX;
    const ends = await Promise.all(leeches.map(({ peer }) => peer.event('done', limitMs)));
    const done = ends.map((event) => event.atMs);
    const started = ends.map((event) => event.atMs - (event.ms ?? 0));
    const costs = running.map((peer) => costOf(peer.pid));
    const { sent } = await seed.counters();
    await Promise.all(running.map((peer) => peer.finish()));
    for (const { target } of leeches) {
      if ((await treeOf(target, 'content')).join() !== expected) throw new Error(`expected the same bytes in ${target}`);
    }
    const run: Run = {
      program: program.name,
      round,
      seconds: (Math.max(...done) - Math.min(...started)) / 1000,
      secondsFromSpawn: (Math.max(...done) - spawnedMs) / 1000,
      firstDoneS: (Math.min(...done) - Math.min(...started)) / 1000,
      seedCopies: (sent ?? Number.NaN) / bytes,
      cpuS: costs.reduce((sum, cost) => sum + cost.cpuS, 0),
      peakMb: Math.max(...costs.map((cost) => cost.peakMb)),
    };
    console.error(`round ${round + 1}, ${program.name}: ${show(run.seconds, 1)} s, ideal ${show(idealS, 1)} s`);
    return run;
  } finally {
    await Promise.allSettled(running.map((peer) => peer.stop()));
    await tracker?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

function report(): void {
  const head = [
    'program',
    'all done, s',
    '× ideal',
    'from process start, s',
    'first done, s',
    'seed sent / size',
    'CPU s, all',
    'peak MB, largest',
  ];
  const rows = [...new Set(runs.map((run) => run.program))].map((program) => {
    const own = runs.filter((run) => run.program === program);
    return [
      program,
      showRange(
        own.map((run) => run.seconds),
        1,
      ),
      show(median(own.map((run) => run.seconds)) / idealS, 2),
      show(median(own.map((run) => run.secondsFromSpawn)), 1),
      show(median(own.map((run) => run.firstDoneS)), 1),
      showRange(
        own.map((run) => run.seedCopies),
        2,
      ),
      show(median(own.map((run) => run.cpuS)), 1),
      show(median(own.map((run) => run.peakMb))),
    ];
  });
  console.log(
    `${options.mib} MiB, seed at ${rate / 1e6} MB/s, ${options.leechers} leechers, ideal ${show(idealS, 1)} s; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}\n`,
  );
  console.log(markdownTable(head, rows));
}
