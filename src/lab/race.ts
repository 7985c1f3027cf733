/** Systems side by side: the same keys, the same ways, the same faults for each, and everything that is measured in one report. Owns no state. */

import { type Experiment, experiment } from './experiment.ts';
import { type Sweep, sweepOf } from './sweep.ts';
import { raceQuestion, raceTitle } from './sweep-words.ts';
import { overlaySystemOf } from './systems/index.ts';

const SEEDS = 3;
const SIZES = [64, 256, 1024];
/** Long enough for upkeep to be seen beside the lookups, and for churn of an hour to have touched every table. */
const WARM_UP_MS = 120_000;
const LOOKUPS = 1000;
const LOOKUPS_PER_SECOND = 10;

/** `sweeps` are laid over it: sizes other than 64, 256 and 1024, churn, failures, loss. Throws RangeError for a system that is none, and as `sweepOf` does. */
export function raceOf(systems: readonly string[], sweeps: readonly Sweep[]): Experiment {
  const [first] = systems;
  if (first === undefined) throw new RangeError('at least one system expected');
  const titles = systems.map((system) => overlaySystemOf(system).title);
  const race = experiment({
    title: raceTitle(titles),
    question: raceQuestion(titles),
    source: { paper: 'race', where: 'one set-up for all' },
    base: {
      system: first,
      nodes: SIZES[0] as number,
      network: { kind: 'king', sites: 1740 },
      workload: { kind: 'lookups', count: LOOKUPS, perSecond: LOOKUPS_PER_SECOND, warmUpMs: WARM_UP_MS, style: 'iterative' },
    },
    vary: { label: 'nodes', scale: 'log', values: SIZES, set: (spec, nodes) => ({ ...spec, nodes }) },
    lines: systems.map((system) => ({ name: system, set: (spec) => ({ ...spec, system }) })),
    seeds: SEEDS,
    quick: { values: SIZES.slice(0, 2), seeds: 1 },
    y: { label: 'hops' },
    curves: [
      { name: 'hops', of: 'hops', statistic: 'mean' },
      { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'lookup time (ms)' } },
      { name: '95%', of: 'tookMs', statistic: 'p95', y: { label: 'lookup time (ms)' } },
      { name: 'failed lookups', of: 'failed', statistic: 'rate', y: { label: 'part of lookups' } },
      { name: 'traffic', of: 'bytesPerNodePerS', statistic: 'mean', y: { label: 'bytes per node and second' } },
      { name: 'contacts', of: 'contacts', statistic: 'mean', y: { label: 'entries per node' } },
    ],
  });
  return sweeps.length === 0 ? race : { ...sweepOf(race, sweeps), question: race.question };
}
