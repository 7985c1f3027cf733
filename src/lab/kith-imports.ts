/**
 * Lets files anywhere on the disk write `import … from 'kith/lab'` and mean the kith that runs them: nothing has to be installed beside them,
 * and there is one copy of every class. Owns whether the hook is set in this thread.
 */

import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const ROOT = new URL('../../', import.meta.url);
/** A checkout runs its sources, a package what was compiled of them. */
const RUNS_SOURCES = import.meta.url.endsWith('.ts');

let served = false;

/** Hooks work for one thread each: a worker has to call this again, before it imports such a file. */
export function serveKithImports(): void {
  if (served) return;
  served = true;
  const doors = doorsOf(readFileSync(new URL('package.json', ROOT), 'utf8'));
  registerHooks({
    resolve: (specifier, context, next) => {
      if (!specifier.startsWith('kith/')) return next(specifier, context);
      const url = doors.get(specifier);
      if (url === undefined) throw new Error(`There is no ${specifier}, only ${[...doors.keys()].join(', ')}.`);
      return { url, shortCircuit: true };
    },
  });
}

/** `kith/lab` and where it leads, as `exports` of the package says, in a checkout the source of that. */
function doorsOf(manifestText: string): ReadonlyMap<string, string> {
  const { exports } = JSON.parse(manifestText) as { exports: Record<string, string | { default: string }> };
  return new Map(
    Object.entries(exports).flatMap(([name, target]) => {
      if (typeof target === 'string') return [];
      const path = RUNS_SOURCES ? target.default.replace('./dist/', './src/').replace(/\.js$/, '.ts') : target.default;
      return [[name.replace('./', 'kith/'), new URL(path, ROOT).href] as const];
    }),
  );
}
