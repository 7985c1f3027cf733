/**
 * Which piece should a leecher ask for first (Cohen 2003, section 2.4; Legout, Urvoy-Keller and Michiardi 2006)? One seed and leechers that begin
 * together share 4 MiB in 64 pieces, with the real engine; all have a home's link of 1 Mbit/s up and 8 down.
 */

import { experiment, type SystemOptions } from 'kith/lab';

/** Bytes per second in a Mbit/s. */
const MBIT = 125_000;

const order = (name: string, pieceOrder: string) => ({
  name,
  set: <Spec extends { readonly options: SystemOptions }>(spec: Spec): Spec => ({ ...spec, options: { ...spec.options, pieceOrder } }),
});

export default experiment({
  title: 'The order of pieces',
  question: 'Which piece should a leecher ask for first?',
  source: { paper: 'Cohen 2003', where: 'section 2.4', trust: 'an ordering; the paper has no figure of it' },
  base: {
    system: 'bittorrent',
    nodes: 40,
    network: { kind: 'plane', baseMs: 5, acrossMs: 60 },
    workload: { kind: 'swarm', pieces: 64, pieceBytes: 65_536, upBytesPerSecond: MBIT, downBytesPerSecond: 8 * MBIT },
  },
  vary: { label: 'leechers', values: [10, 20, 40, 80], set: (spec, nodes) => ({ ...spec, nodes }) },
  lines: [order('rarest first', 'rarest'), order('any at random', 'random'), order('in order', 'sequential')],
  seeds: 5,
  quick: { values: [10, 40], seeds: 2 },
  y: { label: 'seconds until a leecher is done' },
  curves: [
    { name: 'mean', of: 'finishS', statistic: 'mean' },
    { name: 'copies that the seed sent', of: 'copiesSentBySeed', statistic: 'mean' },
    { name: 'not done within a day', of: 'unfinished', statistic: 'rate' },
  ],
  claims: [
    {
      text: 'Rarest first is as fast as any at random, to 2%, or faster.',
      holds: ({ at, xs }) => xs.every((x) => at('mean', x, 'rarest first') <= 1.02 * at('mean', x, 'any at random')),
    },
    {
      text: 'Rarest first asks no more of the seed than any at random.',
      holds: ({ at, xs }) =>
        xs.every((x) => at('copies that the seed sent', x, 'rarest first') <= at('copies that the seed sent', x, 'any at random')),
    },
    {
      text: 'In order takes twice as long with 40 leechers and more: all want the same pieces, and have nothing to trade.',
      holds: ({ at, xs }) => xs.every((x) => x < 40 || at('mean', x, 'in order') > 2 * at('mean', x, 'rarest first')),
    },
    {
      text: 'Everybody is done in the end.',
      holds: ({ at, xs }) =>
        xs.every((x) => ['rarest first', 'any at random', 'in order'].every((line) => at('not done within a day', x, line) === 0)),
    },
  ],
});
