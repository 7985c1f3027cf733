/**
 * What a Kelips node knows, and what a lookup takes, as the network grows (IPTPS 2003, section 2): n/k members of its group and c contacts in each of the
 * k − 1 others, with k = √n; and one hop, to a contact, then the holder. With entries of 40 bytes, filetuples of 60, 100,000 nodes and ten million files the
 * paper has 1.93 MB a node: 40 · (n/k + c(k − 1)) + 60 · F/k. Here entries are counted.
 */

import { experiment } from 'kith/lab';

const CONTACTS = 2;
const groupsOf = (nodes: number): number => Math.round(Math.sqrt(nodes));
/** A node is no entry of its own view. */
const entriesOf = (nodes: number): number => nodes / groupsOf(nodes) - 1 + CONTACTS * (groupsOf(nodes) - 1);
const SIZES = [100, 1000, 10_000];

export default experiment({
  title: 'State of Kelips',
  question: 'How many nodes does a Kelips node know, and how far is a lookup, as the network grows?',
  source: { paper: 'Kelips, IPTPS 2003', where: 'section 2', trust: 'a formula, computed' },
  base: {
    system: 'kelips',
    nodes: 100,
    options: { contacts: CONTACTS, replicas: 1, readQuorum: 1, writeQuorum: 1, roundMs: 0 },
    network: { kind: 'uniform', minMs: 10, maxMs: 100 },
    workload: { kind: 'lookups', count: 5000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: {
    label: 'nodes',
    scale: 'log',
    values: SIZES,
    set: (spec, nodes) => ({ ...spec, nodes, options: { ...spec.options, groups: groupsOf(nodes) } }),
  },
  seeds: 3,
  quick: { values: [100, 1000], seeds: 1, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 1000 } }) },
  y: { label: 'entries' },
  curves: [
    { name: 'entries', of: 'contacts', statistic: 'mean' },
    { name: 'hops', of: 'hops', statistic: 'mean', y: { label: 'hops' } },
    { name: 'most hops', of: 'hops', statistic: 'max', y: { label: 'hops' } },
    { name: 'missed', of: 'failed', statistic: 'rate', y: { label: 'part of lookups that end elsewhere' } },
  ],
  // Groups differ in size: a node is more often in a large one, which makes the mean of all nodes one entry more.
  expect: [{ curve: 'entries', points: SIZES.map((nodes) => [nodes, entriesOf(nodes)] as const), tolerance: { absolute: 1.5 } }],
  claims: [
    {
      text: 'Every lookup ends at the holder, after two hops at most.',
      holds: ({ at, xs }) => xs.every((x) => at('missed', x) === 0 && at('most hops', x) <= 2),
    },
    {
      text: "At 100,000 nodes with ten million files, entries at the measured sizes make 1.9 to 2 MB by the paper's bytes.",
      holds: ({ at, xs }) => {
        const nodes = Math.max(...xs);
        // Entries grow with √n, tuples are F/k.
        const entries = at('entries', nodes) * Math.sqrt(100_000 / nodes);
        const bytes = 40 * entries + (60 * 1e7) / groupsOf(100_000);
        return bytes > 1.9e6 && bytes < 2e6;
      },
    },
  ],
  deviations: ['Hops count the holder, who is asked whether it lives. The networks are linked at once and do not gossip.'],
});
