/** The work of `kith lab sweep` and `kith lab race`: an experiment with other values laid over it, or systems side by side; owns nothing. */

import { closestWord } from '../../core/closest-word.ts';
import type { LoadedExperiment } from '../../lab/catalogue.ts';
import type { Experiment } from '../../lab/experiment.ts';
import { raceOf } from '../../lab/race.ts';
import { type Sweep, sweepOf } from '../../lab/sweep.ts';
import { OVERLAY_SYSTEMS } from '../../lab/systems/index.ts';
import { Failure } from '../../node/failure.ts';
import type { Call } from '../cli.ts';
import { filesNamed, load } from './lab-experiments.ts';
import { wholeRace } from './lab-race.ts';
import { type EffortOptions, planFor, runAndShow } from './lab-run.ts';

/** What its plan is called: no file has it. */
const RACE = 'race';

export interface SweepOptions extends EffortOptions {
  readonly set?: readonly Sweep[];
}

/** Flags that stand for a `--set` of a race. */
export interface RaceOptions extends SweepOptions {
  readonly nodes?: string;
  readonly churn?: string;
  readonly fail?: string;
  readonly loss?: string;
  readonly network?: string;
  readonly lookups?: string;
}

export async function sweep(call: Call, word: string, options: SweepOptions): Promise<void> {
  const [file, ...more] = filesNamed([word]);
  if (file === undefined || more.length > 0) {
    throw new Failure(
      'usage',
      `${word} holds several experiments.`,
      '',
      `Name one of them: ${[file, ...more].map((each) => each?.name).join(', ')}`,
    );
  }
  const loaded = await load(file);
  const sweeps = options.set ?? [];
  if (sweeps.length === 0) throw new Failure('usage', 'Nothing is to be swept.', '', `Say what: --set nodes=64,256`);
  await runLaidOver(call, loaded, sweeps, options, () => sweepOf(loaded.experiment, sweeps));
}

export async function race(call: Call, systems: readonly string[], options: RaceOptions): Promise<void> {
  if (systems.length === 0) {
    if (flagSweeps(options).length + (options.set ?? []).length === 0) return wholeRace(call, options);
    const names = OVERLAY_SYSTEMS.map(({ name }) => name).join(' ');
    throw new Failure('usage', 'The whole race has its own set-up.', '', `To run one of your own, name the systems: lab race ${names} …`);
  }
  for (const system of systems) checkSystem(system);
  const sweeps = [...flagSweeps(options), ...(options.set ?? [])];
  const experiment = attempt(() => raceOf(systems, []));
  const loaded: LoadedExperiment = { name: RACE, path: '', own: true, module: null, experiment };
  const who: Sweep = { key: 'system', values: systems };
  await runLaidOver(call, loaded, [who, ...sweeps], options, () => raceOf(systems, sweeps));
}

/** Throws a Failure for a system that no experiment can run lookups on. */
export function checkSystem(system: string): void {
  const names = OVERLAY_SYSTEMS.map(({ name }) => name);
  if (names.includes(system)) return;
  const meant = closestWord(system, names);
  throw new Failure(
    'not-found',
    `There is no system ${system}.`,
    meant === null ? '' : `Did you mean ${meant}?`,
    `They are: ${names.join(', ')}`,
  );
}

async function runLaidOver(
  call: Call,
  loaded: LoadedExperiment,
  sweeps: readonly Sweep[],
  options: EffortOptions,
  lay: () => Experiment,
): Promise<void> {
  const overrides = Object.fromEntries(sweeps.map(({ key, values }) => [key, values.join(',')]));
  const swept: LoadedExperiment = { ...loaded, experiment: attempt(lay) };
  const plan = attempt(() => planFor(swept, overrides, options));
  await runAndShow(call, swept, plan, options.out ?? null, options);
}

function flagSweeps({ nodes, churn, fail, loss, network, lookups }: RaceOptions): Sweep[] {
  const flags = { nodes, churn, failure: fail, loss, network, 'workload.count': lookups };
  return Object.entries(flags).flatMap(([key, text]) => (text === undefined ? [] : [{ key, values: text.split(',') }]));
}

function attempt<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof RangeError)
      throw new Failure(
        'usage',
        'That cannot be run.',
        error.message.replace(/(?<![.?!])$/, '.'),
        'Correct what --set or the other options say.',
      );
    throw error;
  }
}
