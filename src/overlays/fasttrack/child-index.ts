/**
 * What the children of a supernode share, by words and by hash: found from the moment it is told until it is taken back. A supernode holds hundreds of thousands
 * of files, of which most words are those of one alone: hashes and tags are kept as strings of a byte a character, and sets only where there are two. Owns
 * its entries.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import { type BodyOf, packTags, type Tag, type Type, unpackTags } from './messages.ts';
import { isWithin, type Wanted, wordsOf } from './search-terms.ts';

export interface IndexedFile<C> {
  readonly child: C;
  readonly media: number;
  readonly fileId: number;
  readonly bytes: number;
  /** A character for each byte. */
  readonly hash: string;
  readonly packedTags: string;
}

/** A search looks at so many files before it takes what it has: nobody's query holds up the others. */
const LOOKED_AT_MAX = 20_000;
/** Of one file: a name, a title, an artist, an album, a comment. */
const TAGS_BYTES_MAX = 1_500;
/** A name has no more words that count. */
const WORDS_PER_FILE_MAX = 32;

const PIECE = 4_096;

type Postings<C> = IndexedFile<C> | Set<IndexedFile<C>>;

export function hashOf<C>(file: IndexedFile<C>): Uint8Array {
  return latin1Bytes(file.hash);
}

export function tagsOfFile<C>(file: IndexedFile<C>): readonly Tag[] {
  return unpackTags(latin1Bytes(file.packedTags));
}

export class ChildIndex<C> {
  count = 0;
  bytes = 0;
  private readonly byWord = new Map<string, Postings<C>>();
  private readonly byHash = new Map<string, Postings<C>>();

  /** What comes back is how it is taken away again. */
  add(child: C, { media, hash, fileId, bytes, tags }: BodyOf<typeof Type.share>): IndexedFile<C> {
    const kept = withinBound(tags);
    const file = { child, media, fileId, bytes, hash: flat(hash), packedTags: flat(packTags(kept)) };
    this.count++;
    this.bytes += bytes;
    put(this.byHash, file.hash, file);
    for (const word of wordsFor(kept)) put(this.byWord, word, file);
    return file;
  }

  /** The very entry that was added. */
  remove(file: IndexedFile<C>): void {
    this.count--;
    this.bytes -= file.bytes;
    drop(this.byHash, file.hash, file);
    for (const word of wordsFor(tagsOfFile(file))) drop(this.byWord, word, file);
  }

  /** The child's entry with that hash, or null. */
  of(child: C, hash: Uint8Array): IndexedFile<C> | null {
    for (const file of each(this.byHash.get(flat(hash)))) if (file.child === child) return file;
    return null;
  }

  search(wanted: Wanted, limit: number): IndexedFile<C>[] {
    const lists: Postings<C>[] = [];
    for (const word of wanted.words) {
      const list = this.byWord.get(word);
      if (list === undefined) return [];
      lists.push(list);
    }
    if (wanted.hash !== null) {
      const list = this.byHash.get(flat(wanted.hash));
      if (list === undefined) return [];
      lists.push(list);
    }
    lists.sort((a, b) => sizeOf(a) - sizeOf(b));
    const [rarest, ...others] = lists;
    const found: IndexedFile<C>[] = [];
    let looked = 0;
    for (const file of each(rarest)) {
      if (found.length >= limit || looked++ >= LOOKED_AT_MAX) break;
      if (others.every((list) => (list instanceof Set ? list.has(file) : list === file)) && isWanted(wanted, file)) found.push(file);
    }
    return found;
  }
}

/** Latin-1 in one piece: put together character by character it would take 32 bytes for each. */
function flat(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE) text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

function isWanted<C>(wanted: Wanted, file: IndexedFile<C>): boolean {
  if (wanted.media >= 0 && wanted.media !== file.media) return false;
  return wanted.bounds.length === 0 || isWithin(wanted, file.bytes, tagsOfFile(file));
}

/** The first of them: a file has a name and a handful of facts, and whoever shares a book in each is not helped. */
function withinBound(tags: readonly Tag[]): readonly Tag[] {
  let left = TAGS_BYTES_MAX;
  return tags.filter(({ value }) => {
    left -= value.length;
    return left >= 0;
  });
}

function wordsFor(tags: readonly Tag[]): string[] {
  return wordsOf(tags).slice(0, WORDS_PER_FILE_MAX);
}

function put<C>(map: Map<string, Postings<C>>, key: string, file: IndexedFile<C>): void {
  const others = map.get(key);
  if (others === undefined) map.set(key, file);
  else if (others instanceof Set) others.add(file);
  else map.set(key, new Set([others, file]));
}

function drop<C>(map: Map<string, Postings<C>>, key: string, file: IndexedFile<C>): void {
  const others = map.get(key);
  if (others === file) map.delete(key);
  else if (others instanceof Set && others.delete(file) && others.size === 0) map.delete(key);
}

function each<C>(list: Postings<C> | undefined): Iterable<IndexedFile<C>> {
  return list === undefined ? [] : list instanceof Set ? list : [list];
}

function sizeOf<C>(list: Postings<C>): number {
  return list instanceof Set ? list.size : 1;
}
