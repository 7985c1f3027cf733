/**
 * How many nodes a message passes (JSAC 2004, section III-B: each hop resolves a digit, so that the way has at most log16 N hops), in networks that are as
 * they would be in the end.
 */

import { experiment } from 'kith/lab';

const SIZES = [64, 256, 1024, 4096, 16_384] as const;
const BASE = 16;

const log16 = (nodes: number): number => Math.log2(nodes) / Math.log2(BASE);

export default experiment({
  title: 'Path length by prefix',
  question: 'How many hops does surrogate routing take as a Tapestry network grows?',
  source: { paper: 'Tapestry, JSAC 2004', where: 'section III-B', trust: 'a bound; no figure of the paper shows hops' },
  base: {
    system: 'tapestry',
    nodes: 64,
    options: { roundMs: 0 },
    workload: { kind: 'lookups', count: 5000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 3,
  quick: { values: [64, 1024], seeds: 2 },
  y: { label: 'hops' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: '99th percentile', of: 'hops', statistic: 'p99' },
    { name: 'at another root', of: 'failed', statistic: 'rate', y: { label: 'part of lookups' } },
    { name: 'links', of: 'contacts', statistic: 'mean', y: { label: 'links of a node' } },
  ],
  claims: [
    {
      text: 'Every lookup ends at the one root of its key.',
      holds: ({ at, xs }) => xs.every((nodes) => at('at another root', nodes) === 0),
    },
    {
      text: 'On average a way has no more hops than log16 N has digits.',
      holds: ({ at, xs }) => xs.every((nodes) => at('mean', nodes) <= Math.ceil(log16(nodes))),
    },
    {
      text: 'Sixteen times the nodes add a digit, and 15/16 of a hop: one digit in sixteen is right by chance.',
      holds: ({ at, xs }) =>
        [64, 256, 1024]
          .filter((nodes) => xs.includes(nodes * BASE))
          .every((nodes) => Math.abs(at('mean', nodes * BASE) - at('mean', nodes) - 15 / 16) < 0.1),
    },
    {
      text: 'A node has no more links than c·β·log_β N.',
      holds: ({ at, xs }) => xs.every((nodes) => at('links', nodes) <= 3 * BASE * log16(nodes)),
    },
  ],
  deviations: [
    'The bound is taken in whole digits: among 64 nodes the mean is above log16 64 = 1.5.',
    'Lookups are iterative: whoever looks up asks each node on the way. The nodes on it are the same.',
  ],
});
