/**
 * The race, fourth part: what more upkeep buys, as Li et al. asked (INFOCOM 2005). Each system's parameters are swept over a grid: the time between
 * rounds of upkeep, 18 s to 19 minutes as theirs, and for each line what decides the size of its tables. Lives of one hour on average, each node
 * looks something up every ten minutes, ways like those of the King data set; one hour passes, and the next is measured (as in runs of p2psim).
 *
 * A setting costs what all nodes send, and is as good as the median lookup is quick, one that fails counted as 4 s. Budgets are multiplied by 4: there
 * 20 bytes a message and 4 bytes an id, here headers of UDP, keys of 20 bytes and contacts of 26 (a Chord question 24 bytes there and about 100
 * here, an answer of Kademlia with 16 contacts 84 there, and with 8 about 300 here). The factor was fixed before the first run.
 */

import { type CurveReader, experiment, frontierLines, withRounds } from 'kith/lab';

const HOUR_MS = 3_600_000;
const NODES = 1024;
/** Each node every ten minutes. */
const PER_SECOND = NODES / 600;
const WIRE_FACTOR = 4;
const LINES = frontierLines().map(({ name }) => name);

/** The quickest of the settings of a system (or of one line of it) that cost at most that. NaN when none is so cheap. */
function quickest({ at, xs }: CurveReader, of: string, bytesPerNodePerS: number): number {
  const medians = LINES.filter((line) => line.startsWith(of)).flatMap((line) =>
    xs.filter((x) => at('cost', x, line) <= bytesPerNodePerS).map((x) => at('median', x, line)),
  );
  return medians.length === 0 ? Number.NaN : Math.min(...medians);
}

interface Published {
  readonly of: string;
  readonly source: string;
  /** Theirs, before the factor. */
  readonly bytesPerNodePerS: number;
  readonly medianMs: number;
  readonly within: number;
}

/** p2psim ran on a plane whose mean round trip is 146 ms; that of the King data set is 178. */
const KING_OVER_PLANE = 178 / 146;
const PUBLISHED: readonly Published[] = [
  { of: 'Kademlia', source: 'Li et al.', bytesPerNodePerS: 10, medianMs: 450, within: 0.25 },
  { of: 'Chord', source: 'Li et al., base 2', bytesPerNodePerS: 40, medianMs: 226, within: 0.25 },
  {
    of: 'Chord, near fingers, recursive',
    source: 'p2psim, ChordFingerPNS',
    bytesPerNodePerS: 5,
    medianMs: 239 * KING_OVER_PLANE,
    within: 0.3,
  },
  { of: 'Chord, 16 successors', source: 'p2psim, ChordFinger', bytesPerNodePerS: 17.5, medianMs: 301 * KING_OVER_PLANE, within: 0.3 },
  { of: 'Kelips', source: 'p2psim, Kelips', bytesPerNodePerS: 11.3, medianMs: 244 * KING_OVER_PLANE, within: 0.3 },
  { of: 'Tapestry', source: 'p2psim, Tapestry', bytesPerNodePerS: 11.2, medianMs: 165 * KING_OVER_PLANE, within: 0.3 },
];

export default experiment({
  title: 'Cost and performance',
  question: 'How quick does a lookup get for the bytes that upkeep costs, whatever the parameters?',
  source: {
    paper: 'Li et al., INFOCOM 2005, and p2psim',
    where: 'cost–performance frontiers at 1,024 nodes; three seeds of p2psim',
    trust: 'Li et al. from a summary; p2psim run from its sources, where success varied from .96 to 1 between seeds',
  },
  base: {
    system: 'chord',
    nodes: NODES,
    network: { kind: 'king', sites: 1740 },
    churn: {
      kind: 'sessions',
      life: { kind: 'exponential', meanMs: HOUR_MS },
      away: { kind: 'fixed', ms: 1000 },
      leaves: 'crash',
    },
    workload: { kind: 'lookups', count: 6000, perSecond: PER_SECOND, warmUpMs: HOUR_MS, style: 'iterative', quietMs: 0 },
  },
  vary: {
    label: 'seconds between rounds of upkeep',
    scale: 'log',
    values: [18, 72, 288, 1152],
    set: (spec, seconds) => withRounds(spec, seconds * 1000),
  },
  lines: frontierLines(),
  seeds: 3,
  quick: {
    // Rounds of 18 s cost more events than all others together.
    values: [72, 288, 1152],
    seeds: 1,
    shrink: (spec) => ({
      ...spec,
      workload: { kind: 'lookups', count: 600, perSecond: PER_SECOND, warmUpMs: 1_200_000, style: styleOf(spec.workload), quietMs: 0 },
    }),
  },
  y: { label: 'median time, failed as 4 s (ms)' },
  curves: [
    { name: 'median', of: 'waitedMs', statistic: 'p50' },
    { name: 'mean', of: 'waitedMs', statistic: 'mean', y: { label: 'mean time, failed as 4 s (ms)' } },
    { name: 'cost', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second', scale: 'log' } },
    { name: 'unserved', of: 'unserved', statistic: 'rate', y: { label: 'part of the lookups not served within 4 s' } },
  ],
  claims: PUBLISHED.filter(({ of }) => LINES.some((line) => line.startsWith(of))).map(
    ({ of, source, bytesPerNodePerS, medianMs, within }) => ({
      text: `${of} for ${bytesPerNodePerS} × ${WIRE_FACTOR} bytes per node and second: a median within ${within * 100}% of ${Math.round(medianMs)} ms (${source}).`,
      holds: (read: CurveReader) => Math.abs(quickest(read, of, bytesPerNodePerS * WIRE_FACTOR) / medianMs - 1) <= within,
    }),
  ),
  deviations: [
    'Theirs are bytes of p2psim’s model of a message, ours those of real datagrams with their headers; budgets are four times theirs.',
    'Li et al. measure the second half of six hours, here one hour after another; of their 1,024 nodes half are away at any time, here all are there, and who comes is a newcomer.',
    'Li et al. time out after three round trips; here each system does as it does by default, but for one line of Kademlia, which was added when the first run had shown what the patience of the Mainline DHT costs.',
    'The ways of p2psim’s runs lie on a plane; its times are multiplied by the ratio of the mean round trips, 178 and 146 ms.',
    'Their grids have hundreds of settings, this one four times two or three for each system.',
  ],
});

function styleOf(workload: { readonly kind: string; readonly style?: string }): string {
  return workload.style ?? 'iterative';
}
