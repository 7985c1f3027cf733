/** Bencoding (BEP 3): numbers, byte strings, lists and dictionaries; owns no state. The decoder is bounded against hostile input. */

import { latin1 } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { utf8Size, writeUtf8 } from '../core/utf8.ts';

/** Numbers are integers up to 2^53 - 1. Byte strings are views of what was decoded: copy what outlives it. */
export type Bencode = number | Uint8Array | readonly Bencode[] | BencodeDict;
/** Keys hold one byte a character (latin1). */
export type BencodeDict = ReadonlyMap<string, Bencode>;

/** What can be encoded: a string stands for its UTF-8 bytes. Keys hold one byte a character. */
export type BencodeInput = number | string | Uint8Array | readonly BencodeInput[] | ReadonlyMap<string, BencodeInput>;

/** Nesting in anything deployed stays below 10; a v2 file tree adds one for each folder (BEP 52). */
export const BENCODE_DEPTH_MAX = 64;
/** Values in one document, so that two bytes of `de` a time do not become gigabytes of objects. */
export const BENCODE_VALUES_MAX = 1_000_000;

/** Keys become strings, which cost more than their bytes; real ones are names of at most 255 bytes. */
export const BENCODE_KEY_BYTES_MAX = 1024;

export interface BencodeOptions {
  /**
   * Only the one canonical spelling: keys sorted and unique, numbers without leading zeros or a minus on zero, nothing behind the end.
   * Otherwise as deployed: any order, the first of equal keys counts, leading zeros, and what follows the value is left alone.
   */
  readonly strict?: boolean;
  readonly valuesMax?: number;
}

/** The value at the start of bytes[start, end). */
export function decodeBencode(bytes: Uint8Array, start = 0, end = bytes.length, options: BencodeOptions = {}): Bencode {
  const reader = new BencodeReader(bytes, start, end, options);
  const value = reader.value(0);
  if (options.strict === true && reader.at !== end) throw new MalformedMessage(`${end - reader.at} bytes behind the bencoded value`);
  return value;
}

/** Like decodeBencode, for what must be a dictionary. */
export function decodeBencodeDict(bytes: Uint8Array, start = 0, end = bytes.length, options: BencodeOptions = {}): BencodeDict {
  const value = decodeBencode(bytes, start, end, options);
  if (!isDict(value)) throw new MalformedMessage(`expected a bencoded dictionary, got ${describe(value)}`);
  return value;
}

/** A dictionary with something behind it, as in the metadata exchange (BEP 9): `end` is the offset after the dictionary. */
export function decodeBencodePrefix(
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  options: BencodeOptions = {},
): { dict: BencodeDict; end: number } {
  const reader = new BencodeReader(bytes, start, end, options);
  const dict = reader.value(0);
  if (!isDict(dict)) throw new MalformedMessage(`expected a bencoded dictionary, got ${describe(dict)}`);
  return { dict, end: reader.at };
}

/** The bytes, as they came, of the value of each key of the outermost dictionary, without reading those values; views. */
export function bencodeSpans(bytes: Uint8Array, start = 0, end = bytes.length): ReadonlyMap<string, Uint8Array> {
  const reader = new BencodeReader(bytes, start, end, {});
  const spans = new Map<string, Uint8Array>();
  if (reader.next() !== D) throw new MalformedMessage('expected a bencoded dictionary');
  reader.at++;
  while (reader.next() !== E) {
    const key = reader.key();
    const from = reader.at;
    reader.skip(1);
    if (!spans.has(key)) spans.set(key, bytes.subarray(from, reader.at));
  }
  return spans;
}

/** The values of a list one by one, so that a long list is never held whole. Throws where they are no list. */
export function* bencodeItems(bytes: Uint8Array, start = 0, end = bytes.length): Generator<Bencode, void> {
  const reader = new BencodeReader(bytes, start, end, {});
  if (reader.next() !== L) throw new MalformedMessage(`expected a bencoded list, got ${describe(decodeBencode(bytes, start, end))}`);
  reader.at++;
  while (reader.next() !== E) yield reader.value(1);
}

