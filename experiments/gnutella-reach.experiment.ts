/**
 * How far a flood goes: servents that it reaches, and messages that reach nobody new, against the TTL, beside the formula by which dynamic queries guess it:
 * over each link of a servent of that degree sum of (degree - 1)^i for i from 0 to ttl - 1.
 */

import { experiment, type RunSpec } from 'kith/lab';

const NODES = 2_000;
const TTLS = [1, 2, 3, 4, 5, 6, 7];

/** What a tree of that degree has within so many hops of its root. */
function treeSize(degree: number, ttl: number): number {
  let [sum, level] = [0, degree];
  for (let hop = 0; hop < ttl; hop++) {
    sum += level;
    level *= degree - 1;
  }
  return sum;
}

function withDegree(degree: number): (spec: RunSpec) => RunSpec {
  return (spec) => ({ ...spec, options: { ...spec.options, linksWanted: degree, linksMax: degree } });
}

export default experiment({
  title: 'Reach of a flood',
  question: 'How many servents does a query of a given TTL reach, and how many of its messages are in vain?',
  source: {
    paper: 'Gnutella, dynamic query protocol (LimeWire 2003); Ripeanu, Foster, Iamnitchi 2002',
    where: 'its formula for hosts within a TTL; 95% of all pairs within 7 hops',
    trust: 'computed by the formula: the examples that the document gives do not follow it',
  },
  base: {
    system: 'gnutella-0.4',
    nodes: NODES,
    options: { cachesPongs: true },
    network: { kind: 'constant', ms: 50 },
    workload: {
      kind: 'searches',
      // Nobody answers: all messages are queries.
      content: { titles: 10, zipf: 0, filesPerUser: 0, spread: 'even' },
      count: 100,
      perSecond: 5,
      warmUpMs: 10_000,
      waitMs: 5_000,
    },
  },
  vary: { label: 'TTL', values: TTLS, set: (spec, ttl) => ({ ...spec, options: { ...spec.options, ttl } }) },
  lines: [
    { name: '4 links', set: withDegree(4) },
    { name: '6 links', set: withDegree(6) },
  ],
  seeds: 3,
  quick: {
    values: [2, 3, 7],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 40 } as RunSpec['workload'] }),
  },
  y: { label: 'servents reached', scale: 'log' },
  curves: [
    { name: 'reach', of: 'reach', statistic: 'mean' },
    { name: 'messages', of: 'messages', statistic: 'mean', y: { label: 'messages of a query', scale: 'log' } },
    { name: 'duplicates', of: 'duplicates', statistic: 'mean', y: { label: 'messages that reach nobody new' } },
  ],
  expect: [4, 6].map((degree) => ({
    curve: 'reach',
    line: `${degree} links`,
    // As long as it is a tree: up to three hops meet a few hundred of two thousand.
    points: [1, 2, 3].map((ttl) => [ttl, treeSize(degree, ttl)] as const),
    tolerance: { relative: 0.1 },
  })),
  claims: [
    {
      text: 'The formula is a bound from above.',
      holds: ({ at, xs }) =>
        [4, 6].every((degree) => xs.every((ttl) => at('reach', ttl, `${degree} links`) <= 1.001 * treeSize(degree, ttl))),
    },
    {
      text: 'With 6 links seven hops reach at least 95% of two thousand, as Ripeanu found of 95% of all pairs.',
      holds: ({ at }) => at('reach', 7, '6 links') > 0.95 * (NODES - 1),
    },
    {
      text: 'Where a flood reaches all, each but the first message to a servent is in vain: of degree - 1 messages all but one.',
      holds: ({ at }) => Math.abs(at('duplicates', 7, '6 links') / at('messages', 7, '6 links') - 4 / 5) < 0.03,
    },
  ],
  deviations: [
    'All servents want and take the same number of links; a few find one less. Those of 2000 differed by orders of magnitude.',
    'Two thousand servents, where the formula knows no end. Links are found through others: neighbours have neighbours in common more often than by chance, and three hops of 6 links reach fewer than the formula says, by more than our tolerance.',
    'With 4 links each seven hops do not reach all. The servents of Ripeanu had 3.4 on average, and hubs among them.',
  ],
});
