/** Hashes as Gnutella2 writes them: a short name, a zero, the bytes. Owns no state. */

import { concatBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { type FileHashes, NO_HASHES } from '../../wire/shared-file.ts';
import { type UrnHashes, urnsOf } from '../../wire/urn.ts';

export interface UrnHash {
  readonly kind: keyof UrnHashes;
  readonly bytes: Uint8Array;
}

const NAMES: Readonly<Record<keyof UrnHashes, string>> = { sha1: 'sha1', tiger: 'ttr', ed2k: 'ed2k' };
const BYTES: Readonly<Record<keyof UrnHashes, number>> = { sha1: 20, tiger: 24, ed2k: 16 };
const BITPRINT = 'bp';
const NAME_BYTES_MAX = 8;

export function urnPayload({ kind, bytes }: UrnHash): Uint8Array {
  return concatBytes([latin1Bytes(`${NAMES[kind]}\0`), bytes]);
}

/** SHA-1 and the root of the Tiger tree together where both are known. */
export function urnPayloads({ sha1, tiger, ed2k }: FileHashes): Uint8Array[] {
  const payloads: Uint8Array[] = [];
  if (sha1 !== null && tiger !== null) payloads.push(concatBytes([latin1Bytes(`${BITPRINT}\0`), sha1, tiger]));
  else {
    if (sha1 !== null) payloads.push(urnPayload({ kind: 'sha1', bytes: sha1 }));
    if (tiger !== null) payloads.push(urnPayload({ kind: 'tiger', bytes: tiger }));
  }
  if (ed2k !== null) payloads.push(urnPayload({ kind: 'ed2k', bytes: ed2k }));
  return payloads;
}

/** What a payload names; what is unknown or too short names nothing. */
export function hashesOfUrn(payload: Uint8Array): FileHashes {
  const zero = payload.subarray(0, NAME_BYTES_MAX).indexOf(0);
  if (zero < 0) return NO_HASHES;
  const name = latin1(payload, 0, zero);
  const bytes = payload.slice(zero + 1);
  if (name === BITPRINT) {
    return bytes.length < BYTES.sha1 + BYTES.tiger ? NO_HASHES : { ...NO_HASHES, sha1: bytes.slice(0, 20), tiger: bytes.slice(20, 44) };
  }
  for (const kind of ['sha1', 'tiger', 'ed2k'] as const) {
    const isIt = name === NAMES[kind] || (kind === 'tiger' && (name === 'tree:tiger/' || name === 'tree:tiger'));
    if (isIt && bytes.length >= BYTES[kind]) return { ...NO_HASHES, [kind]: bytes.slice(0, BYTES[kind]) };
  }
  return NO_HASHES;
}

export function hashOfUrn(payload: Uint8Array): UrnHash | null {
  const hashes = hashesOfUrn(payload);
  for (const kind of ['sha1', 'tiger', 'ed2k'] as const) {
    const bytes = hashes[kind];
    if (bytes !== null) return { kind, bytes };
  }
  return null;
}

/** As they are written where words are hashed (Shareaza). */
export function urnsForTable(hashes: UrnHashes): string[] {
  return urnsOf(hashes).map((urn) => urn.replace('urn:tree:tiger:', 'urn:tree:tiger/:').replace('urn:ed2k:', 'urn:ed2khash:'));
}
