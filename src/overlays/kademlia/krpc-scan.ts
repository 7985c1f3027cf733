/**
 * Reads a KRPC datagram in one pass, without making a tree of it: notes where each field lies, passes over what it does not know, in any
 * order of keys. Of two equal keys the first counts, as everywhere on this network. Owns the places of the message read last.
 */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';

const E = 0x65;
const I = 0x69;
const L = 0x6c;
const D = 0x64;
const COLON = 0x3a;
const ZERO = 0x30;
const MINUS = 0x2d;
/** Of what is passed over. Nobody nests deeper than 3. */
const DEPTH_MAX = 32;
/** Enough for an int64 with its sign. */
const DIGITS_MAX = 20;

/** A field is where its content begins and ends, without the bencoding around it; an absent one begins at -1. */
export class Span {
  start = -1;
  end = -1;

  get length(): number {
    return this.end - this.start;
  }

  get there(): boolean {
    return this.start >= 0;
  }
}

/** Names of fields; in which dictionary they stand decides nothing, as no two dictionaries share one. */
const STRINGS = ['id', 'target', 'info_hash', 'token', 'nodes', 'nodes6', 'k', 'sig', 'salt', 'samples', 'BFsd', 'BFpe'] as const;
const NUMBERS = ['port', 'implied_port', 'seed', 'noseed', 'scrape', 'seq', 'cas', 'interval', 'num'] as const;
type Name = (typeof STRINGS)[number] | (typeof NUMBERS)[number];

class Field extends Span {
  readonly name: Name;
  readonly isNumber: boolean;

  constructor(name: Name, isNumber: boolean) {
    super();
    this.name = name;
    this.isNumber = isNumber;
  }
}

export class KrpcScan {
  bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;
  readonly fields: Readonly<Record<Name, Field>>;
  private readonly all: readonly Field[];
  /** By length and first letters of the name. */
  private readonly byCode = new Map<number, Field>();
  /** Those found in this message, to be forgotten before the next. */
  private readonly found: Span[] = [];
  /** Of the envelope. */
  readonly transaction = new Span();
  readonly kind = new Span();
  readonly method = new Span();
  readonly version = new Span();
  readonly ip = new Span();
  readonly readOnly = new Span();
  readonly errorCode = new Span();
  readonly errorText = new Span();
  /** The bencoded value of `v` in the arguments. */
  readonly value = new Span();
  /** The items of `values` and `want`, with the brackets. */
  readonly values = new Span();
  readonly want = new Span();
  hasArguments = false;
  hasReturn = false;

  constructor() {
    this.all = [...STRINGS.map((name) => new Field(name, false)), ...NUMBERS.map((name) => new Field(name, true))];
    for (const field of this.all) this.byCode.set(codeOf(field.name), field);
    // The entries are one for each name of the type.
    this.fields = Object.fromEntries(this.all.map((field) => [field.name, field])) as Record<Name, Field>;
  }

  /** Throws MalformedMessage when it is no bencoded dictionary. */
  scan(bytes: Uint8Array, start: number, end: number): void {
    for (const span of this.found) span.start = -1;
    this.found.length = 0;
    this.hasArguments = false;
    this.hasReturn = false;
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    if (this.next() !== D) throw new MalformedMessage(`expected a bencoded dictionary, got byte ${this.next()}`);
    this.at++;
    while (this.next() !== E) this.envelopeEntry();
  }

  /** Calls back with each string of a list noted before. */
  eachString(list: Span, visit: (start: number, end: number) => void): void {
    this.at = list.start + 1;
    while (this.next() !== E) {
      if (this.next() < ZERO || this.next() > ZERO + 9) this.skip(1);
      else {
        const length = this.stringLength();
        visit(this.at, this.at + length);
        this.at += length;
      }
    }
  }

  text(span: Span): string {
    return latin1(this.bytes, span.start, span.end);
  }

  is(span: Span, text: string): boolean {
    if (span.length !== text.length) return false;
    for (let at = 0; at < text.length; at++) if (this.bytes[span.start + at] !== text.charCodeAt(at)) return false;
    return true;
  }

  /** A number that was noted; beyond 2^53 it is not exact. 0 when it is absent. */
  number(span: Span): number {
    if (!span.there) return 0;
    let value = 0;
    const negative = this.bytes[span.start] === MINUS;
    for (let at = negative ? span.start + 1 : span.start; at < span.end; at++) value = value * 10 + (this.bytes[at] as number) - ZERO;
    return negative && value !== 0 ? -value : value;
  }

  private envelopeEntry(): void {
    const length = this.stringLength();
    const start = this.at;
    this.at += length;
    const first = this.bytes[start] as number;
    if (length === 1) {
      switch (first) {
        case 0x61: // a
          this.hasArguments = this.body() || this.hasArguments;
          return;
        case 0x72: // r
          this.hasReturn = this.body() || this.hasReturn;
          return;
        case 0x65: // e
          this.error();
          return;
        case 0x71: // q
          this.string(this.method);
          return;
        case 0x74: // t
          this.string(this.transaction);
          return;
        case 0x76: // v
          this.string(this.version);
          return;
        case 0x79: // y
          this.string(this.kind);
          return;
        default:
      }
    } else if (length === 2) {
      if (first === 0x69 && this.bytes[start + 1] === 0x70) return this.string(this.ip); // ip
      if (first === 0x72 && this.bytes[start + 1] === 0x6f) return this.integer(this.readOnly); // ro
    }
    this.skip(1);
  }

