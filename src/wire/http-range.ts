/** Byte ranges of HTTP (RFC 9110 §14): what a request asks for and what a response says that it brings; owns no state. */

import type { HttpHeaders } from './http-head.ts';

/** Bytes [begin, end) of a resource. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

const DIGITS_MAX = 15;

/** The value of a `range` header for bytes [begin, end). */
export function formatRange(begin: number, end: number): string {
  return `bytes=${begin}-${end - 1}`;
}

/**
 * What a `range` header asks of a resource of that length. Null: all of it, as when there is no header, it makes no sense, or it asks
 * for several ranges, which a server need not serve. `unsatisfiable`: it lies behind the end.
 */
export function requestedRange(headers: HttpHeaders, length: number): ByteRange | 'unsatisfiable' | null {
  const match = new RegExp(`^bytes=(?:(\\d{1,${DIGITS_MAX}})-(\\d{1,${DIGITS_MAX}})?|-(\\d{1,${DIGITS_MAX}}))$`).exec(
    headers.get('range') ?? '',
  );
  if (match === null) return null;
  if (match[3] !== undefined) {
    const last = Number(match[3]);
    return last === 0 || length === 0 ? 'unsatisfiable' : { begin: Math.max(0, length - last), end: length };
  }
  const begin = Number(match[1]);
  const end = match[2] === undefined ? length : Math.min(length, Number(match[2]) + 1);
  if (match[2] !== undefined && Number(match[2]) < begin) return null;
  return begin >= length ? 'unsatisfiable' : { begin, end };
}

export interface ContentRange extends ByteRange {
  /** Of the whole resource; null when the server does not say. */
  readonly total: number | null;
}

/** What a 206 brings, or null when its `content-range` is missing or says no single range of bytes. */
export function contentRange(headers: HttpHeaders): ContentRange | null {
  const match = /^bytes +(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(headers.get('content-range') ?? '');
  if (match === null) return null;
  const [begin, end] = [Number(match[1]), Number(match[2]) + 1];
  const total = match[3] === '*' ? null : Number(match[3]);
  return begin >= end || (total !== null && end > total) ? null : { begin, end, total };
}

/** The length of the resource that a 416 tells (`bytes *\/1000`), or null. */
export function unsatisfiedLength(headers: HttpHeaders): number | null {
  const match = /^bytes +\*\/(\d{1,15})$/i.exec(headers.get('content-range') ?? '');
  return match === null ? null : Number(match[1]);
}
