/** A program that plays a URL: started with the words of --player, followed to its end; owns its process. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Failure } from '../../node/failure.ts';

/** After that it is ended by force. */
const PATIENCE_MS = 2_000;

export class Player {
  /** Settles when it has ended well; rejects with a Failure where it cannot be started, or says that it failed. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;
  #over = false;

  /** `words` is a program and its options, split at blanks: no shell looks at them, nor at the URL. */
  constructor(words: string, url: string) {
    const [program = '', ...options] = words.trim().split(/\s+/);
    // Its talk is talk: stdout is for results.
    this.#process = spawn(program, [...options, url], { stdio: ['inherit', 2, 2] });
    this.ended = new Promise((resolve, reject) => {
      this.#process.on('error', (error: NodeJS.ErrnoException) => {
        this.#over = true;
        reject(cannotStart(program, error));
      });
      this.#process.on('exit', (code, signal) => {
        this.#over = true;
        if (code === 0) resolve();
        else
          reject(
            new Failure(
              'failed',
              `${program} ended with ${code === null ? `signal ${signal}` : `code ${code}`}.`,
              '',
              'See what it said above.',
            ),
          );
      });
    });
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    if (this.#over) return;
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), PATIENCE_MS);
    await this.ended.catch(() => undefined);
    clearTimeout(late);
  }
}

function cannotStart(program: string, { code, message }: NodeJS.ErrnoException): Failure {
  if (code === 'ENOENT')
    return new Failure(
      'not-found',
      `There is no program ${program}.`,
      '',
      'Install it, name another one with --player, or play the URL of --url.',
    );
  return new Failure(code === 'EACCES' ? 'denied' : 'failed', `${program} cannot be started.`, message, 'Try it by itself.');
}
