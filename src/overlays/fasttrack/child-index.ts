/** What the children of a supernode share, by words and by hash: found from the moment it is told until it is taken back. Owns its entries. */

import { hexOf } from '../../core/hex.ts';
import type { Tag } from './messages.ts';
import { isWithin, type Wanted, wordsOf } from './search-terms.ts';

export interface IndexedFile<C> {
  readonly child: C;
  readonly media: number;
  readonly hash: Uint8Array;
  readonly fileId: number;
  readonly bytes: number;
  readonly tags: readonly Tag[];
}

/** A search looks at so many files before it takes what it has: nobody's query holds up the others. */
const LOOKED_AT_MAX = 20_000;
/** A name has no more words that count. */
const WORDS_PER_FILE_MAX = 32;

export class ChildIndex<C> {
  count = 0;
  bytes = 0;
  private readonly byWord = new Map<string, Set<IndexedFile<C>>>();

  add(file: IndexedFile<C>): void {
    this.count++;
    this.bytes += file.bytes;
    for (const key of keysOf(file)) {
      const others = this.byWord.get(key);
      if (others === undefined) this.byWord.set(key, new Set([file]));
      else others.add(file);
    }
  }

  /** The very entry that was added. */
  remove(file: IndexedFile<C>): void {
    this.count--;
    this.bytes -= file.bytes;
    for (const key of keysOf(file)) {
      const others = this.byWord.get(key);
      others?.delete(file);
      if (others?.size === 0) this.byWord.delete(key);
    }
  }

  search(wanted: Wanted, limit: number): IndexedFile<C>[] {
    const lists: Set<IndexedFile<C>>[] = [];
    for (const key of [...wanted.words, ...(wanted.hash === null ? [] : [hashKey(wanted.hash)])]) {
      const list = this.byWord.get(key);
      if (list === undefined) return [];
      lists.push(list);
    }
    lists.sort((a, b) => a.size - b.size);
    const [rarest, ...others] = lists;
    const found: IndexedFile<C>[] = [];
    let looked = 0;
    for (const file of rarest ?? []) {
      if (found.length >= limit || looked++ >= LOOKED_AT_MAX) break;
      if (others.every((list) => list.has(file)) && isWithin(wanted, file.media, file.bytes, file.tags)) found.push(file);
    }
    return found;
  }

  byHash(hash: Uint8Array): ReadonlySet<IndexedFile<C>> {
    return this.byWord.get(hashKey(hash)) ?? new Set();
  }
}

function keysOf<C>({ tags, hash }: IndexedFile<C>): string[] {
  return [...wordsOf(tags).slice(0, WORDS_PER_FILE_MAX), hashKey(hash)];
}

/** A word that nobody can type. */
function hashKey(hash: Uint8Array): string {
  return `#${hexOf(hash)}`;
}
