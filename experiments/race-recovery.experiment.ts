/**
 * The race, third part: three of ten nodes fall silent at once, and lookups go on. How many do not find the owner within 4 s, window by window, and how
 * long it takes until at least 99% as many do as before, in two windows in a row.
 */

import { experiment, raceLines, withNodes } from 'kith/lab';

const SHARE = 0.3;
const LAST_SECOND = 120;

export default experiment({
  title: 'The race after failures at once',
  question: 'How long do lookups fail when three of ten nodes fall silent at once?',
  source: { paper: 'race', where: 'one set-up for all' },
  base: {
    system: 'chord',
    nodes: 1024,
    network: { kind: 'king', sites: 1740 },
    failure: { share: SHARE, repairMs: 0 },
    workload: { kind: 'recovery', perSecond: 40, beforeMs: 60_000, afterMs: 300_000, windowMs: 5000, style: 'iterative' },
  },
  vary: {
    label: 'seconds after the failure',
    // One run, seen at several moments.
    values: [0, 5, 10, 15, 20, 30, 40, 50, 60, 80, 100, LAST_SECOND],
    set: (spec) => spec,
  },
  lines: raceLines(),
  seeds: 5,
  quick: {
    seeds: 1,
    shrink: (spec) => ({
      ...withNodes(spec, 256),
      workload: { kind: 'recovery', perSecond: 20, beforeMs: 30_000, afterMs: 180_000, windowMs: 5000, style: 'iterative' },
    }),
  },
  y: { label: 'part of the lookups not served within 4 s' },
  curves: [
    { name: 'unserved', of: 'unserved at {x} s', statistic: 'rate' },
    { name: 'failed', of: 'failed at {x} s', statistic: 'rate', y: { label: 'part that found nobody, or somebody else' } },
    { name: 'before', of: 'unservedBefore', statistic: 'rate', y: { label: 'part not served before the failure' } },
    { name: 'recovery', of: 'recoveryMs', statistic: 'mean', y: { label: 'until they succeed as before (ms)' } },
    { name: 'recovered', of: 'recovered', statistic: 'rate', y: { label: 'part of the runs that recovered' } },
  ],
  claims: [
    {
      text: 'Two minutes after three of ten have failed, at most one lookup in a hundred fails, in every system.',
      holds: ({ at }) => raceLines().every(({ name }) => at('failed', LAST_SECOND, name) <= 0.01),
    },
  ],
  deviations: [
    'Nobody is told, and nobody rejoins. Of a run that does not recover within its time, five minutes and in the quick form three, that time counts.',
    'Lookups teach nodes who is dead: 40 a second among 1,024 nodes are part of what heals them.',
  ],
});
