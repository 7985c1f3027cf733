/**
 * A thousand small torrents that are only seeded: how long until all of them are up, and what they cost while nothing happens. Each
 * program runs twice, first to check the content and to write what it remembers, then, measured, with that memory.
 *
 *   node bench/idle.ts [--torrents 1000] [--seconds 5] [--programs kith,libtorrent,webtorrent] [--json FILE]
 */

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeContent, writeTorrent } from '../test/interop/peers/content.ts';
import type { JsonLinesPeer } from '../test/interop/peers/json-lines-peer.ts';
import { kithVersion, runKithUp } from '../test/interop/peers/kith.ts';
import { libtorrentVersion, runLibtorrent } from '../test/interop/peers/libtorrent.ts';
import { freePort } from '../test/interop/peers/process-group.ts';
import { runWebtorrent, webtorrentVersion } from '../test/interop/peers/webtorrent.ts';
import { costOf } from './process-cost.ts';
import { markdownTable, show } from './statistics.ts';

const CONTENT_BYTES = 16 * 1024;
const PIECE_BYTES = 16 * 1024;
const READY_MS_MAX = 180_000;

interface Library {
  /** Holds the files and nothing else. */
  readonly content: string;
  readonly torrents: readonly string[];
  /** What a program remembers between its two runs. */
  readonly state: string;
}

interface IdleProgram {
  readonly name: string;
  readonly memory: string;
  version(): string | null;
  start(library: Library, isFirstRun: boolean): Promise<JsonLinesPeer>;
}

const PROGRAMS: readonly IdleProgram[] = [
  {
    name: 'kith',
    memory: 'resume records',
    version: kithVersion,
    start: async ({ content, torrents, state }) => runKithUp(content, torrents.length, state, await freePort()),
  },
  {
    name: 'libtorrent',
    memory: 'resume data',
    version: libtorrentVersion,
    start: async ({ content, torrents, state }, isFirstRun) => {
      const resumes = isFirstRun ? [] : (await readdir(state)).map((file) => join(state, file));
      const items = isFirstRun
        ? torrents.map((torrent) => ({ torrent, folder: content }))
        : resumes.map((resume) => ({ resume, folder: content }));
      return runLibtorrent({ port: await freePort(), seed: true, items, ...(isFirstRun ? { resume_folder: state } : { async: true }) });
    },
  },
  {
    name: 'webtorrent',
    memory: 'none: told to skip the check',
    version: webtorrentVersion,
    start: async ({ content, torrents }, isFirstRun) => {
      const items = torrents.map((torrent) => ({ torrent, folder: content, skipVerify: !isFirstRun }));
      return runWebtorrent({ port: await freePort(), seed: true, items });
    },
  },
];

const { values: options } = parseArgs({
  options: {
    torrents: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '5' },
    programs: { type: 'string', default: PROGRAMS.map((program) => program.name).join(',') },
    json: { type: 'string' },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'kith-bench-idle-'));
const results: Awaited<ReturnType<typeof measure>>[] = [];
try {
  const [content, torrents] = await makeLibrary();
  for (const program of PROGRAMS.filter(({ name }) => options.programs.split(',').includes(name))) {
    if (program.version() === null) console.error(`${program.name} is left out: it is not there`);
    else results.push(await measure(program, content, torrents));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
report();
if (options.json !== undefined)
  await writeFile(options.json, `${JSON.stringify({ v: 1, torrents: Number(options.torrents), results }, null, 2)}\n`);

async function makeLibrary(): Promise<[string, string[]]> {
  const [content, metainfo] = [join(folder, 'content'), join(folder, 'torrents')];
  await mkdir(content);
  await mkdir(metainfo);
  const torrents: string[] = [];
  for (let n = 0; n < Number(options.torrents); n += 1) {
    const name = `item ${String(n).padStart(4, '0')}`;
    await writeContent(content, name, CONTENT_BYTES);
    torrents.push((await writeTorrent(join(metainfo, `${n}.torrent`), content, name, PIECE_BYTES, [])).path);
  }
  return [content, torrents];
}

async function measure(program: IdleProgram, content: string, torrents: readonly string[]) {
  const state = join(folder, `${program.name}-state`);
  await mkdir(state);
  const library: Library = { content, torrents, state };
  const firstSpawnedMs = performance.now();
  const first = await program.start(library, true);
  let firstReadyS: number;
  try {
    firstReadyS = ((await first.event('ready', READY_MS_MAX)).atMs - firstSpawnedMs) / 1000;
    await first.finish();
  } finally {
    await first.stop();
  }
  const spawnedMs = performance.now();
  const second = await program.start(library, false);
  try {
    const ready = await second.event('ready', READY_MS_MAX);
    const started = second.events.find((event) => event.event === 'started');
    const before = costOf(second.pid);
    // The measurement is of time passing: nothing can be waited for but the clock.
    await new Promise((resolve) => setTimeout(resolve, Number(options.seconds) * 1000));
    const after = costOf(second.pid);
    console.error(`${program.name}: ready after ${show(ready.atMs - spawnedMs)} ms, ${show(after.residentMb)} MB`);
    return {
      program: program.name,
      memory: program.memory,
      firstReadyS,
      readyMs: ready.atMs - spawnedMs,
      readyFromStartedMs: ready.atMs - (started?.atMs ?? Number.NaN),
      startCpuS: before.cpuS,
      residentMb: after.residentMb,
      peakMb: after.peakMb,
      idleCpuPercent: ((after.cpuS - before.cpuS) / Number(options.seconds)) * 100,
    };
  } finally {
    await second.stop();
  }
}

function report(): void {
  const head = [
    'program',
    'remembers',
    'first start, s',
    'start, ms',
    'of which torrents, ms',
    'CPU s to start',
    'resident MB',
    'peak MB',
    'idle CPU %',
  ];
  const rows = results.map((result) => [
    result.program,
    result.memory,
    show(result.firstReadyS, 1),
    show(result.readyMs),
    show(result.readyFromStartedMs),
    show(result.startCpuS, 2),
    show(result.residentMb),
    show(result.peakMb),
    show(result.idleCpuPercent, 1),
  ]);
  console.log(
    `${options.torrents} torrents of ${CONTENT_BYTES / 1024} KiB, idle ${options.seconds} s; ${cpus().length} cores, load ${loadavg()[0]?.toFixed(2)}\n`,
  );
  console.log(markdownTable(head, rows));
}
