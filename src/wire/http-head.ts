/** Request and response heads of HTTP/1.1 (RFC 9112): what they are, how they are read, and what body follows them; owns no state. */

import { latin1 } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';

/** Request or status line and headers together. */
export const HTTP_HEAD_BYTES_MAX = 16_384;
export const HTTP_HEADERS_MAX = 100;
/** A body that is handed over whole, inside its message. */
export const HTTP_BODY_BYTES_MAX = 1 << 20;

/** Names in lower case; the values of a name that came twice are joined by a comma, as RFC 9110 allows. */
export type HttpHeaders = ReadonlyMap<string, string>;

export interface HttpRequest {
  readonly method: string;
  /** As it came: path and query, percent-encoded. */
  readonly target: string;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly minor: 0 | 1;
  readonly headers: HttpHeaders;
  /** The body where the framing gathers bodies, else empty. */
  readonly body: Uint8Array;
}

export interface HttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly minor: 0 | 1;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
}

/** The last chunk of a chunked body has come, and its trailers were dropped. Only framings that do not gather report it. */
export interface HttpBodyEnd {
  readonly end: true;
}

export const HTTP_BODY_END: HttpBodyEnd = { end: true };
export const NO_BODY = new Uint8Array(0);

/** A failure with no more text than this is handed over whole also where bodies are passed on: it is read, not kept. */
export const HTTP_NOTE_BYTES_MAX = 1024;

export const HTTP_CHUNKED = -1;
export const HTTP_UNTIL_END = -2;

/** Bytes of the body that follows a head, or HTTP_CHUNKED, or HTTP_UNTIL_END (responses only). Throws MalformedMessage. */
export function httpBodyBytes(head: HttpRequest | HttpResponse): number {
  const status = 'status' in head ? head.status : 0;
  if ((status >= 100 && status < 200) || status === 204 || status === 304) return 0;
  const coding = head.headers.get('transfer-encoding');
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new MalformedMessage(`transfer-encoding chunked is understood, got ${coding}`);
    // RFC 9112 §6.1: both headers at once is how requests are smuggled past a proxy.
    if (head.headers.has('content-length')) throw new MalformedMessage('content-length and transfer-encoding exclude each other');
    return HTTP_CHUNKED;
  }
  const length = head.headers.get('content-length');
  if (length === undefined) return status === 0 ? 0 : HTTP_UNTIL_END;
  if (!/^\d{1,15}$/.test(length)) throw new MalformedMessage(`content-length is a number, got ${length}`);
  return Number(length);
}

/** True when the connection stays open after this message (RFC 9112 §9.3). */
export function httpKeepsAlive(head: HttpRequest | HttpResponse): boolean {
  const connection = head.headers.get('connection');
  if (connection === undefined) return head.minor === 1;
  const options = connection.toLowerCase();
  return head.minor === 1 ? !options.includes('close') : options.includes('keep-alive');
}

/** `bytes` are the head with the empty line that ends it. */
export function decodeRequestHead(bytes: Uint8Array, start: number, end: number): HttpRequest {
  const lines = headLines(bytes, start, end);
  const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/.exec(lines[0] as string);
  if (match === null) throw new MalformedMessage(`a request line of HTTP/1.0 or 1.1 is expected, got ${lines[0]?.slice(0, 80)}`);
  return {
    method: match[1] as string,
    target: match[2] as string,
    minor: match[3] === '1' ? 1 : 0,
    headers: decodeHeaders(lines),
    body: NO_BODY,
  };
}

export function decodeResponseHead(bytes: Uint8Array, start: number, end: number): HttpResponse {
  const lines = headLines(bytes, start, end);
  const match = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([^\r\n]*))?$/.exec(lines[0] as string);
  if (match === null) throw new MalformedMessage(`a status line of HTTP/1.0 or 1.1 is expected, got ${lines[0]?.slice(0, 80)}`);
  return {
    status: Number(match[2]),
    reason: match[3] ?? '',
    minor: match[1] === '1' ? 1 : 0,
    headers: decodeHeaders(lines),
    body: NO_BODY,
  };
}

function headLines(bytes: Uint8Array, start: number, end: number): string[] {
  const lines = latin1(bytes, start, end).split('\r\n');
  // The empty line and what follows the last line break.
  lines.length -= 2;
  if (lines.length > HTTP_HEADERS_MAX + 1) throw new MalformedMessage(`at most ${HTTP_HEADERS_MAX} headers are taken, got ${lines.length}`);
  return lines;
}

function decodeHeaders(lines: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string;
    const colon = line.indexOf(':');
    if (colon < 1 || !HEADER_NAME.test(line.slice(0, colon))) {
      throw new MalformedMessage(`a header is "name: value", got ${line.slice(0, 80)}`);
    }
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (HEADER_BREAK.test(value)) throw new MalformedMessage(`header ${name} has a line break or NUL inside`);
    const earlier = headers.get(name);
    if (earlier === undefined) headers.set(name, value);
    else if (value !== '') headers.set(name, `${earlier}, ${value}`);
  }
  return headers;
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_BREAK = /[\r\n\0]/;
