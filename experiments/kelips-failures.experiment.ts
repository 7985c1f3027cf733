/**
 * How soon a Kelips network has forgotten nodes that die at the same moment (IPTPS 2003, section 4). The paper: 1,000 nodes in 30 groups, gossip every
 * 2 s, of which 500 are killed: views stand again within 80 s; lookups of files fail only where the home has died. And all the time each node sends as much as before.
 */

import { experiment, Meter, type RunOutcome, type RunSpec } from 'kith/lab';
import { key, living, networkOf, pick } from './kelips/network.ts';

/** Before it, so that all have heard of all files, and after it, for lookups. */
const SETTLE_MS = 120_000;
const LOOK_MS = 2_000;
/** So many times as long the dead are looked for, at most. */
const LOOK_TIMES_MAX = 5;
const STABLE_PART = 0.995;

export default experiment({
  title: 'Mass failure in Kelips',
  question: 'How long do the views of a Kelips network hold nodes that have died at the same moment?',
  source: { paper: 'Kelips, IPTPS 2003', where: 'section 4', trust: 'read in the paper, from a figure' },
  base: {
    system: 'kelips',
    nodes: 1000,
    options: { groups: 30, contacts: 2, replicas: 2, readQuorum: 1, writeQuorum: 1, viewTimeoutMs: 60_000, tupleTimeoutMs: 120_000 },
    network: { kind: 'uniform', minMs: 10, maxMs: 100 },
    workload: { kind: 'lookups', count: 500, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'part of the nodes that die',
    values: [0.1, 0.3, 0.5],
    set: (spec, share) => ({ ...spec, failure: { share, repairMs: SETTLE_MS } }),
  },
  seeds: 3,
  quick: { values: [0.5], seeds: 1, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 200 } }) },
  y: { label: 'seconds until views stand' },
  curves: [
    { name: 'almost all of the dead forgotten', of: 'almostS', statistic: 'mean' },
    { name: 'all forgotten', of: 'allS', statistic: 'mean' },
    { name: 'files missed whose home lives', of: 'missed', statistic: 'rate', y: { label: 'part of the files' } },
    { name: 'upkeep, of before', of: 'upkeep', statistic: 'mean', y: { label: 'bytes sent, of before' } },
  ],
  expect: [{ curve: 'almost all of the dead forgotten', points: [[0.5, 80]], tolerance: { relative: 0.2 } }],
  claims: [
    {
      text: 'Files whose home lives are found, but for one in a hundred at most.',
      holds: ({ at, xs }) => xs.every((x) => at('files missed whose home lives', x) <= 0.01),
    },
    {
      text: 'Each node sends as much as before, to a twentieth.',
      holds: ({ at, xs }) => xs.every((x) => Math.abs(at('upkeep, of before', x) - 1) <= 0.05),
    },
    {
      text: 'The more have died, the longer it takes, but not in proportion.',
      holds: ({ at, xs }) => xs.every((x) => at('all forgotten', x) <= 3 * at('all forgotten', xs[0] as number)),
    },
  ],
  deviations: [
    'The paper gives no time-out; ours is 30 rounds, or as many as there are members, which is three or four more. Almost all are 99.5% of the entries of members that have died.',
    'In the paper time is normalized to how many nodes one of its machines ran. Here it is virtual time.',
    'Each node also pings one that it knows in each round, which finds some of the dead before the time-out.',
  ],
});

/** `almostS` and `allS`: seconds until entries of the dead are gone from views; of each file `missed`; `upkeep`, bytes a second after the failure, of before. */
export function scenario(spec: RunSpec, seed: number): RunOutcome {
  const network = networkOf(spec, seed);
  const { world, nodes, random } = network;
  const meter = new Meter();
  const count = spec.workload.kind === 'lookups' ? spec.workload.count : 0;
  const homes = new Map<Uint8Array, string>();
  for (let inserted = 0; inserted < count; inserted++) {
    const name = key(network);
    pick(network).protocol.insertFile(name, { onFile: ({ homes: [home] }) => void homes.set(name, home?.hex ?? '') });
  }
  const settleMs = spec.failure?.repairMs ?? 0;
  world.runFor(settleMs);
  const sent = (): number => nodes.reduce((sum, { bytesUp }) => sum + bytesUp, 0);
  const rateOver = (ms: number): number => {
    const before = sent();
    world.runFor(ms);
    return (sent() - before) / living(network).length / ms;
  };
  const before = rateOver(10 * LOOK_MS);
  const dead = random.shuffle([...nodes]).slice(0, Math.round((spec.failure?.share ?? 0) * nodes.length));
  for (const node of dead) world.crash(node, 'power');
  const names = new Set(dead.map(({ protocol }) => protocol.self.hex));
  const believed = (): number =>
    living(network).reduce((sum, { protocol }) => sum + protocol.state.view.entries.contacts.filter(({ hex }) => names.has(hex)).length, 0);
  const begunMs = world.now;
  const atFirst = believed();
  let [almostS, allS] = [-1, -1];
  meter.add('upkeep', rateOver(10 * LOOK_MS) / before);
  while (world.now < begunMs + LOOK_TIMES_MAX * settleMs && allS < 0) {
    const left = believed();
    const seconds = (world.now - begunMs) / 1000;
    if (almostS < 0 && left <= (1 - STABLE_PART) * atFirst) almostS = seconds;
    if (left === 0) allS = seconds;
    world.runFor(LOOK_MS);
  }
  // Not at all: longer than was waited for.
  meter.add('almostS', almostS < 0 ? (LOOK_TIMES_MAX * settleMs) / 1000 : almostS);
  meter.add('allS', allS < 0 ? (LOOK_TIMES_MAX * settleMs) / 1000 : allS);
  for (const [name, home] of homes) {
    if (names.has(home)) continue;
    pick(network).protocol.findFile(name, { onFile: (found) => meter.add('missed', found.homes.some(({ hex }) => hex === home) ? 0 : 1) });
  }
  world.runFor(settleMs);
  return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: meter.measures() };
}
