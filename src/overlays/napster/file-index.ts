/**
 * What all users of a server share, by the words of the names: a list of files for each word, in the order in which they came. Owns the files and the
 * lists. What is taken away leaves a hole until a quarter is holes; then all lists are written anew.
 */

import { keywordsOf } from '../../wire/keywords.ts';
import { isWithin, type SearchQuery } from './search-query.ts';
import type { SharedEntry } from './shared-entry.ts';

/** Who shares a file, as far as a search has to know. */
export interface Sharer {
  readonly linkSpeed: number;
}

export interface IndexedFile<S extends Sharer> {
  readonly entry: SharedEntry;
  readonly sharer: S;
}

/** Folders above a file whose names count (as in OpenNap), and how names are cut into folders. */
const FOLDER_LEVELS = 2;
const SEPARATORS = /[\\/]+/;
const HOLES_SHARE_MAX = 0.25;
const HOLES_MIN = 1_000;
/** A search looks at so many files before it takes what it has: nobody's query holds up the others. */
const LOOKED_AT_MAX = 200_000;

export class FileIndex<S extends Sharer> {
  private files: (IndexedFile<S> | null)[] = [];
  private readonly byWord = new Map<string, Postings>();
  private holes = 0;
  bytes = 0;

  get count(): number {
    return this.files.length - this.holes;
  }

  /** What comes back is how it is taken away again. */
  add(entry: SharedEntry, sharer: S): IndexedFile<S> {
    const file = { entry, sharer };
    this.put(file);
    this.bytes += entry.bytes;
    return file;
  }

  /** Takes away all that are in the set. */
  removeAll(gone: ReadonlySet<IndexedFile<S>>): void {
    if (gone.size === 0) return;
    for (const file of gone) {
      const place = this.placeOf(file);
      if (place < 0) continue;
      this.files[place] = null;
      this.holes++;
      this.bytes -= file.entry.bytes;
    }
    if (this.holes > HOLES_MIN && this.holes > this.files.length * HOLES_SHARE_MAX) this.rebuild();
  }

  search(query: SearchQuery, limit: number): IndexedFile<S>[] {
    const lists: Postings[] = [];
    for (const word of query.words) {
      const list = this.byWord.get(word);
      if (list === undefined) return [];
      lists.push(list);
    }
    lists.sort((a, b) => a.length - b.length);
    const [rarest, ...rest] = lists;
    const found: IndexedFile<S>[] = [];
    if (rarest === undefined) return found;
    const others = rest.map((list) => new Descent(list));
    const unwanted = query.without.flatMap((word) => {
      const list = this.byWord.get(word);
      return list === undefined ? [] : [new Descent(list)];
    });
    const looked = Math.min(rarest.length, LOOKED_AT_MAX);
    // The newest first: who has just come is there.
    for (let index = rarest.length - 1; index >= rarest.length - looked && found.length < limit; index--) {
      const place = rarest.at(index);
      if (!others.every((list) => list.has(place)) || unwanted.some((list) => list.has(place))) continue;
      const file = this.files[place];
      if (file && isWithin(query, file.entry, file.sharer.linkSpeed)) found.push(file);
    }
    return found;
  }

  /** Files with that hash and size (message 215). */
  byHash(md5: string, bytes: number, limit: number): IndexedFile<S>[] {
    const found: IndexedFile<S>[] = [];
    for (const place of this.byWord.get(hashWord(md5))?.all() ?? []) {
      const file = this.files[place];
      if (file && file.entry.bytes === bytes) found.push(file);
      if (found.length >= limit) break;
    }
    return found;
  }

  private put(file: IndexedFile<S>): void {
    const place = this.files.length;
    this.files.push(file);
    for (const word of wordsOf(file.entry)) {
      let list = this.byWord.get(word);
      if (list === undefined) {
        list = new Postings();
        this.byWord.set(word, list);
      }
      list.push(place);
    }
  }

  /** Through the rarest of its words. */
  private placeOf(file: IndexedFile<S>): number {
    let rarest: Postings | null = null;
    for (const word of wordsOf(file.entry)) {
      const list = this.byWord.get(word);
      if (list !== undefined && (rarest === null || list.length < rarest.length)) rarest = list;
    }
    for (const place of rarest?.all() ?? []) if (this.files[place] === file) return place;
    return -1;
  }

  private rebuild(): void {
    const kept = this.files.filter((file) => file !== null);
    this.files = [];
    this.byWord.clear();
    this.holes = 0;
    for (const file of kept) this.put(file);
  }
}

/** Of the name and the last folders, without the ending; the hash counts as a word that nobody can type. */
function wordsOf({ name, md5 }: SharedEntry): Set<string> {
  const parts = name.split(SEPARATORS).slice(-1 - FOLDER_LEVELS);
  return new Set([...keywordsOf(parts.join(' ')), hashWord(md5)]);
}

function hashWord(md5: string): string {
  return `#${md5}`;
}

/** Numbers that only grow, in a typed array: a million files have ten million of them. */
class Postings {
  private places = new Uint32Array(2);
  length = 0;

  push(place: number): void {
    if (this.length === this.places.length) {
      const larger = new Uint32Array(Math.ceil(this.length * 1.5) + 1);
      larger.set(this.places);
      this.places = larger;
    }
    this.places[this.length++] = place;
  }

  at(index: number): number {
    return this.places[index] as number;
  }

  *all(): Iterable<number> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

/**
 * A list that is asked for smaller and smaller numbers: looks on from where it was, in steps that double, so that two long lists are compared by walking along both and a long one
 * is hardly looked at for a short one (`bench/napster.ts`).
 */
class Descent {
  private readonly list: Postings;
  /** All behind it are greater than what is asked for next. */
  private index: number;

  constructor(list: Postings) {
    this.list = list;
    this.index = list.length - 1;
  }

  has(place: number): boolean {
    const { list } = this;
    let above = this.index + 1;
    let below = this.index;
    for (let step = 1; below >= 0 && list.at(below) > place; step *= 2) {
      above = below;
      below -= step;
    }
    // The last that is not greater lies in [below, above).
    let low = Math.max(below, -1);
    while (above - low > 1) {
      const middle = (low + above) >> 1;
      if (list.at(middle) > place) above = middle;
      else low = middle;
    }
    this.index = low;
    return low >= 0 && list.at(low) === place;
  }
}
