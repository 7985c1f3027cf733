/**
 * How long paths are in one ring of 2^12 nodes (SIGCOMM 2001, figure 10b). Each hop takes away the highest bit that is left of the distance, and
 * half of the bits are 0: paths are about as long as the number of heads in 12 throws of a coin (section 6.3).
 */

import { experiment } from 'kith/lab';

const NODES = 4096;
const HOPS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

export default experiment({
  title: 'Distribution of path lengths',
  question: 'How many lookups take how many hops in a Chord ring of 4096 nodes?',
  source: { paper: 'Chord, SIGCOMM 2001', where: 'figure 10b', trust: 'shape and percentiles; the heights of the bars are not at hand' },
  base: {
    system: 'chord',
    nodes: NODES,
    options: { successors: 1, replicas: 1, readQuorum: 1, writeQuorum: 1, endAtList: false, roundMs: 0 },
    workload: { kind: 'lookups', count: 20_000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  // The axis is what is measured: each point looks at the same runs.
  vary: { label: 'hops', values: HOPS, set: (spec) => spec },
  seeds: 5,
  quick: { seeds: 2, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 4000 } }) },
  y: { label: 'part of the lookups' },
  curves: [{ name: 'lookups', of: 'hops', statistic: 'share' }],
  claims: [
    {
      text: 'Six hops, half of the 12 bits, are the most frequent.',
      holds: ({ at, xs }) => xs.every((x) => at('lookups', x) <= at('lookups', 6)),
    },
    {
      text: 'Shares rise up to there and fall behind it.',
      holds: ({ at, xs }) =>
        xs.every((x, index) => index === 0 || at('lookups', x) > at('lookups', x - 1) === x <= 6 || at('lookups', x) === 0),
    },
    {
      text: '2 to 10 hops are the 1st and the 99th percentile.',
      holds: ({ at }) => {
        const upTo = (hops: number): number => HOPS.filter((x) => x <= hops).reduce((sum, x) => sum + at('lookups', x), 0);
        return upTo(1) < 0.01 && upTo(2) >= 0.01 && upTo(9) < 0.9925 && upTo(10) >= 0.99;
      },
    },
    {
      text: 'Hardly one in a thousand needs as many hops as there are bits.',
      holds: ({ at }) => at('lookups', 12) + at('lookups', 13) < 0.001,
    },
  ],
  deviations: ['Five rings, where the paper has one.'],
});
