/**
 * The race, second part: lookups while nodes come and go. Lives are exponentially distributed; half of them end within 60 minutes, as was measured in
 * Gnutella and Overnet, or within 10. Who goes says nothing; a newcomer comes a second later. 1,024 nodes on ways like those of the King data set,
 * as Li et al. (INFOCOM 2005) have them.
 */

import { experiment, NO_CHURN, raceLines, withNodes } from 'kith/lab';

const HOUR_MS = 3_600_000;

export default experiment({
  title: 'The race under churn',
  question:
    'What do lookups take, how many fail, and what does upkeep cost, when half of all lives end within an hour, or within ten minutes?',
  source: { paper: 'race', where: 'one set-up for all' },
  base: {
    system: 'chord',
    nodes: 1024,
    network: { kind: 'king', sites: 1740 },
    workload: { kind: 'lookups', count: 3000, perSecond: 1.7, warmUpMs: 1_800_000, style: 'iterative', quietMs: 900_000 },
  },
  vary: {
    label: 'median lives in an hour (0: nobody comes or goes)',
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
              away: { kind: 'fixed', ms: 1000 },
              leaves: 'crash',
            },
    }),
  },
  lines: raceLines(),
  seeds: 3,
  quick: {
    values: [0, 1, 6],
    seeds: 1,
    shrink: (spec) => ({
      ...withNodes(spec, 256),
      workload: { kind: 'lookups', count: 600, perSecond: 1.7, warmUpMs: 600_000, style: 'iterative', quietMs: 120_000 },
    }),
  },
  y: { label: 'part of the lookups not served within 4 s' },
  curves: [
    { name: 'unserved', of: 'unserved', statistic: 'rate' },
    { name: 'failed', of: 'failed', statistic: 'rate', y: { label: 'part that found nobody, or somebody else' } },
    { name: 'wrong', of: 'wrong', statistic: 'rate', y: { label: 'part that found somebody else' } },
    { name: 'abandoned', of: 'abandonedShare', statistic: 'mean', y: { label: 'part whose origin was gone' } },
    { name: 'median', of: 'waitedMs', statistic: 'p50', y: { label: 'time, failed as 4 s (ms)' } },
    { name: '95%', of: 'waitedMs', statistic: 'p95', y: { label: '95th percentile of the time, failed as 4 s (ms)' } },
    { name: 'stretch', of: 'timeStretch', statistic: 'p50', y: { label: 'lookup time over direct round trip, median' } },
    { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
    { name: 'upkeep', of: 'upkeepBytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second without lookups' } },
  ],
  deviations: [
    'Parameters are the defaults of each system here, which are not tuned to one another; race-frontier sweeps them.',
    'Li et al. have 1,024 nodes of which half are away at any time; here 1,024 are there, and who comes is a newcomer.',
  ],
});
