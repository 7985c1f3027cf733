/** How hashes of files are written in links and headers (HUGE 0.94, magnet links, ed2k). Owns no state. */

import { base32Of, bytesOfBase32 } from '../core/base32.ts';
import { bytesOfHex, hexOf } from '../core/hex.ts';
import { MD4_BYTES } from '../core/md4.ts';
import { SHA1_BYTES } from '../core/sha1.ts';
import { TIGER_BYTES } from '../core/tiger.ts';
import type { FileHashes } from './shared-file.ts';

/** The hashes that have an URN which others understand. */
export type UrnHashes = Pick<FileHashes, 'sha1' | 'tiger' | 'ed2k'>;

const NONE: UrnHashes = { sha1: null, tiger: null, ed2k: null };
/** `urn:tree:tiger/:` is how old clients write it. */
const FORM = /^urn:(sha1|tree:tiger\/?|ttroot|bitprint|ed2k|ed2khash):([a-z0-9.]{32,80})$/i;

/** What an URN names; a bitprint names two. Null when it is none of these, or no hash. */
export function parseUrn(urn: string): UrnHashes | null {
  const parts = FORM.exec(urn);
  if (parts === null) return null;
  const [, scheme, text] = parts as unknown as [string, string, string];
  switch (scheme.toLowerCase()) {
    case 'sha1':
      return hashed('sha1', sized(bytesOfBase32(text), SHA1_BYTES));
    case 'ed2k':
    case 'ed2khash':
      return hashed('ed2k', sized(bytesOfHex(text), MD4_BYTES));
    case 'bitprint': {
      const [first = '', second = ''] = text.split('.');
      const sha1 = sized(bytesOfBase32(first), SHA1_BYTES);
      const tiger = sized(bytesOfBase32(second), TIGER_BYTES);
      return sha1 === null || tiger === null ? null : { ...NONE, sha1, tiger };
    }
    default:
      return hashed('tiger', sized(bytesOfBase32(text), TIGER_BYTES));
  }
}

/** In the spelling that all clients read; `bitprint` where both of its hashes are known, if asked for. */
export function urnsOf({ sha1, tiger, ed2k }: UrnHashes, bitprint = false): string[] {
  const urns: string[] = [];
  if (bitprint && sha1 !== null && tiger !== null) urns.push(`urn:bitprint:${base32Of(sha1)}.${base32Of(tiger)}`);
  else {
    if (sha1 !== null) urns.push(`urn:sha1:${base32Of(sha1)}`);
    if (tiger !== null) urns.push(`urn:tree:tiger:${base32Of(tiger)}`);
  }
  if (ed2k !== null) urns.push(`urn:ed2k:${hexOf(ed2k)}`);
  return urns;
}

function hashed(kind: keyof UrnHashes, hash: Uint8Array | null): UrnHashes | null {
  return hash === null ? null : { ...NONE, [kind]: hash };
}

function sized(bytes: Uint8Array | null, length: number): Uint8Array | null {
  return bytes?.length === length ? bytes : null;
}
