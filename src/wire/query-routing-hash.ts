/** The hash of query routing (QRP, "Query routing for the Gnutella network", Rohrs 2001): words to slots of a table. Owns no state. */

/** Its constant: the golden section, as 32 bits. */
const MULTIPLIER = 0x4f1bbcdc;
/** A word is also in a table without its last letters, down to so many. */
const PREFIX_LENGTH_MIN = 4;

/** The slot of a word, or of an URN, in a table of 2^bits slots. One byte a character counts, in lower case. */
export function querySlot(word: string, bits: number): number {
  return queryHash(word) >>> (32 - bits);
}

/** The slot of any table: its upper bits. */
export function queryHash(word: string): number {
  const lower = word.toLowerCase();
  let mixed = 0;
  for (let at = 0; at < lower.length; at++) mixed ^= (lower.charCodeAt(at) & 0xff) << ((at & 3) * 8);
  return Math.imul(mixed, MULTIPLIER) >>> 0;
}

/** A word and what is left of it when letters are dropped from its end, so that singular finds plural. */
export function queryPrefixes(word: string): string[] {
  const all = [word];
  for (let length = word.length - 1; length >= PREFIX_LENGTH_MIN; length--) all.push(word.slice(0, length));
  return all;
}
