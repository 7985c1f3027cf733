/** All that can be done now, by key, by palette or by button: pages bring their own and take them along when they go. Owns the list. */

import { untrack } from 'svelte';

export interface Action {
  readonly id: string;
  readonly title: string;
  /** As KeySequence writes them; '' for none. */
  readonly keys: string;
  /** The same on the command line; null where that is nothing to type. */
  readonly cli: () => string | null;
  readonly enabled: () => boolean;
  readonly run: () => void;
}

/** What needs no saying: always possible, nothing to type. */
export type ActionGiven = Pick<Action, 'id' | 'title' | 'run'> & Partial<Action>;

class Actions {
  list: readonly Action[] = $state.raw([]);

  /** Call in an effect: what it returns takes them away. */
  provide(given: readonly ActionGiven[]): () => void {
    const added = given.map((action) => ({ keys: '', cli: () => null, enabled: () => true, ...action }));
    // The effect that brings them is not to run anew when others come.
    this.list = [...untrack(() => this.list), ...added];
    return () => {
      this.list = untrack(() => this.list).filter((action) => !added.includes(action));
    };
  }

  byKeys(keys: string): Action | null {
    return this.list.findLast((action) => action.keys === keys && action.enabled()) ?? null;
  }
}

export const actions = new Actions();
