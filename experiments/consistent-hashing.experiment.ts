/**
 * What moves when a node comes (Karger et al., STOC 1997; SIGCOMM 2001, section 4.2): of K keys on N nodes, O(K / N), and those only to the newcomer, from
 * its neighbour. With the remainder of a division by the number of nodes, nearly all of them would move.
 */

import { experiment } from 'kith/lab';

const SIZES = [16, 64, 256, 1024, 4096] as const;
const JOINS = 50;

/** The mean of 1 / (n + 1) while n grows by one with each newcomer. */
function newcomersShare(nodes: number): number {
  const shares = Array.from({ length: JOINS }, (_, before) => 1 / (nodes + before + 1));
  return shares.reduce((sum, share) => sum + share, 0) / JOINS;
}

export default experiment({
  title: 'Consistent hashing',
  question: 'Which keys change hands when a node joins?',
  source: { paper: 'Chord, SIGCOMM 2001', where: 'section 4.2', trust: 'computed: the newcomer’s fair share, 1 / (N + 1)' },
  base: {
    system: 'chord',
    nodes: 16,
    options: { roundMs: 100_000_000 },
    workload: { kind: 'joins', joins: JOINS, keys: 10_000 },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 40,
  quick: { values: [16, 256, 4096], seeds: 10, shrink: (spec) => ({ ...spec, workload: { kind: 'joins', joins: JOINS, keys: 4000 } }) },
  y: { label: 'part of all keys that move', scale: 'log' },
  curves: [
    { name: 'to the newcomer', of: 'keysMoved', statistic: 'rate' },
    { name: 'between others', of: 'keysMovedElsewhere', statistic: 'rate' },
    { name: 'nodes that give', of: 'givers', statistic: 'max' },
  ],
  expect: [
    {
      curve: 'to the newcomer',
      points: SIZES.map((nodes) => [nodes, newcomersShare(nodes)] as const),
      // 2000 newcomers at each size, whose shares are as uncertain as they are large: two standard deviations.
      tolerance: { relative: 0.045 },
    },
  ],
  claims: [
    { text: 'No key moves between two others, at any size.', holds: ({ at, xs }) => xs.every((x) => at('between others', x) === 0) },
    {
      text: 'All that move come from one node, the newcomer’s neighbour.',
      holds: ({ at, xs }) => xs.every((x) => at('nodes that give', x) <= 1),
    },
  ],
});
