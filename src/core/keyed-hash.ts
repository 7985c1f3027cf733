/**
 * HalfSipHash (Aumasson, Bernstein: SipHash, with 32-bit words) over u32 words: hash tables whose keys come from strangers and
 * connection ids that strangers must not guess. Owns its key and the words of the last result.
 */

export class KeyedHash {
  private readonly key0: number;
  private readonly key1: number;
  /** The second half of the last 64-bit result. */
  high = 0;

  constructor(key0: number, key1: number) {
    this.key0 = key0 | 0;
    this.key1 = key1 | 0;
  }

  /** HalfSipHash-1-3 of `count` words, 32 bits: fast, for tables. */
  table(words: Uint32Array, from: number, count: number): number {
    let v0 = this.key0;
    let v1 = this.key1;
    let v2 = 0x6c796765 ^ this.key0;
    let v3 = 0x74656462 ^ this.key1;
    // One more round than there are words takes in the length, three more end it.
    for (let index = 0; index < count + 4; index++) {
      const word = index < count ? (words[from + index] as number) | 0 : index === count ? count << 26 : 0;
      if (index === count + 1) v2 ^= 0xff;
      v3 ^= word;
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
      v0 ^= word;
    }
    return (v1 ^ v3) >>> 0;
  }

  /** HalfSipHash-2-4 of `count` words, 64 bits: the low half is returned, the other is in `high`. */
  token(words: Uint32Array, count: number): number {
    const state = { v0: this.key0, v1: this.key1 ^ 0xee, v2: 0x6c796765 ^ this.key0, v3: 0x74656462 ^ this.key1 };
    for (let index = 0; index <= count; index++) {
      const word = index < count ? (words[index] as number) | 0 : count << 26;
      state.v3 ^= word;
      sipRounds(state, 2);
      state.v0 ^= word;
    }
    state.v2 ^= 0xee;
    sipRounds(state, 4);
    const low = (state.v1 ^ state.v3) >>> 0;
    state.v1 ^= 0xdd;
    sipRounds(state, 4);
    this.high = (state.v1 ^ state.v3) >>> 0;
    return low;
  }
}

interface SipState {
  v0: number;
  v1: number;
  v2: number;
  v3: number;
}

function sipRounds(state: SipState, rounds: number): void {
  let { v0, v1, v2, v3 } = state;
  for (let round = 0; round < rounds; round++) {
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
  }
  state.v0 = v0;
  state.v1 = v1;
  state.v2 = v2;
  state.v3 = v3;
}
