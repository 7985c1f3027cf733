/**
 * Searches while users come and go. Half of all sessions end within 60 minutes, as was measured in Napster and in Gnutella (Saroiu et al. 2002), or within 10;
 * who goes says nothing, a newcomer comes a second later.
 */

import { experiment, NO_CHURN, type RunSpec } from 'kith/lab';

const HOUR_MS = 3_600_000;
const LINES = { Napster: 'napster', 'Gnutella 0.6': 'gnutella', Gnutella2: 'gnutella2', FastTrack: 'fasttrack' } as const;
const NAMES = Object.keys(LINES);

export default experiment({
  title: 'Searches under churn',
  question:
    'What do searches still find, and how many of the holders that they name are gone, when half of all sessions end within an hour?',
  source: {
    paper: 'Saroiu, Gummadi, Gribble, MMCN 2002',
    where: 'median session of 60 minutes in Napster and in Gnutella',
    trust: 'as published',
  },
  base: {
    system: 'napster',
    nodes: 500,
    network: { kind: 'king', sites: 1_740 },
    workload: {
      kind: 'searches',
      content: { titles: 1_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' },
      count: 1_500,
      perSecond: 1,
      warmUpMs: 1_800_000,
      waitMs: 30_000,
    },
  },
  vary: {
    label: 'median sessions in an hour (0: nobody comes or goes)',
    values: [0, 1, 6],
    set: (spec, perHour) => ({
      ...spec,
      churn:
        perHour === 0
          ? NO_CHURN
          : {
              kind: 'sessions',
              // With a constant chance to go, half are there for longer than ln 2 of the mean.
              life: { kind: 'exponential', meanMs: HOUR_MS / perHour / Math.LN2 },
              away: { kind: 'fixed', ms: 1_000 },
              leaves: 'crash',
            },
    }),
  },
  lines: Object.entries(LINES).map(([name, system]) => ({ name, set: (spec: RunSpec) => ({ ...spec, system }) })),
  seeds: 3,
  quick: {
    values: [0, 1, 6],
    seeds: 1,
    shrink: (spec) => ({ ...spec, nodes: 100, workload: { ...spec.workload, count: 120, warmUpMs: 240_000 } as RunSpec['workload'] }),
  },
  y: { label: 'part of the searches that found a living holder' },
  curves: [
    { name: 'found', of: 'found', statistic: 'rate' },
    { name: 'recall', of: 'recall', statistic: 'mean', y: { label: 'part of the living holders that were named' } },
    { name: 'dead', of: 'dead', statistic: 'mean', y: { label: 'holders named by a search that are gone' } },
    { name: 'first', of: 'firstMs', statistic: 'p50', y: { label: 'until the first holder is named, median (ms)' } },
    { name: 'bytes', of: 'meanBytesPerS', statistic: 'mean', y: { label: 'bytes of a node and second', scale: 'log' } },
  ],
  claims: [
    { text: 'Where nobody goes nobody who is gone is named.', holds: ({ at }) => NAMES.every((line) => at('dead', 0, line) === 0) },
    {
      text: 'With sessions of an hour at least nine of ten searches find somebody, in every network.',
      holds: ({ at }) => NAMES.every((line) => at('found', 1, line) > 0.9),
    },
    {
      text: 'Those who ask the holders themselves (Gnutella, Gnutella2) name fewer that are gone than those that keep an index of them (Napster, FastTrack).',
      holds: ({ at }) =>
        Math.max(at('dead', 6, 'Gnutella 0.6'), at('dead', 6, 'Gnutella2')) <
        Math.min(at('dead', 6, 'Napster'), at('dead', 6, 'FastTrack')),
    },
  ],
  deviations: [
    'Sessions are exponentially distributed; those measured have many short ones, and a long tail.',
    'All fall silent, as a machine does that is switched off; most programs of the time said goodbye, or their systems did.',
    'The role of a newcomer follows from its number: as many ultrapeers, hubs and supernodes come as go, and none is elected. Supernodes live no longer than others.',
    'The index server of Napster does not fail.',
  ],
});
