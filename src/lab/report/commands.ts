/** The command lines that run a result again. Owns no state. */

import type { Plan } from '../result.ts';

/** What the plan of a race is called, for which there is no file; its systems are laid over it under this key. */
const RACE = 'race';
const RACERS = 'system';

/** `kith lab run chord-path-length --seeds 10`; what the command line laid over the experiment is laid over it again. */
export function runAgain(plan: Plan): string {
  const { experiment, effort, seeds, ownScenario } = plan;
  const { [RACERS]: racers, ...overrides } = plan.overrides;
  const race = experiment === RACE && racers !== undefined;
  const settings = Object.entries(race ? overrides : plan.overrides).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  // Whose own file carries the runs out is found by that file alone.
  const name = ownScenario === true ? `./${experiment}.experiment.ts` : experiment;
  const what = race ? ['race', ...racers.split(',')] : [settings.length === 0 ? 'run' : 'sweep', name];
  const words = [...what, ...(effort === 'quick' ? ['--quick'] : []), '--seeds', String(seeds.length), ...settings];
  return `kith lab ${words.map(forShell).join(' ')}`;
}

/** Single quotes hold everything in a POSIX shell but themselves. */
function forShell(word: string): string {
  return /^[\w./=:,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
