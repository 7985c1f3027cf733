/** What has been gathered of one piece, block by block; the virtual store owns it. */

import { concatBytes } from '../core/bytes.ts';
import { GENUINE, type SimBody } from './sim-body.ts';
import { simLeaf } from './sim-leaf.ts';

/** The unit of fingerprints (`Store.fingerprints`). */
const BLOCK_BYTES = 16_384;

export class GatheredPiece {
  private readonly bytes: number;
  /** Bytes written of each block, and the mark of its worst slice. */
  private readonly written: number[];
  private readonly marks: number[];

  constructor(bytes: number) {
    this.bytes = bytes;
    const blocks = Math.ceil(bytes / BLOCK_BYTES);
    this.written = new Array<number>(blocks).fill(0);
    this.marks = new Array<number>(blocks).fill(GENUINE);
  }

  /** Takes a slice; one at the beginning of a block begins it anew, as a block that comes twice does. */
  write(offset: number, body: SimBody): void {
    if (offset + body.length > this.bytes) throw new RangeError(`at most ${this.bytes} bytes expected, got ${offset + body.length}`);
    let at = offset;
    const end = offset + body.length;
    while (at < end) {
      const block = Math.floor(at / BLOCK_BYTES);
      const until = Math.min(end, (block + 1) * BLOCK_BYTES);
      const begins = at % BLOCK_BYTES === 0;
      this.written[block] = (begins ? 0 : (this.written[block] as number)) + until - at;
      if (begins || body.mark !== GENUINE) this.marks[block] = body.mark;
      at = until;
    }
  }

  /** Everything has been written and none of it is poison. */
  get genuine(): boolean {
    for (const [block, written] of this.written.entries()) {
      if (written < Math.min(BLOCK_BYTES, this.bytes - block * BLOCK_BYTES) || this.marks[block] !== GENUINE) return false;
    }
    return true;
  }

  leaves(piece: number): Uint8Array {
    return concatBytes(this.marks.map((mark, block) => simLeaf(piece, block, mark)));
  }

  fingerprints(piece: number): string[] {
    return this.marks.map((mark, block) => `${piece}/${block}/${mark}`);
  }
}
