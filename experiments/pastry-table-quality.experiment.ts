/**
 * How good the tables are that joining makes (Middleware 2001, figure 6): with rows alone from the nodes on the way (SL), with their whole tables (WT),
 * and with the second stage, which asks all whom the newcomer then knows (WTF, Pastry itself). The paper: 5,000 nodes; of 15 entries of a row, those than
 * which no node is nearer that would do.
 */

import { experiment } from 'kith/lab';

const LEVELS = [0, 1, 2] as const;

export default experiment({
  title: 'Table quality',
  question: 'How many entries of a Pastry table are the best there are, by what a newcomer asks?',
  source: { paper: 'Pastry, Middleware 2001', where: 'figure 6', trust: 'read off the vector figure' },
  base: {
    system: 'pastry',
    nodes: 5000,
    start: 'grown',
    // One after the other, as in the paper; leaf sets are kept, tables are left as joining made them.
    joinEveryMs: 1000,
    options: { roundMs: 60_000, tableRounds: 1_000_000, replicas: 1, readQuorum: 1, writeQuorum: 1 },
    network: { kind: 'plane', baseMs: 0, acrossMs: 100 },
    workload: { kind: 'lookups', count: 1000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: [300, 1000, 5000], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'SL', set: (spec) => ({ ...spec, options: { ...spec.options, secondStage: false } }) },
    { name: 'WT', set: (spec) => ({ ...spec, options: { ...spec.options, secondStage: false, wholeTables: true } }) },
    { name: 'WTF', set: (spec) => ({ ...spec, options: { ...spec.options, wholeTables: true } }) },
    { name: 'rows and second stage', set: (spec) => spec },
  ],
  seeds: 2,
  quick: { values: [300], seeds: 1 },
  y: { label: 'best entries of a row' },
  curves: LEVELS.map((level) => ({ name: `level ${level}`, of: `bestInRow${level}`, statistic: 'mean' as const })),
  expect: [
    { curve: 'level 0', line: 'SL', points: [[5000, 4.6]], tolerance: { absolute: 1 } },
    { curve: 'level 0', line: 'WT', points: [[5000, 5.5]], tolerance: { absolute: 1 } },
    { curve: 'level 0', line: 'WTF', points: [[5000, 14.4]], tolerance: { absolute: 1 } },
    { curve: 'level 1', line: 'WTF', points: [[5000, 14.3]], tolerance: { absolute: 1 } },
    { curve: 'level 2', line: 'WTF', points: [[5000, 10.4]], tolerance: { absolute: 1 } },
  ],
  claims: [
    {
      text: 'The second stage makes the first row better than whole tables do, and those than rows alone.',
      holds: ({ at, xs }) =>
        xs.every((x) => at('level 0', x, 'WTF') > at('level 0', x, 'WT') && at('level 0', x, 'WT') >= at('level 0', x, 'SL')),
    },
    {
      text: 'With the second stage, rows alone do as well as whole tables, to half an entry.',
      holds: ({ at, xs }) => xs.every((x) => Math.abs(at('level 0', x, 'WTF') - at('level 0', x, 'rows and second stage')) < 0.5),
    },
  ],
  deviations: [
    'A newcomer joins through the one of eight random nodes that answers first; in the paper through a near one.',
    'Members measure each newcomer that says hello to them, and take it where it is nearer, in all lines alike.',
  ],
});