/** A dictionary of the entries that are not undefined. */
export function bencodeDict(entries: Readonly<Record<string, BencodeInput | undefined>>): ReadonlyMap<string, BencodeInput> {
  const dict = new Map<string, BencodeInput>();
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) dict.set(key, value);
  return dict;
}

export function encodeBencode(value: BencodeInput): Uint8Array {
  const bytes = new Uint8Array(bencodeSize(value));
  writeBencode(value, bytes, 0);
  return bytes;
}

export function bencodeSize(value: BencodeInput): number {
  if (typeof value === 'number') return String(value).length + 2;
  if (typeof value === 'string') return prefixed(utf8Size(value));
  if (value instanceof Uint8Array) return prefixed(value.length);
  let size = 2;
  if (isList(value)) for (const item of value) size += bencodeSize(item);
  else for (const [key, item] of value) size += prefixed(key.length) + bencodeSize(item);
  return size;
}

/** Writes the value, keys sorted, and returns the offset after it. */
export function writeBencode(value: BencodeInput, into: Uint8Array, offset: number): number {
  let at = offset;
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError(`bencoding has integers only, got ${value}`);
    into[at++] = I;
    at = writeLatin1(String(value), into, at);
  } else if (typeof value === 'string') {
    return writeUtf8(value, into, writeLatin1(`${utf8Size(value)}:`, into, at));
  } else if (value instanceof Uint8Array) {
    at = writeLatin1(`${value.length}:`, into, at);
    into.set(value, at);
    return at + value.length;
  } else if (isList(value)) {
    into[at++] = L;
    for (const item of value) at = writeBencode(item, into, at);
  } else {
    into[at++] = D;
    for (const key of [...value.keys()].sort(compareKeys)) {
      at = writeLatin1(`${key.length}:${key}`, into, at);
      at = writeBencode(value.get(key) as BencodeInput, into, at);
    }
  }
  into[at++] = E;
  return at;
}

/** Typed looks into a dictionary: null when the key is not there or holds something else. */
export function dictNumber(dict: BencodeDict, key: string): number | null {
  const value = dict.get(key);
  return typeof value === 'number' ? value : null;
}

export function dictBytes(dict: BencodeDict, key: string): Uint8Array | null {
  const value = dict.get(key);
  return value instanceof Uint8Array ? value : null;
}

export function dictList(dict: BencodeDict, key: string): readonly Bencode[] | null {
  const value = dict.get(key);
  return value !== undefined && isList(value) ? value : null;
}

export function dictDict(dict: BencodeDict, key: string): BencodeDict | null {
  const value = dict.get(key);
  return value !== undefined && isDict(value) ? value : null;
}

export function isDict(value: Bencode): value is BencodeDict {
  return value instanceof Map;
}

/** What a value is, for error messages. */
export function describe(value: Bencode | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return `the number ${value}`;
  if (value instanceof Uint8Array) return `a string of ${value.length} bytes`;
  return isDict(value) ? 'a dictionary' : 'a list';
}

const I = 0x69;
const L = 0x6c;
const D = 0x64;
const E = 0x65;
const COLON = 0x3a;
const MINUS = 0x2d;
/** Enough for 2^53 and some leading zeros. */
const DIGITS_MAX = 20;

