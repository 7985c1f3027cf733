/** Where a range of content lies in its files; immutable, made from the files of a StoreSpec on either side of the disk thread. */

import type { StoreFile } from '../core/host.ts';

export interface FileSpan {
  /** Index into the files. */
  readonly file: number;
  readonly fileOffset: number;
  readonly length: number;
  readonly pad: boolean;
}

export class ContentLayout {
  readonly files: readonly StoreFile[];
  readonly totalBytes: number;
  /** Where each file starts in the content. */
  private readonly starts: Float64Array;

  constructor(files: readonly StoreFile[]) {
    this.files = files;
    this.starts = new Float64Array(files.length);
    let at = 0;
    for (const [index, file] of files.entries()) {
      this.starts[index] = at;
      at += file.length;
    }
    this.totalBytes = at;
  }

  startOf(file: number): number {
    return this.starts[file] as number;
  }

  /** The parts of [start, end) in content order; files without bytes have none. */
  spans(start: number, end: number): FileSpan[] {
    const spans: FileSpan[] = [];
    let at = start;
    for (let index = this.fileAt(start); at < end && index < this.files.length; index++) {
      const { length, pad } = this.files[index] as StoreFile;
      const fileOffset = at - (this.starts[index] as number);
      const taken = Math.min(end - at, length - fileOffset);
      if (taken <= 0) continue;
      spans.push({ file: index, fileOffset, length: taken, pad });
      at += taken;
    }
    if (at < end) throw new RangeError(`expected a range within ${this.totalBytes} bytes of content, got [${start}, ${end})`);
    return spans;
  }

  /** The last file that starts at or before the position. */
  private fileAt(position: number): number {
    let low = 0;
    let high = this.files.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] as number) <= position) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
