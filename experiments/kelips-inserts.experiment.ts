/**
 * How many walks it takes to insert a file (IPTPS 2003, section 4). The paper: 1,000 nodes in 30 groups; a walk of 3 log N steps through the file's
 * group, at whose end is the home; up to four tries; 66.2% of all inserts took one, 33% two, 0.8% three, none failed.
 */

import { experiment, Meter, type RunOutcome, type RunSpec } from 'kith/lab';
import { key, living, networkOf, pick } from './kelips/network.ts';

const INSERTS_PER_ROUND = 50;
/** Four tries of six seconds each. */
const END_MS = 25_000;

export default experiment({
  title: 'Inserts of Kelips',
  question: 'How many random walks does it take to insert a file?',
  source: { paper: 'Kelips, IPTPS 2003', where: 'section 4', trust: 'read in the paper' },
  base: {
    system: 'kelips',
    nodes: 1000,
    options: { groups: 30, contacts: 2, replicas: 2, readQuorum: 1, writeQuorum: 1 },
    network: { kind: 'uniform', minMs: 10, maxMs: 100 },
    workload: { kind: 'lookups', count: 1000, perSecond: 0, warmUpMs: 0, style: 'iterative' },
  },
  vary: { label: 'tries', values: [1, 2, 3], set: (spec) => spec },
  lines: [
    { name: 'nothing is lost', set: (spec) => spec },
    // (1 − 1/75)^31 = 0.66: what a first walk of 30 steps, and the way into the group, would need for the published part to end well.
    { name: 'one datagram in 75 is lost', set: (spec) => ({ ...spec, loss: 1 / 75 }) },
  ],
  seeds: 2,
  quick: { values: [1, 2, 3], seeds: 1, shrink: (spec) => ({ ...spec, workload: { ...spec.workload, count: 500 } }) },
  y: { label: 'part of the inserts' },
  curves: [
    { name: 'part', of: 'tries', statistic: 'share' },
    { name: 'failed', of: 'failed', statistic: 'rate' },
    { name: 'most files at one node, of the mean', of: 'mostOfMean', statistic: 'mean', y: { label: 'times the mean' } },
  ],
  expect: ['nothing is lost', 'one datagram in 75 is lost'].map((line) => ({
    curve: 'part',
    line,
    points: [
      [1, 0.662],
      [2, 0.33],
      [3, 0.008],
    ] as const,
    tolerance: { absolute: 0.05 },
  })),
  claims: [
    { text: 'Where nothing is lost no insert fails.', holds: ({ at, xs }) => xs.every((x) => at('failed', x, 'nothing is lost') === 0) },
  ],
  deviations: [
    'The paper does not say why a third of the inserts took a second try. Where nothing is lost and nobody dies a walk of ours always ends. Losses that make as many first walks fail make as many of the second fail, and not one in forty: what failed there failed once for each insert, such as a contact, and not on the way. We do not know what it was, and disagree.',
    'Fifty files are inserted in each two seconds, each from a random node.',
    'log N is that of base 2, rounded up.',
  ],
});

/** `tries` of each insert that succeeded, `failed` of each, and how many files the node with most has, of the mean: `mostOfMean`. */
export function scenario(spec: RunSpec, seed: number): RunOutcome {
  const network = networkOf(spec, seed);
  const { world } = network;
  const meter = new Meter();
  const count = spec.workload.kind === 'lookups' ? spec.workload.count : 0;
  for (let begun = 0; begun < count; begun++) {
    pick(network).protocol.insertFile(key(network), {
      onFile: ({ homes, tries }) => {
        meter.add('failed', homes.length === 0 ? 1 : 0);
        if (homes.length > 0) meter.add('tries', tries);
      },
    });
    if ((begun + 1) % INSERTS_PER_ROUND === 0) world.runFor(2_000);
  }
  world.runFor(END_MS);
  const files = living(network).map(({ protocol }) => protocol.files.homedCount);
  meter.add('mostOfMean', Math.max(...files) / (files.reduce((sum, held) => sum + held, 0) / files.length));
  return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: meter.measures() };
}
