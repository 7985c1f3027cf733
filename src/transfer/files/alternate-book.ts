/**
 * Who else has a file, by what those have said who asked for it or sent it: told on to others who ask. Owns its bounded table; strangers' words are
 * passed on as such, and nobody is named who could not be meant.
 */

import { isNowhere, mayName } from '../../core/address-scope.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';
import type { FirewalledAlternate } from './alternate-locations.ts';

export const BOOK_FILES_MAX = 1024;
export const HOLDERS_PER_FILE_MAX = 64;
/** Of those who cannot be dialled. */
export const FIREWALLED_PER_FILE_MAX = 16;
/** In one answer. */
export const TOLD_MAX = 10;
export const FIREWALLED_TOLD_MAX = 5;
/** Who was not heard of for so long has gone, most likely. */
const LIFETIME_MS = 3 * 3600_000;

interface Entry {
  readonly endpoint: Endpoint;
  readonly seenMs: number;
}

interface Firewalled {
  readonly alternate: FirewalledAlternate;
  readonly seenMs: number;
}

/** Who has one file: by address, and those who have to be pushed by their names. */
interface Holders {
  readonly open: Map<string, Entry>;
  readonly firewalled: Map<string, Firewalled>;
}

export class AlternateBook {
  private readonly random: Random;
  /** The file that was asked for last comes last. */
  private readonly files = new Map<string, Holders>();

  constructor(random: Random) {
    this.random = random;
  }

  /** `teller` says that somebody, himself perhaps, has the file. */
  learn(sha1: Uint8Array, endpoint: Endpoint, teller: Endpoint, now: number): void {
    if (isNowhere(endpoint) || !mayName(teller, endpoint)) return;
    keepNewest(this.touch(sha1).open, formatEndpoint(endpoint), { endpoint, seenMs: now }, HOLDERS_PER_FILE_MAX);
  }

  /** The same of one who has to be pushed; of his proxies those are kept whom the teller may name. */
  learnFirewalled(sha1: Uint8Array, { guid, proxies }: FirewalledAlternate, teller: Endpoint, now: number): void {
    const meant = proxies.filter((proxy) => !isNowhere(proxy) && mayName(teller, proxy));
    if (meant.length === 0) return;
    const alternate = { guid, proxies: meant };
    keepNewest(this.touch(sha1).firewalled, hexOf(guid), { alternate, seenMs: now }, FIREWALLED_PER_FILE_MAX);
  }

  /** He has it no more. One such word outweighs any other: it costs nothing to hear of him again. */
  forget(sha1: Uint8Array, endpoint: Endpoint): void {
    this.files.get(hexOf(sha1))?.open.delete(formatEndpoint(endpoint));
  }

  /** Some of them, not always the same; never the one who asks. */
  some(sha1: Uint8Array, asker: Endpoint, now: number): Endpoint[] {
    const holders = this.files.get(hexOf(sha1))?.open;
    if (holders === undefined) return [];
    for (const [key, { seenMs }] of holders) if (now - seenMs > LIFETIME_MS) holders.delete(key);
    const own = formatEndpoint(asker);
    const chosen = [...holders]
      .filter(([key, { endpoint }]) => key !== own && mayName(asker, endpoint))
      .map(([, { endpoint }]) => endpoint);
    this.random.shuffle(chosen);
    return chosen.slice(0, TOLD_MAX);
  }

  /** Of those who have to be pushed, whom the one who asks can reach. */
  someFirewalled(sha1: Uint8Array, asker: Endpoint, now: number): FirewalledAlternate[] {
    const holders = this.files.get(hexOf(sha1))?.firewalled;
    if (holders === undefined) return [];
    for (const [key, { seenMs }] of holders) if (now - seenMs > LIFETIME_MS) holders.delete(key);
    const chosen = [...holders.values()].flatMap(({ alternate: { guid, proxies } }) => {
      const meant = proxies.filter((proxy) => mayName(asker, proxy));
      return meant.length === 0 ? [] : [{ guid, proxies: meant }];
    });
    this.random.shuffle(chosen);
    return chosen.slice(0, FIREWALLED_TOLD_MAX);
  }

  inspect(): unknown {
    let holders = 0;
    for (const { open, firewalled } of this.files.values()) holders += open.size + firewalled.size;
    return { files: this.files.size, holders };
  }

  private touch(sha1: Uint8Array): Holders {
    const key = hexOf(sha1);
    const holders = this.files.get(key) ?? { open: new Map<string, Entry>(), firewalled: new Map<string, Firewalled>() };
    this.files.delete(key);
    this.files.set(key, holders);
    if (this.files.size > BOOK_FILES_MAX) this.files.delete(this.files.keys().next().value as string);
    return holders;
  }
}

/** Who was heard of last comes last; the first gives way. */
function keepNewest<V>(entries: Map<string, V>, key: string, value: V, countMax: number): void {
  entries.delete(key);
  entries.set(key, value);
  if (entries.size > countMax) entries.delete(entries.keys().next().value as string);
}
