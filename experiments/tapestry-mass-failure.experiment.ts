/**
 * A fifth of all nodes falls silent at once (JSAC 2004, section V-D, in its simulator): 166 of 830. The paper's success is back to nearly all within a minute.
 */

import { experiment } from 'kith/lab';

const AFTER_S = [0, 10, 20, 30, 60, 120] as const;
const MS_PER_S = 1000;

export default experiment({
  title: 'A fifth of a Tapestry network fails at once',
  question: 'How long do lookups miss the root after a fifth of the nodes has crashed?',
  source: {
    paper: 'Tapestry, JSAC 2004',
    where: 'section V-D, 830 nodes',
    trust: 'read off a curve: back to nearly all in less than a minute',
  },
  base: {
    system: 'tapestry',
    nodes: 830,
    network: { kind: 'uniform', minMs: 5, maxMs: 75 },
    // Five seconds of lookups.
    workload: { kind: 'lookups', count: 1000, perSecond: 200, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'seconds since the failure',
    values: AFTER_S,
    set: (spec, seconds) => ({ ...spec, failure: { share: 0.2, repairMs: seconds * MS_PER_S } }),
  },
  seeds: 3,
  quick: { values: [0, 60], seeds: 1 },
  y: { label: 'part of lookups' },
  curves: [
    { name: 'missed the root', of: 'failed', statistic: 'rate' },
    { name: 'dead nodes waited for', of: 'timeouts', statistic: 'mean', y: { label: 'a lookup' } },
    { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'lookup time (ms)' } },
    { name: '95%', of: 'tookMs', statistic: 'p95', y: { label: 'lookup time (ms)' } },
  ],
  claims: [
    {
      text: 'A minute after the failure at least 99.5% of lookups end at the root.',
      holds: ({ at }) => at('missed the root', 60) <= 0.005,
    },
    {
      text: 'At the worst moment backups already serve more than 95%.',
      holds: ({ at }) => at('missed the root', 0) < 0.05,
    },
    { text: 'A minute later hardly any lookup waits for the dead.', holds: ({ at }) => at('dead nodes waited for', 60) < 0.1 },
  ],
  deviations: [
    'The paper does not say how often its beacons went; here each link gets one every 30 s.',
    'Its lookups went recursively, and failed where a message was lost; here who looks up goes round the dead.',
    'The 50% more nodes that joined at once later in that experiment are not repeated.',
  ],
});
