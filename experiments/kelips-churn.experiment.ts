/**
 * Kelips beside the original implementation, p2psim, under churn: 1,024 nodes on a square with round trips of 146 ms on average, lives and absences of an hour
 * on average, a lookup by each node every ten minutes, of which the second hour counts; 32 groups, a round every 36 s, rations of 16, 8 contacts a group.
 */

import { experiment } from 'kith/lab';

const HOUR_MS = 3_600_000;
const NODES = 1024;

export default experiment({
  title: 'Kelips under churn',
  question: 'What does a lookup in Kelips cost while half of the nodes go and come in an hour?',
  source: {
    paper: 'p2psim, Kelips',
    where: 'its source, run three times with that configuration',
    trust: 'computed by a reference program',
  },
  base: {
    system: 'kelips',
    nodes: NODES,
    options: {
      groups: 32,
      contacts: 8,
      roundMs: 36_000,
      viewRation: 16,
      contactRation: 16,
      tupleRation: 0,
      viewTimeoutMs: 1_080_000,
      contactTimeoutMs: 1_080_000,
      replicas: 1,
      readQuorum: 1,
      writeQuorum: 1,
      slowMs: 440,
      timeoutMs: 440,
      attempts: 1,
    },
    network: { kind: 'plane', baseMs: 0, acrossMs: 140 },
    churn: {
      kind: 'sessions',
      life: { kind: 'exponential', meanMs: HOUR_MS },
      away: { kind: 'exponential', meanMs: HOUR_MS },
      leaves: 'crash',
    },
    workload: { kind: 'lookups', count: 3000, perSecond: 0.85, warmUpMs: HOUR_MS, style: 'iterative' },
  },
  vary: { label: 'nodes', values: [NODES], set: (spec, nodes) => ({ ...spec, nodes }) },
  seeds: 3,
  quick: { values: [NODES], seeds: 1, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 600 } }) },
  y: { label: 'ms' },
  curves: [
    { name: 'mean', of: 'tookMs', statistic: 'mean' },
    { name: 'median', of: 'tookMs', statistic: 'p50' },
    { name: '90th percentile', of: 'tookMs', statistic: 'p90' },
    { name: 'hops', of: 'hops', statistic: 'mean', y: { label: 'hops' } },
    { name: 'timeouts', of: 'timeouts', statistic: 'mean', y: { label: 'timeouts' } },
    { name: 'failed', of: 'failed', statistic: 'rate', y: { label: 'part of the lookups' } },
    { name: 'bytes', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes a living node and second' } },
  ],
  expect: [
    { curve: 'mean', points: [[NODES, 328, 312, 342]], tolerance: { relative: 0.2 } },
    { curve: 'median', points: [[NODES, 244, 240, 249]], tolerance: { relative: 0.2 } },
    { curve: '90th percentile', points: [[NODES, 524, 504, 554]], tolerance: { relative: 0.2 } },
    { curve: 'hops', points: [[NODES, 1.93, 1.89, 1.95]], tolerance: { absolute: 0.1 } },
    { curve: 'bytes', points: [[NODES, 11.3, 11.1, 11.5]], tolerance: { relative: 0.2 } },
  ],
  deviations: [
    'p2psim counts 20 bytes a message and 4 for each node named in it. Here a node is its point, address and heartbeat, 32 bytes, and a datagram has 28 bytes of headers. By its way of counting ours would send 25 bytes a second, so that it does not fill its rations; we do not know when. By ours it is 16 times as many as published, and is reported as a disagreement.',
    'In p2psim a lookup is of a node that exists, and fails when nobody finds it. Here it is of a random key, and fails when it does not end at who is nearest to that of all members of its group, newcomers of this moment among them.',
    'A node that is silent is given up after three round trips to it, as in p2psim, or where they are not known 440 ms, three times the mean.',
    'After the first hour p2psim has half of its nodes alive on average; here all are at the beginning, and half after that.',
  ],
});
