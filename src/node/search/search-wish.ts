/** What a person looks for, as typed and as networks are asked, and which hits are what he meant. Owns no state. */

import { formatEndpoint } from '../../core/endpoint.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import type { SearchHit, SearchNetworkName, SearchRequest } from '../../wire/search-hit.ts';
import { type FileHashes, HASH_KINDS, type MediaKind, NO_HASHES } from '../../wire/shared-file.ts';
import { parseUrn } from '../../wire/urn.ts';
import { Failure } from '../failure.ts';

/** As it goes through a control socket or an API: plain JSON, and only what is wanted. */
export interface SearchAsk {
  /** Words that the file must have; one with a minus before it must not be there. May be empty where there are `urns`. */
  readonly words: string;
  /** `urn:sha1:…`, `urn:tree:tiger:…`, `urn:ed2k:…`: the file with any of them. */
  readonly urns?: readonly string[];
  /** Holders of whom all that they share is looked at, instead of asking everybody: a nick of Napster, `host:port` of Gnutella. */
  readonly browse?: readonly string[];
  readonly kind?: MediaKind;
  readonly bytesMin?: number;
  readonly bytesMax?: number;
  /** Kilobits a second; a file that does not tell is none of them. */
  readonly bitRateMin?: number;
  readonly bitRateMax?: number;
  /** Absent: all that there are. */
  readonly networks?: readonly SearchNetworkName[];
  readonly waitMs?: number;
  /** So many rows are enough. */
  readonly enough?: number;
}

export interface SearchWish {
  /** What was typed, to be shown. */
  readonly text: string;
  readonly request: SearchRequest;
  /** Null: everybody is asked. */
  readonly browse: readonly string[] | null;
  /** Null: all. */
  readonly networks: readonly SearchNetworkName[] | null;
  readonly waitMs: number;
  readonly enough: number;
}

export const MEDIA_KINDS: readonly MediaKind[] = ['audio', 'video', 'image', 'document', 'software', 'archive', 'other'];

export function isMediaKind(value: unknown): value is MediaKind {
  return MEDIA_KINDS.some((kind) => kind === value);
}

export const TEXT_CHARS_MAX = 512;
/** Kinds of hashes that have an URN, in several spellings. */
export const URNS_MAX = 8;
export const WAIT_MS_DEFAULT = 20_000;
export const WAIT_MS_MAX = 10 * 60_000;
export const ROWS_ENOUGH_DEFAULT = 200;
export const ROWS_MAX = 2_000;
/** Holders looked at at once, and how they are called. */
export const BROWSED_MAX = 8;
export const BROWSED_CHARS_MAX = 64;
/** What one network is asked for at most: hits, of which many are of one row. */
const HITS_PER_ROW = 4;

/** Throws a usage Failure. */
export function wishOf(ask: SearchAsk): SearchWish {
  if (ask.words.length > TEXT_CHARS_MAX) throw refused(`At most ${TEXT_CHARS_MAX} characters are looked for.`, 'Take fewer words.');
  const { words, without } = wordsOf(ask.words);
  const hashes = hashesOf(ask.urns ?? []);
  const browse = browsed(ask.browse ?? []);
  if (words.length === 0 && hashes === null && browse === null) {
    throw refused('There is no word to look for.', 'Words consist of letters and digits: kith search WORDS');
  }
  const { kind, bytesMin, bytesMax, bitRateMin, bitRateMax } = ask;
  if ((bytesMin ?? 0) > (bytesMax ?? Infinity) || (bitRateMin ?? 0) > (bitRateMax ?? Infinity)) {
    throw refused('Nothing is that small and that large at once.', 'Exchange the least and the most.');
  }
  const enough = Math.min(ask.enough ?? (browse === null ? ROWS_ENOUGH_DEFAULT : ROWS_MAX), ROWS_MAX);
  const request: SearchRequest = {
    words,
    ...(without.length > 0 && { without }),
    ...(kind !== undefined && { kind }),
    ...(bytesMin !== undefined && { bytesMin }),
    ...(bytesMax !== undefined && { bytesMax }),
    ...(bitRateMin !== undefined && { bitRateMin }),
    ...(bitRateMax !== undefined && { bitRateMax }),
    hashes,
    limit: enough * HITS_PER_ROW,
  };
  const networks = ask.networks === undefined || ask.networks.length === 0 ? null : ask.networks;
  const text = ask.words.trim() === '' ? [...(ask.urns ?? []), ...(browse ?? [])].join(' ') : ask.words.trim();
  return { text, request, browse, networks, waitMs: Math.min(ask.waitMs ?? WAIT_MS_DEFAULT, WAIT_MS_MAX), enough };
}

