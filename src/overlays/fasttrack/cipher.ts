/**
 * FastTrack's stream cipher in its encryption types 0x01 and 0x09 (giFT-FastTrack, `crypt/enc_type_1.c`): a pad of 63 bytes from a seed that goes in the
 * clear. It hides nothing from anybody who knows it; it is what others speak. One for each direction of a stream; owns the pad.
 */

import type { StreamCipher } from '../../core/host.ts';
import { MD5_BYTES, Md5 } from '../../core/md5.ts';

/** What both sides of a stream use; the server decides. Bits beyond these are thousands of lines that no client insists on. */
export const ENCRYPTION_TYPE = 0x09;
/** The bit by which the output goes through a table of its own. */
const LOOKUP_BIT = 0x08;
/**
 * The type goes over the wire masked with a number that only 3,200 lines of arbitrary code make of the seed. Whoever always takes the same
 * seed needs that number alone.
 */
export const KNOWN_SEED = 0x0000_0001;
export const KNOWN_MASK = 0x0a24_408d;

const PAD_BYTES = 63;
const KEY_BYTES = 256;
const KEY_FACTOR_MAX = 0xe0;
/** Where the pad is mixed anew: `pos` 7, when no bit of 0x70 is set there. */
const MIX_AT = 7;
const MIX_BITS = 0x70;
const MIX_PLACES = 59;

const MODULUS = BigInt(
  '0xd453ec0a34eb20ca0a532f6aae08473dc6f2dc0e96e62735dd331dd5522f69d10d7a00501928851271a157acde7aa2fedbd26bb04d23ffc1b6a31787315d5780' +
    '51be98b0da2d7944ed64060a96e537a7a4037cdbde3c6725e9db63418443fd050829ee6d18e4dd48d61a70558606342ac3741ca71e4970e510a931f8b42d2df0' +
    '5250e6fe0a7703d88781ab210032a3dfe957a9b5d238b5b8363dc15e2c0054b3390a5a36b15e221669f29f9af97bb445695b3ca272f554fce475aa9e6e37192e' +
    '91fd3a9ebc8c0457e7ee26ad19d2974dc11f00e38d5b5eb2e84b25f81b32a36fba1519a15efa55ffe569c5fc96d7f927bf77b6d6193bbd8f31c4a05eeb96841d',
);

export class FastTrackCipher implements StreamCipher {
  private readonly seed: number;
  private readonly type: number;
  private pad: Uint8Array = NOTHING;
  private lookup: Uint8Array = NOTHING;
  private pos = 0;
  private shift = 0;

  /** Costs nothing before the first byte: a stream that passes objects on never makes a pad. */
  constructor(seed: number, type: number = ENCRYPTION_TYPE) {
    this.seed = seed;
    this.type = type;
  }

  transform(from: Uint8Array, start: number, end: number, into: Uint8Array, offset: number): void {
    if (this.pad === NOTHING) this.begin();
    for (let at = start, to = offset; at < end; at++, to++) into[to] = (from[at] as number) ^ this.next();
  }

  private begin(): void {
    const key = new Uint8Array(KEY_BYTES);
    let state = this.seed;
    for (let index = 0; index < KEY_BYTES - 1; index++) {
      state = step(state);
      key[index] = (state >>> 17) % KEY_FACTOR_MAX;
    }
    key[KEY_BYTES - 1] = 1;
    this.pad = cubed(key).slice(0, PAD_BYTES);
    const bits = this.pad.reduce((all, byte) => all | byte, 0);
    if ((bits & 1) === 0) this.pad[0] = (this.pad[0] as number) | 0x71;
    const drawn = step(state) >>> 16;
    this.pos = ((drawn << 6) - drawn) >>> 16;
    this.lookup = Uint8Array.from({ length: 256 }, (_, index) => index);
    if ((this.type & LOOKUP_BIT) !== 0) this.shuffleLookup();
    this.mix(this.pos * this.pos + 2);
  }

  private shuffleLookup(): void {
    const digest = new Md5().update(this.pad).digest();
    let state = new DataView(digest.buffer, 0, MD5_BYTES).getUint32(0, true);
    const { lookup } = this;
    for (let index = 0; index < lookup.length; index++) {
      state = step(state);
      const other = (((state >>> 16) * (lookup.length - index)) >>> 16) + index;
      const byte = lookup[index] as number;
      lookup[index] = lookup[other] as number;
      lookup[other] = byte;
    }
  }

  private next(): number {
    const { pad, pos } = this;
    const sum = ((pad[pos] as number) + (pad[pos === 0 ? PAD_BYTES - 1 : pos - 1] as number)) & 0xff;
    pad[pos] = sum;
    if (pos === MIX_AT && (sum & MIX_BITS) === 0) {
      const place = sum + (pad[2] as number);
      this.mix(place * place + 2);
    }
    this.pos = pos + 1;
    if (this.pos === PAD_BYTES) {
      this.pos = 0;
      if ((this.type & LOOKUP_BIT) !== 0) this.shift = (this.shift + 1) & 0xff;
    }
    return this.lookup[(this.shift + sum) & 0xff] as number;
  }

  /** Sorts five bytes of the pad, with bit 0x20 turned over, and changes every byte from the fifth on at steps of three. */
  private mix(square: number): void {
    const at = square % MIX_PLACES;
    this.pad.subarray(at, at + 5).sort((a, b) => (a ^ 0x20) - (b ^ 0x20));
    for (let index = 5; index < PAD_BYTES; index += 3) this.pad[index] = (~(this.pad[index] as number) + index) | 1;
  }
}

const NOTHING = new Uint8Array(0);

/** A linear congruence; all that is random here. */
function step(state: number): number {
  return (Math.imul(state, 0x10dcd) + 0x4271) >>> 0;
}

/** RSA with exponent 3, of a number whose lowest byte is the first. */
function cubed(key: Uint8Array): Uint8Array {
  let hex = '';
  for (const byte of key) hex = byte.toString(16).padStart(2, '0') + hex;
  const base = BigInt(`0x${hex}`);
  const text = ((((base * base) % MODULUS) * base) % MODULUS).toString(16).padStart(2 * KEY_BYTES, '0');
  return Uint8Array.from({ length: KEY_BYTES }, (_, index) =>
    Number.parseInt(text.slice(2 * (KEY_BYTES - 1 - index), 2 * (KEY_BYTES - index)), 16),
  );
}