/** Reads value by value, for what is too large or too deep to be held whole. `depth` counts how deep the value lies. */
export class BencodeReader {
  at: number;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private readonly strict: boolean;
  private valuesLeft: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length, options: BencodeOptions = {}) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.strict = options.strict === true;
    this.valuesLeft = options.valuesMax ?? BENCODE_VALUES_MAX;
  }

  next(): number {
    if (this.at >= this.end) throw new MalformedMessage(`bencoded value ends too soon, after ${this.end} bytes`);
    return this.bytes[this.at] as number;
  }

  value(depth: number): Bencode {
    const first = this.begin(depth);
    if (first === I) return this.integer();
    if (first === L) return this.list(depth);
    if (first === D) return this.dict(depth);
    return this.string();
  }

  /** Passes over a value, with the same checks and without making anything of it. */
  skip(depth: number): void {
    const first = this.begin(depth);
    if (first === I) this.integer();
    else if (first === L || first === D) {
      this.at++;
      while (this.next() !== E) {
        if (first === D) this.key();
        this.skip(depth + 1);
      }
      this.at++;
    } else {
      const length = this.length();
      this.at += length;
    }
  }

  /** Enters a dictionary: `key` and the value behind it follow, until `leaveDict` answers true. */
  enterDict(depth: number): void {
    const from = this.at;
    if (this.begin(depth) !== D) {
      this.skip(depth);
      throw new MalformedMessage(`expected a bencoded dictionary, got ${describe(decodeBencode(this.bytes, from, this.at))}`);
    }
    this.at++;
  }

  /** Whether the dictionary ends here. */
  leaveDict(): boolean {
    if (this.next() !== E) return false;
    this.at++;
    return true;
  }

  key(): string {
    const first = this.next();
    if (first < 0x30 || first > 0x39) throw new MalformedMessage(`expected a dictionary key at offset ${this.at}, got byte ${first}`);
    const length = this.length();
    if (length > BENCODE_KEY_BYTES_MAX) throw new MalformedMessage(`a dictionary key of ${length} bytes`);
    this.at += length;
    return latin1(this.bytes, this.at - length, this.at);
  }

  /** The first byte of a value that may be read here. */
  private begin(depth: number): number {
    if (this.valuesLeft-- <= 0) throw new MalformedMessage('too many bencoded values');
    if (depth > BENCODE_DEPTH_MAX) throw new MalformedMessage(`bencoded values are nested more than ${BENCODE_DEPTH_MAX} deep`);
    const first = this.next();
    if ((first >= 0x30 && first <= 0x39) || first === I || first === L || first === D) return first;
    throw new MalformedMessage(`expected a bencoded value at offset ${this.at}, got byte ${first}`);
  }

  private string(): Uint8Array {
    const length = this.length();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  private list(depth: number): readonly Bencode[] {
    const items: Bencode[] = [];
    this.at++;
    while (this.next() !== E) items.push(this.value(depth + 1));
    this.at++;
    return items;
  }

  private dict(depth: number): BencodeDict {
    const dict = new Map<string, Bencode>();
    let before: string | null = null;
    this.at++;
    while (this.next() !== E) {
      const key = this.key();
      if (this.strict && before !== null && before >= key)
        throw new MalformedMessage(`dictionary key ${JSON.stringify(key)} is out of order`);
      before = key;
      const value = this.value(depth + 1);
      if (!dict.has(key)) dict.set(key, value);
    }
    this.at++;
    return dict;
  }

  /** Reads `<digits>:`; the string that follows is known to be there. */
  private length(): number {
    const length = this.digits(COLON);
    if (length > this.end - this.at) throw new MalformedMessage(`a string of ${length} bytes where ${this.end - this.at} are left`);
    return length;
  }

  private integer(): number {
    this.at++;
    const negative = this.next() === MINUS;
    if (negative) this.at++;
    const number = this.digits(E);
    if (number !== 0) return negative ? -number : number;
    if (negative && this.strict) throw new MalformedMessage('a bencoded zero with a minus');
    return 0;
  }

  private digits(terminator: number): number {
    const from = this.at;
    let number = 0;
    let byte = this.next();
    while (byte >= 0x30 && byte <= 0x39) {
      number = number * 10 + (byte - 0x30);
      this.at++;
      if (this.at - from > DIGITS_MAX || number > Number.MAX_SAFE_INTEGER) throw new MalformedMessage('a bencoded number beyond 2^53 - 1');
      byte = this.next();
    }
    if (byte !== terminator || this.at === from) throw new MalformedMessage(`expected a digit at offset ${this.at}, got byte ${byte}`);
    if (this.strict && this.at - from > 1 && this.bytes[from] === 0x30) throw new MalformedMessage('a bencoded number with leading zeros');
    this.at++;
    return number;
  }
}

function isList(value: Bencode): value is readonly Bencode[];
function isList(value: BencodeInput): value is readonly BencodeInput[];
function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function prefixed(length: number): number {
  return String(length).length + 1 + length;
}

/** Characters are bytes here, so the order of code units is the raw order that BEP 3 asks for. */
function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function writeLatin1(text: string, into: Uint8Array, offset: number): number {
  for (let at = 0; at < text.length; at++) into[offset + at] = text.charCodeAt(at);
  return offset + text.length;
}
