/**
 * What it changes that a quarter share nothing and one in fourteen more than all others (Saroiu et al. 2002): as many files, spread evenly or as it was
 * measured.
 */

import { experiment, type RunSpec } from 'kith/lab';

function spread(system: string, how: 'even' | 'measured'): (spec: RunSpec) => RunSpec {
  return (spec) => {
    const { workload } = spec;
    if (workload.kind !== 'searches') throw new RangeError(`a workload of searches expected, got ${workload.kind}`);
    return { ...spec, system, workload: { ...workload, content: { ...workload.content, spread: how } } };
  };
}

const SYSTEMS = [
  ['Gnutella 0.6', 'gnutella'],
  ['FastTrack', 'fasttrack'],
] as const;

export default experiment({
  title: 'Free riders',
  question: 'Does a search find less, and who has to serve, when a quarter share nothing and 7% more than all others?',
  source: { paper: 'Saroiu, Gummadi, Gribble, MMCN 2002', where: 'files shared by users', trust: 'as published' },
  base: {
    system: 'gnutella',
    nodes: 1_000,
    network: { kind: 'king', sites: 1_740 },
    workload: {
      kind: 'searches',
      content: { titles: 2_000, zipf: 0.8, filesPerUser: 20, spread: 'measured' },
      count: 500,
      perSecond: 5,
      warmUpMs: 60_000,
      waitMs: 30_000,
    },
  },
  vary: {
    label: 'files of a user, on average',
    scale: 'log',
    values: [2, 5, 20, 50],
    set: (spec, filesPerUser) => ({
      ...spec,
      workload:
        spec.workload.kind === 'searches' ? { ...spec.workload, content: { ...spec.workload.content, filesPerUser } } : spec.workload,
    }),
  },
  lines: SYSTEMS.flatMap(([name, system]) => [
    { name: `${name}, even`, set: spread(system, 'even') },
    { name: `${name}, measured`, set: spread(system, 'measured') },
  ]),
  seeds: 3,
  quick: {
    values: [2, 20],
    seeds: 1,
    shrink: (spec) => ({ ...spec, nodes: 300, workload: { ...spec.workload, count: 200 } as RunSpec['workload'] }),
  },
  y: { label: 'part of the holders named that are among the 7% named most' },
  curves: [
    { name: 'top', of: 'topHolders', statistic: 'mean' },
    { name: 'found', of: 'found', statistic: 'rate', y: { label: 'part of the searches for what is there that found it' } },
    { name: 'absent', of: 'absentShare', statistic: 'mean', y: { label: 'part of the searches for what nobody has' } },
    { name: 'busiest', of: 'busiestBytesPerS', statistic: 'mean', y: { label: 'bytes of the busiest node and second' } },
  ],
  claims: [
    {
      text: 'As measured, 7% of the users are more than half of those that searches name where files are rare, and more than twice as many as where all share alike where they are not.',
      holds: ({ at }) =>
        SYSTEMS.every(
          ([name]) => at('top', 2, `${name}, measured`) > 0.5 && at('top', 20, `${name}, measured`) > 2 * at('top', 20, `${name}, even`),
        ),
    },
    {
      text: 'What is there is found as well either way, to within 5%.',
      holds: ({ at, xs }) =>
        SYSTEMS.every(([name]) => xs.every((x) => Math.abs(at('found', x, `${name}, measured`) - at('found', x, `${name}, even`)) < 0.05)),
    },
  ],
  deviations: [
    'Whoever shares nothing searches as much as all others, and stays as long.',
    'What 7% share more than all others together is three of five files here.',
  ],
});
