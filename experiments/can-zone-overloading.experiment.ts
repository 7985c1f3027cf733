/**
 * Nodes that share a zone (SIGCOMM 2001, section 3.4, table 4): each keeps of the nodes in a neighbouring zone the nearest, so that a hop takes less. The
 * paper: 116.4, 92.8, 72.9 and 64.4 ms a hop with one to four nodes a zone, over networks of 2^8 to 2^18 nodes.
 */

import { experiment } from 'kith/lab';
import { NETWORK_DEVIATION, TRANSIT_STUB } from './can/network.ts';

export default experiment({
  title: 'Zones that several share',
  question: 'What does a hop take when up to four nodes share each zone of a CAN?',
  source: { paper: 'CAN, SIGCOMM 2001', where: 'table 4', trust: 'one decimal, from a summary of the paper' },
  base: {
    system: 'can',
    nodes: 16_384,
    options: { roundMs: 0, uniform: false },
    network: TRANSIT_STUB,
    workload: { kind: 'walks', count: 2000 },
  },
  vary: { label: 'nodes a zone', values: [1, 2, 3, 4], set: (spec, zonePeers) => ({ ...spec, options: { ...spec.options, zonePeers } }) },
  seeds: 3,
  quick: { values: [1, 2, 3, 4], seeds: 2, shrink: (spec) => ({ ...spec, nodes: 4096 }) },
  y: { label: 'ms a hop' },
  curves: [
    { name: 'mean', of: 'hopMs', statistic: 'mean' },
    { name: 'hops', of: 'hops', statistic: 'mean', y: { label: 'hops' } },
  ],
  expect: [
    {
      curve: 'mean',
      points: [
        [1, 116.4],
        [2, 92.8],
        [3, 72.9],
        [4, 64.4],
      ],
      tolerance: { relative: 0.15 },
    },
  ],
  claims: [
    {
      text: 'The more nodes share a zone the less a hop takes, and the fewer hops there are.',
      holds: ({ at, xs }) =>
        xs.every(
          (x, index) =>
            index === 0 || (at('mean', x) < at('mean', xs[index - 1] as number) && at('hops', x) < at('hops', xs[index - 1] as number)),
        ),
    },
  ],
  deviations: [
    NETWORK_DEVIATION,
    'MAXPEERS is the bound here as in the paper: zones have between half of it and all of it.',
    '16,384 nodes, 4,096 in the quick form, where the paper averages over 2^8 to 2^18.',
  ],
});
