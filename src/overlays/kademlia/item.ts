/** Items of BEP 44: their targets, what is signed, whether a value is bencoded as it must be; and BEP 46's item of a torrent. Owns no state. */

import { concatBytes, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { ID_BYTES } from '../../core/id.ts';
import { sha1 } from '../../core/sha1.ts';
import type { Signatures } from '../../core/signatures.ts';
import { bencodeDict, decodeBencode, decodeBencodeDict, dictBytes, encodeBencode } from '../../wire/bencode.ts';
import { SALT_BYTES_MAX, VALUE_BYTES_MAX } from './krpc-decode.ts';

/** A mutable item as it is stored and found. Bytes are not changed by anyone. */
export interface MutableItem {
  readonly publicKey: Uint8Array;
  /** Up to 64 characters, one a byte; empty: none. */
  readonly salt: string;
  readonly seq: bigint;
  /** Bencoded, up to 1000 bytes. */
  readonly value: Uint8Array;
  readonly signature: Uint8Array;
}

export function immutableTarget(value: Uint8Array): Uint8Array {
  return sha1(value);
}

export function mutableTarget(publicKey: Uint8Array, salt: string): Uint8Array {
  return sha1(concatBytes([publicKey, latin1Bytes(salt)]));
}

/** `4:salt6:foobar3:seqi1e1:v12:Hello World!` */
export function signedBytes(salt: string, seq: bigint, value: Uint8Array): Uint8Array {
  const before = salt === '' ? '' : `4:salt${salt.length}:${salt}`;
  return concatBytes([latin1Bytes(`${before}3:seqi${seq}e1:v`), value]);
}

/** Throws RangeError when a value or salt is longer than BEP 44 allows. */
export function signItem(signatures: Signatures, secretKey: Uint8Array, salt: string, seq: bigint, value: Uint8Array): MutableItem {
  checkItem(salt, seq, value);
  const signature = signatures.sign(secretKey, signedBytes(salt, seq, value));
  return { publicKey: signatures.publicKey(secretKey), salt, seq, value, signature };
}

export function verifyItem(signatures: Signatures, { publicKey, salt, seq, value, signature }: MutableItem): boolean {
  return signatures.verify(publicKey, signedBytes(salt, seq, value), signature);
}

/** Throws RangeError for what no node would store. */
export function checkItem(salt: string, seq: bigint, value: Uint8Array): void {
  if (value.length > VALUE_BYTES_MAX) throw new RangeError(`an item has at most ${VALUE_BYTES_MAX} bytes, got ${value.length}`);
  if (!isCanonical(value)) throw new RangeError('an item is one bencoded value with its keys in order, got something else');
  if (salt.length > SALT_BYTES_MAX) throw new RangeError(`a salt has at most ${SALT_BYTES_MAX} bytes, got ${salt.length}`);
  if (seq < 0n || seq > 0x7fff_ffff_ffff_ffffn) throw new RangeError(`a sequence number is 0 to 2^63 - 1, got ${seq}`);
}

/** BEP 44: what is not bencoded in the one canonical way is refused. */
export function isCanonical(value: Uint8Array): boolean {
  try {
    decodeBencode(value, 0, value.length, { strict: true, valuesMax: VALUE_BYTES_MAX });
    return true;
  } catch (error) {
    if (error instanceof MalformedMessage) return false;
    throw error;
  }
}

/** BEP 46: the value that names a torrent. */
export function torrentValue(infoHash: Uint8Array): Uint8Array {
  if (infoHash.length !== ID_BYTES) throw new RangeError(`an info-hash has ${ID_BYTES} bytes, got ${infoHash.length}`);
  return encodeBencode(bencodeDict({ ih: infoHash }));
}

/** BEP 46: the info-hash that a value names, or null when it names none. */
export function torrentOfValue(value: Uint8Array): Uint8Array | null {
  try {
    const infoHash = dictBytes(decodeBencodeDict(value), 'ih');
    return infoHash?.length === ID_BYTES ? infoHash.slice() : null;
  } catch (error) {
    if (error instanceof MalformedMessage) return null;
    throw error;
  }
}
