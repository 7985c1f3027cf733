/**
 * How far a zone travels until everybody has one box again (SIGCOMM 2001, section 2.3, background zone reassignment). The paper: 1.12, 1.09 and 1.07 hops on
 * average in two, three and four dimensions, 3 at the most, for the node that takes a zone over to find somebody who can have it.
 */

import { CAN_DEFAULTS, Can, linkIdealZones, zonesComplaint } from 'kith/can';
import { CanEvent, id160, Random } from 'kith/core';
import { Meter, type RunOutcome, type RunSpec } from 'kith/lab';
import { experiment } from 'kith/lab';
import { type SimNode, World } from 'kith/sim';

const VICTIMS = 0x63_0000_0001;
const POINTS = 0x63_0000_0002;
const ROUND_MS = 1000;
/** Between two that fall silent: long enough that one is taken over, and mostly handed on, before the next goes. */
const GAP_MS = 1000;
/** Of all nodes, those that fall silent one after the other. */
const DEAD_SHARE = 0.3;
const SETTLE_MS_MAX = 600_000;

export default experiment({
  title: 'One box for everybody',
  question: 'How many nodes does one that has taken a zone over ask until somebody can have it?',
  source: { paper: 'CAN, SIGCOMM 2001', where: 'section 2.3', trust: 'two decimals, from a summary of the paper' },
  base: {
    system: 'can',
    nodes: 500,
    options: { uniform: false },
    network: { kind: 'uniform', minMs: 5, maxMs: 90 },
    workload: { kind: 'keys', keys: 1 },
  },
  vary: { label: 'dimensions', values: [2, 3, 4], set: (spec, dims) => ({ ...spec, options: { ...spec.options, dims } }) },
  seeds: 3,
  quick: { values: [2, 3, 4], seeds: 1, shrink: (spec) => ({ ...spec, nodes: 150 }) },
  y: { label: 'hops' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: 'most', of: 'hops', statistic: 'max' },
    { name: 'not in order', of: 'wrong', statistic: 'max', y: { label: 'networks that have not come to order' } },
  ],
  // Which neighbour is deepest, and so asked first, follows from zones that were split at random; the paper does not say how often it was tried.
  expect: [
    {
      curve: 'mean',
      points: [
        [2, 1.12],
        [3, 1.09],
        [4, 1.07],
      ],
      tolerance: { absolute: 0.05 },
    },
  ],
  claims: [
    { text: 'It never takes more than three.', holds: ({ at, xs }) => xs.every((dims) => at('most', dims) <= 3) },
    {
      text: 'Everybody has one box in the end, and boxes tile the space.',
      holds: ({ at, xs }) => xs.every((dims) => at('not in order', dims) === 0),
    },
  ],
  deviations: [
    'Three of ten nodes fall silent, one every second; how many did in the paper, and how far apart, is not known to us.',
    'Hops are counted of each zone that found a new owner: to who has its other half 1, else the nodes asked.',
  ],
});

/** `hops` of each zone that was handed on, and whether the network was `wrong` in the end. */
export function scenario(spec: RunSpec, seed: number): RunOutcome {
  const { network } = spec;
  if (network.kind !== 'uniform') throw new RangeError(`ways between a least and a most expected, got ${network.kind}`);
  const world = new World({ seed, latency: network });
  const options = { ...CAN_DEFAULTS, ...spec.options, roundMs: ROUND_MS };
  const points = new Random(seed, POINTS);
  const nodes: SimNode<Can>[] = [];
  for (let index = 0; index < spec.nodes; index++)
    nodes.push(world.addNode((host) => new Can(host, { ...options, id: id160.random(points) })));
  linkIdealZones(
    nodes.map(({ protocol }) => protocol),
    (from, to) => 2 * world.latencyMs(from, to),
  );
  const meter = new Meter();
  world.onTap = (_node, event, _unit, hops) => {
    if (event === CanEvent.reassigned) meter.add('hops', hops);
  };
  const victims = new Random(seed, VICTIMS).shuffle([...nodes]).slice(0, Math.round(DEAD_SHARE * nodes.length));
  for (const victim of victims) {
    world.runFor(GAP_MS);
    world.crash(victim, 'power');
  }
  const complaint = (): string | null => zonesComplaint(nodes.filter(({ host }) => host.running).map(({ protocol }) => protocol));
  const settledByMs = world.now + SETTLE_MS_MAX;
  while (world.now < settledByMs && complaint() !== null) world.runFor(ROUND_MS);
  meter.add('wrong', complaint() === null ? 0 : 1);
  return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: meter.measures() };
}
