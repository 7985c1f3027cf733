/**
 * The setting `fasttrack.bad-list`: whose lists of bad hashes are honoured, and where they are fetched. A publisher is his public key, 64 hexadecimal digits;
 * with a place where his list lies it is `URL#KEY`, and without one supernodes pass it on. Owns no state.
 */

import { bytesOfHex } from '../core/hex.ts';

export interface BadHashSources {
  readonly publishers: readonly Uint8Array[];
  readonly badHashUrls: readonly string[];
}

const SOURCE = /^(?:(https?:\/\/[^\s,#]{1,1000})#)?([0-9a-f]{64})$/i;
const SOURCES_MAX = 16;

/** Of a value that the setting takes. */
export function badHashSources(text: string): BadHashSources {
  const parts = partsOf(text).map((part) => SOURCE.exec(part));
  return {
    publishers: parts.flatMap((part) => bytesOfHex((part?.[2] ?? '').toLowerCase()) ?? []).filter(({ length }) => length > 0),
    badHashUrls: parts.flatMap((part) => part?.[1] ?? []),
  };
}

export function areBadHashSources(text: string): boolean {
  const parts = partsOf(text);
  return parts.length <= SOURCES_MAX && parts.every((part) => SOURCE.test(part));
}

function partsOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}
