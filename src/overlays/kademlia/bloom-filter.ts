/** The Bloom filters of DHT scrapes (BEP 33): 2048 bits, two of them an address. Owns no state. */

import { sha1 } from '../../core/sha1.ts';
import { FILTER_BYTES } from './krpc-decode.ts';

const BITS = FILTER_BYTES * 8;
const HASHES = 2;

export function insertAddress(filter: Uint8Array, address: Uint8Array): void {
  const hash = sha1(address);
  for (let at = 0; at < 2 * HASHES; at += 2) {
    const index = ((hash[at] as number) | ((hash[at + 1] as number) << 8)) % BITS;
    filter[index >> 3] = (filter[index >> 3] as number) | (1 << (index & 7));
  }
}

/** Adds all that is in `other`. */
export function unite(filter: Uint8Array, other: Uint8Array): void {
  for (let at = 0; at < FILTER_BYTES; at++) filter[at] = (filter[at] as number) | (other[at] as number);
}

/**
 * How many addresses it holds, about: log(c/m) / (k · log(1 − 1/m)), for c zero bits of m, of which BEP 33 takes
 * one to be set at least: that would make half an address of an empty filter, which has none.
 */
export function estimateCount(filter: Uint8Array): number {
  let ones = 0;
  for (const byte of filter) for (let bits = byte; bits !== 0; bits &= bits - 1) ones++;
  if (ones === 0) return 0;
  const zeros = Math.max(1, BITS - ones);
  return logarithm(zeros / BITS) / (HASHES * logarithm(1 - 1 / BITS));
}

/**
 * The natural logarithm of 0 < x ≤ 1 by additions and divisions, the same on every machine: doubled until the series of
 * log x = 2·artanh((x−1)/(x+1)) ends soon.
 */
function logarithm(x: number): number {
  let reduced = x;
  let doublings = 0;
  while (reduced < 0.75) {
    reduced *= 2;
    doublings++;
  }
  // log(1/2) = log(3/4) + log(2/3).
  return series(reduced) + doublings * (series(0.75) + series(2 / 3));
}

function series(x: number): number {
  const z = (x - 1) / (x + 1);
  let power = z;
  let sum = 0;
  for (let odd = 1; odd < 40; odd += 2) {
    sum += power / odd;
    power *= z * z;
  }
  return 2 * sum;
}
