/**
 * Lookups while nodes come and go (Rhea et al., USENIX 2004). There: 1,000 nodes with median sessions from hours to a minute, most lookups of FreePastry 1.3 failing
 * at 23 minutes since it repaired when something failed; periodic repair and timeouts from measured round trips are what helps, fixed ones of
 * 5 s more than double the time of lookups.
 */

import { experiment } from 'kith/lab';

const MINUTE_MS = 60_000;
const MEDIAN_MINUTES = [94, 47, 23] as const;

export default experiment({
  title: 'Pastry under churn',
  question: 'How many lookups fail, and how long do they take, while the nodes of a Pastry network come and go?',
  source: { paper: 'Rhea et al., USENIX 2004', where: 'sections 4.1 and 4.3, figures 4 to 8', trust: 'what the text says of the figures' },
  base: {
    system: 'pastry',
    nodes: 1000,
    options: { replicas: 1, readQuorum: 1, writeQuorum: 1, roundMs: 10_000 },
    network: { kind: 'king', sites: 1740 },
    workload: { kind: 'lookups', count: 10_000, perSecond: 10, warmUpMs: 10 * MINUTE_MS, style: 'iterative' },
  },
  vary: {
    label: 'median session (minutes)',
    values: MEDIAN_MINUTES,
    set: (spec, minutes) => ({
      ...spec,
      churn: {
        kind: 'sessions',
        life: { kind: 'exponential', meanMs: (minutes * MINUTE_MS) / Math.LN2 },
        away: { kind: 'fixed', ms: 1000 },
        leaves: 'crash',
      },
    }),
  },
  lines: [
    { name: 'measured round trips', set: (spec) => spec },
    { name: 'fixed times', set: (spec) => ({ ...spec, options: { ...spec.options, timeoutsByRtt: false } }) },
  ],
  seeds: 2,
  quick: {
    values: [94, 23],
    seeds: 1,
    shrink: (spec) => ({
      ...spec,
      nodes: 200,
      workload: { kind: 'lookups', count: 2000, perSecond: 5, warmUpMs: 5 * MINUTE_MS, style: 'iterative' },
    }),
  },
  y: { label: 'part of lookups' },
  curves: [
    { name: 'failed', of: 'failed', statistic: 'rate' },
    { name: 'lookup time', of: 'tookMs', statistic: 'mean', y: { label: 'mean lookup time (ms)' } },
    { name: 'timeouts', of: 'timeouts', statistic: 'mean', y: { label: 'timeouts a lookup' } },
    { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
  ],
  claims: [
    {
      text: 'At a median session of 23 minutes, where FreePastry 1.3 failed most lookups, less than one in fifty fails.',
      holds: ({ at }) => at('failed', 23, 'measured round trips') < 0.02,
    },
    {
      text: 'Lookups with measured round trips are quicker than those with fixed times.',
      holds: ({ at, xs }) => xs.every((x) => at('lookup time', x, 'measured round trips') < at('lookup time', x, 'fixed times')),
    },
    {
      text: 'Four times the churn does not cost twice the traffic: repair does not feed on itself.',
      holds: ({ at }) => at('traffic', 23, 'measured round trips') < 2 * at('traffic', 94, 'measured round trips'),
    },
  ],
  deviations: [
    'A lookup fails when it does not end at the owner of the moment when it ends, by an oracle; there when not all of ten nodes that ask agree.',
    'Fixed times are half a second and a second and a half here, not five.',
    'Times between nodes are those of the generated King matrix, not of a ModelNet topology, and no link is ever full.',
  ],
});
