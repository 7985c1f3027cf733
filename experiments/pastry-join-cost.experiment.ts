/**
 * What it costs to join (Middleware 2001, section 2.4): about 3 · 2^b · log N messages to the base of 2^b, b = 4. Here with all that measuring takes, which the
 * paper has for nothing.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'The cost of joining Pastry',
  question: 'How many messages does a newcomer cost as a Pastry network grows?',
  source: { paper: 'Pastry, Middleware 2001', where: 'section 2.4', trust: 'an order of growth; without the messages of measuring' },
  base: {
    system: 'pastry',
    nodes: 250,
    options: { roundMs: 100_000_000, neighbours: 0 },
    network: { kind: 'plane', baseMs: 1, acrossMs: 100 },
    workload: { kind: 'joins', joins: 20, keys: 0 },
  },
  vary: { label: 'nodes', scale: 'log', values: [250, 1000, 4000, 16_000], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'both stages', set: (spec) => spec },
    { name: 'first stage', set: (spec) => ({ ...spec, options: { ...spec.options, secondStage: false } }) },
  ],
  seeds: 3,
  quick: { values: [250, 1000, 4000], seeds: 1 },
  y: { label: 'messages a join' },
  curves: [{ name: 'mean', of: 'messagesPerJoin', statistic: 'mean' }],
  claims: [
    {
      text: 'Sixteen times the nodes never cost twice the messages of the first stage.',
      holds: ({ at, xs }) => at('mean', Math.max(...xs), 'first stage') < 2 * at('mean', Math.min(...xs), 'first stage'),
    },
    {
      text: 'The first stage, with what it measures, stays below six times 3 · 2^b · log N.',
      holds: ({ at, xs }) => xs.every((x) => at('mean', x, 'first stage') < (6 * 3 * 16 * Math.log2(x)) / 4),
    },
  ],
  deviations: [
    'Questions and answers count as messages each, and so do the pings by which a newcomer measures each node that it is told of, and each of those measures it.',
    'No neighbourhood set, which the formula does not have.',
  ],
});
