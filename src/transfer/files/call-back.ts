/**
 * The line with which a holder who was asked to dial says which file it is about: Gnutella's `GIV`, Gnutella2's `PUSH`, FastTrack's `GIVE`, and PARQ's
 * `QUEUE`, by which an uploader tells that it is one's turn. HTTP follows, the one who was called asking. Owns no state.
 */

import { latin1, latin1Bytes } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint, parseEndpoint } from '../../core/endpoint.ts';
import { bytesOfHex, hexOf } from '../../core/hex.ts';
import type { Endpoint } from '../../core/host.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';

export type CallBack =
  | { readonly kind: 'giv'; readonly index: number; readonly guid: Uint8Array; readonly name: string }
  | { readonly kind: 'push'; readonly guid: Uint8Array }
  | { readonly kind: 'give'; readonly pushId: number }
  | { readonly kind: 'queue'; readonly id: string; readonly endpoint: Endpoint };

export const CALL_BACK_BYTES_MAX = 1024;
const LF = 10;
const CR = 13;

export const callBack: Codec<CallBack> = {
  name: 'call back',
  size: (message) => bytesOf(message).length,
  encode(message, into, offset) {
    const bytes = bytesOf(message);
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode(bytes, start, end) {
    if (end - start > CALL_BACK_BYTES_MAX)
      throw new MalformedMessage(`a call back has at most ${CALL_BACK_BYTES_MAX} bytes, got ${end - start}`);
    if (callBackEnd(bytes, start, end) !== end) throw new MalformedMessage('one call back, with its end of line, is expected');
    return parse(bytes, start, end);
  },
};

/**
 * Where the call back ends that begins at `start`, or -1 as long as it has not come whole. `GIVE` has one end of line, the others an empty line; `QUEUE` has
 * one by its document (PARQ, section 4), and an empty line behind it is taken along if it has come.
 */
export function callBackEnd(bytes: Uint8Array, start: number, end: number): number {
  const word = latin1(bytes, start, Math.min(end, start + 6));
  const hasOneLine = word.startsWith('GIVE ') || word === 'QUEUE ';
  let lines = 0;
  for (let at = start; at < end; at++) {
    if (bytes[at] === LF) {
      lines++;
      if (hasOneLine || lines === 2) return word === 'QUEUE ' ? behindEmptyLine(bytes, at + 1, end) : at + 1;
    } else if (bytes[at] !== CR) lines = 0;
  }
  return -1;
}

function behindEmptyLine(bytes: Uint8Array, at: number, end: number): number {
  const next = at < end && bytes[at] === CR ? at + 1 : at;
  return next < end && bytes[next] === LF ? next + 1 : at;
}

function parse(bytes: Uint8Array, start: number, end: number): CallBack {
  const text = latin1(bytes, start, end).replace(/[\r\n]+$/, '');
  const giv = /^GIV (\d{1,10}):([0-9a-f]{32})\/(.*)$/is.exec(text);
  const [, index, guid, name] = giv ?? [];
  if (index !== undefined && guid !== undefined && name !== undefined) {
    return { kind: 'giv', index: Number(index), guid: bytesOfHex(guid) as Uint8Array, name: oneLine(readUtf8(latin1Bytes(name)) ?? name) };
  }
  const push = /^PUSH guid: ?([0-9a-f]{32})$/i.exec(text)?.[1];
  if (push !== undefined) return { kind: 'push', guid: bytesOfHex(push) as Uint8Array };
  const give = /^GIVE (\d{1,10})$/.exec(text)?.[1];
  if (give !== undefined) return { kind: 'give', pushId: Number(give) };
  const [, id, address] = /^QUEUE ([0-9A-Za-z-]{1,64}) (\S+)$/.exec(text) ?? [];
  const endpoint = address === undefined ? null : parseEndpoint(address);
  if (id === undefined || endpoint === null) throw new MalformedMessage(`a call back is expected, got ${text.slice(0, 80)}`);
  return { kind: 'queue', id, endpoint };
}

function bytesOf(message: CallBack): Uint8Array {
  switch (message.kind) {
    case 'giv':
      return utf8Bytes(`GIV ${message.index}:${hexOf(message.guid)}/${oneLine(message.name)}\n\n`);
    case 'push':
      return latin1Bytes(`PUSH guid:${hexOf(message.guid)}\r\n\r\n`);
    case 'give':
      return latin1Bytes(`GIVE ${message.pushId}\r\n`);
    case 'queue':
      return latin1Bytes(`QUEUE ${message.id} ${formatEndpoint(message.endpoint)}\r\n\r\n`);
  }
}

/** What stands in a name must not end the line. */
function oneLine(name: string): string {
  return name.toWellFormed().replace(/[\r\n]/g, ' ');
}
