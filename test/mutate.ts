/** Damages encodings the way a hostile or broken peer would; a pure function of the pool and the random numbers. */

import type { Random } from '../src/core/random.ts';

const TELLING_BYTES = [0x00, 0x01, 0x2d, 0x30, 0x39, 0x3a, 0x64, 0x65, 0x69, 0x6c, 0x7f, 0x80, 0xfe, 0xff];
const DIGITS = '999999999999999999999';
const INSERTED_BYTES_MAX = 20;

/** A copy of one member of the pool with one to four faults. */
export function mutate(pool: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes: Uint8Array = (pool[random.below(pool.length)] as Uint8Array).slice();
  for (let faults = 1 + random.below(4); faults > 0; faults--) bytes = damage(bytes, pool, random);
  return bytes;
}

function damage(bytes: Uint8Array, pool: readonly Uint8Array[], random: Random): Uint8Array {
  const length = bytes.length;
  if (length === 0) return random.fill(new Uint8Array(1 + random.below(INSERTED_BYTES_MAX)));
  // Damage near the beginning, where headers are, is the most telling.
  const at = random.chance(0.5) ? random.below(length) : random.below(Math.min(length, 40));
  switch (random.below(9)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << random.below(8));
      return bytes;
    case 1:
      bytes[at] = TELLING_BYTES[random.below(TELLING_BYTES.length)] as number;
      return bytes;
    case 2:
      bytes[at] = random.u32() & 0xff;
      return bytes;
    case 3: {
      const number = random.chance(0.5) ? 0xff_ff_ff_ff : random.u32() >>> random.below(32);
      for (let index = 0; index < 4 && at + index < length; index++) bytes[at + index] = number >>> (24 - 8 * index);
      return bytes;
    }
    case 4:
      return bytes.subarray(0, at);
    case 5: {
      const gap = Math.min(length - at, 1 + random.below(INSERTED_BYTES_MAX));
      return joined(bytes.subarray(0, at), bytes.subarray(at + gap));
    }
    case 6:
      return joined(bytes.subarray(0, at), random.fill(new Uint8Array(1 + random.below(INSERTED_BYTES_MAX))), bytes.subarray(at));
    case 7: {
      const digits = Uint8Array.from(DIGITS.slice(0, 1 + random.below(DIGITS.length)), (digit) => digit.charCodeAt(0));
      return joined(bytes.subarray(0, at), digits, bytes.subarray(at));
    }
    default: {
      const other = pool[random.below(pool.length)] as Uint8Array;
      const from = random.below(other.length + 1);
      return joined(bytes.subarray(0, at), other.subarray(from, from + 2000));
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
