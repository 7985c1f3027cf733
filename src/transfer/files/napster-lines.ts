/**
 * What a user of Napster who gets a file is told (napster.txt, section 5): `1` by him whom he has dialled, then how long the file is, without an end, and its
 * bytes. What he says, and all that the other side does, is the overlay's. Own what of one direction has not been reported.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { GREETING, REFUSALS } from '../../overlays/napster/index.ts';

const HELLO = GREETING.charCodeAt(0);
/** Refusals are two words or three; what is longer is none. */
const REFUSAL_BYTES_MAX = 1024;
const SIZE_DIGITS_MAX = 15;
const ZERO = 0x30;

/** The uploader's answer: the length of the file, and the bytes at once behind it; or words of refusal. */
export type NapsterAnswer = { readonly begins: true } | { readonly refused: string };

/** The head of the bulk that follows. */
export const NAPSTER_BODY = { body: true } as const;
export type NapsterBody = typeof NAPSTER_BODY;

/**
 * What the downloader receives. `fileBytes` is known, and tells where the digits end: the file itself may begin with some. `greets`: he was
 * dialled, and says `1` first; `sized`: he says the length, as one who was asked by GET does.
 */
export function napsterDownload(fileBytes: number, sized: boolean): Framing<NapsterAnswer, NapsterBody> {
  return { name: 'napster download', deframer: () => new DownloadDeframer(fileBytes, sized) };
}

class DownloadDeframer implements Deframer<NapsterAnswer, NapsterBody> {
  private readonly digits: Uint8Array;
  private state: 'greeting' | 'size' | 'refusal' | 'body' = 'size';
  private kept: Uint8Array = new Uint8Array(0);
  private offset = 0;

  constructor(fileBytes: number, sized: boolean) {
    this.digits = latin1Bytes(String(fileBytes));
    if (!sized) this.state = 'body';
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<NapsterAnswer, NapsterBody>): number {
    let at = start;
    while (at < end && sink.open) {
      if (this.state === 'body') {
        const { offset } = this;
        this.offset += end - at;
        sink.onBulk(NAPSTER_BODY, bytes.subarray(at, end), offset);
        return end;
      }
      this.kept = joined(this.kept, bytes[at] as number);
      at++;
      this.step(sink);
    }
    return at;
  }

  private step(sink: FrameSink<NapsterAnswer, NapsterBody>): void {
    const { kept, digits } = this;
    const last = kept[kept.length - 1] as number;
    if (this.state === 'size') {
      if (last === digits[kept.length - 1]) {
        if (kept.length < digits.length) return;
        this.state = 'body';
        sink.onMessage({ begins: true });
        return;
      }
      const isNumber = kept.every((byte) => byte >= ZERO && byte <= ZERO + 9);
      if (isNumber || kept.length > SIZE_DIGITS_MAX)
        throw new MalformedMessage(`a file of ${latin1(digits)} bytes is expected, got ${latin1(kept)}`);
      this.state = 'refusal';
    }
    if (kept.length > REFUSAL_BYTES_MAX) throw new MalformedMessage(`at most ${REFUSAL_BYTES_MAX} bytes of refusal are read`);
    const text = latin1(kept);
    if (Object.values<string>(REFUSALS).includes(text)) sink.onMessage({ refused: text });
  }
}

function joined(bytes: Uint8Array, byte: number): Uint8Array {
  const longer = new Uint8Array(bytes.length + 1);
  longer.set(bytes);
  longer[bytes.length] = byte;
  return longer;
}

/** He whom we dialled greets. */
export const napsterHello: Framing<NapsterAnswer, NapsterBody> = {
  name: 'napster hello',
  deframer: () => ({
    push(bytes, start, end, sink) {
      if (start === end) return start;
      if (bytes[start] !== HELLO) throw new MalformedMessage(`a 1 is expected, got ${bytes[start]}`);
      sink.onMessage({ begins: true });
      return start + 1;
    },
  }),
};
