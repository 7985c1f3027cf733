/** What linked servers say to each other: kith's own, in the frames of OpenNap and beyond its types. Owns no state. */

import { concatBytes } from '../../../core/bytes.ts';
import { hexOf } from '../../../core/hex.ts';
import { SHA256_BYTES, sha256 } from '../../../core/sha256.ts';
import { utf8Bytes } from '../../../core/utf8.ts';

export const LinkType = {
  /** version id nonce port "name". */
  hello: 10_000,
  /** That the secret is known, in hex. */
  proof: 10_001,
  /** nick ip port link age-in-ms. Told again when something about him changes. */
  user: 10_002,
  /** nick. */
  gone: 10_003,
  /** users files bytes. */
  numbers: 10_004,
  /** id address:port of another server that is linked to the one who says it. */
  server: 10_005,
  /** nick: of two users with it yours has come later, and has to go. */
  kill: 10_006,
  /** number limit query, as in message 200. */
  search: 10_010,
  /** number "file" md5 bytes kbps Hz seconds nick. */
  result: 10_011,
  /** number. */
  searchEnd: 10_012,
  /** nick type text: said by one of ours to one of yours, and yours to carry out. */
  command: 10_020,
  /** nick type text: for one of yours. */
  deliver: 10_021,
  ping: 10_030,
  pong: 10_031,
} as const;

export const LINK_VERSION = 'kith-1';
const BLOCK_BYTES = 64;

/**
 * HMAC-SHA-256 (RFC 2104) with the word that all linked servers know, over what both have said: nobody who lacks the word can make it, and what one side has said does not serve
 * the other. The word itself never goes over the line.
 */
export function linkProof(secret: string, own: LinkParty, other: LinkParty): string {
  const key = new Uint8Array(BLOCK_BYTES);
  const word = utf8Bytes(secret);
  key.set(word.length > BLOCK_BYTES ? sha256(word) : word);
  const text = utf8Bytes(`${LINK_VERSION} ${own.id} ${own.nonce} ${other.id} ${other.nonce}`);
  const inner = sha256(concatBytes([key.map((byte) => byte ^ 0x36), text]));
  return hexOf(sha256(concatBytes([key.map((byte) => byte ^ 0x5c), inner])));
}

export const PROOF_LENGTH = 2 * SHA256_BYTES;

export interface LinkParty {
  readonly id: string;
  readonly nonce: string;
}
