/** Ctrl-C and stop signals: the first asks the command to end in good order, the second ends the process at once; owns the handlers. */

import { exitCodeOf } from './exit-codes.ts';

/** An orderly end says goodbye to trackers and writes resume records; who is slower than this is cut off. */
const ORDERLY_MS_MAX = 3_000;

export class Interruption {
  readonly signal: AbortSignal;
  /** A command that owes others something takes more. */
  orderlyMsMax = ORDERLY_MS_MAX;
  readonly #controller = new AbortController();

  constructor() {
    this.signal = this.#controller.signal;
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => this.#onSignal());
  }

  get happened(): boolean {
    return this.signal.aborted;
  }

  /** Settles with true when `work` has, with false when the interruption comes first. */
  async before(work: Promise<unknown>): Promise<boolean> {
    if (this.happened) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const onAbort = () => resolve(false);
    this.signal.addEventListener('abort', onAbort, { once: true });
    try {
      return await Promise.race([work.then(() => true), promise]);
    } finally {
      this.signal.removeEventListener('abort', onAbort);
    }
  }

  #onSignal(): void {
    if (this.happened) process.exit(exitCodeOf('interrupted'));
    setTimeout(() => process.exit(exitCodeOf('interrupted')), this.orderlyMsMax).unref();
    this.#controller.abort();
  }
}
