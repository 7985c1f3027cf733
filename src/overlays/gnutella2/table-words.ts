/** Which hashes stand for what a node shares, and for what is searched; the same on both sides, or nothing is found. Owns no state. */

import { keywordsOfFile } from '../../wire/keywords.ts';
import { queryHash, queryPrefixes } from '../../wire/query-routing-hash.ts';
import { NO_HASHES, type SharedFiles } from '../../wire/shared-file.ts';
import type { Query } from './query.ts';
import type { QueryTable } from './query-table.ts';
import { urnsForTable } from './urn-payload.ts';

/** Shorter words are in no table of gtk-gnutella; a search with longer ones goes by those. */
const WORD_LENGTH_MIN = 3;
const PAGE_FILES = 500;
/** A full table of the largest size would say nothing: beyond this many files it is as good as full. */
const FILES_MAX = 100_000;

export function hashesOfFiles(files: SharedFiles): Set<number> {
  const hashes = new Set<number>();
  let seen = 0;
  for (let id = 0; seen < FILES_MAX; ) {
    const page = files.after(id, PAGE_FILES);
    if (page.length === 0) break;
    for (const file of page) {
      for (const word of keywordsOfFile(file)) for (const part of queryPrefixes(word)) hashes.add(queryHash(part));
      for (const urn of urnsForTable(file.hashes)) hashes.add(queryHash(urn));
    }
    seen += page.length;
    id = (page.at(-1) as { readonly id: number }).id;
  }
  return hashes;
}

/** What a table is asked: all words, or the one hash. */
export class Needle {
  private readonly hashes: readonly number[];

  constructor({ words, hash }: Query) {
    if (hash !== null) this.hashes = urnsForTable({ ...NO_HASHES, [hash.kind]: hash.bytes }).map(queryHash);
    else {
      const long = words.filter((word) => word.length >= WORD_LENGTH_MIN);
      this.hashes = (long.length > 0 ? long : words).map(queryHash);
    }
  }

  mayBeIn(table: QueryTable): boolean {
    return this.hashes.every((hash) => table.hasHash(hash));
  }
}
