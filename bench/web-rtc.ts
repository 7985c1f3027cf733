/**
 * One seed to one leecher over WebRTC alone, introduced by our tracker, on loopback: kith and webtorrent in each pairing, and kith over
 * TCP beside them. `node bench/web-rtc.ts [--mb 64] [--rounds 3]`. Time is from the first block to the last; CPU is of both processes.
 */

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { treeOf, writeContent, writeTorrent } from '../test/interop/peers/content.ts';
import type { JsonLinesPeer } from '../test/interop/peers/json-lines-peer.ts';
import { kithTracker, runKithGet, runKithShare } from '../test/interop/peers/kith.ts';
import { freePort } from '../test/interop/peers/process-group.ts';
import { runWebtorrent, webtorrentVersion } from '../test/interop/peers/webtorrent.ts';
import { costOf } from './process-cost.ts';
import { median } from './statistics.ts';

const READY_MS_MAX = 60_000;
const TRANSFER_MS_MAX = 180_000;
const PIECE_BYTES = 256 * 1024;
const PAIRS = ['kith-kith over TCP', 'kith-kith', 'kith-webtorrent', 'webtorrent-kith', 'webtorrent-webtorrent'] as const;

const { values } = parseArgs({ options: { mb: { type: 'string', default: '64' }, rounds: { type: 'string', default: '3' } } });
const bytes = Number(values.mb) * 1e6;
assert.ok(webtorrentVersion() !== null, 'webtorrent is not installed: npm ci --ignore-scripts in test/interop/peers');

interface Run {
  readonly pair: string;
  readonly megabytesPerS: number;
  readonly cpuS: number;
}

const folder = await mkdtemp(join(tmpdir(), 'kith-web-rtc-'));
const trackerPort = await freePort();
const tracker = kithTracker(trackerPort);
const runs: Run[] = [];
try {
  await tracker.event('ready', READY_MS_MAX);
  await writeContent(folder, 'content', bytes);
  const expected = await treeOf(folder, 'content');
  for (let round = 0; round < Number(values.rounds); round++) {
    // Another pair begins each round: a slow minute of the machine meets a different one.
    for (let index = 0; index < PAIRS.length; index++) runs.push(await transfer(PAIRS[(index + round) % PAIRS.length] as string, expected));
  }
} finally {
  await tracker.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(
  `${cpus().length} cores, Node ${process.versions.node}, webtorrent ${webtorrentVersion()}, ${bytes / 1e6} MB, load ${loadavg()[0]?.toFixed(2)}`,
);
for (const pair of PAIRS) {
  const own = runs.filter((run) => run.pair === pair);
  const rate = median(own.map(({ megabytesPerS }) => megabytesPerS));
  const cpu = median(own.map(({ cpuS }) => cpuS));
  console.log(`${pair.padEnd(22)} ${rate.toFixed(1).padStart(6)} MB/s ${((cpu / bytes) * 1e9).toFixed(1).padStart(6)} ms of CPU a MB`);
}

async function transfer(pair: string, expected: readonly string[]): Promise<Run> {
  const [seeds, leeches] = (pair.split(' ')[0] as string).split('-') as [string, string];
  const url = `${pair.endsWith('TCP') ? 'http' : 'ws'}://127.0.0.1:${trackerPort}/announce`;
  const target = join(folder, 'target');
  await mkdir(target);
  const torrent = await writeTorrent(join(folder, 'content.torrent'), folder, 'content', PIECE_BYTES, [url]);
  const seed = await start(seeds, 'seed', folder, torrent.path, url);
  try {
    await seed.event('ready', READY_MS_MAX);
    const before = costOf(seed.pid).cpuS;
    const leech = await start(leeches, 'leech', target, torrent.path, url);
    try {
      const done = await leech.event('done', TRANSFER_MS_MAX);
      const cpuS = costOf(seed.pid).cpuS - before + costOf(leech.pid).cpuS;
      const first = leech.events.find(({ event }) => event === 'first');
      await leech.finish();
      assert.deepEqual(await treeOf(target, 'content'), expected);
      return { pair, megabytesPerS: bytes / 1e3 / ((done.ms ?? Number.NaN) - (first?.ms ?? Number.NaN)), cpuS };
    } finally {
      await leech.stop();
    }
  } finally {
    await seed.stop();
    await rm(target, { recursive: true, force: true });
  }
}

async function start(who: string, role: 'seed' | 'leech', place: string, torrent: string, url: string): Promise<JsonLinesPeer> {
  const port = await freePort();
  if (who === 'webtorrent') {
    return runWebtorrent({ port, seed: role === 'seed', items: [{ torrent, folder: place }], webRtc: true, encryption: 'off' });
  }
  const args = ['--transport', 'tcp', '--webrtc', url.startsWith('ws') ? 'on' : 'off'];
  if (role === 'leech') return runKithGet(torrent, place, ['--seed', ...args], { port });
  return runKithShare(join(place, 'content'), ['--tracker', url, '--piece-size', String(PIECE_BYTES), ...args], { port });
}
