/**
 * SHA-256 (FIPS 180-4) of small inputs: info-hashes of BitTorrent v2 and the inner nodes of its trees (BEP 52). Content is hashed by
 * the store, with the platform's own. A Sha256 owns its state and no byte of its input.
 */

import { BlockHash } from './block-hash.ts';
import { writeU32 } from './bytes.ts';

export const SHA256_BYTES = 32;

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Sha256().update(bytes).digest();
}

const BLOCK_BYTES = 64;

/** The hash of the 64 bytes at `at`, written to `into`: what a tree is made of, a million at a time. */
export function sha256Block(bytes: Uint8Array, at: number, into: Uint8Array, offset: number): void {
  const state = PAIR_STATE;
  state.set(INITIAL);
  expand(bytes, at);
  compress(state, SCHEDULE);
  compress(state, PAIR_ENDING);
  for (let word = 0, to = offset; word < 8; word++, to += 4) writeU32(into, to, state[word] as number);
}

/** The incremental form: any number of `update`, then one `digest`. */
export class Sha256 extends BlockHash {
  private readonly state = INITIAL.slice();

  /** The 32 bytes; the object is spent. */
  digest(): Uint8Array {
    this.finish(false);
    const { state } = this;
    const hash = new Uint8Array(SHA256_BYTES);
    for (let word = 0; word < 8; word++) writeU32(hash, 4 * word, state[word] as number);
    return hash;
  }

  protected compress(bytes: Uint8Array, from: number): void {
    expand(bytes, from);
    compress(this.state, SCHEDULE);
  }
}

const INITIAL = Int32Array.of(0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19);

/** The first 32 bits of the fractions of the cube roots of the first 64 primes. */
const ROUND_CONSTANTS = Int32Array.from(
  (
    '428a2f98 71374491 b5c0fbcf e9b5dba5 3956c25b 59f111f1 923f82a4 ab1c5ed5 d807aa98 12835b01 243185be 550c7dc3 72be5d74 80deb1fe ' +
    '9bdc06a7 c19bf174 e49b69c1 efbe4786 0fc19dc6 240ca1cc 2de92c6f 4a7484aa 5cb0a9dc 76f988da 983e5152 a831c66d b00327c8 bf597fc7 ' +
    'c6e00bf3 d5a79147 06ca6351 14292967 27b70a85 2e1b2138 4d2c6dfc 53380d13 650a7354 766a0abb 81c2c92e 92722c85 a2bfe8a1 a81a664b ' +
    'c24b8b70 c76c51a3 d192e819 d6990624 f40e3585 106aa070 19a4c116 1e376c08 2748774c 34b0bcb5 391c0cb3 4ed8aa4a 5b9cca4f 682e6ff3 ' +
    '748f82ee 78a5636f 84c87814 8cc70208 90befffa a4506ceb bef9a3f7 c67178f2'
  )
    .split(' ')
    .map((word) => Number.parseInt(word, 16) | 0),
);

/** Scratch: `expand` fills it for the `compress` that follows. */
const SCHEDULE = new Int32Array(64);
const PAIR_STATE = new Int32Array(8);

/** The schedule of one block. */
function expand(bytes: Uint8Array, from: number): void {
  const w = SCHEDULE;
  for (let index = 0, at = from; index < 16; index++, at += 4) {
    w[index] =
      ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  }
  for (let index = 16; index < 64; index++) {
    const x = w[index - 15] as number;
    const y = w[index - 2] as number;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
    w[index] = ((w[index - 16] as number) + s0 + (w[index - 7] as number) + s1) | 0;
  }
}

function compress(state: Int32Array, w: Int32Array): void {
  let a = state[0] as number;
  let b = state[1] as number;
  let c = state[2] as number;
  let d = state[3] as number;
  let e = state[4] as number;
  let f = state[5] as number;
  let g = state[6] as number;
  let h = state[7] as number;
  for (let round = 0; round < 64; round++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + (ROUND_CONSTANTS[round] as number) + (w[round] as number)) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] = (state[0] as number) + a;
  state[1] = (state[1] as number) + b;
  state[2] = (state[2] as number) + c;
  state[3] = (state[3] as number) + d;
  state[4] = (state[4] as number) + e;
  state[5] = (state[5] as number) + f;
  state[6] = (state[6] as number) + g;
  state[7] = (state[7] as number) + h;
}

/** What follows 64 bytes in SHA-256, whichever they are: the mark of their end, and their length in bits. */
const PAIR_ENDING = pairEnding();

function pairEnding(): Int32Array {
  const ending = new Uint8Array(BLOCK_BYTES);
  ending[0] = 0x80;
  writeU32(ending, BLOCK_BYTES - 4, 8 * BLOCK_BYTES);
  expand(ending, 0);
  return SCHEDULE.slice();
}
