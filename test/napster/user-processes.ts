/** Users of Napster, each a process of its own, from outside. Owns the processes. */

import { join } from 'node:path';
import { ProcessGroup } from '../interop/peers/process-group.ts';

export interface UserPlan {
  readonly nick: string;
  readonly firewalled: boolean;
  readonly slots: number;
  readonly servers: readonly string[];
  readonly files: readonly { readonly id: number; readonly name: string; readonly bytes: number }[];
}

export type Ask =
  | { readonly kind: 'state' }
  | { readonly kind: 'search'; readonly words: string }
  | {
      readonly kind: 'get';
      readonly file: { readonly id: number; readonly bytes: number };
      readonly holders: readonly { readonly nick: string; readonly fileName: string }[];
    };

export interface Question {
  readonly number: number;
  readonly ask: Ask;
}

export interface UserState {
  readonly online: boolean;
  readonly complete: boolean;
  readonly sent: number;
}

const SCRIPT = join(import.meta.dirname, 'user-process.ts');

export class UserProcess {
  readonly plan: UserPlan;
  readonly process: ProcessGroup;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #last = 0;
  isKilled = false;

  constructor(plan: UserPlan) {
    this.plan = plan;
    this.process = new ProcessGroup(process.execPath, [SCRIPT, JSON.stringify(plan)], {
      onLine: (line) => {
        const { number, result } = JSON.parse(line) as { number: number; result: unknown };
        this.#waiting.get(number)?.(result);
        this.#waiting.delete(number);
      },
    });
  }

  state(): Promise<UserState | null> {
    return this.#ask({ kind: 'state' }) as Promise<UserState | null>;
  }

  /** Who has what, in order. */
  search(words: string): Promise<string[] | null> {
    return this.#ask({ kind: 'search', words }) as Promise<string[] | null>;
  }

  /** `right`, or what is wrong. */
  get(
    file: { readonly id: number; readonly bytes: number; readonly name: string },
    holders: readonly UserProcess[],
  ): Promise<string | null> {
    const { id, bytes } = file;
    const planned = holders.map(({ plan }) => ({ nick: plan.nick, fileName: `c:\\music\\${file.name}` }));
    return this.#ask({ kind: 'get', file: { id, bytes }, holders: planned }) as Promise<string | null>;
  }

  /** Without a word to anybody; what it was asked and has not answered is null. */
  kill(): void {
    this.isKilled = true;
    this.process.kill('SIGKILL');
    for (const resolve of this.#waiting.values()) resolve(null);
    this.#waiting.clear();
  }

  #ask(ask: Ask): Promise<unknown> {
    if (this.isKilled) return Promise.resolve(null);
    const number = ++this.#last;
    return new Promise((resolve) => {
      this.#waiting.set(number, resolve);
      this.process.child.stdin?.write(`${JSON.stringify({ number, ask } satisfies Question)}\n`);
    });
  }
}
