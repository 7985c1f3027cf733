/**
 * Tiger (Anderson and Biham, 1996), the hash of the trees by which Gnutella and Direct Connect check files. No crypto of the platform has it.
 * Words of 64 bits are two of 32: BigInt would be a hundred times slower. Owns its tables, which are made at the first use.
 */

export const TIGER_BYTES = 24;
const BLOCK_BYTES = 64;
/** Four tables of 256 words, one behind the other; high and low halves. */
const TABLE_WORDS = 1024;
const ABOUT = 'Tiger - A Fast New Hash Function, by Ross Anderson and Eli Biham';
const GENERATOR_PASSES = 5;

const HIGH = new Int32Array(TABLE_WORDS);
const LOW = new Int32Array(TABLE_WORDS);
/** The state a, b, c, and the eight words of a block: high half, then low half. */
const STATE = new Int32Array(6);
const X = new Int32Array(16);
const BLOCK = new Uint8Array(BLOCK_BYTES);
let tablesAreMade = false;

/** The digest of `prefix`, if it is at least 0, as one byte and the bytes from `start` to `end` behind it, written into `into` at `offset`. */
export function tigerInto(prefix: number, bytes: Uint8Array, start: number, end: number, into: Uint8Array, offset: number): void {
  if (!tablesAreMade) makeTables();
  begin();
  let at = start;
  let filled = 0;
  if (prefix >= 0) BLOCK[filled++] = prefix;
  for (; at + BLOCK_BYTES - filled <= end; filled = 0) {
    if (filled === 0) loadBlock(bytes, at);
    else {
      BLOCK.set(bytes.subarray(at, at + BLOCK_BYTES - filled), filled);
      loadBlock(BLOCK, 0);
    }
    at += BLOCK_BYTES - filled;
    compress();
  }
  BLOCK.set(bytes.subarray(at, end), filled);
  pad(filled + end - at, end - start + (prefix >= 0 ? 1 : 0));
  for (let word = 0; word < 3; word++) {
    writeLittle(STATE[2 * word + 1] as number, into, offset + 8 * word);
    writeLittle(STATE[2 * word] as number, into, offset + 8 * word + 4);
  }
}

export function tiger(bytes: Uint8Array): Uint8Array {
  const digest = new Uint8Array(TIGER_BYTES);
  tigerInto(-1, bytes, 0, bytes.length, digest, 0);
  return digest;
}

function begin(): void {
  STATE[0] = 0x01234567;
  STATE[1] = 0x89abcdef;
  STATE[2] = 0xfedcba98;
  STATE[3] = 0x76543210;
  STATE[4] = 0xf096a5b4;
  STATE[5] = 0xc3b2e187;
}

/** As in MD4, but that the first byte of the padding is 1. */
function pad(filled: number, totalBytes: number): void {
  BLOCK[filled++] = 1;
  if (filled > BLOCK_BYTES - 8) {
    BLOCK.fill(0, filled);
    loadBlock(BLOCK, 0);
    compress();
    filled = 0;
  }
  BLOCK.fill(0, filled);
  writeLittle(totalBytes << 3, BLOCK, BLOCK_BYTES - 8);
  writeLittle(Math.floor(totalBytes / 0x2000_0000), BLOCK, BLOCK_BYTES - 4);
  loadBlock(BLOCK, 0);
  compress();
}

function loadBlock(bytes: Uint8Array, at: number): void {
  for (let word = 0; word < 8; word++) {
    X[2 * word + 1] = readLittle(bytes, at + 8 * word);
    X[2 * word] = readLittle(bytes, at + 8 * word + 4);
  }
}

function readLittle(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}

function writeLittle(word: number, into: Uint8Array, at: number): void {
  into[at] = word;
  into[at + 1] = word >>> 8;
  into[at + 2] = word >>> 16;
  into[at + 3] = word >>> 24;
}

/** One block, in X, into the state. */
function compress(): void {
  const ah = STATE[0] as number;
  const al = STATE[1] as number;
  const bh = STATE[2] as number;
  const bl = STATE[3] as number;
  const ch = STATE[4] as number;
  const cl = STATE[5] as number;
  pass(0, 2, 4, 5);
  schedule();
  pass(4, 0, 2, 7);
  schedule();
  pass(2, 4, 0, 9);
  STATE[0] = (STATE[0] as number) ^ ah;
  STATE[1] = (STATE[1] as number) ^ al;
  subtract(STATE, 2, bh, bl);
  add(STATE, 4, ch, cl);
}

function pass(a: number, b: number, c: number, factor: number): void {
  round(a, b, c, 0, factor);
  round(b, c, a, 2, factor);
  round(c, a, b, 4, factor);
  round(a, b, c, 6, factor);
  round(b, c, a, 8, factor);
  round(c, a, b, 10, factor);
  round(a, b, c, 12, factor);
  round(b, c, a, 14, factor);
}

