/**
 * HTTP/1.1 (RFC 9112) as framings and codecs, for trackers, web seeds and Gnutella; owns no state. Client and server logic (which
 * response belongs to which request) is the protocol's.
 */

import type { Codec } from '../core/codec.ts';
import { MalformedMessage } from '../core/codec.ts';
import type { Deframer, Framing } from '../core/framing.ts';
import { HttpDeframer } from './http-deframer.ts';
import type { HttpBodyEnd, HttpHeaders, HttpRequest, HttpResponse } from './http-head.ts';
import { decodeRequestHead, decodeResponseHead } from './http-head.ts';

/** What a server receives: requests with their body whole (at most HTTP_BODY_BYTES_MAX). */
export const httpRequests: Framing<HttpRequest> = {
  name: 'http requests',
  deframer: (): Deframer<HttpRequest> => new HttpDeframer(decodeRequestHead, true),
};

/** What a client receives: responses with their body whole. A body without a length ends with the stream and is not for this framing. */
export const httpResponses: Framing<HttpResponse> = {
  name: 'http responses',
  deframer: (): Deframer<HttpResponse> => new HttpDeframer(decodeResponseHead, true),
};

/**
 * What a client of large files receives: the head, then the body as bulk slices. It is over after `httpBodyBytes(head)` bytes, less
 * what the head brought along; when that is HTTP_CHUNKED, at HTTP_BODY_END; when it is HTTP_UNTIL_END, at the end of the stream. A
 * short text that goes with a failure (HTTP_NOTE_BYTES_MAX) comes in the head.
 */
export const httpBulkResponses: Framing<HttpResponse | HttpBodyEnd, HttpResponse> = {
  name: 'http bulk responses',
  deframer: (): Deframer<HttpResponse | HttpBodyEnd, HttpResponse> => new HttpDeframer(decodeResponseHead, false),
};

/** A request head with its body, if any, behind it. `headers` say its length: see `httpBodyBytes`. */
export const httpRequest: Codec<HttpRequest> = {
  name: 'http request',
  size: (message) => message.method.length + message.target.length + 12 + headersBytes(message.headers) + message.body.length,
  encode(message, into, offset) {
    const at = writeText(`${message.method} ${message.target} HTTP/1.${message.minor}\r\n`, into, offset);
    return writeRest(message.headers, message.body, into, at);
  },
  decode: (bytes, start, end) => decodeWhole(bytes, start, end, decodeRequestHead),
};

export const httpResponse: Codec<HttpResponse> = {
  name: 'http response',
  size: (message) => 15 + message.reason.length + headersBytes(message.headers) + message.body.length,
  encode(message, into, offset) {
    const at = writeText(`HTTP/1.${message.minor} ${message.status} ${message.reason}\r\n`, into, offset);
    return writeRest(message.headers, message.body, into, at);
  },
  decode: (bytes, start, end) => decodeWhole(bytes, start, end, decodeResponseHead),
};

/**
 * A part of a body, for `sendBulk` behind a head that told its length: nothing by itself. Its receiver counts the parts: a host that
 * passes messages on tells where in its part a slice lies, not where in the body.
 */
export const httpBodyPart: Codec<HttpResponse> = {
  name: 'http body part',
  size: () => 0,
  encode: (_head, _into, offset) => offset,
  decode() {
    throw new MalformedMessage('a part of a body is no message of its own');
  },
};

/** One message that fills the bytes, body included. */
function decodeWhole<M>(bytes: Uint8Array, start: number, end: number, decodeHead: (b: Uint8Array, s: number, e: number) => M): M {
  let message: M | null = null;
  const deframer = new HttpDeframer(decodeHead as never, true);
  deframer.push(bytes, start, end, {
    open: true,
    onMessage(decoded) {
      if (message !== null) throw new MalformedMessage('one HTTP message is expected, got a second one');
      message = decoded as M;
    },
    onBulk() {},
  });
  if (message === null || !deframer.idle) throw new MalformedMessage('one whole HTTP message is expected');
  return message;
}

function headersBytes(headers: HttpHeaders): number {
  let bytes = 2;
  for (const [name, value] of headers) bytes += name.length + value.length + 4;
  return bytes;
}

function writeRest(headers: HttpHeaders, body: Uint8Array, into: Uint8Array, offset: number): number {
  let at = offset;
  for (const [name, value] of headers) at = writeText(`${name}: ${value}\r\n`, into, at);
  at = writeText('\r\n', into, at);
  into.set(body, at);
  return at + body.length;
}

function writeText(text: string, into: Uint8Array, at: number): number {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index);
  return at + text.length;
}
