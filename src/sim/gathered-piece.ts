/** What has been gathered of one piece, block by block; the virtual store owns it. */

import { concatBytes } from '../core/bytes.ts';
import { GENUINE, type SimBody } from './sim-body.ts';
import { simLeaf } from './sim-leaf.ts';

/** The unit of fingerprints (`Store.fingerprints`). */
export const BLOCK_BYTES = 16_384;

export class GatheredPiece {
  private readonly bytes: number;
  /** Bytes written of each block, and the mark of its worst slice. */
  private readonly written: number[];
  private readonly marks: number[];

  /** `marks`: of a piece that is there already. */
  constructor(bytes: number, marks: readonly number[] | null = null) {
    this.bytes = bytes;
    const blocks = Math.ceil(bytes / BLOCK_BYTES);
    this.written = new Array<number>(blocks).fill(marks === null ? 0 : BLOCK_BYTES);
    this.marks = marks === null ? new Array<number>(blocks).fill(GENUINE) : [...marks];
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
    return this.complete && this.marks.every((mark) => mark === GENUINE);
  }

  /** Everything has been written, whatever it is. */
  get complete(): boolean {
    return this.written.every((written, block) => written >= Math.min(BLOCK_BYTES, this.bytes - block * BLOCK_BYTES));
  }

  /** By block. */
  get blockMarks(): readonly number[] {
    return this.marks;
  }

  leaves(piece: number): Uint8Array {
    return concatBytes(this.marks.map((mark, block) => simLeaf(piece, block, mark)));
  }

  fingerprints(piece: number): string[] {
    return this.marks.map((mark, block) => `${piece}/${block}/${mark}`);
  }
}
