/**
 * How evenly consistent hashing spreads keys (SIGCOMM 2001, figure 8a). The paper: 10^4 nodes, 10^5 to 10^6 keys, 20 repetitions; mean, 1st and 99th
 * percentile of the keys per node. A node's share of the ring is exponentially distributed, so that one in a hundred has ln 100 = 4.6 times
 * the mean.
 */

import { experiment } from 'kith/lab';

const NODES = 10_000;
const KEYS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((times) => times * 100_000);
const P99 = [48, 91, 138, 181, 228, 273, 320, 364, 411, 463];

export default experiment({
  title: 'Keys per node',
  question: 'How evenly are keys spread over the nodes of a Chord ring?',
  source: { paper: 'Chord, SIGCOMM 2001', where: 'figure 8a', trust: 'read off the vector figure' },
  base: {
    system: 'chord',
    nodes: NODES,
    // Who is responsible follows from the places of the nodes alone: neither fingers nor upkeep are needed to count.
    options: { fingers: false, successors: 1, replicas: 1, readQuorum: 1, writeQuorum: 1, roundMs: 0 },
    workload: { kind: 'keys', keys: 100_000 },
  },
  vary: { label: 'keys', values: KEYS, set: (spec, keys) => ({ ...spec, workload: { kind: 'keys', keys } }) },
  seeds: 20,
  quick: { values: [100_000, 500_000, 1_000_000], seeds: 3 },
  y: { label: 'keys per node' },
  curves: [
    { name: 'mean', of: 'keysPerNode', statistic: 'mean' },
    { name: '1st percentile', of: 'keysPerNode', statistic: 'p1' },
    { name: '99th percentile', of: 'keysPerNode', statistic: 'p99' },
    { name: 'most', of: 'keysPerNode', statistic: 'max' },
  ],
  expect: [
    { curve: 'mean', points: KEYS.map((keys) => [keys, keys / NODES] as const), tolerance: { relative: 0.001 } },
    { curve: '1st percentile', points: KEYS.map((keys) => [keys, 0] as const), tolerance: { absolute: 1 } },
    { curve: '99th percentile', points: KEYS.map((keys, index) => [keys, P99[index] as number] as const), tolerance: { relative: 0.04 } },
    // Of one repetition; the largest of 10^4 shares is 10.4 times the mean on average, with a deviation of 1.3.
    { curve: 'most', points: [[500_000, 457]], tolerance: { absolute: 2 * 1.3 * 50 } },
  ],
  deviations: ['Keys are counted where they belong; that real puts lead to the same is a test, not part of the runs.'],
});