/** a, b, c are places of words in the state, x of one in the block. */
function round(a: number, b: number, c: number, x: number, factor: number): void {
  const ch = (STATE[c] as number) ^ (X[x] as number);
  const cl = (STATE[c + 1] as number) ^ (X[x + 1] as number);
  STATE[c] = ch;
  STATE[c + 1] = cl;
  // The even bytes of c, from the lowest, choose in the tables 1 to 4, the odd ones in 4 to 1.
  const e0 = cl & 255;
  const e1 = 256 + ((cl >>> 16) & 255);
  const e2 = 512 + (ch & 255);
  const e3 = 768 + ((ch >>> 16) & 255);
  subtract(
    STATE,
    a,
    (HIGH[e0] as number) ^ (HIGH[e1] as number) ^ (HIGH[e2] as number) ^ (HIGH[e3] as number),
    (LOW[e0] as number) ^ (LOW[e1] as number) ^ (LOW[e2] as number) ^ (LOW[e3] as number),
  );
  const o0 = 768 + ((cl >>> 8) & 255);
  const o1 = 512 + (cl >>> 24);
  const o2 = 256 + ((ch >>> 8) & 255);
  const o3 = ch >>> 24;
  add(
    STATE,
    b,
    (HIGH[o0] as number) ^ (HIGH[o1] as number) ^ (HIGH[o2] as number) ^ (HIGH[o3] as number),
    (LOW[o0] as number) ^ (LOW[o1] as number) ^ (LOW[o2] as number) ^ (LOW[o3] as number),
  );
  multiply(b, factor);
}

/** By 5, 7 or 9: four or eight times the word, and once more or less. */
function multiply(b: number, factor: number): void {
  const high = STATE[b] as number;
  const low = STATE[b + 1] as number;
  const bits = factor === 5 ? 2 : 3;
  STATE[b] = (high << bits) | (low >>> (32 - bits));
  STATE[b + 1] = low << bits;
  if (factor === 7) subtract(STATE, b, high, low);
  else add(STATE, b, high, low);
}

function schedule(): void {
  subtract(X, 0, (X[14] as number) ^ 0xa5a5a5a5, (X[15] as number) ^ 0xa5a5a5a5);
  exclusiveOr(2, 0);
  addWord(4, 2);
  subtractShiftedLeft(6, 4, 2);
  exclusiveOr(8, 6);
  addWord(10, 8);
  subtractShiftedRight(12, 10, 8);
  exclusiveOr(14, 12);
  addWord(0, 14);
  subtractShiftedLeft(2, 0, 14);
  exclusiveOr(4, 2);
  addWord(6, 4);
  subtractShiftedRight(8, 6, 4);
  exclusiveOr(10, 8);
  addWord(12, 10);
  subtract(X, 14, (X[12] as number) ^ 0x01234567, (X[13] as number) ^ 0x89abcdef);
}

function exclusiveOr(to: number, from: number): void {
  X[to] = (X[to] as number) ^ (X[from] as number);
  X[to + 1] = (X[to + 1] as number) ^ (X[from + 1] as number);
}

function addWord(to: number, from: number): void {
  add(X, to, X[from] as number, X[from + 1] as number);
}

/** to -= from ^ (~shifted << 19) */
function subtractShiftedLeft(to: number, from: number, shifted: number): void {
  const high = ~(X[shifted] as number);
  const low = ~(X[shifted + 1] as number);
  subtract(X, to, (X[from] as number) ^ ((high << 19) | (low >>> 13)), (X[from + 1] as number) ^ (low << 19));
}

/** to -= from ^ (~shifted >>> 23) */
function subtractShiftedRight(to: number, from: number, shifted: number): void {
  const high = ~(X[shifted] as number);
  const low = ~(X[shifted + 1] as number);
  subtract(X, to, (X[from] as number) ^ (high >>> 23), (X[from + 1] as number) ^ ((low >>> 23) | (high << 9)));
}

function add(words: Int32Array, at: number, high: number, low: number): void {
  const sum = ((words[at + 1] as number) >>> 0) + (low >>> 0);
  words[at + 1] = sum;
  words[at] = (words[at] as number) + high + (sum > 0xffff_ffff ? 1 : 0);
}

function subtract(words: Int32Array, at: number, high: number, low: number): void {
  const difference = ((words[at + 1] as number) >>> 0) - (low >>> 0);
  words[at + 1] = difference;
  words[at] = (words[at] as number) - high - (difference < 0 ? 1 : 0);
}

/**
 * The authors' generator: from tables that map each byte to itself, Tiger with the tables as they are so far says which bytes change places.
 */
function makeTables(): void {
  tablesAreMade = true;
  for (let index = 0; index < TABLE_WORDS; index++) {
    HIGH[index] = (index & 255) * 0x01010101;
    LOW[index] = (index & 255) * 0x01010101;
  }
  begin();
  const about = Uint8Array.from(ABOUT, (letter) => letter.charCodeAt(0));
  let word = 2;
  for (let count = 0; count < GENERATOR_PASSES; count++) {
    for (let index = 0; index < 256; index++) {
      for (let table = 0; table < TABLE_WORDS; table += 256) {
        word++;
        if (word === 3) {
          word = 0;
          loadBlock(about, 0);
          compress();
        }
        for (let shift = 0; shift < 32; shift += 8) {
          exchange(LOW, table, index, STATE[2 * word + 1] as number, shift);
          exchange(HIGH, table, index, STATE[2 * word] as number, shift);
        }
      }
    }
  }
}

/** The byte at that shift of one entry, and of the entry that the same byte of `chooser` names. */
function exchange(words: Int32Array, table: number, index: number, chooser: number, shift: number): void {
  const other = table + ((chooser >>> shift) & 255);
  const one = table + index;
  const difference = ((words[one] as number) ^ (words[other] as number)) & (255 << shift);
  words[one] = (words[one] as number) ^ difference;
  words[other] = (words[other] as number) ^ difference;
}
