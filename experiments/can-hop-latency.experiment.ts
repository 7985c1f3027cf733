/**
 * What a hop takes when the next is chosen by progress for its round-trip time (SIGCOMM 2001, section 3.3, table 3). The paper: transit-stub networks
 * of GT-ITM with 100, 10 and 1 ms a link, averages over 2^12 to 2^18 nodes; per-hop latency without and with the weight.
 */

import { experiment } from 'kith/lab';
import { NETWORK_DEVIATION, TRANSIT_STUB } from './can/network.ts';

const PUBLISHED = [
  [2, 116.8, 88.3],
  [3, 116.7, 76.1],
  [4, 115.8, 71.2],
  [5, 115.4, 70.9],
] as const;

export default experiment({
  title: 'Latency of a hop in CAN',
  question: 'What does a hop take when neighbours are chosen by progress for their round-trip time?',
  source: { paper: 'CAN, SIGCOMM 2001', where: 'table 3', trust: 'one decimal, from a summary of the paper' },
  base: {
    system: 'can',
    nodes: 16_384,
    options: { roundMs: 0, uniform: false },
    network: TRANSIT_STUB,
    workload: { kind: 'walks', count: 2000 },
  },
  vary: { label: 'dimensions', values: [2, 3, 4, 5], set: (spec, dims) => ({ ...spec, options: { ...spec.options, dims } }) },
  lines: [
    { name: 'by distance', set: (spec) => ({ ...spec, options: { ...spec.options, byRtt: false } }) },
    { name: 'by progress for its time', set: (spec) => ({ ...spec, options: { ...spec.options, byRtt: true } }) },
  ],
  seeds: 3,
  quick: { values: [2, 3, 4, 5], seeds: 2, shrink: (spec) => ({ ...spec, nodes: 4096 }) },
  y: { label: 'ms a hop' },
  curves: [
    { name: 'mean', of: 'hopMs', statistic: 'mean' },
    { name: 'whole way', of: 'pathMs', statistic: 'mean', y: { label: 'ms from end to end' } },
  ],
  // Of its network the paper tells the latencies of links alone: how many routers there are moves a hop by a tenth and more.
  expect: [
    {
      line: 'by distance',
      curve: 'mean',
      points: PUBLISHED.map(([dims, without]) => [dims, without] as const),
      tolerance: { relative: 0.15 },
    },
    {
      line: 'by progress for its time',
      curve: 'mean',
      points: PUBLISHED.map(([dims, , weighted]) => [dims, weighted] as const),
      tolerance: { relative: 0.15 },
    },
  ],
  claims: [
    {
      text: 'A hop takes a quarter to two fifths less when it is weighted by time, and the more dimensions the less (section 3.3: 24% to 40%).',
      holds: ({ at, xs }) => {
        const saved = xs.map((dims) => 1 - at('mean', dims, 'by progress for its time') / at('mean', dims, 'by distance'));
        return saved.every((part, index) => part > 0.15 && part < 0.5 && (index === 0 || part > (saved[index - 1] as number)));
      },
    },
    {
      text: 'The whole way is faster, too, in three dimensions and more.',
      holds: ({ at, xs }) =>
        xs.every((dims) => dims < 3 || at('whole way', dims, 'by progress for its time') < at('whole way', dims, 'by distance')),
    },
  ],
  deviations: [
    NETWORK_DEVIATION,
    '16,384 nodes, where the paper averages over 2^12 to 2^18. The more there are the nearer is the best of those that make progress: weighted, a hop in five dimensions takes 88, 83 and 79 ms with 2^12, 2^14 and 2^16.',
  ],
});
