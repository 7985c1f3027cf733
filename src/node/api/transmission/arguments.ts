/** The arguments of an RPC request, each looked at for its type when it is asked for. Owns no state. */

import { RpcProblem } from './rpc-problem.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Lists of files and torrents. */
const LIST_MAX = 100_000;

export class Arguments {
  readonly #fields: ReadonlyMap<string, unknown>;

  constructor(fields: Json) {
    this.#fields = new Map(Object.entries(fields));
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  names(): string[] {
    return [...this.#fields.keys()];
  }

  raw(name: string): unknown {
    return this.#fields.get(name);
  }

  text(name: string): string | null {
    const value = this.#fields.get(name) ?? null;
    if (value === null || typeof value === 'string') return value;
    throw new RpcProblem(`${name}: expected a text`);
  }

  number(name: string): number | null {
    const value = this.#fields.get(name) ?? null;
    if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value;
    throw new RpcProblem(`${name}: expected a number`);
  }

  /** Old remotes write 0 and 1. */
  flag(name: string): boolean | null {
    const value = this.#fields.get(name) ?? null;
    if (value === null || typeof value === 'boolean') return value;
    if (value === 0 || value === 1) return value === 1;
    throw new RpcProblem(`${name}: expected true or false`);
  }

  list(name: string): readonly unknown[] | null {
    const value = this.#fields.get(name) ?? null;
    if (value === null) return null;
    if (Array.isArray(value) && value.length <= LIST_MAX) return value as unknown[];
    throw new RpcProblem(`${name}: expected a list of at most ${LIST_MAX}`);
  }

  texts(name: string): readonly string[] | null {
    const list = this.list(name);
    if (list === null || list.every((each) => typeof each === 'string')) return list;
    throw new RpcProblem(`${name}: expected a list of texts`);
  }

  /** Indices of files; none means all. Null: not said. */
  files(name: string): readonly number[] | null {
    const list = this.list(name);
    if (list === null || list.every((each) => Number.isSafeInteger(each) && (each as number) >= 0)) return list as readonly number[] | null;
    throw new RpcProblem(`${name}: expected indices of files`);
  }
}