  /** The dictionary of arguments or of returned values; false when it is none. */
  private body(): boolean {
    if (this.next() !== D) {
      this.skip(1);
      return false;
    }
    this.at++;
    while (this.next() !== E) this.bodyEntry();
    this.at++;
    return true;
  }

  private bodyEntry(): void {
    const length = this.stringLength();
    const start = this.at;
    this.at += length;
    if (length === 1 && this.bytes[start] === 0x76) return this.raw(this.value); // v
    const field = this.byCode.get(codeAt(this.bytes, start, length));
    if (field !== undefined && this.isName(start, field.name)) {
      if (field.isNumber) this.integer(field);
      else this.string(field);
    } else if (length === 6 && this.isName(start, 'values')) this.list(this.values);
    else if (length === 4 && this.isName(start, 'want')) this.list(this.want);
    else this.skip(2);
  }

  private isName(start: number, name: string): boolean {
    for (let at = 0; at < name.length; at++) if (this.bytes[start + at] !== name.charCodeAt(at)) return false;
    return true;
  }

  private error(): void {
    if (this.next() !== L) return this.skip(1);
    this.at++;
    if (this.next() === I) this.integer(this.errorCode);
    if (this.next() !== E) this.string(this.errorText);
    while (this.next() !== E) this.skip(2);
    this.at++;
  }

  /** Notes a string; something else is passed over. */
  private string(span: Span): void {
    const first = this.next();
    if (first < ZERO || first > ZERO + 9) return this.skip(2);
    const length = this.stringLength();
    this.note(span, this.at, this.at + length);
    this.at += length;
  }

  private integer(span: Span): void {
    if (this.next() !== I) return this.skip(2);
    const start = this.at + 1;
    this.skipInteger();
    this.note(span, start, this.at - 1);
  }

  private list(span: Span): void {
    if (this.next() === L) this.raw(span);
    else this.skip(2);
  }

  private raw(span: Span): void {
    const start = this.at;
    this.skip(2);
    this.note(span, start, this.at);
  }

  private note(span: Span, start: number, end: number): void {
    if (span.start >= 0) return;
    span.start = start;
    span.end = end;
    this.found.push(span);
  }

  private next(): number {
    if (this.at >= this.end) throw new MalformedMessage(`a KRPC message ends too soon, after ${this.end} bytes`);
    return this.bytes[this.at] as number;
  }

  private skip(depth: number): void {
    const first = this.next();
    if (first === I) this.skipInteger();
    else if (first === L || first === D) {
      if (depth > DEPTH_MAX) throw new MalformedMessage(`a KRPC message nests more than ${DEPTH_MAX} deep`);
      this.at++;
      while (this.next() !== E) {
        if (first === D) this.skipString();
        this.skip(depth + 1);
      }
      this.at++;
    } else this.skipString();
  }

  private skipString(): void {
    const length = this.stringLength();
    this.at += length;
  }

  private skipInteger(): void {
    this.at++;
    if (this.next() === MINUS) this.at++;
    const from = this.at;
    while (this.next() >= ZERO && this.next() <= ZERO + 9) this.at++;
    if (this.at === from || this.at - from > DIGITS_MAX || this.next() !== E) throw new MalformedMessage(`no bencoded number at ${from}`);
    this.at++;
  }

  /** Reads `<digits>:`; the string behind it is known to be there. */
  private stringLength(): number {
    let length = 0;
    const from = this.at;
    for (let byte = this.next(); byte !== COLON; byte = this.next()) {
      if (byte < ZERO || byte > ZERO + 9 || this.at - from > 5) throw new MalformedMessage(`expected a bencoded string at ${from}`);
      length = length * 10 + byte - ZERO;
      this.at++;
    }
    if (this.at === from) throw new MalformedMessage(`expected a bencoded string at ${from}`);
    this.at++;
    if (length > this.end - this.at) throw new MalformedMessage(`a string of ${length} bytes where ${this.end - this.at} are left`);
    return length;
  }
}

/** Tells the names apart: length, and the first three letters. */
function codeOf(name: string): number {
  return name.length | (charAt(name, 0) << 8) | (charAt(name, 1) << 16) | (charAt(name, 2) << 24);
}

function charAt(name: string, at: number): number {
  return at < name.length ? name.charCodeAt(at) : 0;
}

function codeAt(bytes: Uint8Array, start: number, length: number): number {
  let code = length & 0xff;
  if (length > 0) code |= (bytes[start] as number) << 8;
  if (length > 1) code |= (bytes[start + 1] as number) << 16;
  if (length > 2) code |= (bytes[start + 2] as number) << 24;
  return code;
}
