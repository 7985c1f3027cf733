/** Shared files on real sockets whose bytes follow from their ids: whoever gets one can tell whether each byte is right. */

import type { Reading, ReadingOperation } from '../../src/core/reading.ts';
import type { SharedBytes } from '../../src/overlays/napster/transfer/napster-upload.ts';
import type { SharedFile } from '../../src/wire/shared-file.ts';

export class MemoryBytes implements SharedBytes {
  static content({ id, bytes }: Pick<SharedFile, 'id' | 'bytes'>, begin = 0, end = bytes): Uint8Array {
    const content = new Uint8Array(end - begin);
    for (let at = begin; at < end; at++) content[at - begin] = (at * 31 + (at >>> 8) * 7 + id) & 0xff;
    return content;
  }

  open(file: SharedFile, begin: number, end: number, operation: ReadingOperation): Reading {
    let at = begin;
    let isOpen = true;
    return {
      read(bytesMax) {
        const from = at;
        at = Math.min(end, at + bytesMax);
        const content = MemoryBytes.content(file, from, at);
        if (content.length > 0) setImmediate(() => isOpen && operation.onReading(content));
        return content.length;
      },
      close() {
        isOpen = false;
      },
    };
  }
}
