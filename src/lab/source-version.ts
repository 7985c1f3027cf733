/** Of which sources a run comes: the commit where git knows it, else the version of the package. Owns no state. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RUNS_SOURCES = import.meta.url.endsWith('.ts');
/** What decides a run. A commit that only touches pages, commands or sockets leaves results as good as they were. */
const DECIDING = [
  ...['core', 'wire', 'overlays', 'transfer', 'services', 'sim', 'lab'].map((folder) => `src/${folder}`),
  ':!src/lab/report',
  ':!*.test.ts',
  ':!*.md',
];
const COMMIT_DIGITS = 12;
const CHANGE_DIGITS = 8;
const OUTPUT_BYTES_MAX = 64 << 20;

/**
 * `6e8de7bc01d2`: the last commit that changed what decides a run; `6e8de7bc01d2+9a3f01c2` when that was changed since, and how; `0.1.0` of
 * a package. `module` is the file of an experiment that carries its runs out itself, and then takes part: `… with 77ab03e1`.
 */
export function sourceVersion(module: string | null): string {
  const own = (RUNS_SOURCES ? commit() : null) ?? packageVersion();
  return module === null ? own : `${own} with ${digest([readFileSync(new URL(module))])}`;
}

function commit(): string | null {
  try {
    // A package inside somebody else's repository is not of that repository.
    if (realpathSync(git('rev-parse', '--show-toplevel').trim()) !== realpathSync(ROOT)) return null;
    const last = git('log', '-1', '--format=%H', '--', ...DECIDING).trim();
    if (last === '') return null;
    const changes = git('diff', '--no-ext-diff', '--no-textconv', 'HEAD', '--', ...DECIDING);
    const added = git('ls-files', '--others', '--exclude-standard', '-z', '--', ...DECIDING)
      .split('\0')
      .filter(Boolean);
    const short = last.slice(0, COMMIT_DIGITS);
    if (changes === '' && added.length === 0) return short;
    return `${short}+${digest([changes, ...added.flatMap((path) => [path, readFileSync(join(ROOT, path))])])}`;
  } catch {
    // No git, no repository, or a repository of somebody whom git does not trust: the version has to do.
    return null;
  }
}

function git(...args: readonly string[]): string {
  return execFileSync('git', ['-C', ROOT, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: OUTPUT_BYTES_MAX });
}

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}

function digest(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex').slice(0, CHANGE_DIGITS);
}
