/** A lock file that says which process works in a folder, so that a second one does not; owned until `release` or the end of the process. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Failure, failureFrom } from './failure.ts';

/** A stale lock is replaced; two that do so at once are told apart by the second look. */
const TRIES = 3;

export class SingleInstance {
  readonly #file: string;
  readonly #onExit = (): void => this.release();

  /** Throws a Failure that names the process that is there already, and says what to do about it. The folder of `file` exists. */
  static take(file: string, what: string, whatNext: string | null = null): SingleInstance {
    for (let tries = 0; tries < TRIES; tries++) {
      try {
        writeFileSync(file, `${process.pid} ${startOf(process.pid)}\n`, { flag: 'wx' });
        return new SingleInstance(file);
      } catch (error) {
        if ((error as { code?: string }).code !== 'EEXIST') throw failureFrom(error, `The lock ${file} cannot be made.`);
      }
      const owner = ownerOf(file);
      if (owner !== null) {
        throw new Failure(
          'failed',
          `${what} is running already, as process ${owner}.`,
          `It holds ${file}.`,
          whatNext ?? `Use that one, or stop it: kill ${owner}`,
        );
      }
      rmSync(file, { force: true });
    }
    throw new Failure('failed', `${what} could not get the lock ${file}.`, 'Somebody else keeps taking it.', 'Try again.');
  }

  private constructor(file: string) {
    this.#file = file;
    process.once('exit', this.#onExit);
  }

  release(): void {
    process.off('exit', this.#onExit);
    if (ownerOf(this.#file) === process.pid) rmSync(this.#file, { force: true });
  }
}

/** The living process that the lock names, or null. */
function ownerOf(file: string): number | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  const [pid = 0, start] = text.trim().split(' ').map(Number);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  return isAlive(pid) && startOf(pid) === start ? pid : null;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** When the process started, in ticks since boot, or 0 where /proc does not say: a number used again is another process. */
function startOf(pid: number): number {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold blanks; the 22nd field is the 20th after it.
    return Number(line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  } catch {
    return 0;
  }
}
