/** Names of messages and servents: 16 random bytes, kept as four words. Owns no state. */

import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Random } from '../../core/random.ts';

export const GUID_BYTES = 16;

export class Guid {
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;

  constructor(w0: number, w1: number, w2: number, w3: number) {
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }
}

export const NO_GUID = new Guid(0, 0, 0, 0);

/** Byte 8 all ones and byte 15 zero: a modern servent made it (QRP, note 10). */
export function newGuid(random: Random): Guid {
  return new Guid(random.u32() | 0, random.u32() | 0, random.u32() | 0xff, random.u32() & 0x00ff_ffff);
}

/** A query whose hits may come by datagram: bytes 0 to 3 are our address, 13 and 14 our port, least significant byte first. */
export function guidWithAddress(random: Random, endpoint: Uint8Array): Guid {
  const bytes = guidBytes(newGuid(random));
  bytes.set(endpoint.subarray(0, 4));
  bytes[13] = endpoint[5] as number;
  bytes[14] = endpoint[4] as number;
  return readGuid(bytes, 0);
}

/** Where such a query wants its hits. */
export function addressOfGuid(guid: Guid): Uint8Array {
  const bytes = guidBytes(guid);
  return Uint8Array.of(
    bytes[0] as number,
    bytes[1] as number,
    bytes[2] as number,
    bytes[3] as number,
    bytes[14] as number,
    bytes[13] as number,
  );
}

export function equalGuids(a: Guid, b: Guid): boolean {
  return a.w0 === b.w0 && a.w1 === b.w1 && a.w2 === b.w2 && a.w3 === b.w3;
}

export function readGuid(bytes: Uint8Array, at: number): Guid {
  return new Guid(readI32(bytes, at), readI32(bytes, at + 4), readI32(bytes, at + 8), readI32(bytes, at + 12));
}

export function writeGuid(guid: Guid, into: Uint8Array, at: number): number {
  writeI32(into, at, guid.w0);
  writeI32(into, at + 4, guid.w1);
  writeI32(into, at + 8, guid.w2);
  writeI32(into, at + 12, guid.w3);
  return at + GUID_BYTES;
}

export function guidBytes(guid: Guid): Uint8Array {
  const bytes = new Uint8Array(GUID_BYTES);
  writeGuid(guid, bytes, 0);
  return bytes;
}

export function hexOfGuid(guid: Guid): string {
  return hexOf(guidBytes(guid));
}

/** Null unless it is 32 hexadecimal digits. */
export function guidOfHex(text: string): Guid | null {
  const bytes = bytesOfHex(text);
  return bytes?.length === GUID_BYTES ? readGuid(bytes, 0) : null;
}

function readI32(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

function writeI32(into: Uint8Array, at: number, word: number): void {
  into[at] = word;
  into[at + 1] = word >>> 8;
  into[at + 2] = word >>> 16;
  into[at + 3] = word >>> 24;
}
