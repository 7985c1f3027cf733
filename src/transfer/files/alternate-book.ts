/**
 * Who else has a file, by what those have said who asked for it or sent it: told on to others who ask. Owns its bounded table; strangers' words are
 * passed on as such, and nobody is named who could not be meant.
 */

import { isNowhere, mayName } from '../../core/address-scope.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';

export const BOOK_FILES_MAX = 1024;
export const HOLDERS_PER_FILE_MAX = 64;
/** In one answer. */
export const TOLD_MAX = 10;
/** Who was not heard of for so long has gone, most likely. */
const LIFETIME_MS = 3 * 3600_000;

interface Entry {
  readonly endpoint: Endpoint;
  seenMs: number;
}

export class AlternateBook {
  private readonly random: Random;
  /** The file that was asked for last comes last. */
  private readonly files = new Map<string, Map<string, Entry>>();

  constructor(random: Random) {
    this.random = random;
  }

  /** `teller` says that somebody, himself perhaps, has the file. */
  learn(sha1: Uint8Array, endpoint: Endpoint, teller: Endpoint, now: number): void {
    if (isNowhere(endpoint) || !mayName(teller, endpoint)) return;
    const holders = this.touch(sha1);
    const key = formatEndpoint(endpoint);
    holders.delete(key);
    holders.set(key, { endpoint, seenMs: now });
    if (holders.size > HOLDERS_PER_FILE_MAX) holders.delete(holders.keys().next().value as string);
  }

  /** He has it no more. One such word outweighs any other: it costs nothing to hear of him again. */
  forget(sha1: Uint8Array, endpoint: Endpoint): void {
    this.files.get(hexOf(sha1))?.delete(formatEndpoint(endpoint));
  }

  /** Some of them, not always the same; never the one who asks. */
  some(sha1: Uint8Array, asker: Endpoint, now: number): Endpoint[] {
    const holders = this.files.get(hexOf(sha1));
    if (holders === undefined) return [];
    for (const [key, { seenMs }] of holders) if (now - seenMs > LIFETIME_MS) holders.delete(key);
    const own = formatEndpoint(asker);
    const chosen = [...holders]
      .filter(([key, { endpoint }]) => key !== own && mayName(asker, endpoint))
      .map(([, { endpoint }]) => endpoint);
    this.random.shuffle(chosen);
    return chosen.slice(0, TOLD_MAX);
  }

  inspect(): unknown {
    let holders = 0;
    for (const file of this.files.values()) holders += file.size;
    return { files: this.files.size, holders };
  }

  private touch(sha1: Uint8Array): Map<string, Entry> {
    const key = hexOf(sha1);
    const holders = this.files.get(key) ?? new Map<string, Entry>();
    this.files.delete(key);
    this.files.set(key, holders);
    if (this.files.size > BOOK_FILES_MAX) this.files.delete(this.files.keys().next().value as string);
    return holders;
  }
}
