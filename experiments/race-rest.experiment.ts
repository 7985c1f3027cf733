/**
 * The race, first part: structured overlays in which nobody comes or goes, from 64 to 4,096 nodes, with the same keys, origins, moments and ways.
 * Upkeep goes on as each has it by default, and is measured by itself when the lookups are over.
 */

import { experiment, raceLines } from 'kith/lab';

export default experiment({
  title: 'The race at rest',
  question: 'How do hops, time, state and upkeep grow with the network, when nobody comes or goes?',
  source: { paper: 'race', where: 'one set-up for all' },
  base: {
    system: 'chord',
    nodes: 64,
    network: { kind: 'king', sites: 1740 },
    workload: { kind: 'lookups', count: 2000, perSecond: 10, warmUpMs: 120_000, style: 'iterative', quietMs: 900_000 },
  },
  vary: { label: 'nodes', scale: 'log', values: [64, 256, 1024, 4096], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: raceLines(),
  seeds: 3,
  quick: {
    values: [64, 256, 1024],
    seeds: 1,
    shrink: (spec) => ({
      ...spec,
      workload: { kind: 'lookups', count: 500, perSecond: 10, warmUpMs: 30_000, style: 'iterative', quietMs: 900_000 },
    }),
  },
  y: { label: 'hops' },
  curves: [
    { name: 'hops', of: 'hops', statistic: 'mean' },
    { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'lookup time (ms)' } },
    { name: 'stretch', of: 'timeStretch', statistic: 'p50', y: { label: 'lookup time over direct round trip, median' } },
    { name: 'contacts', of: 'contacts', statistic: 'mean', y: { label: 'entries per node', scale: 'log' } },
    { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
    { name: 'upkeep', of: 'upkeepBytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second without lookups' } },
    { name: 'failed', of: 'failed', statistic: 'rate', y: { label: 'part of the lookups' } },
  ],
  claims: [
    {
      text: 'Where nobody comes or goes, of a thousand lookups at most one fails, in every system at every size.',
      holds: ({ at, xs }) => raceLines().every(({ name }) => xs.every((nodes) => at('failed', nodes, name) <= 0.001)),
    },
  ],
  deviations: [
    'No paper ran this race. Parameters are the defaults of each system here, which are not tuned to one another; race-frontier sweeps them.',
    'Upkeep is what nodes send in 15 minutes without lookups, so that each has refreshed what it refreshes (Kademlia: every 15 minutes).',
  ],
});
