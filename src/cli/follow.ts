/** Waiting for long work: a look at it several times a second, until it is done, fails, or Ctrl-C comes; owns the ticking. */

import { realpathSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import { Failure } from '../node/failure.ts';
import type { Call } from './cli.ts';

const TICK_MS = 250;

/** True when `work` has settled, false when the interruption came first. What `tick` or `work` throws is thrown. */
export async function follow(call: Call, work: Promise<unknown>, tick: () => void): Promise<boolean> {
  const failed = Promise.withResolvers<never>();
  const ticking = setInterval(() => {
    try {
      tick();
    } catch (error) {
      failed.reject(error);
    }
  }, TICK_MS);
  try {
    return await call.interruption.before(Promise.race([work, failed.promise]));
  } finally {
    clearInterval(ticking);
    call.console.progress.clear();
  }
}

/** From here on Ctrl-C ends the command in good order: before anybody is told that it runs, since whoever hears of it may stop it at once. */
export function heedStops(call: Call): void {
  // It is made, with its handlers, when it is first asked for.
  void call.interruption;
}

/** Work that never ends by itself. */
export const FOREVER = new Promise<never>(() => undefined);

/** What ends a command after Ctrl-C, with words on how to go on. */
export function interrupted(what: string, next: string): Failure {
  return new Failure('interrupted', what, '', next);
}

/** The command line as it was typed, quoted so that it can be typed again. */
export function commandLine(words: readonly string[] = process.argv.slice(2)): string {
  return [programWord(), ...words].map(quoted).join(' ');
}

/** As a shell reads one word. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** What texts of every part say as `: kith up`, as it is typed here. */
export function typeable(line: string): string {
  return line.replaceAll(': kith ', `: ${programWord()} `);
}

/** How the program is called here: `kith`, `./kith` in a checkout, or where the script of the checkout lies. */
export function programWord(): string {
  const main = process.argv[1] ?? '';
  if (!main.endsWith('.ts')) return 'kith';
  const script = resolve(dirname(main), '../../kith');
  if (leadsTo('kith', script)) return './kith';
  // Somebody has linked it to where commands are looked for.
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => isAbsolute(folder) && leadsTo(join(folder, 'kith'), script)) ? 'kith' : script;
}

function leadsTo(path: string, script: string): boolean {
  try {
    return realpathSync(path) === script;
  } catch {
    return false;
  }
}
