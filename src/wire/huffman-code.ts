/** A canonical Huffman code as deflate has it (RFC 1951, 3.2.2), for reading. Owns its tables. */

import { MalformedMessage } from '../core/codec.ts';

const BITS_LONGEST = 15;

export class HuffmanCode {
  /** By length: the first code, one behind the last, and where its symbols begin. */
  private readonly first = new Uint16Array(BITS_LONGEST + 1);
  private readonly behind = new Uint32Array(BITS_LONGEST + 1);
  private readonly place = new Uint16Array(BITS_LONGEST + 1);
  private readonly symbols: Uint16Array;
  private code = 0;

  /** Bits of each symbol's code, 0 where it has none. Throws MalformedMessage when no code has such lengths. */
  constructor(lengths: Uint8Array) {
    const counts = new Uint16Array(BITS_LONGEST + 1);
    for (const length of lengths) counts[length] = (counts[length] as number) + 1;
    const none = counts[0] as number;
    counts[0] = 0;
    let code = 0;
    let place = 0;
    for (let length = 1; length <= BITS_LONGEST; length++) {
      code = (code + (counts[length - 1] as number)) << 1;
      this.first[length] = code;
      this.behind[length] = code + (counts[length] as number);
      this.place[length] = place;
      place += counts[length] as number;
      if ((this.behind[length] as number) > 1 << length) throw new MalformedMessage('more codes than their lengths leave room for');
    }
    const isWhole = (this.behind[BITS_LONGEST] as number) === 1 << BITS_LONGEST;
    // A single distance may have a code of one bit; and there need be none.
    if (!isWhole && lengths.length - none > 1) throw new MalformedMessage('lengths that leave codes without a symbol');
    this.symbols = new Uint16Array(place);
    const next = this.place.slice();
    for (const [symbol, length] of lengths.entries()) {
      if (length === 0) continue;
      const at = next[length] as number;
      next[length] = at + 1;
      this.symbols[at] = symbol;
    }
  }

  /** The symbol whose code is the `length` lowest of the bits, first bit lowest; -1: none. To be asked with length 1, 2 and so on. */
  symbolOf(bits: number, length: number): number {
    this.code = length === 1 ? bits & 1 : (this.code << 1) | ((bits >>> (length - 1)) & 1);
    const first = this.first[length] as number;
    if (this.code < first || this.code >= (this.behind[length] as number)) return -1;
    return this.symbols[(this.place[length] as number) + this.code - first] as number;
  }
}
