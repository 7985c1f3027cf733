/**
 * How often the place of the next digit is empty although nobody has failed (Middleware 2001, section 2.3). The paper: less than 0.02 with |L| = 2^b, and
 * less than 0.006 with |L| = 2 · 2^b.
 */

import { experiment } from 'kith/lab';

export default experiment({
  title: 'The rare case',
  question: 'How often does a Pastry table have nobody with the next digit of a key?',
  source: { paper: 'Pastry, Middleware 2001', where: 'section 2.3', trust: 'as published, two bounds' },
  base: {
    system: 'pastry',
    nodes: 10_000,
    options: { roundMs: 0, neighbours: 0, replicas: 1, readQuorum: 1, writeQuorum: 1, byProximity: false },
    workload: { kind: 'lookups', count: 1000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'leaves', values: [8, 16, 32], set: (spec, leaves) => ({ ...spec, options: { ...spec.options, leaves } }) },
  seeds: 5,
  quick: { values: [16, 32], seeds: 2, shrink: (spec) => ({ ...spec, nodes: 5000 }) },
  y: { label: 'part of hops' },
  curves: [{ name: 'rare', of: 'rare', statistic: 'rate' }],
  claims: [
    { text: 'With 16 leaves it is less than 0.02.', holds: ({ at }) => at('rare', 16) < 0.02 },
    { text: 'With 32 leaves it is less than 0.006.', holds: ({ at }) => at('rare', 32) < 0.006 },
  ],
  deviations: ['Of hops before a leaf set has the key; the paper does not say of what the probability is.'],
});
