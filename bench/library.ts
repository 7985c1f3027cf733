/**
 * A library of a million files: how long any query of two words takes, how fast files come in, what the database weighs.
 *
 *     node bench/library.ts [files, 1000000] [queries, 2000]
 */

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/random.ts';
import { LibraryIndex } from '../src/node/library/library-index.ts';
import { NO_HASHES, NO_TAGS } from '../src/wire/shared-file.ts';

const files = Number(process.argv[2] ?? 1_000_000);
const queries = Number(process.argv[3] ?? 2_000);
const WORDS = 50_000;
const BATCH = 10_000;
/** Results of a search message of Gnutella or OpenNap. */
const LIMIT = 100;

const random = new Random(1);
/** Few words are in many names, most in few (Zipf): the n-th with a chance of about 1/n. */
const word = (): string => `w${Math.floor(WORDS ** random.unit())}`;
const folder = mkdtempSync(join(tmpdir(), 'kith-bench-library-'));
try {
  const index = new LibraryIndex(join(folder, 'library.db'));
  const began = performance.now();
  for (let at = 0; at < files; at += BATCH) {
    index.together(() => {
      for (let count = at; count < Math.min(files, at + BATCH); count++) {
        const name = `${word()} ${word()} - ${word()} ${word()} ${count}.mp3`;
        const place = { root: '/music', folder: `${word()}/${word()}`, name, bytes: 4_000_000, modifiedMs: 1 };
        const hashes = { ...NO_HASHES, sha1: random.fill(new Uint8Array(20)), tiger: random.fill(new Uint8Array(24)) };
        index.put(place, { kind: 'audio', tags: { ...NO_TAGS, bitRate: 128, seconds: 240 }, hashes }, null);
      }
    });
  }
  const filledMs = performance.now() - began;
  const times: number[] = [];
  let found = 0;
  for (let count = 0; count < queries; count++) {
    const words = [word(), word()];
    const from = performance.now();
    found += index.search({ words, limit: LIMIT }).length;
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string => (times[Math.floor(share * (times.length - 1))] as number).toFixed(2);
  const megabytes = (statSync(join(folder, 'library.db')).size / 1e6).toFixed(0);
  console.log(`${files} files in ${(filledMs / 1000).toFixed(1)} s (${((files / filledMs) * 1000).toFixed(0)}/s), ${megabytes} MB on disk`);
  console.log(`two words, up to ${LIMIT} results: median ${at(0.5)} ms, 99th percentile ${at(0.99)} ms, longest ${at(1)} ms`);
  console.log(`${(found / queries).toFixed(1)} results on average; ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident`);
  index.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
