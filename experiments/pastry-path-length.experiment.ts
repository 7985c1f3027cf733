/**
 * How paths grow with the network, and how much longer the way is than the straight one (Middleware 2001, figures 3 and 5). The paper: b = 4, |L| = 16,
 * |M| = 32, 200,000 lookups between random nodes, which are points in a square; the distance ratio is all ways by all straight ones, as a node with a
 * complete table would go.
 */

import { experiment } from 'kith/lab';

const SIZES = [1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000] as const;
const HOPS = [2.485, 2.689, 2.954, 3.232, 3.494, 3.746, 3.976];
const STRETCH = [1.329, 1.318, 1.308, 1.346, 1.364, 1.323, 1.333];
const points = (published: readonly number[]) => SIZES.map((nodes, index) => [nodes, published[index] as number] as const);

export default experiment({
  title: 'Path length and distance of Pastry',
  question: 'How many nodes does a Pastry lookup pass as the network grows, and how far does it go for that?',
  source: { paper: 'Pastry, Middleware 2001', where: 'figures 3 and 5', trust: 'read off the vector figures' },
  base: {
    system: 'pastry',
    nodes: 1000,
    options: { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1, timeoutsByRtt: false },
    network: { kind: 'plane', baseMs: 0, acrossMs: 100 },
    workload: { kind: 'lookups', count: 20_000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 3,
  quick: { values: [1000, 5000], seeds: 2, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 5000 } }) },
  y: { label: 'hops' },
  curves: [
    { name: 'hops', of: 'hops', statistic: 'mean' },
    { name: 'distance', of: 'stretch', statistic: 'mean', y: { label: 'way by straight way' } },
    { name: 'failed', of: 'failed', statistic: 'rate', y: { label: 'part of lookups that end elsewhere' } },
  ],
  expect: [
    { curve: 'hops', points: points(HOPS), tolerance: { relative: 0.02 } },
    // The published points go up and down by so much from size to size.
    { curve: 'distance', points: points(STRETCH), tolerance: { relative: 0.05 } },
  ],
  claims: [
    {
      text: 'Every lookup ends at the node numerically nearest to the key.',
      holds: ({ at, xs }) => xs.every((x) => at('failed', x) === 0),
    },
    {
      text: 'The mean path is shorter than log N to the base of 16, rounded up.',
      holds: ({ at, xs }) => xs.every((x) => at('hops', x) < Math.ceil(Math.log2(x) / 4)),
    },
  ],
  deviations: [
    'Keys are random points, and the node nearest to one is where a lookup ends; the hop to it is counted.',
    'Lookups are iterative, and the way is that of a message which the nodes hand on: the same nodes, one to the next.',
    'Above 4,096 nodes a first row does not compare all candidates: 95 of 100 entries are the nearest, and the others nearly so.',
  ],
});
