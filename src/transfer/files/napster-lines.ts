/**
 * The connection between two users of Napster (napster.txt, section 5): the one who was dialled says `1`, then one of them says what it is about in
 * words without an end, and the bytes follow. Framings, codecs; own no state.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';

/** What the one who was dialled says first. */
export const HELLO = 0x31;
/** Nicks have at most some dozen characters, names a path. */
export const WORDS_BYTES_MAX = 1024;
const SIZE_DIGITS_MAX = 15;
const ZERO = 0x30;

/** `nick "file name" number`: an offset behind GET, a length behind SEND. */
export interface NapsterWords {
  readonly nick: string;
  readonly fileName: string;
  readonly number: number;
}

/** A quote in a name cannot be written; nor can a line that never ends be told from one that goes on. */
export function formatNapsterWords({ nick, fileName, number }: NapsterWords): Uint8Array {
  return utf8Bytes(`${nick.replace(/[\s"]/g, '_')} "${fileName.replace(/["\r\n]/g, ' ').toWellFormed()}" ${number}`);
}

/**
 * The words, when they are whole: nothing says where the number ends, so that it does where the chunk does in which it came. Null: more has to
 * come. Throws MalformedMessage.
 */
export function parseNapsterWords(bytes: Uint8Array): NapsterWords | null {
  if (bytes.length > WORDS_BYTES_MAX) throw new MalformedMessage(`at most ${WORDS_BYTES_MAX} bytes are expected, got ${bytes.length}`);
  const text = readUtf8(bytes) ?? latin1(bytes);
  const match = /^(\S{1,64}) "([^"]{1,900})" (\d{1,15})$/.exec(text);
  if (match !== null) return { nick: match[1] as string, fileName: match[2] as string, number: Number(match[3]) };
  if (!/^(\S{0,64}|\S{1,64} "?[^"]{0,900}"? ?)$/.test(text))
    throw new MalformedMessage(`nick, file name and number are expected, got ${text.slice(0, 80)}`);
  return null;
}

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
    if (kept.length > WORDS_BYTES_MAX) throw new MalformedMessage(`at most ${WORDS_BYTES_MAX} bytes of refusal are read`);
    const text = latin1(kept);
    if (/^(INVALID REQUEST|FILE NOT SHARED)$/.test(text)) sink.onMessage({ refused: text });
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

/** What the one who was dialled reads, or the one who has dialled and is asked: words behind a keyword, or the number of the byte to begin at. */
export type NapsterRequest =
  | { readonly kind: 'get' | 'send'; readonly words: NapsterWords }
  | { readonly kind: 'hello' }
  | { readonly kind: 'offset'; readonly offset: number };

/** Behind the greeting of ours: `GET` or `SEND` and the words. */
export const napsterRequests: Framing<NapsterRequest> = {
  name: 'napster requests',
  deframer: () => new RequestDeframer(readRequest),
};

/** Of one whom we have dialled to bring him a file: his greeting. */
export const napsterGreeting: Framing<NapsterRequest> = {
  name: 'napster greeting',
  deframer: () => new RequestDeframer(readGreeting),
};

/** And where he wants it to begin. */
export const napsterOffsets: Framing<NapsterRequest> = {
  name: 'napster offsets',
  deframer: () => new RequestDeframer(readOffset),
};

const KEYWORDS = { GET: 'get', SEND: 'send' } as const;

/** Takes chunk by chunk, since nothing but the end of a chunk says that the words are whole. */
class RequestDeframer implements Deframer<NapsterRequest> {
  private kept: Uint8Array = new Uint8Array(0);
  private readonly read: (bytes: Uint8Array) => NapsterRequest | null;

  constructor(read: (bytes: Uint8Array) => NapsterRequest | null) {
    this.read = read;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<NapsterRequest>): number {
    if (this.kept.length + end - start > WORDS_BYTES_MAX) throw new MalformedMessage(`at most ${WORDS_BYTES_MAX} bytes are expected`);
    const all = new Uint8Array(this.kept.length + end - start);
    all.set(this.kept);
    all.set(bytes.subarray(start, end), this.kept.length);
    this.kept = all;
    const request = all.length === 0 ? null : this.read(all);
    if (request === null) return end;
    this.kept = new Uint8Array(0);
    sink.onMessage(request);
    return end;
  }
}

function readRequest(bytes: Uint8Array): NapsterRequest | null {
  const text = latin1(bytes, 0, Math.min(bytes.length, 4));
  for (const [keyword, kind] of Object.entries(KEYWORDS)) {
    if (bytes.length <= keyword.length && keyword.startsWith(text)) return null;
    if (!text.startsWith(keyword)) continue;
    const words = parseNapsterWords(bytes.subarray(keyword.length));
    return words === null ? null : { kind, words };
  }
  throw new MalformedMessage(`GET or SEND is expected, got ${text}`);
}

function readGreeting(bytes: Uint8Array): NapsterRequest {
  if (bytes.length !== 1 || bytes[0] !== HELLO) throw new MalformedMessage('a 1 is expected, and nothing else');
  return { kind: 'hello' };
}

function readOffset(bytes: Uint8Array): NapsterRequest {
  const text = latin1(bytes);
  if (!/^\d{1,15}$/.test(text)) throw new MalformedMessage(`the number of a byte is expected, got ${text.slice(0, 80)}`);
  return { kind: 'offset', offset: Number(text) };
}
