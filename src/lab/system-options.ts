/** The options of a simulated system: what a run says, laid over the defaults of its model. Owns no state. */

import { closestWord } from '../core/closest-word.ts';
import type { SystemOptions } from './run-spec.ts';

/** All options of a system. Throws RangeError for one that it has not, or that is of another type than its default. */
export function completeOptions(system: string, defaults: SystemOptions, given: SystemOptions): SystemOptions {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const known = Object.hasOwn(defaults, name) ? defaults[name] : undefined;
    if (known === undefined) problems.push(unknown(system, name, Object.keys(defaults)));
    else if (typeof value !== typeof known) problems.push(`${name} of ${system} is a ${typeof known} such as ${known}, got "${value}"`);
    else if (typeof value === 'number' && !Number.isFinite(value)) problems.push(`${name} of ${system} is a finite number, got ${value}`);
  }
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  return { ...defaults, ...given };
}

function unknown(system: string, name: string, names: readonly string[]): string {
  const meant = closestWord(name, names);
  return `${system} has no option "${name}"${meant === null ? `, only ${names.join(', ')}` : `: did you mean ${meant}?`}`;
}
