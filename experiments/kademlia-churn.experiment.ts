/**
 * Lookups while nodes come and go: half of all sessions are over after 60 minutes, as was measured in Gnutella and Overnet (Saroiu et al., MMCN 2002;
 * Bhagwan et al., IPTPS 2003). Who goes says nothing, and a newcomer takes its place a second later. Half an hour of that, in which every bucket
 * is refreshed at least once (15 minutes), then lookups once a second.
 *
 * A hundred thousand nodes take 1 GB and some minutes of a core, so that they are not among the values:
 *
 *     kith lab sweep kademlia-churn --set nodes=100000 --set workload.warmUpMs=300000 --set workload.count=300 --seeds 1
 */

import { experiment } from 'kith/lab';

const MEDIAN_MS = 3_600_000;
/** With a constant chance to go, half are there for longer than ln 2 of the mean. */
const MEAN_MS = MEDIAN_MS / Math.LN2;

export default experiment({
  title: 'Kademlia under churn',
  question: 'Do Kademlia lookups find the nearest node when half of all sessions end within the hour, and what does that take?',
  source: {
    paper: 'Kademlia, IPTPS 2002',
    where: 'section 2.3; sessions of Saroiu et al., MMCN 2002',
    trust: 'the paper promises it and measures nothing; the median is from a summary',
  },
  base: {
    system: 'kademlia',
    nodes: 1000,
    network: { kind: 'king', sites: 1740 },
    churn: {
      kind: 'sessions',
      life: { kind: 'exponential', meanMs: MEAN_MS },
      away: { kind: 'fixed', ms: 1000 },
      leaves: 'crash',
    },
    workload: { kind: 'lookups', count: 600, perSecond: 1, warmUpMs: 1_800_000, style: 'iterative' },
  },
  vary: { label: 'nodes', scale: 'log', values: [1000, 3000, 10_000], set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 3,
  quick: {
    values: [1000, 3000],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { kind: 'lookups', count: 300, perSecond: 1, warmUpMs: 600_000, style: 'iterative' } }),
  },
  y: { label: 'part of the lookups' },
  curves: [
    { name: 'missed the nearest', of: 'failed', statistic: 'rate' },
    { name: 'asked', of: 'questions', statistic: 'mean', y: { label: 'nodes of a lookup' } },
    { name: 'dead', of: 'timeouts', statistic: 'mean', y: { label: 'nodes of a lookup' } },
    { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'lookup time (ms)' } },
    { name: '95%', of: 'tookMs', statistic: 'p95', y: { label: 'lookup time (ms)' } },
    { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
  ],
  claims: [
    {
      text: 'Of a hundred lookups ninety-nine end at the node that is nearest at that moment, newcomers included.',
      holds: ({ at, xs }) => xs.every((nodes) => at('missed the nearest', nodes) <= 0.01),
    },
    {
      text: 'A lookup asks fewer than twice the k = 8 nodes that it ends with, the dead ones left out.',
      holds: ({ at, xs }) => xs.every((nodes) => at('asked', nodes) - at('dead', nodes) < 16),
    },
  ],
});
