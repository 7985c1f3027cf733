/** A piece of the file that is coming, perhaps from several holders at once: which of its bytes are here, and who brought them. Owned by the download. */

import type { ByteRange } from '../../wire/http-range.ts';
import { ByteRanges } from './byte-ranges.ts';
import type { Holder } from './holder.ts';

/** Who brought what; the file's own offsets. */
export interface Given extends ByteRange {
  readonly holder: Holder;
}

export class Gathering {
  readonly piece: number;
  readonly begin: number;
  readonly end: number;
  readonly given: Given[] = [];
  verifying = false;
  private readonly got = new ByteRanges();

  constructor(piece: number, begin: number, end: number) {
    this.piece = piece;
    this.begin = begin;
    this.end = end;
  }

  get isWhole(): boolean {
    return this.got.has(this.begin, this.end);
  }

  get bytes(): number {
    return this.got.bytes;
  }

  /** What has not come yet of [begin, end). */
  missing(begin: number, end: number): ByteRange[] {
    return [...this.got.gaps(Math.max(begin, this.begin), Math.min(end, this.end))];
  }

  add(holder: Holder, begin: number, end: number): void {
    this.got.add(begin, end);
    const last = this.given[this.given.length - 1];
    if (last !== undefined && last.holder === holder && last.end === begin)
      this.given[this.given.length - 1] = { holder, begin: last.begin, end };
    else this.given.push({ holder, begin, end });
  }

  get givers(): Holder[] {
    return [...new Set(this.given.map(({ holder }) => holder))];
  }
}