/** Networks answer with what they take for right, and liars with anything: each hit is looked at again. */
export function isWanted({ words, without = [], kind, hashes, ...range }: SearchRequest, hit: SearchHit): boolean {
  const { bytesMin = 0, bytesMax = Infinity, bitRateMin = 0, bitRateMax = Infinity } = range;
  if (hit.bytes < bytesMin || hit.bytes > bytesMax) return false;
  if (hashes !== null) return HASH_KINDS.some((each) => sameBytes(hashes[each], hit.hashes[each]));
  if (kind !== undefined && hit.kind !== kind) return false;
  if (hit.tags.bitRate < bitRateMin || hit.tags.bitRate > bitRateMax) return false;
  const { title, artist, album } = hit.tags;
  const known = keywordsOf([hit.name, title, artist, album].join(' '));
  // Some networks find the beginning of a word as well.
  return words.every((word) => known.some((each) => each.startsWith(word))) && !without.some((word) => known.includes(word));
}

/** One holder of one network, whatever he holds. */
export function holderKey({ network, holder }: Pick<SearchHit, 'network' | 'holder'>): string {
  return `${network} ${holder.id} ${holder.endpoint === null ? '' : formatEndpoint(holder.endpoint)}`;
}

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a !== null && b !== null && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function wordsOf(text: string): { words: string[]; without: string[] } {
  const parts = text.split(/\s+/);
  const isUnwanted = (part: string): boolean => /^-./u.test(part);
  return {
    words: keywordsOf(parts.filter((part) => !isUnwanted(part)).join(' ')),
    without: keywordsOf(parts.filter(isUnwanted).join(' ')),
  };
}

function hashesOf(urns: readonly string[]): FileHashes | null {
  if (urns.length > URNS_MAX) throw refused(`At most ${URNS_MAX} hashes are looked for at once.`, 'Take fewer.');
  let hashes: FileHashes | null = null;
  for (const urn of urns) {
    const parsed = parseUrn(urn);
    if (parsed === null) throw refused(`${urn.slice(0, 80)} is no hash of a file.`, 'Expected urn:sha1:…, urn:tree:tiger:… or urn:ed2k:…');
    const before: FileHashes = hashes ?? NO_HASHES;
    hashes = {
      ...before,
      sha1: parsed.sha1 ?? before.sha1,
      tiger: parsed.tiger ?? before.tiger,
      ed2k: parsed.ed2k ?? before.ed2k,
    };
  }
  return hashes;
}

function browsed(holders: readonly string[]): readonly string[] | null {
  if (holders.length > BROWSED_MAX) throw refused(`At most ${BROWSED_MAX} holders are looked at at once.`, 'Name fewer.');
  const strange = holders.find((holder) => holder.length > BROWSED_CHARS_MAX || !/^[\x21-\x7e]+$/.test(holder));
  if (strange !== undefined) throw refused('That is no name of a holder.', 'Expected a nick of Napster, or HOST:PORT of Gnutella.');
  return holders.length === 0 ? null : holders;
}

function refused(why: string, next: string): Failure {
  return new Failure('usage', 'That cannot be looked for.', why, next);
}
