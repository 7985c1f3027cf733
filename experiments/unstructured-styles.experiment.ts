/** Ways to search without knowing where to go, on one network and one workload: what each finds, and what it costs as the network grows (Lv et al. 2002, Sarshar et al. 2004). */

import { experiment, type RunSpec } from 'kith/lab';

function withStyle(options: RunSpec['options']): (spec: RunSpec) => RunSpec {
  return (spec) => ({ ...spec, options: { ...spec.options, ...options } });
}

export default experiment({
  title: 'Floods, walkers, percolation, rumours',
  question: 'What does a search cost that does not know where to go, and what does it find?',
  source: {
    paper: 'Lv et al., ICS 2002; Sarshar et al., P2P 2004',
    where: 'abstracts',
    trust: 'two orders of magnitude fewer messages, as both say',
  },
  base: {
    system: 'unstructured',
    nodes: 1_000,
    options: { graph: 'scale-free', links: 6 },
    network: { kind: 'uniform', minMs: 10, maxMs: 100 },
    workload: {
      kind: 'searches',
      content: { titles: 2_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' },
      count: 300,
      perSecond: 5,
      warmUpMs: 5_000,
      waitMs: 60_000,
    },
  },
  vary: { label: 'nodes', scale: 'log', values: [250, 1_000, 4_000, 10_000], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [
    { name: 'flood, 7 hops', set: withStyle({ style: 'flood', ttl: 7 }) },
    { name: 'growing floods', set: withStyle({ style: 'ring', ttl: 7 }) },
    { name: '32 walkers', set: withStyle({ style: 'walk', walkers: 32 }) },
    { name: 'percolation', set: withStyle({ style: 'percolate', percolation: 0.08, implantSteps: 20 }) },
    { name: 'rumour to 3', set: withStyle({ style: 'gossip', fanout: 3, ttl: 12 }) },
  ],
  seeds: 3,
  quick: {
    values: [250, 1_000],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 80, waitMs: 30_000 } as RunSpec['workload'] }),
  },
  y: { label: 'messages of a search', scale: 'log' },
  curves: [
    { name: 'messages', of: 'messages', statistic: 'mean' },
    { name: 'found', of: 'found', statistic: 'rate', y: { label: 'part of the searches that found a holder' } },
    { name: 'first', of: 'firstMs', statistic: 'mean', y: { label: 'until the first holder is named (ms)' } },
    { name: 'busiest', of: 'busiestMessagesPerSearch', statistic: 'mean', y: { label: 'messages of a search through the busiest node' } },
  ],
  claims: [
    {
      text: 'Walkers find nearly all that a flood finds, with less than a fifth of its messages in a thousand nodes, and less than a thirtieth in the largest network.',
      holds: ({ at, xs }) =>
        at('found', 1_000, '32 walkers') > 0.95 * at('found', 1_000, 'flood, 7 hops') &&
        at('messages', 1_000, '32 walkers') < at('messages', 1_000, 'flood, 7 hops') / 5 &&
        (!xs.includes(10_000) || at('messages', 10_000, '32 walkers') < at('messages', 10_000, 'flood, 7 hops') / 30),
    },
    {
      text: 'Percolation finds nearly all with a tenth of the messages of a flood, in the time of a flood.',
      holds: ({ at }) =>
        at('found', 1_000, 'percolation') > 0.9 &&
        at('messages', 1_000, 'percolation') < at('messages', 1_000, 'flood, 7 hops') / 10 &&
        at('first', 1_000, 'percolation') < 4 * at('first', 1_000, 'flood, 7 hops'),
    },
    {
      text: 'Growing floods and walkers pay for it with time.',
      holds: ({ at }) =>
        at('first', 1_000, 'growing floods') > 2 * at('first', 1_000, 'flood, 7 hops') &&
        at('first', 1_000, '32 walkers') > 1.5 * at('first', 1_000, 'flood, 7 hops'),
    },
  ],
  deviations: [
    'Hits go straight to who asks, where Gnutella sends them back along the way.',
    'The graphs of the papers were a crawl of Gnutella and one of LimeWire; here it is drawn by Barabási and Albert.',
    'Percolation is tried once with a chance of 0.08 for each link, not raised until something is found.',
  ],
});
