/** What the node says of one thing that is shown, as of the last look. Owns the answer. */

import { ask, Problem } from '../api/ask.ts';

export class LookedAt<T> {
  /** Null until the first answer. */
  detail: T | null = $state.raw(null);
  isGone: boolean = $state(false);
  #asked = 0;

  /** Looks again. `isShown`: whether an answer is of what is shown when it comes. */
  async look(path: string, isShown: (found: T) => boolean): Promise<void> {
    const turn = ++this.#asked;
    try {
      const found = await ask<T>('GET', path);
      // A later question was answered meanwhile, or another one is shown.
      if (turn === this.#asked && isShown(found)) this.detail = found;
      this.isGone = false;
    } catch (error) {
      this.isGone = error instanceof Problem && error.status === 404;
    }
  }
}
