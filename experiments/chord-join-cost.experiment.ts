/**
 * What it costs to join (SIGCOMM 2001, theorem 5, here for the join of section 4.4): finding one's place takes a lookup, and so does each of the
 * log2 N fingers, of about ½ log2 N hops: O(log² N) messages in all.
 */

import { experiment } from 'kith/lab';

const SIZES = [64, 256, 1024, 4096, 16_384] as const;

/** As many messages for each log2² N. */
const perSquare = (messages: number, nodes: number): number => messages / Math.log2(nodes) ** 2;

export default experiment({
  title: 'The cost of joining',
  question: 'How many messages does a newcomer cost as a Chord ring grows?',
  source: { paper: 'Chord, SIGCOMM 2001', where: 'theorem 5', trust: 'an order of growth; the paper has no figure of it' },
  base: {
    system: 'chord',
    nodes: 64,
    // Nobody does anything but for the newcomers.
    options: { roundMs: 100_000_000 },
    workload: { kind: 'joins', joins: 25, keys: 0 },
  },
  vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 5,
  quick: { values: [64, 1024, 4096], seeds: 2 },
  y: { label: 'messages a join' },
  curves: [
    { name: 'mean', of: 'messagesPerJoin', statistic: 'mean' },
    { name: '99th percentile', of: 'messagesPerJoin', statistic: 'p99' },
  ],
  claims: [
    {
      text: 'Messages grow as log² N: for each log2² N they stay within a tenth of their mean.',
      holds: ({ at, xs }) => {
        const each = xs.map((x) => perSquare(at('mean', x), x));
        const mean = each.reduce((sum, value) => sum + value, 0) / each.length;
        return each.every((value) => Math.abs(value - mean) < 0.1 * mean);
      },
    },
    {
      text: 'They grow much slower than the ring: four times the nodes never cost half as much again and more.',
      holds: ({ at, xs }) =>
        xs.every((x, index) => index === 0 || at('mean', x) / at('mean', xs[index - 1] as number) < x / (xs[index - 1] as number) / 2),
    },
    { text: 'No newcomer costs twice the mean.', holds: ({ at, xs }) => xs.every((x) => at('99th percentile', x) < 2 * at('mean', x)) },
  ],
  deviations: [
    'The theorem speaks of the first version of joining, which told all who have to point at the newcomer; here they find out in their rounds, as in section 4.4, which are not counted.',
    'Questions and answers count as messages each.',
  ],
});
