/**
 * Nodes that come and go all the time (JSAC 2004, section V-D, in its simulator): newcomers every 20 s that live for 4 minutes on average, then every 10 s for
 * 2 minutes, beside some 830 nodes. The paper's success stays at nearly all. The second line lets every node live that short.
 */

import { experiment, type RunSpec, type TimeSpec } from 'kith/lab';

const AS_THE_PAPER = 'newcomers as in the paper';
const EVERYBODY = 'every node lives that short';
const MS_PER_MIN = 60_000;
/** Newcomers a second, times the minutes that they live: 1 in 20 s and 4 minutes, 1 in 10 s and 2. */
const PER_SECOND_AND_MINUTE = 0.2;

/** The mean life of which the rate of the first line follows. */
function livesOf({ churn }: RunSpec): TimeSpec {
  const perSecond = churn.kind === 'poisson' ? churn.perSecond : Number.NaN;
  return { kind: 'exponential', meanMs: (PER_SECOND_AND_MINUTE / perSecond) * MS_PER_MIN };
}

export default experiment({
  title: 'Tapestry under churn',
  question: 'Do lookups find the root while nodes come and go every few seconds?',
  source: { paper: 'Tapestry, JSAC 2004', where: 'section V-D', trust: 'the two rates from the text, success read off a curve: about all' },
  base: {
    system: 'tapestry',
    nodes: 830,
    network: { kind: 'uniform', minMs: 5, maxMs: 75 },
    workload: { kind: 'lookups', count: 1000, perSecond: 10, warmUpMs: 30_000, style: 'iterative' },
  },
  vary: {
    label: 'mean life (minutes)',
    values: [4, 2],
    set: (spec, minutes) => ({ ...spec, churn: { kind: 'poisson', perSecond: PER_SECOND_AND_MINUTE / minutes, leaves: 'crash' } }),
  },
  lines: [
    { name: AS_THE_PAPER, set: (spec) => spec },
    {
      name: EVERYBODY,
      set: (spec) => ({
        ...spec,
        nodes: 300,
        options: { ...spec.options, roundMs: 2000 },
        churn: { kind: 'sessions', life: livesOf(spec), away: { kind: 'fixed', ms: 1000 }, leaves: 'crash' },
      }),
    },
  ],
  seeds: 2,
  quick: {
    values: [4],
    seeds: 1,
    shrink: (spec) => ({ ...spec, workload: { kind: 'lookups', count: 500, perSecond: 10, warmUpMs: 30_000, style: 'iterative' } }),
  },
  y: { label: 'part of lookups' },
  curves: [
    { name: 'missed the root', of: 'failed', statistic: 'rate' },
    { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'lookup time (ms)' } },
    { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
  ],
  claims: [
    {
      text: 'With as many comings and goings as in the paper at least 99% of lookups find the root.',
      holds: ({ at, xs }) => xs.every((minutes) => at('missed the root', minutes, AS_THE_PAPER) <= 0.01),
    },
    {
      text: 'When every one of 300 nodes lives 4 minutes on average, at least 95% still do.',
      holds: ({ at }) => at('missed the root', 4, EVERYBODY) <= 0.05,
    },
  ],
  deviations: [
    'Which nodes the published lives are of is not said where we read it; with that many newcomers only a dozen nodes could live at once if it were all. Here the first line has as many joins, and as many crashes of anybody.',
    'The second line is not of the paper: 300 nodes, with a beacon for each link every 6 s, whose cost is shown.',
    'The paper routed to nodes and objects; here lookups of random keys count, which fail as well when they find a node that was the root a moment before.',
  ],
});
