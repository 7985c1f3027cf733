/** What the pages say in passing: done, failed and why, how far an upload is. Owns the list. */

import { Problem } from '../api/ask.ts';

const DONE_MS = 6_000;
const NOTICES_MAX = 5;

export interface Notice {
  readonly id: number;
  readonly kind: 'done' | 'problem' | 'work';
  readonly text: string;
  readonly more: string;
  /** Of work, from 0 to 1. */
  readonly progress: number;
  readonly cancel: (() => void) | null;
}

class Notices {
  list: readonly Notice[] = $state.raw([]);
  #nextId = 1;

  done(text: string, more = ''): void {
    const { id } = this.#add({ kind: 'done', text, more, progress: 1, cancel: null });
    setTimeout(() => this.remove(id), DONE_MS);
  }

  /** It stays until somebody has read it. */
  problem(error: unknown): void {
    const [text, more] =
      error instanceof Problem ? [error.message, `${error.why} ${error.next}`.trim()] : ['That has failed.', String(error)];
    this.#add({ kind: 'problem', text, more, progress: 1, cancel: null });
  }

  work(text: string, cancel: () => void): Notice {
    return this.#add({ kind: 'work', text, more: '', progress: 0, cancel });
  }

  update(id: number, progress: number, more: string): void {
    this.list = this.list.map((notice) => (notice.id === id ? { ...notice, progress, more } : notice));
  }

  remove(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  #add(about: Omit<Notice, 'id'>): Notice {
    const notice = { id: this.#nextId++, ...about };
    const others = this.list
      .filter(({ kind }) => kind === 'work')
      .concat(this.list.filter(({ kind }) => kind !== 'work').slice(-NOTICES_MAX + 1));
    this.list = [...others, notice];
    return notice;
  }
}

export const notices = new Notices();

/** Does it, and says what went wrong. */
export async function attempt(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    notices.problem(error);
  }
}
