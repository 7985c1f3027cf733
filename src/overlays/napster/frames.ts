/**
 * How client and server of Napster speak (OpenNap): a length, a type, and a text whose fields are separated by single spaces. Text is UTF-8 where it
 * is valid as that, else Latin-1, as clients of their time sent what their system had. Owns no state but that of a direction of a stream.
 */

import { concatBytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import type { Deframer, FrameSink, Framing } from '../../core/framing.ts';
import { isUtf8, readUtf8, utf8Size, writeUtf8 } from '../../core/utf8.ts';

export interface NapsterMessage {
  readonly type: number;
  readonly text: string;
}

const HEAD_BYTES = 4;
/** Servers of the time drop longer ones; a list of shared files is cut into several. */
export const TEXT_BYTES_MAX = 2048;
const TEXT_LENGTH_MAX = 0xffff;

export const napsterCodec: Codec<NapsterMessage> = {
  name: 'napster',
  size: ({ text }) => HEAD_BYTES + utf8Size(text),
  encode({ type, text }, into, offset) {
    const end = writeUtf8(text, into, offset + HEAD_BYTES);
    const length = end - offset - HEAD_BYTES;
    if (length > TEXT_LENGTH_MAX) throw new RangeError(`a text of at most ${TEXT_LENGTH_MAX} bytes expected, got ${length}`);
    into[offset] = length;
    into[offset + 1] = length >>> 8;
    into[offset + 2] = type;
    into[offset + 3] = type >>> 8;
    return end;
  },
  decode(bytes, start, end) {
    if (end - start < HEAD_BYTES) throw new MalformedMessage(`${end - start} bytes are no message`);
    const length = readU16Little(bytes, start);
    if (end - start !== HEAD_BYTES + length)
      throw new MalformedMessage(`${length} bytes of text expected, got ${end - start - HEAD_BYTES}`);
    return { type: readU16Little(bytes, start + 2), text: textOf(bytes, start + HEAD_BYTES, end) };
  },
};

/** Both ways between client and server. */
export const napsterFrames: Framing<NapsterMessage> = { name: 'napster', deframer: () => new NapsterDeframer() };

class NapsterDeframer implements Deframer<NapsterMessage> {
  /** The beginning of a message whose end has not come yet. */
  private kept = new Uint8Array(0);

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<NapsterMessage>): number {
    if (!sink.open) return start;
    const isWhole = this.kept.length === 0;
    const all = isWhole ? bytes : concatBytes([this.kept, bytes.subarray(start, end)]);
    const before = this.kept.length;
    let at = isWhole ? start : 0;
    const stop = isWhole ? end : all.length;
    this.kept = new Uint8Array(0);
    while (sink.open && stop - at >= HEAD_BYTES) {
      const length = readU16Little(all, at);
      if (length > TEXT_BYTES_MAX) throw new MalformedMessage(`a text of at most ${TEXT_BYTES_MAX} bytes expected, got ${length}`);
      if (stop - at < HEAD_BYTES + length) break;
      const message = napsterCodec.decode(all, at, at + HEAD_BYTES + length);
      at += HEAD_BYTES + length;
      sink.onMessage(message);
    }
    if (sink.open) {
      this.kept = all.slice(at, stop);
      return end;
    }
    // What was kept was no whole message, so that the first one ends behind it.
    return isWhole ? at : start + at - before;
  }
}

function readU16Little(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
}

/** UTF-8 where it is valid as that, else Latin-1. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const given = bytes.subarray(start, end);
  if (isUtf8(given)) return readUtf8(given);
  let text = '';
  for (let at = start; at < end; at++) text += String.fromCharCode(bytes[at] as number);
  return text;
}

/** The fields of a text: separated by single spaces, or in double quotes, in which there is no way to write a quote. */
export function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  for (let at = 0; at < text.length; ) {
    if (text[at] === ' ') {
      at++;
      continue;
    }
    const isQuoted = text[at] === '"';
    const from = isQuoted ? at + 1 : at;
    const found = text.indexOf(isQuoted ? '"' : ' ', from);
    const to = found < 0 ? text.length : found;
    fields.push(text.slice(from, to));
    at = to + 1;
  }
  return fields;
}

/** A field that may hold spaces. */
export function quoted(text: string): string {
  return `"${text.replace(/["\r\n\0]/g, ' ')}"`;
}

/** Everything behind the first `count` fields, as it is: what people say to each other. */
export function restBehind(text: string, count: number): string {
  let at = 0;
  for (let field = 0; field < count; field++) {
    const space = text.indexOf(' ', at);
    if (space < 0) return '';
    at = space + 1;
  }
  return text.slice(at);
}

/** IPv4 as Napster writes it: the four bytes as a number whose lowest byte is the first. */
export function numberOfIp(endpoint: Uint8Array): number {
  return endpoint.length === 6 ? (readU16Little(endpoint, 0) | (readU16Little(endpoint, 2) << 16)) >>> 0 : 0;
}

export function ipOfNumber(number: number): Uint8Array {
  return Uint8Array.of(number, number >>> 8, number >>> 16, number >>> 24);
}
