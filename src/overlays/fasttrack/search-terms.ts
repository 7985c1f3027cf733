/**
 * What is looked for, in FastTrack's terms (giFT-FastTrack, `PROTOCOL`, 0x06): from a query of this house to terms, and from anybody's terms to what an
 * index has to check. Owns no state.
 */

import { utf8Bytes } from '../../core/utf8.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import type { FileQuery } from '../../wire/shared-file.ts';
import { mediaOfRealm, numberBytes, numberOf, numberOfBytes, realmOf, TagKind, textOf } from './file-facts.ts';
import { HASH_BYTES, type Tag, type Term } from './messages.ts';
import { cutText, readText } from './wire-fields.ts';

const Compare = { equals: 0, atMost: 2, approximately: 3, atLeast: 4, substring: 5 } as const;
const WORDS_BYTES_MAX = 200;
const WORDS_MAX = 16;

/** A search as its supernode understands it. */
export interface Wanted {
  /** All must be among the words of a file; none: only a hash is asked for. */
  readonly words: readonly string[];
  readonly hash: Uint8Array | null;
  /** -1: any. */
  readonly media: number;
  readonly bounds: readonly Bound[];
}

interface Bound {
  readonly kind: number;
  readonly comparison: number;
  readonly value: Uint8Array;
}

export interface TermsOfQuery {
  readonly realm: number;
  readonly terms: readonly Term[];
}

export function termsOf(query: FileQuery): TermsOfQuery {
  const terms: Term[] = [];
  if (query.words.length > 0) {
    const value = utf8Bytes(cutText(query.words.join(' '), WORDS_BYTES_MAX));
    terms.push({ comparison: Compare.substring, kind: TagKind.any, value });
  }
  const bound = (comparison: number, kind: number, number: number | undefined): void => {
    if (number !== undefined) terms.push({ comparison, kind, value: numberBytes(Math.max(0, Math.floor(number))) });
  };
  bound(Compare.atLeast, TagKind.size, query.bytesMin);
  bound(Compare.atMost, TagKind.size, query.bytesMax);
  bound(Compare.atLeast, TagKind.kbps, query.bitRateMin);
  bound(Compare.atMost, TagKind.kbps, query.bitRateMax);
  return { realm: realmOf(query.kind), terms };
}

/** For other holders of one file. */
export function termsOfHash(hash: Uint8Array): TermsOfQuery {
  return { realm: realmOf(undefined), terms: [{ comparison: Compare.equals, kind: TagKind.hash, value: hash }] };
}

/** Null when there is nothing by which anything could be found. */
export function wantedOf(realm: number, terms: readonly Term[]): Wanted | null {
  const words: string[] = [];
  const bounds: Bound[] = [];
  let hash: Uint8Array | null = null;
  for (const { comparison, kind, value } of terms) {
    if (kind === TagKind.hash && value.length === HASH_BYTES) hash = value;
    else if (isText(kind)) words.push(...keywordsOf(readText(value)));
    else if (NUMBERS.has(kind)) bounds.push({ kind, comparison, value });
  }
  if (words.length === 0 && hash === null) return null;
  return { words: [...new Set(words)].slice(0, WORDS_MAX), hash, media: mediaOfRealm(realm), bounds };
}

/** The bounds alone. */
export function isWithin(wanted: Wanted, bytes: number, tags: readonly Tag[]): boolean {
  return wanted.bounds.every(({ kind, comparison, value }) =>
    holds(comparison, kind === TagKind.size ? bytes : numberOf(tags, kind), numberOfBytes(value)),
  );
}

/** The words by which a file is found: of its name, title, artist, album and keywords. */
export function wordsOf(tags: readonly Tag[]): string[] {
  return keywordsOf(TEXTS.map((kind) => textOf(tags, kind)).join(' '));
}

const KEYWORDS = 12;
const TEXTS: readonly number[] = [TagKind.fileName, TagKind.title, TagKind.artist, TagKind.album, KEYWORDS];
const NUMBERS: ReadonlySet<number> = new Set([TagKind.year, TagKind.seconds, TagKind.kbps, TagKind.size]);

function isText(kind: number): boolean {
  return kind === TagKind.any || TEXTS.includes(kind);
}

/** What asks for no comparison that is known here holds: KaZaA sends some that nobody has understood. */
function holds(comparison: number, own: number, asked: number): boolean {
  if (comparison === Compare.equals) return own === asked;
  if (comparison === Compare.atMost) return own <= asked;
  if (comparison === Compare.atLeast) return own >= asked;
  // "About": within a tenth.
  return comparison !== Compare.approximately || (own * 10 >= asked * 9 && own * 10 <= asked * 11);
}
