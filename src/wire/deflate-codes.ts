/** The fixed tables of deflate (RFC 1951, 3.2.5 and 3.2.6): lengths, distances, and the code that needs no table of its own. Owns no state. */

export const WINDOW_BYTES = 32_768;
export const MATCH_BYTES_MIN = 3;
export const MATCH_BYTES_MAX = 258;

export const LENGTH_BASE = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
export const LENGTH_EXTRA = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
export const DISTANCE_EXTRA = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
export const DISTANCE_BASE = DISTANCE_EXTRA.map((_, index) => DISTANCE_EXTRA.slice(0, index).reduce((sum, extra) => sum + 2 ** extra, 1));

/** Bits of the 288 literals and lengths of the fixed code. */
export const FIXED_LENGTHS = new Uint8Array(288).fill(8, 0, 144).fill(9, 144, 256).fill(7, 256, 280).fill(8, 280);
