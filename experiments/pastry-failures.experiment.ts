/**
 * Lookups when a part of all nodes has failed at once (Middleware 2001, section 3.3): before anybody has noticed, and after the others have had time. The
 * paper: 5,000 nodes of which a tenth fails; tables are repaired by use, leaf sets and rows by upkeep. Here other parts as well.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'Failures and repair',
  question: 'What do lookups cost when a part of a Pastry network has just failed, and when it has been repaired?',
  source: { paper: 'Pastry, Middleware 2001', where: 'section 3.3, figure 7', trust: 'what the figure says, not its numbers' },
  base: {
    system: 'pastry',
    nodes: 5000,
    options: { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 },
    network: { kind: 'plane', baseMs: 1, acrossMs: 100 },
    workload: { kind: 'lookups', count: 5000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'part of the nodes that failed',
    values: [0, 0.1, 0.2, 0.3],
    set: (spec, share) => ({ ...spec, failure: { share, repairMs: spec.failure?.repairMs ?? 0 } }),
  },
  lines: [
    { name: 'no repair', set: (spec) => spec },
    {
      name: 'after ten minutes',
      set: (spec) => ({
        ...spec,
        options: { ...spec.options, roundMs: 10_000 },
        failure: spec.failure && { ...spec.failure, repairMs: 600_000 },
      }),
    },
  ],
  seeds: 2,
  quick: { values: [0, 0.1, 0.3], seeds: 1, shrink: (spec) => ({ ...spec, nodes: 800, workload: { ...spec.workload, count: 2000 } }) },
  y: { label: 'a lookup' },
  curves: [
    { name: 'hops', of: 'hops', statistic: 'mean' },
    { name: 'timeouts', of: 'timeouts', statistic: 'mean' },
    { name: 'failed', of: 'failed', statistic: 'rate' },
  ],
  claims: [
    {
      text: 'Without repair no more than one lookup in a thousand ends elsewhere, up to a tenth dead.',
      holds: ({ at }) => at('failed', 0.1, 'no repair') <= 0.001,
    },
    {
      text: 'Repaired, lookups have no timeouts to speak of, and the hops of a network in which nobody has failed, to a tenth.',
      holds: ({ at }) =>
        at('timeouts', 0.1, 'after ten minutes') < 0.05 &&
        Math.abs(at('hops', 0.1, 'after ten minutes') - at('hops', 0, 'no repair')) < 0.1 * at('hops', 0, 'no repair'),
    },
    {
      text: 'Dead nodes that nobody has noticed cost hops.',
      holds: ({ at, xs }) => at('hops', Math.max(...xs), 'no repair') > at('hops', 0, 'no repair'),
    },
  ],
  deviations: ['All lookups begin at once, so that few of them learn from the others who is dead.'],
});
