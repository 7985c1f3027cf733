/**
 * What fingers are for (SIGCOMM 2001, section 4.3): with successors alone a lookup goes from node to node through half of the ring on average, (N - 1) / 2
 * hops; with fingers it halves the rest of the way with each hop.
 */

import { experiment } from 'kith/lab';

/** A lookup asks at most 128 nodes, and one without fingers needs up to N - 1. */
const SIZES = [8, 16, 32, 64, 128] as const;

export default experiment({
  title: 'With and without fingers',
  question: 'How much shorter do fingers make a lookup?',
  source: { paper: 'lecture', where: 'ground rule: linear search against fingers', trust: 'computed' },
  base: {
    system: 'chord',
    nodes: 8,
    options: { successors: 1, replicas: 1, readQuorum: 1, writeQuorum: 1, endAtList: false, roundMs: 0 },
    workload: { kind: 'lookups', count: 4000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'with fingers', set: (spec) => spec },
    { name: 'successors alone', set: (spec) => ({ ...spec, options: { ...spec.options, fingers: false } }) },
  ],
  seeds: 10,
  quick: { values: [8, 32, 128], seeds: 3 },
  y: { label: 'hops', scale: 'log' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: 'failed', of: 'failed', statistic: 'rate' },
  ],
  expect: [
    {
      curve: 'mean',
      line: 'successors alone',
      points: SIZES.map((nodes) => [nodes, (nodes - 1) / 2] as const),
      tolerance: { relative: 0.02 },
    },
  ],
  claims: [
    {
      text: 'Fingers need fewer hops than successors alone at every size.',
      holds: ({ at, xs }) => xs.every((x) => at('mean', x, 'with fingers') < at('mean', x, 'successors alone')),
    },
    {
      text: 'Twice the nodes double the way along successors, and add about half a hop with fingers.',
      holds: ({ at, xs }) =>
        xs.every((x) => {
          if (!xs.includes(x * 2)) return true;
          const ratio = at('mean', x * 2, 'successors alone') / at('mean', x, 'successors alone');
          const more = at('mean', x * 2, 'with fingers') - at('mean', x, 'with fingers');
          return ratio > 1.9 && ratio < 2.3 && more > 0.35 && more < 0.65;
        }),
    },
    {
      text: 'Both find every key.',
      holds: ({ at, xs }) => xs.every((x) => at('failed', x, 'with fingers') + at('failed', x, 'successors alone') === 0),
    },
  ],
});
