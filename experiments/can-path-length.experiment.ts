/**
 * How paths grow with a CAN in two to ten dimensions (SIGCOMM 2001, section 2 and table 2). The paper: each node joins at a random point, the zone that was hit is
 * split; 198.0 hops and 4.57 neighbours on average in two dimensions with 2^18 nodes.
 *
 * That size takes 1.7 GB and some minutes of a core, so that it is in full runs alone.
 */

import { experiment } from 'kith/lab';

const PAPER_NODES = 262_144;
const DIMENSIONS = [2, 3, 4, 5, 10] as const;

export default experiment({
  title: 'Path length of CAN',
  question: 'How many hops does a message take as a CAN grows, and how many neighbours does a node have?',
  source: {
    paper: 'CAN, SIGCOMM 2001',
    where: 'table 2, bare bones; other points from a reference program that splits zones at random',
    trust: 'one decimal, from a summary of the paper; computed by a reference program',
  },
  base: {
    system: 'can',
    nodes: 1024,
    options: { roundMs: 0, uniform: false },
    workload: { kind: 'walks', count: 2000 },
  },
  vary: { label: 'nodes', scale: 'log', values: [1024, 16_384, PAPER_NODES], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: DIMENSIONS.map((dims) => ({
    name: `${dims} dimensions`,
    // What takes the most memory stops at the size that others have as well.
    set: (spec) => ({ ...spec, nodes: dims === 2 ? spec.nodes : Math.min(spec.nodes, 16_384), options: { ...spec.options, dims } }),
  })),
  seeds: 2,
  quick: { values: [1024, 16_384], seeds: 2 },
  y: { label: 'hops' },
  curves: [
    { name: 'mean', of: 'hops', statistic: 'mean' },
    { name: 'neighbours', of: 'contacts', statistic: 'mean', y: { label: 'neighbours' } },
    { name: 'missed', of: 'failed', statistic: 'rate', y: { label: 'part of walks that end elsewhere' } },
  ],
  // Spaces of one size differ, and a mean of 2000 walks by a hundredth.
  expect: [
    {
      line: '2 dimensions',
      curve: 'mean',
      points: [
        [1024, 12.95],
        [16_384, 50.45],
        [PAPER_NODES, 198],
      ],
      tolerance: { relative: 0.04 },
    },
    { line: '2 dimensions', curve: 'neighbours', points: [[PAPER_NODES, 4.57]], tolerance: { absolute: 0.02 } },
    {
      line: '3 dimensions',
      curve: 'mean',
      points: [
        [1024, 6.34],
        [16_384, 15.67],
      ],
      tolerance: { relative: 0.04 },
    },
    {
      line: '4 dimensions',
      curve: 'mean',
      points: [
        [1024, 5],
        [16_384, 9.71],
      ],
      tolerance: { relative: 0.04 },
    },
    {
      line: '5 dimensions',
      curve: 'mean',
      points: [
        [1024, 4.41],
        [16_384, 7.75],
      ],
      tolerance: { relative: 0.04 },
    },
    { line: '10 dimensions', curve: 'mean', points: [[16_384, 6.3]], tolerance: { relative: 0.04 } },
  ],
  claims: [
    {
      text: 'Greedy routing by the distance to the box of a zone reaches the owner from everywhere.',
      holds: ({ at, xs }) => DIMENSIONS.every((dims) => xs.every((nodes) => at('missed', nodes, `${dims} dimensions`) === 0)),
    },
    {
      text: 'In two dimensions sixteen times the nodes take four times the hops, to a twentieth: n^(1/d).',
      holds: ({ at }) => Math.abs(at('mean', 16_384, '2 dimensions') / at('mean', 1024, '2 dimensions') / 4 - 1) < 0.05,
    },
  ],
  deviations: [
    'Networks begin finished: zones are split by random points, without messages, and walks go by the tables of the nodes.',
    'Published are the points at 2^18 in two dimensions; the others are of a reference program.',
    'In more than two dimensions the largest size is 16,384, under the x of 262,144 as well.',
  ],
});
