/** Which slot of a query route table a word has (QRP, note 8), and which words a file and a query have. Owns no state. */

import { keywordsOf, keywordsOfFile } from '../../wire/keywords.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import type { Query } from './query.ts';

const FACTOR = 0x4f1bbcdc;
/** A word is also found by its beginnings down to so many letters: others look for parts of words. */
const BEGINNING_LENGTH_MIN = 4;
/** gtk-gnutella leaves shorter ones out of its tables, so that they say nothing. */
const WORD_LENGTH_MIN = 3;

/** All 32 bits; the slot in a table of 2^bits slots is `hash >>> (32 - bits)`. One byte a letter, as the first implementation had it. */
export function wordHash(word: string): number {
  let xor = 0;
  const lower = word.toLowerCase();
  for (let at = 0; at < lower.length; at++) xor ^= (lower.charCodeAt(at) & 0xff) << (8 * (at & 3));
  return Math.imul(xor, FACTOR) >>> 0;
}

/** What a table has to hold so that the file is found: its words, their beginnings, and its hash. */
export function hashesOfFile(file: SharedFile, into: Set<number>): void {
  for (const word of keywordsOfFile(file)) {
    into.add(wordHash(word));
    for (let length = word.length - 1; length >= BEGINNING_LENGTH_MIN; length--) into.add(wordHash(word.slice(0, length)));
  }
  for (const urn of urnsOf({ ...file.hashes, tiger: null, ed2k: null })) into.add(wordHash(urn));
}

/** What must all be in a table for the query to be passed on; a query for a hash asks for that alone. Null: for every table, it looks around. */
export function hashesOfQuery({ text, urns }: Pick<Query, 'text' | 'urns'>): readonly number[] | null {
  const wanted = urns.filter((urn) => urn.toLowerCase().startsWith('urn:sha1:'));
  if (wanted.length > 0) return wanted.map(wordHash);
  const words = keywordsOf(text);
  const telling = words.filter((word) => word.length >= WORD_LENGTH_MIN);
  const hashes = (telling.length > 0 ? telling : words).map(wordHash);
  return hashes.length === 0 ? null : hashes;
}
