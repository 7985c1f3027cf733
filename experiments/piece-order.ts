/**
 * Which piece should a leecher ask for first? The same swarm three times in the simulator, with the real engine: rarest first, any at
 * random, in order (Cohen 2003, §2.4; Legout, Urvoy-Keller and Michiardi 2006).
 *
 *   node experiments/piece-order.ts [--leechers 40] [--seed 1]
 */

import { parseArgs } from 'node:util';
import { finishTimes, MBIT, SwarmWorld, torrentOf } from '../src/lab/swarm-world.ts';
import type { PieceOrder } from '../src/transfer/bittorrent/torrent-status.ts';

const LEECHERS_MAX = 1000;
const VIRTUAL_MS_MAX = 3_600_000;
const BAR_COLUMNS = 50;
/** A home: 1 Mbit/s up, 8 down. */
const LINK = { upBytesPerSecond: MBIT, downBytesPerSecond: 8 * MBIT };
const PLANE = { kind: 'plane', baseMs: 5, acrossMs: 60 } as const;
const ORDERS: readonly PieceOrder[] = ['rarest', 'random', 'sequential'];

const { values } = parseArgs({ options: { leechers: { type: 'string', default: '40' }, seed: { type: 'string', default: '1' } } });
const leecherCount = wholeNumber('--leechers', values.leechers, 1, LEECHERS_MAX);
const seed = wholeNumber('--seed', values.seed, 0, 2 ** 32);

process.stdout.write(
  `One seed and ${leecherCount} leechers, each with 1 Mbit/s up and 8 down, share 4 MiB in 64 pieces. Seed ${seed}.\n\n`,
);
const runs = ORDERS.map(run);
const longest = Math.max(...runs.map((each) => each.meanS));
for (const { order, meanS, copies, hash } of runs) {
  const bar = '█'.repeat(Math.max(1, Math.round((meanS / longest) * BAR_COLUMNS)));
  process.stdout.write(`${order.padEnd(10)} ${bar} ${meanS.toFixed(1)} s\n`);
  process.stdout.write(`${' '.repeat(10)} the seed sent ${copies.toFixed(2)} copies; trace ${hash}\n`);
}
process.stdout.write(
  '\nMean time until a leecher is done. The trace is a hash of every event: the same seed gives the same on every machine.\n',
);

interface Run {
  readonly order: PieceOrder;
  readonly meanS: number;
  readonly copies: number;
  readonly hash: string;
}

function run(order: PieceOrder): Run {
  const swarm = new SwarmWorld(torrentOf(64, 65_536), { seed, latency: PLANE });
  const source = swarm.seed(LINK, { pieceOrder: order });
  const leechers = Array.from({ length: leecherCount }, () => swarm.leecher(LINK, { pieceOrder: order }));
  if (!swarm.finish(VIRTUAL_MS_MAX)) throw new Error(`seed ${seed}: not everybody finished within an hour of virtual time`);
  const times = finishTimes(leechers);
  const meanS = times.reduce((sum, ms) => sum + ms, 0) / times.length / 1000;
  return { order, meanS, copies: swarm.copiesSentBy(source), hash: swarm.world.traceHash() };
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  process.stderr.write(`error: ${name} takes a whole number from ${min} to ${max}, got "${text}".\n`);
  process.exit(2);
}
