/** File content in the simulator: a length, and a mark that says whose content it is. Stores and streams of a world pass it on. */

import type { Body } from '../core/host.ts';

/** The mark of genuine content; every other mark (1 to 255) is a kind of poison. */
export const GENUINE = 0;

export class SimBody implements Body {
  readonly length: number;
  readonly mark: number;

  constructor(length: number, mark: number) {
    this.length = length;
    this.mark = mark;
  }

  subarray(begin: number, end: number): SimBody {
    return this.part(end - begin);
  }

  /** A slice of it. */
  part(length: number): SimBody {
    return length === this.length ? this : new SimBody(length, this.mark);
  }
}

let lastGenuine = new SimBody(16_384, GENUINE);

/** Genuine content of that length; the same object again and again, since nearly all blocks are alike. */
export function genuineBody(length: number): SimBody {
  if (lastGenuine.length !== length) lastGenuine = new SimBody(length, GENUINE);
  return lastGenuine;
}

/**
 * The body as the simulator knows it. Bytes that a protocol made itself (the zeros of padding) are of the mark that all of them carry, as
 * in `bytes` mode. Any other was made by another host, which only a bug can do.
 */
export function simBody(body: Body): SimBody {
  if (body instanceof SimBody) return body;
  if (body instanceof Uint8Array) return markedBody(body);
  throw new TypeError('a body from a store or a stream of this world expected, got another kind of object');
}

/** The body whose mark every byte of the slice carries. A mixed slice shows a framing that cut in the wrong place. */
export function markedBody(bytes: Uint8Array): SimBody {
  const mark = bytes[0] ?? 0;
  for (const byte of bytes) {
    if (byte !== mark) throw new Error(`a slice of one body expected, got bytes of marks ${mark} and ${byte}`);
  }
  return new SimBody(bytes.length, mark);
}
