/** One level of the event wheel: list heads and tails of 2^14 slots, and which of them are occupied; the wheel owns it. */

export const SLOT_BITS = 14;
export const SLOTS = 1 << SLOT_BITS;

export class SlotTable {
  /** First and last row of each slot's list; 0 is none. */
  readonly heads = new Int32Array(SLOTS);
  readonly tails = new Int32Array(SLOTS);
  /** A bit a slot, and a bit a word of those: an empty wheel is crossed in a few steps. */
  private readonly words = new Int32Array(SLOTS >> 5);
  private readonly summary = new Int32Array(SLOTS >> 10);

  markOccupied(slot: number): void {
    const word = slot >> 5;
    this.words[word] = (this.words[word] as number) | (1 << (slot & 31));
    this.summary[word >> 5] = (this.summary[word >> 5] as number) | (1 << (word & 31));
  }

  markEmpty(slot: number): void {
    const word = slot >> 5;
    const left = (this.words[word] as number) & ~(1 << (slot & 31));
    this.words[word] = left;
    if (left === 0) this.summary[word >> 5] = (this.summary[word >> 5] as number) & ~(1 << (word & 31));
  }

  /** The first occupied slot from `start` on, or -1. */
  nextOccupied(start: number): number {
    if (start >= SLOTS) return -1;
    let word = start >> 5;
    const here = (this.words[word] as number) & (-1 << (start & 31));
    if (here !== 0) return (word << 5) + lowestBit(here);
    word++;
    if (word >= this.words.length) return -1;
    let group = word >> 5;
    let words = (this.summary[group] as number) & (-1 << (word & 31));
    while (words === 0) {
      group++;
      if (group >= this.summary.length) return -1;
      words = this.summary[group] as number;
    }
    word = (group << 5) + lowestBit(words);
    return (word << 5) + lowestBit(this.words[word] as number);
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
