/** Which words a file and a query have in a query route table. Owns no state. */

import { keywordsOf, keywordsOfFile } from '../../wire/keywords.ts';
import { queryHash, queryPrefixes } from '../../wire/query-routing-hash.ts';
import type { SharedFile } from '../../wire/shared-file.ts';
import { urnsOf } from '../../wire/urn.ts';
import type { Query } from './query.ts';

/** gtk-gnutella leaves shorter ones out of its tables, so that they say nothing. */
const WORD_LENGTH_MIN = 3;

/** What a table has to hold so that the file is found: its words, their beginnings, and its hash. */
export function hashesOfFile(file: SharedFile, into: Set<number>): void {
  for (const word of keywordsOfFile(file)) {
    for (const part of queryPrefixes(word)) into.add(queryHash(part));
  }
  for (const urn of urnsOf({ ...file.hashes, tiger: null, ed2k: null })) into.add(queryHash(urn));
}

/** What must all be in a table for the query to be passed on; a query for a hash asks for that alone. Null: for every table, it looks around. */
export function hashesOfQuery({ text, urns }: Pick<Query, 'text' | 'urns'>): readonly number[] | null {
  const wanted = urns.filter((urn) => urn.toLowerCase().startsWith('urn:sha1:'));
  if (wanted.length > 0) return wanted.map(queryHash);
  const words = keywordsOf(text);
  const telling = words.filter((word) => word.length >= WORD_LENGTH_MIN);
  const hashes = (telling.length > 0 ? telling : words).map(queryHash);
  return hashes.length === 0 ? null : hashes;
}
