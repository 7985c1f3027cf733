/**
 * What is left of Gnutella when users are gone at once, at random or the best connected first (Saroiu et al. 2002): the largest component, and what searches
 * find in it before anybody has repaired a link.
 */

import { experiment, type RunSpec } from 'kith/lab';

/** As many as their snapshot of February 2001 had. */
const NODES = 1_771;

function network(system: string, options: RunSpec['options'], best: boolean): (spec: RunSpec) => RunSpec {
  return (spec) => ({
    ...spec,
    system,
    options: { ...spec.options, ...options },
    failure: { share: spec.failure?.share ?? 0, repairMs: 0, best },
  });
}

const POWER_LAW = { degrees: 'power-law' };

export default experiment({
  title: 'Resilience of Gnutella',
  question: 'What is left of Gnutella, and what do searches find, when users are gone at random, or the best connected first?',
  source: {
    paper: 'Saroiu, Gummadi, Gribble, MMCN 2002',
    where: 'section 3.4: 30% at random leave 1,106 of 1,300 connected; without the best 4% it is shattered',
    trust: 'read in a summary of the paper',
  },
  base: {
    system: 'gnutella-0.4',
    nodes: NODES,
    options: { cachesPongs: true },
    network: { kind: 'constant', ms: 50 },
    workload: {
      kind: 'searches',
      content: { titles: 500, zipf: 0.8, filesPerUser: 5, spread: 'measured' },
      count: 100,
      perSecond: 20,
      warmUpMs: 0,
      waitMs: 10_000,
    },
  },
  vary: {
    label: 'part of the users removed',
    values: [0, 0.04, 0.1, 0.2, 0.3, 0.5],
    set: (spec, share) => ({ ...spec, failure: { share, repairMs: 0 } }),
  },
  lines: [
    { name: 'as measured, random', set: network('gnutella-0.4', POWER_LAW, false) },
    { name: 'as measured, best', set: network('gnutella-0.4', POWER_LAW, true) },
    { name: '4 to 8 links, random', set: network('gnutella-0.4', {}, false) },
    { name: '4 to 8 links, best', set: network('gnutella-0.4', {}, true) },
    { name: 'ultrapeers, random', set: network('gnutella', {}, false) },
    { name: 'ultrapeers, best', set: network('gnutella', {}, true) },
  ],
  seeds: 3,
  quick: {
    values: [0, 0.04, 0.3],
    seeds: 1,
    shrink: (spec) => ({ ...spec, nodes: 400, workload: { ...spec.workload, count: 40 } as RunSpec['workload'] }),
  },
  y: { label: 'part of the living users in the largest component' },
  curves: [
    { name: 'component', of: 'component', statistic: 'mean' },
    {
      name: 'crawled',
      of: 'crawledComponent',
      statistic: 'mean',
      y: { label: 'of those whom a crawler had seen before, the part in the largest component' },
    },
    { name: 'found', of: 'found', statistic: 'rate', y: { label: 'part of the searches that found a holder' } },
    { name: 'distance', of: 'distance', statistic: 'mean', y: { label: 'links between two users of it' } },
  ],
  expect: [
    {
      curve: 'crawled',
      line: 'as measured, random',
      points: [[0.3, 1_106 / 1_300]],
      // One snapshot of theirs, and a crawl that missed links.
      tolerance: { absolute: 0.1 },
    },
  ],
  claims: [
    {
      text: 'Links as they were measured: without the best connected 4% less than half hold together, and at random 4% change next to nothing.',
      holds: ({ at }) =>
        at('component', 0.04, 'as measured, best') < 0.5 &&
        at('component', 0.04, 'as measured, random') > at('component', 0, 'as measured, random') - 0.1,
    },
    {
      text: 'Where all have 4 to 8 links nobody is to be missed: without 30%, whichever, more than 90% hold together.',
      holds: ({ at }) => at('component', 0.3, '4 to 8 links, random') > 0.9 && at('component', 0.3, '4 to 8 links, best') > 0.9,
    },
    {
      text: 'Ultrapeers are whom to attack: without the best connected 30%, which are all of them, nothing is found.',
      holds: ({ at }) => at('component', 0.3, 'ultrapeers, best') < 0.1 && at('component', 0.3, 'ultrapeers, random') > 0.8,
    },
  ],
  deviations: [
    'Degrees as measured are drawn by a power law with their exponent of 2.3, at most 200: so many links a servent wants, and takes.',
    'What a crawler sees hangs together. Where links are drawn by a power law some who want one link meet each other and stay by themselves, so that three of ten are outside of the largest component before anybody is gone. So the figure of the paper is held against those alone who were in it before: first it was held against all, 0.51 with 30% removed.',
    'Those who are gone fall silent; for the half minute that is measured nobody has noticed it.',
  ],
});
