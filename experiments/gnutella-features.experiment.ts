/** What each of the later inventions of Gnutella saves: query routing, pong caching, dynamic queries, each left out of a network that has the others, and all of them left out. */

import { experiment, type RunSpec } from 'kith/lab';

function without(options: RunSpec['options']): (spec: RunSpec) => RunSpec {
  return (spec) => ({ ...spec, options: { ...spec.options, ...options } });
}

const NO_ROUTING = { usesRouteTables: false };
const NO_CACHE = { cachesPongs: false };
const NO_DYNAMIC = { strategy: 'flood' };

export default experiment({
  title: 'Query routing, pong caching, dynamic queries',
  question: 'What does each of the inventions between Gnutella 0.4 and 0.6 save, in messages of a search and in bytes of a node?',
  source: { paper: 'Gnutella documents (QRP, ping/pong, dynamic query)', where: 'their reasons', trust: 'no number is published' },
  base: {
    system: 'gnutella',
    nodes: 1_000,
    network: { kind: 'king', sites: 1_740 },
    churn: { kind: 'poisson', perSecond: 0.2, leaves: 'crash' },
    workload: {
      kind: 'searches',
      content: { titles: 2_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' },
      count: 600,
      perSecond: 2,
      warmUpMs: 120_000,
      waitMs: 60_000,
    },
  },
  vary: { label: 'users', scale: 'log', values: [100, 300, 1_000], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'with all', set: without({}) },
    { name: 'without query routing', set: without(NO_ROUTING) },
    { name: 'without pong caching', set: without(NO_CACHE) },
    { name: 'without dynamic queries', set: without(NO_DYNAMIC) },
    { name: 'without all three', set: without({ ...NO_ROUTING, ...NO_CACHE, ...NO_DYNAMIC }) },
  ],
  seeds: 3,
  quick: {
    values: [100],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 60, warmUpMs: 30_000, waitMs: 20_000 } as RunSpec['workload'] }),
  },
  y: { label: 'messages of a search', scale: 'log' },
  curves: [
    { name: 'messages', of: 'messages', statistic: 'mean' },
    { name: 'bytes', of: 'meanBytesPerS', statistic: 'mean', y: { label: 'bytes of a node and second', scale: 'log' } },
    { name: 'busiest', of: 'busiestBytesPerS', statistic: 'mean', y: { label: 'bytes of the busiest node and second', scale: 'log' } },
    { name: 'reach', of: 'reach', statistic: 'mean', y: { label: 'nodes that a query comes to' } },
    { name: 'found', of: 'found', statistic: 'rate', y: { label: 'part of the searches that found a holder' } },
    { name: 'first', of: 'firstMs', statistic: 'p50', y: { label: 'until the first holder is named, median (ms)' } },
  ],
  claims: [
    {
      text: 'Without query routing a query comes to more than twice as many nodes.',
      holds: ({ at, xs }) => xs.every((x) => at('reach', x, 'without query routing') > 2 * at('reach', x, 'with all')),
    },
    {
      text: 'Without all three a search takes more than twice the messages.',
      holds: ({ at, xs }) => xs.every((x) => at('messages', x, 'without all three') > 2 * at('messages', x, 'with all')),
    },
    {
      text: 'Without pong caching the largest network sends more bytes.',
      holds: ({ at, xs }) => at('bytes', xs.at(-1) as number, 'without pong caching') > at('bytes', xs.at(-1) as number, 'with all'),
    },
    {
      text: 'Nothing is found less for any of them: all find more than 85%.',
      holds: ({ at, xs }) =>
        ['with all', 'without query routing', 'without pong caching', 'without dynamic queries', 'without all three'].every((line) =>
          xs.every((x) => at('found', x, line) > 0.85),
        ),
    },
  ],
  deviations: [
    'Nothing is deflated: route tables are several times as large as on the wire, so that query routing looks dearer than it is: with so few searches it costs more bytes than it saves.',
    'One newcomer and one silent departure every five seconds, in networks of every size.',
    'What was 0.4 had no ultrapeers; here they stay in all lines, and search-compare has the flat network.',
  ],
});
