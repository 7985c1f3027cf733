/** Swarms around a web server on a bad network, with processes that die, the server's among them: everybody recovers and nothing is left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { SwarmWorld, torrentOf } from '../../src/lab/swarm-world.ts';
import { FaultPlan } from '../../src/sim/fault-plan.ts';
import { addContentServer } from '../fixtures/web-world.ts';
import { checkNothingLeft } from './swarm-laws.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 60);
const FAULTS_MS = 60_000;
/** A server that failed often in the first minute may be left alone for a quarter of an hour. */
const RECOVERY_MS = 2_400_000;

function run(seed: number): void {
  const random = new Random(seed, 78);
  const metainfo = torrentOf(1 + random.below(40), 16_384 * (1 + random.below(5)));
  const swarm = new SwarmWorld({ ...metainfo, webSeeds: ['http://web.sim:6881/'] }, { seed, mode: seed % 8 === 0 ? 'bytes' : 'reference' });
  const link = () => ({ upBytesPerSecond: 20_000 + random.below(200_000), downBytesPerSecond: 50_000 + random.below(1_000_000) });
  addContentServer(swarm.world, 'web.sim', metainfo, link());
  if (random.chance(0.3)) swarm.seed(link());
  for (let count = 1 + random.below(5); count > 0; count--) swarm.leecher(random.chance(0.8) ? link() : {});
  const kinds = ['rates', 'clog', 'partition', 'crash'] as const;
  const plan = FaultPlan.random({ seed, nodes: swarm.world.nodes.length, fromMs: 0, untilMs: FAULTS_MS, count: random.below(9), kinds });
  plan.apply(swarm.world);
  try {
    swarm.world.runFor(FAULTS_MS);
    assert.ok(swarm.finish(RECOVERY_MS), 'somebody did not complete');
    checkNothingLeft(swarm);
    for (const { node } of swarm.members) assert.equal(node.protocol.web.connectionCount, 0, `HTTP connections of node ${node.index}`);
  } catch (error) {
    const states = swarm.members.map(({ torrent }) => JSON.stringify(torrent.status())).join('\n');
    throw new Error(`seed ${seed}: ${String(error)}\n${plan.describe()}\n${states}`, { cause: error });
  }
}

test(`${SEEDS} swarms with a web server recover from loss, clogs, partitions and crashes, and leave nothing behind`, () => {
  for (let seed = 1; seed <= SEEDS; seed++) run(seed);
});
