/**
 * What the two sides of an encrypted connection compute (Message Stream Encryption, the specification of Vuze and µTorrent): a
 * Diffie–Hellman secret S over a prime of 768 bits, hashes of it that name the torrent, and the RC4 of either direction. A KeyExchange
 * owns one private key; the rest owns no state.
 */

import { concatBytes, latin1Bytes } from '../../core/bytes.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import { Rc4 } from '../../core/rc4.ts';
import { sha1 } from '../../core/sha1.ts';

/** Bytes of a public key and of S. */
export const KEY_BYTES = 96;
/** Of a private key: 160 bits, as the specification advises; more make S no safer. */
export const PRIVATE_KEY_BYTES = 20;
/** The first bytes of RC4's keystream tell of the key. */
const DROPPED_BYTES = 1024;

const PRIME = BigInt(
  '0xFFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD' +
    'EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563',
);
const GENERATOR = 2n;

export class KeyExchange {
  readonly publicKey: Uint8Array;
  private readonly privateKey: bigint;

  constructor(privateKey: Uint8Array) {
    this.privateKey = numberOf(privateKey);
    this.publicKey = bytesOf(power(GENERATOR, this.privateKey));
  }

  /** S, or null when the other key is none: its powers are so few that anybody could guess S. */
  agree(otherPublicKey: Uint8Array): Uint8Array | null {
    const other = numberOf(otherPublicKey);
    return other > 1n && other < PRIME - 1n ? bytesOf(power(other, this.privateKey)) : null;
  }
}

/** HASH('req1', S): where the dialler's padding ends. */
export function paddingEnd(secret: Uint8Array): Uint8Array {
  return hashOf('req1', secret);
}

/** HASH('req2', SKEY): names the torrent; computed once for each that we have, to find the one that is meant. */
export function torrentMark(infoHash: Uint8Array): Uint8Array {
  return hashOf('req2', infoHash);
}

/** Hides a torrent's mark from who does not know S, and shows it to who does: HASH('req3', S) is XORed onto it. */
export function maskTorrentMark(mark: Uint8Array, secret: Uint8Array): Uint8Array {
  const mask = hashOf('req3', secret);
  return mark.map((byte, index) => byte ^ (mask[index] as number));
}

/** What the dialler sends is enciphered with one key, what it gets with another. */
export function cipherOf(direction: 'from dialler' | 'to dialler', secret: Uint8Array, infoHash: Uint8Array): Rc4 {
  return new Rc4(hashOf(direction === 'from dialler' ? 'keyA' : 'keyB', secret, infoHash), DROPPED_BYTES);
}

function hashOf(word: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return sha1(concatBytes([latin1Bytes(word), ...parts]));
}

/** base^exponent modulo the prime: 0.2 ms for an exponent of 160 bits. */
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % PRIME;
    square = (square * square) % PRIME;
  }
  return result;
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${hexOf(bytes)}`);
}

function bytesOf(number: bigint): Uint8Array {
  // Even digits only, so that it is hexadecimal text of whole bytes.
  return bytesOfHex(number.toString(16).padStart(2 * KEY_BYTES, '0')) as Uint8Array;
}
