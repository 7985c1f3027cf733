/**
 * Lookups while nodes come and leave, without repairing faster than usual (ToN 2003, table III). The paper: 1000 nodes at the beginning with lists of
 * 20 successors; joins and leaves are Poisson processes of the same rate; each node stabilizes every 15 to 45 s, and looks up one finger each time;
 * packets take 50 ms on average; who is silent for 500 ms has gone; lookups once a second.
 */

import { experiment } from 'kith/lab';

const RATES = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4] as const;
const PATH = [3.9, 3.83, 3.84, 3.81, 3.83, 3.91, 3.94, 4.06];
const TIMEOUTS = [0.05, 0.11, 0.16, 0.23, 0.3, 0.34, 0.42, 0.46];
const points = (published: readonly number[]) => RATES.map((rate, index) => [rate, published[index] as number] as const);

export default experiment({
  title: 'Timeouts under churn',
  question: 'What do lookups cost while nodes join a Chord ring and leave it?',
  source: { paper: 'Chord, ToN 2003', where: 'table III', trust: 'recalled' },
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
      roundMs: 30_000,
      fingersPerRound: 1,
      slowMs: 500,
      timeoutMs: 500,
    },
    network: { kind: 'uniform', minMs: 0, maxMs: 100 },
    workload: { kind: 'lookups', count: 10_000, perSecond: 1, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'joins a second, and leaves a second',
    values: RATES,
    set: (spec, perSecond) => ({ ...spec, churn: { kind: 'poisson', perSecond, leaves: 'leave' } }),
  },
  lines: [
    { name: 'in turn, and learning', set: (spec) => spec },
    {
      name: 'at random, learning nothing',
      set: (spec) => ({ ...spec, options: { ...spec.options, fingersAtRandom: true, forgetSilent: false } }),
    },
  ],
  seeds: 2,
  quick: { values: [0.05, 0.4], seeds: 1, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 4000 } }) },
  y: { label: 'a lookup' },
  curves: [
    { name: 'hops', of: 'hops', statistic: 'mean' },
    { name: 'timeouts', of: 'timeouts', statistic: 'mean' },
    { name: 'at the wrong node', of: 'wrong', statistic: 'rate' },
  ],
  expect: [
    { curve: 'hops', line: 'in turn, and learning', points: points(PATH), tolerance: { relative: 0.03 } },
    { curve: 'timeouts', line: 'in turn, and learning', points: points(TIMEOUTS), tolerance: { relative: 0.1 } },
  ],
  deviations: [
    'Timeouts are about half of the published ones at every rate, for a reason that we do not know. Where each round looks up any finger at random, so that some grow very stale, and lookups teach nobody who is dead (the second line), they are three quarters to nine tenths of the published ones.',
    'Ways take 0 to 100 ms, fixed for each pair. With exponential times that are fixed, one pair in 150 would be farther apart than the timeout, and take each other for dead for ever; the paper draws the time of each packet anew.',
    'The last column of the table, 0 to 16 failed lookups of 10^4, is not compared. It grows with the square of the rate: a newcomer seems to be responsible there once its predecessor points to it. Here it is from the moment when it is a member, half a round earlier on average, and lookups in that time end at the wrong node: their part grows with the rate.',
    'Two runs at each rate.',
  ],
});
