/**
 * Lookups through a ring with many dead nodes that nobody has noticed yet (ToN 2003, table II). The paper: 1000 nodes with lists of 20 = 2 log2 N
 * successors; a part of them fails at once, and nobody stabilizes; 10^4 lookups, of which none fails. A path has about ½ log2 N - ½ log2 r + 1
 * hops: successor lists shorten its end.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'Dead nodes on the way',
  question: 'What do lookups cost when a part of a Chord ring has just failed?',
  source: { paper: 'Chord, ToN 2003', where: 'table II', trust: 'recalled; paths checked with an independent program' },
  base: {
    system: 'chord',
    nodes: 1000,
    options: {
      successors: 20,
      replicas: 1,
      readQuorum: 1,
      writeQuorum: 1,
      endAtList: false,
      askForAll: true,
      roundMs: 0,
      // The next is asked only when one has not answered at all: a timeout is a node that was waited for.
      slowMs: 500,
      timeoutMs: 500,
    },
    workload: { kind: 'lookups', count: 10_000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'part of the nodes that failed',
    values: [0, 0.1, 0.2, 0.3, 0.4, 0.5],
    set: (spec, share) => ({ ...spec, failure: { share, repairMs: 0 } }),
  },
  seeds: 10,
  quick: { values: [0, 0.2, 0.5], seeds: 3 },
  y: { label: 'a lookup' },
  curves: [
    { name: 'hops', of: 'hops', statistic: 'mean' },
    { name: 'timeouts', of: 'timeouts', statistic: 'mean' },
    { name: 'failed', of: 'failed', statistic: 'rate' },
  ],
  expect: [
    {
      curve: 'hops',
      points: [
        [0, 3.84],
        [0.1, 4.03],
        [0.2, 4.22],
        [0.3, 4.44],
        [0.4, 4.69],
        [0.5, 5.09],
      ],
      tolerance: { relative: 0.03 },
    },
    {
      curve: 'timeouts',
      points: [
        [0, 0],
        [0.1, 0.6],
        [0.2, 1.17],
        [0.3, 2.02],
        [0.4, 3.23],
        [0.5, 5.1],
      ],
      tolerance: { relative: 0.1 },
    },
  ],
  claims: [
    {
      text: 'No lookup fails (theorem 6: with half of the nodes dead, lists of O(log N) still lead to the closest living successor).',
      holds: ({ at, xs }) => xs.every((x) => at('failed', x) === 0),
    },
  ],
  // The timeouts with a tenth dead: see below.
  pointsMin: 11,
  deviations: [
    'Who has waited for a dead node in vain forgets it as a finger, which saves later lookups the wait; the paper says that its nodes learn, not how. All lookups of a run begin at once and learn little from each other: 4.7 timeouts with half of the nodes dead. One after the other they are 3.9, and 6.2 where nobody learns anything (the independent program, of that kind, has 6.5).',
    'With a tenth dead the paper has 0.60 timeouts, more than dead nodes on a path of that length: 4.0 hops and the owner, with 1/9 dead ones for each living, are 0.56.',
    'The owner is asked whether it lives, as the last step of a lookup; waiting for it in vain counts as a timeout, and it does not count as a hop.',
  ],
});
