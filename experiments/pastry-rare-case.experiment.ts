/**
 * How often a message comes to a node that has nobody with the next digit of its key, although nobody has failed (Middleware 2001, section 2.3). The paper, by
 * an analysis that it does not show: less than 0.02 of all messages with |L| = 2^b leaves, less than 0.006 with 2 · 2^b.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'The rare case',
  question: 'How often has a Pastry node on the way nobody with the next digit of the key?',
  source: { paper: 'Pastry, Middleware 2001', where: 'section 2.3', trust: 'as published, two bounds' },
  base: {
    system: 'pastry',
    nodes: 1000,
    options: { roundMs: 0, neighbours: 0, replicas: 1, readQuorum: 1, writeQuorum: 1, byProximity: false },
    workload: { kind: 'lookups', count: 1000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'nodes',
    scale: 'log',
    values: [1000, 2000, 4000, 8000, 16_000, 32_000],
    set: (spec, nodes) => ({ ...spec, nodes }),
  },
  lines: [16, 32].map((leaves) => ({ name: `${leaves} leaves`, set: (spec) => ({ ...spec, options: { ...spec.options, leaves } }) })),
  seeds: 5,
  quick: { values: [1000, 2000, 4000, 8000], seeds: 2 },
  y: { label: 'part of messages' },
  curves: [{ name: 'rare', of: 'rare', statistic: 'rate' }],
  claims: [
    {
      text: 'With 16 leaves it is less than 0.02 at every size.',
      holds: ({ at, xs }) => xs.every((x) => at('rare', x, '16 leaves') < 0.02),
    },
    {
      text: 'With 32 leaves it is less than 0.006 at every size.',
      holds: ({ at, xs }) => xs.every((x) => at('rare', x, '32 leaves') < 0.006),
    },
    {
      text: 'Twice the leaves make it rarer at every size.',
      holds: ({ at, xs }) => xs.every((x) => at('rare', x, '32 leaves') <= at('rare', x, '16 leaves')),
    },
  ],
  deviations: [
    'The bounds do not hold at every size, by arithmetic too: of 5,000 nodes, 19.5 share two digits with a key and 1.2 three, so that the next place is empty for 0.3 of all keys (e^-1.2); and eight leaves on either side of 19.5 nodes miss the key for about a third of them: 0.1.',
  ],
});
