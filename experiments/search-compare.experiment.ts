/**
 * Five ways to search, on one workload, as the network grows: an index server (Napster), floods among equals (Gnutella 0.4), ultrapeers with route tables
 * and dynamic queries (Gnutella 0.6), hubs that are asked one after the other (Gnutella2), supernodes with indexes (FastTrack).
 */

import { experiment, type RunSpec } from 'kith/lab';

function on(system: string, options: RunSpec['options'] = {}): (spec: RunSpec) => RunSpec {
  return (spec) => ({ ...spec, system, options });
}

export default experiment({
  title: 'Napster, Gnutella, Gnutella2, FastTrack',
  question:
    'What does a search find, what does it cost all together, and what does it cost the one that has most to do, as the network grows?',
  source: {
    paper: 'Yang and Garcia-Molina, ICDE 2003',
    where: 'their question, our networks',
    trust: 'no number of theirs is held against ours',
  },
  base: {
    system: 'napster',
    nodes: 1_000,
    network: { kind: 'king', sites: 1_740 },
    workload: {
      kind: 'searches',
      content: { titles: 2_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' },
      count: 300,
      perSecond: 5,
      warmUpMs: 60_000,
      waitMs: 60_000,
    },
  },
  vary: { label: 'users', scale: 'log', values: [100, 300, 1_000, 3_000], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'Napster', set: on('napster') },
    // Pings that are flooded with every new link take most of the time of a run, and are no part of a search.
    { name: 'Gnutella 0.4', set: on('gnutella-0.4', { cachesPongs: true }) },
    { name: 'Gnutella 0.6', set: on('gnutella') },
    { name: 'Gnutella2', set: on('gnutella2') },
    { name: 'FastTrack', set: on('fasttrack') },
  ],
  seeds: 3,
  quick: {
    values: [100, 300],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 80, waitMs: 30_000 } as RunSpec['workload'] }),
  },
  y: { label: 'messages of a search', scale: 'log' },
  curves: [
    { name: 'messages', of: 'messages', statistic: 'mean' },
    { name: 'bytes', of: 'bytes', statistic: 'mean', y: { label: 'bytes of a search', scale: 'log' } },
    { name: 'found', of: 'found', statistic: 'rate', y: { label: 'part of the searches that found a holder' } },
    { name: 'recall', of: 'recall', statistic: 'mean', y: { label: 'part of the holders that were named' } },
    { name: 'first', of: 'firstMs', statistic: 'p50', y: { label: 'until the first holder is named, median (ms)' } },
    {
      name: 'busiest',
      of: 'busiestMessagesPerSearch',
      statistic: 'mean',
      y: { label: 'messages of a search through the busiest node', scale: 'log' },
    },
    { name: 'upkeep and searches', of: 'meanBytesPerS', statistic: 'mean', y: { label: 'bytes of a node and second', scale: 'log' } },
  ],
  claims: [
    {
      text: 'All five find nearly everything that is there.',
      holds: ({ at, xs }) =>
        ['Napster', 'Gnutella 0.4', 'Gnutella 0.6', 'Gnutella2', 'FastTrack'].every((line) => xs.every((x) => at('found', x, line) > 0.9)),
    },
    {
      text: 'The messages of a flood grow with the network: three times as many users, more than twice as many messages.',
      holds: ({ at, xs }) =>
        xs.slice(1).every((x, index) => at('messages', x, 'Gnutella 0.4') > 2 * at('messages', xs[index] as number, 'Gnutella 0.4')),
    },
    {
      text: 'Every network that came after it needs less than half of the messages of Gnutella 0.4, at every size.',
      holds: ({ at, xs }) =>
        ['Gnutella 0.6', 'Gnutella2', 'FastTrack'].every((line) =>
          xs.every((x) => at('messages', x, line) < at('messages', x, 'Gnutella 0.4') / 2),
        ),
    },
    {
      text: 'Napster pays for it with one machine through which every message of every search goes.',
      holds: ({ at, xs }) => xs.every((x) => at('busiest', x, 'Napster') > 0.99 * at('messages', x, 'Napster')),
    },
    {
      text: 'With indexes the first holder is named within a second at every size.',
      holds: ({ at, xs }) => ['Napster', 'FastTrack'].every((line) => xs.every((x) => at('first', x, line) < 1_000)),
    },
  ],
  deviations: [
    'Every network has its own defaults, which nobody has tuned to one another: ultrapeers are 15% of the users, hubs 10%, supernodes 5%.',
    'Roles are given and stay: nobody is elected while a run lasts.',
    'Nothing is deflated, so that the simulator sees every message; tables of words are several times as large as on the wire.',
    'In Gnutella 0.4 pings are answered out of a cache, and not flooded as in 2000: gnutella-features shows what that costs.',
    'Gnutella2: acknowledgements count as answers, requests for query keys as upkeep.',
  ],
});
