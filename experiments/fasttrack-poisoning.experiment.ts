/**
 * FastTrack while some lie about what they share, as record companies had it done from 2003 on (Liang, Kumar, Xi, Ross, INFOCOM 2005): decoys under the names of
 * titles, and altered files under the hash of the genuine one, which KaZaA's UUHash cannot tell apart. With and without signed lists of bad hashes, and the roots
 * of hash trees.
 */

import { experiment, type RunSpec } from 'kith/lab';

const HOUR_MS = 3_600_000;

function against(badList: boolean, checksTrees: boolean): (spec: RunSpec) => RunSpec {
  return (spec) => ({
    ...spec,
    options: { ...spec.options, honoursBadHashes: badList },
    workload: { ...spec.workload, listMs: badList ? HOUR_MS / 6 : 0, checksTrees } as RunSpec['workload'],
  });
}

export default experiment({
  title: 'Poisoning',
  question: 'What part of all downloads is poisoned, hour by hour, and what do lists of bad hashes and hash trees change?',
  source: {
    paper: 'Liang, Kumar, Xi, Ross, INFOCOM 2005',
    where: 'the attack, on networks of ours',
    trust: 'no number of theirs is held against ours',
  },
  base: {
    system: 'fasttrack',
    nodes: 1_000,
    network: { kind: 'king', sites: 1_740 },
    workload: {
      kind: 'poisoning',
      content: { titles: 200, zipf: 0.8, filesPerUser: 10, spread: 'measured' },
      perSecond: 0.5,
      warmUpMs: 60_000,
      windows: 4,
      windowMs: HOUR_MS,
      decoys: 0.2,
      decoyFiles: 40,
      altered: 0.1,
      noticed: 0.5,
      listMs: 0,
      checksTrees: false,
    },
  },
  vary: { label: 'hour', values: [1, 2, 3, 4], set: (spec) => spec },
  lines: [
    { name: 'nothing', set: against(false, false) },
    { name: 'bad list', set: against(true, false) },
    { name: 'hash trees', set: against(false, true) },
    { name: 'both', set: against(true, true) },
  ],
  seeds: 3,
  quick: {
    values: [1, 2, 3, 4],
    seeds: 1,
    shrink: (spec) => ({ ...spec, nodes: 200, workload: { ...spec.workload, perSecond: 0.1 } as RunSpec['workload'] }),
  },
  y: { label: 'part of the downloads that is not genuine' },
  curves: [
    { name: 'poisoned', of: 'poisoned{x}', statistic: 'rate' },
    { name: 'nothing found', of: 'nothing{x}', statistic: 'rate', y: { label: 'part of the searches that found nothing' } },
    { name: 'bad copies', of: 'badCopies', statistic: 'rate', y: { label: 'part of the copies of honest users that are bad at the end' } },
  ],
  claims: [
    {
      text: 'Without defence at least a quarter of the downloads stays poisoned.',
      holds: ({ at, xs }) => xs.every((x) => at('poisoned', x, 'nothing') > 0.25),
    },
    {
      text: 'With the list the part falls below half of what it was in the first hour, and of what it is without.',
      holds: ({ at }) => at('poisoned', 4, 'bad list') < Math.min(at('poisoned', 1, 'bad list'), at('poisoned', 4, 'nothing')) / 2,
    },
    {
      text: 'Hash trees alone do not help against decoys, and together with the list leave less than one in ten.',
      holds: ({ at }) => at('poisoned', 4, 'hash trees') > 0.2 && at('poisoned', 4, 'both') < 0.1,
    },
  ],
  deviations: [
    'Files are not transferred: who gets what follows from the holders that a search names. Search, index and the spread of the lists are the protocol.',
    'A fifth of the users are liars with forty decoys each, where others have ten files. All agree on one decoy for each title, and none tires of lying. Those who look take the hash that most are named for.',
    'A publisher looks at whatever one user has reported, within ten minutes, and is never wrong.',
    'Tree roots are those that most of five holders say: FastTrack knows none, kith fetches them from holders.',
  ],
});
