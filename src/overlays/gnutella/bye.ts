/** The last message of a connection, and why it ends (Bye 0.1). Owns no state. */

import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';
import { readU16Little, writeU16Little } from '../../wire/little-endian.ts';

/** 2xx: as it should be; 4xx: the peer's fault; 5xx: ours. */
export const ByeCode = {
  exiting: 200,
  asked: 201,
  tooBig: 400,
  badMessages: 402,
  tooManyMessages: 413,
  idle: 405,
  noAnswer: 406,
  unfit: 409,
  queueFull: 502,
} as const;
export type ByeCode = (typeof ByeCode)[keyof typeof ByeCode];

export interface Bye {
  readonly code: number;
  readonly text: string;
}

export const byeCodec: Codec<Bye> = {
  name: 'gnutella bye',
  size: ({ text }) => 2 + utf8Size(text) + 1,
  encode({ code, text }, into, offset) {
    const at = writeUtf8(text, into, writeU16Little(into, offset, code));
    into[at] = 0;
    return at + 1;
  },
  decode(bytes, start, end) {
    if (end - start < 3) throw new MalformedMessage(`a code and a text expected, got ${end - start} bytes`);
    const zero = bytes.indexOf(0, start + 2);
    const stop = zero < 0 || zero >= end ? end : zero;
    return { code: readU16Little(bytes, start), text: readUtf8(bytes, start + 2, stop) };
  },
};
