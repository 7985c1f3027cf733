/**
 * How many supernodes there are, without anybody who counts them: each draws 64 numbers from its name, and neighbours tell each other the smallest they
 * have heard of; n of them have a smallest of 1/(n+1) on average (Baquero et al., Extrema Propagation, 2009). What nobody repeats grows old and
 * is forgotten. Owns the numbers.
 */

import { readU32, writeU32 } from '../../core/bytes.ts';
import { sha1 } from '../../core/sha1.ts';
import { CENSUS_SLOTS } from './messages.ts';

/** A number that has not come from its owner for so many rounds, by however many hands, is of somebody who is gone. */
const ROUNDS_MAX = 12;
const RANGE = 0x1_0000_0000;
const WORDS_PER_HASH = 5;

export interface CensusSlot {
  readonly value: number;
  readonly age: number;
}

export class Census {
  private readonly own = new Uint32Array(CENSUS_SLOTS);
  private readonly values = new Uint32Array(CENSUS_SLOTS);
  private readonly ages = new Uint8Array(CENSUS_SLOTS);

  constructor(endpoint: Uint8Array) {
    const seed = new Uint8Array(endpoint.length + 4);
    seed.set(endpoint);
    for (let slot = 0; slot < CENSUS_SLOTS; slot++) {
      writeU32(seed, endpoint.length, Math.floor(slot / WORDS_PER_HASH));
      this.own[slot] = readU32(sha1(seed), 4 * (slot % WORDS_PER_HASH));
    }
    this.values.set(this.own);
  }

  /** A round is over: what is not our own is a round older. */
  age(): void {
    for (let slot = 0; slot < CENSUS_SLOTS; slot++) {
      const isOwn = this.values[slot] === this.own[slot];
      const age = isOwn ? 0 : (this.ages[slot] as number) + 1;
      if (age <= ROUNDS_MAX) this.ages[slot] = age;
      else {
        this.values[slot] = this.own[slot] as number;
        this.ages[slot] = 0;
      }
    }
  }

  /** What a neighbour has heard of. */
  merge(slots: readonly CensusSlot[]): void {
    for (const [slot, { value, age }] of slots.entries()) {
      if (slot >= CENSUS_SLOTS || age > ROUNDS_MAX) continue;
      const known = this.values[slot] as number;
      if (value < known || (value === known && age < (this.ages[slot] as number))) {
        this.values[slot] = value;
        this.ages[slot] = age;
      }
    }
  }

  slots(): CensusSlot[] {
    return Array.from({ length: CENSUS_SLOTS }, (_, slot) => ({ value: this.values[slot] as number, age: this.ages[slot] as number }));
  }

  /** Supernodes, to about an eighth either way. */
  get count(): number {
    let sum = 0;
    for (const value of this.values) sum += (value + 1) / RANGE;
    return Math.max(1, (CENSUS_SLOTS - 1) / sum - 0.5);
  }
}
