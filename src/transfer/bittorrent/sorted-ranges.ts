/**
 * Ranges of numbers of one or several 32-bit words, first and last included, in one array: a row is the first number's words, then the
 * last's. Sorted and joined when made; immutable after that.
 */

/** Which half of a 64-bit element of memory the upper word is. */
const UPPER = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 1 : 0;

export class SortedRanges {
  readonly count: number;
  private readonly words: number;
  private readonly rows: Uint32Array;

  /** `rows` in any order, overlapping or not; in each the first is not above the last. It is not kept. */
  constructor(words: number, rows: Uint32Array) {
    this.words = words;
    this.rows = joined(words, words === 1 ? sortedPairs(rows) : sortedRows(words, rows));
    this.count = this.rows.length / (2 * words);
  }

  /** Whether a range has the number that stands in `bytes` at that place, most significant byte first. */
  holds(bytes: Uint8Array, at: number): boolean {
    const { words, rows } = this;
    let low = 0;
    let high = this.count;
    // The first range that begins above the number; the one before it may hold it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isAbove(rows, middle * 2 * words, words, bytes, at)) high = middle;
      else low = middle + 1;
    }
    if (low === 0) return false;
    const last = (low - 1) * 2 * words + words;
    return isAbove(rows, last, words, bytes, at) || isEqual(rows, last, words, bytes, at);
  }
}

/** Signed, so that it stays a small number; `>>> 0` where order counts. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
}

function isAbove(rows: Uint32Array, row: number, words: number, bytes: Uint8Array, at: number): boolean {
  for (let word = 0; word < words; word++) {
    const ours = rows[row + word] as number;
    const theirs = wordAt(bytes, at + word * 4) >>> 0;
    if (ours !== theirs) return ours > theirs;
  }
  return false;
}

function isEqual(rows: Uint32Array, row: number, words: number, bytes: Uint8Array, at: number): boolean {
  for (let word = 0; word < words; word++) if (rows[row + word] !== wordAt(bytes, at + word * 4) >>> 0) return false;
  return true;
}

function compareRows(rows: Uint32Array, a: number, b: number, words: number): number {
  for (let word = 0; word < words; word++) {
    const difference = (rows[a + word] as number) - (rows[b + word] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Two words a row are one number of 64 bits, and an array of these sorts itself without a call for each comparison. */
function sortedPairs(rows: Uint32Array): Uint32Array {
  const keys = new BigUint64Array(rows.length / 2);
  const halves = new Uint32Array(keys.buffer);
  for (let row = 0; row < rows.length; row += 2) {
    halves[row + UPPER] = rows[row] as number;
    halves[row + 1 - UPPER] = rows[row + 1] as number;
  }
  keys.sort();
  const sorted = new Uint32Array(rows.length);
  for (let row = 0; row < rows.length; row += 2) {
    sorted[row] = halves[row + UPPER] as number;
    sorted[row + 1] = halves[row + 1 - UPPER] as number;
  }
  return sorted;
}

function sortedRows(words: number, rows: Uint32Array): Uint32Array {
  const size = 2 * words;
  const order = new Uint32Array(rows.length / size);
  for (let index = 0; index < order.length; index++) order[index] = index * size;
  order.sort((a, b) => compareRows(rows, a, b, size));
  const sorted = new Uint32Array(rows.length);
  for (const [index, row] of order.entries()) sorted.set(rows.subarray(row, row + size), index * size);
  return sorted;
}

/** Overlapping and touching rows as one, in place. */
function joined(words: number, rows: Uint32Array): Uint32Array {
  const size = 2 * words;
  let end = 0;
  for (let row = 0; row < rows.length; row += size) {
    const last = end - words;
    if (end > 0 && reaches(rows, last, row, words)) {
      if (compareRows(rows, row + words, last, words) > 0) rows.copyWithin(last, row + words, row + size);
      continue;
    }
    rows.copyWithin(end, row, row + size);
    end += size;
  }
  return rows.slice(0, end);
}

/** Nothing lies between the last number at `last` and the first at `first`. */
function reaches(rows: Uint32Array, last: number, first: number, words: number): boolean {
  if (compareRows(rows, first, last, words) <= 0) return true;
  // One above `last`, with its carries, is `first`.
  let carry = 1;
  for (let word = words - 1; word >= 0; word--) {
    const sum = (rows[last + word] as number) + carry;
    if (sum >>> 0 !== rows[first + word]) return false;
    carry = sum > 0xffff_ffff ? 1 : 0;
  }
  return carry === 0;
}
