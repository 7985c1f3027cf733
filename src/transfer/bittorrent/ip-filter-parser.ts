/**
 * Reads lists of addresses to keep away from, a line an entry, in the formats that there are: eMule's ipfilter.dat
 * (`001.002.003.000 - 001.002.003.255 , 100 , name`), PeerGuardian's text (`name:1.2.3.0-1.2.3.255`), and plain addresses, ranges and CIDR
 * blocks of both kinds (`2001:db8::/32`). Lines of all of them may be mixed. Owns what was read so far.
 */

import { endpointOf } from '../../core/endpoint.ts';
import { IpFilter, isMapped } from './ip-filter.ts';
import { SortedRanges, wordAt } from './sorted-ranges.ts';

/** The largest public lists have half as many: 8 MB of memory for IPv4. */
export const IP_RANGES_MAX = 1_000_000;
const LINE_CHARS_MAX = 1024;
/** eMule blocks what has a level below this; from here on a line is there for information. */
const LEVEL_BLOCKED_BELOW = 128;
const RANGE = /^([\d.a-f:]+)\s*-\s*([\d.a-f:]+)\s*(?:,\s*(\d{1,3})\s*(?:,.*)?)?$/i;
const BLOCK = /^([\d.a-f:]+)(?:\s*\/\s*(\d{1,3}))?$/i;
const NAMED = /^.*:\s*([\d.]+)\s*-\s*([\d.]+)$/;
const COMMENT = /^(?:#|\/\/|;)/;
const BYTE_ORDER_MARK = /^(?:\u{feff}|\u{ef}\u{bb}\u{bf})/u;

/** It is no such list, or too long a one. */
export class IpFilterError extends Error {
  override readonly name = 'IpFilterError';
}

export interface ParsedIpFilter {
  readonly filter: IpFilter;
  /** Lines that block something, as they were written; the filter may have fewer ranges. */
  readonly entries: number;
  /** Lines that mean nothing here, and the first of them, counted from 1; 0 when there are none. */
  readonly badLines: number;
  readonly firstBadLine: number;
}

export class IpFilterParser {
  private readonly v4 = new Rows(1);
  private readonly v6 = new Rows(4);
  private rest = '';
  private line = 0;
  private badLines = 0;
  private firstBadLine = 0;
  private readonly rangesMax: number;

  constructor(rangesMax = IP_RANGES_MAX) {
    this.rangesMax = rangesMax;
  }

  /** The next part of the list, cut anywhere, a character a byte: names are not looked at. Throws IpFilterError when it is too long. */
  push(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() as string;
    for (const line of lines) this.take(line);
    // A line without end must not be gathered: as much as this is looked at, and found to be none.
    if (this.rest.length > LINE_CHARS_MAX) this.rest = this.rest.slice(0, LINE_CHARS_MAX + 1);
  }

  /** The last call. Throws IpFilterError when not one line makes sense. */
  finish(): ParsedIpFilter {
    if (this.rest !== '') this.take(this.rest.replace(/\r$/, ''));
    this.rest = '';
    const entries = this.v4.count + this.v6.count;
    const { badLines, firstBadLine } = this;
    if (entries === 0 && badLines > 0) {
      throw new IpFilterError(
        `expected lines like 1.2.3.0-1.2.3.255 or 10.0.0.0/8, got something else in all ${badLines} from line ${firstBadLine} on`,
      );
    }
    return { filter: new IpFilter(this.v4.sorted(), this.v6.sorted()), entries, badLines, firstBadLine };
  }

  private take(raw: string): void {
    this.line++;
    const line = (this.line === 1 ? raw.replace(BYTE_ORDER_MARK, '') : raw).trim();
    if (line === '' || COMMENT.test(line)) return;
    if (line.length <= LINE_CHARS_MAX && this.takeEntry(line)) return;
    this.badLines++;
    if (this.firstBadLine === 0) this.firstBadLine = this.line;
  }

  /** False for what is no entry. */
  private takeEntry(line: string): boolean {
    const range = RANGE.exec(line);
    if (range !== null) {
      const blocked = range[3] === undefined || Number(range[3]) < LEVEL_BLOCKED_BELOW;
      if (this.add(addressOf(range[1] as string), addressOf(range[2] as string), blocked)) return true;
    }
    const block = BLOCK.exec(line);
    if (block !== null) {
      const first = addressOf(block[1] as string);
      const bits = block[2] === undefined ? null : Number(block[2]);
      if (first !== null && this.add(masked(first, bits, 0), masked(first, bits, 0xff), true)) return true;
    }
    const named = NAMED.exec(line);
    return named !== null && this.add(addressOf(named[1] as string), addressOf(named[2] as string), true);
  }

  private add(first: Uint8Array | null, last: Uint8Array | null, blocked: boolean): boolean {
    if (first === null || last === null || first.length !== last.length) return false;
    if (first.length === 16 && isMapped(first) && isMapped(last)) return this.add(first.subarray(12), last.subarray(12), blocked);
    const rows = first.length === 4 ? this.v4 : this.v6;
    if (!rows.add(first, last, blocked)) return false;
    if (this.v4.count + this.v6.count <= this.rangesMax) return true;
    throw new IpFilterError(`expected at most ${this.rangesMax} ranges, got more at line ${this.line}`);
  }
}

/** Ranges in a growing array, as `SortedRanges` takes them. */
class Rows {
  count = 0;
  private readonly words: number;
  private rows: Uint32Array;

  constructor(words: number) {
    this.words = words;
    this.rows = new Uint32Array(2 * words * 64);
  }

  /** False when the first is above the last. With `keep` false that is all that is asked. */
  add(first: Uint8Array, last: Uint8Array, keep: boolean): boolean {
    const size = 2 * this.words;
    const start = this.count * size;
    if (start === this.rows.length) {
      const larger = new Uint32Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    const { rows, words } = this;
    let order = 0;
    for (let word = 0; word < words; word++) {
      rows[start + word] = wordAt(first, word * 4);
      rows[start + words + word] = wordAt(last, word * 4);
      if (order === 0) order = (rows[start + words + word] as number) - (rows[start + word] as number);
    }
    if (order < 0) return false;
    if (keep) this.count++;
    return true;
  }

  sorted(): SortedRanges {
    return new SortedRanges(this.words, this.rows.subarray(0, this.count * 2 * this.words));
  }
}

/** 4 or 16 bytes, or null. eMule fills numbers with zeros: here they are always decimal. */
function addressOf(text: string): Uint8Array | null {
  const plain = text.includes(':') ? text : text.replace(/(?<=^|\.)0+(?=\d)/g, '');
  return endpointOf(plain, 0)?.slice(0, -2) ?? null;
}

/** The address with all bits behind the first `bits` replaced; itself without a number of bits, null when there are not so many. */
function masked(address: Uint8Array, bits: number | null, fill: 0 | 0xff): Uint8Array | null {
  if (bits === null) return address;
  if (bits > address.length * 8) return null;
  return address.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, bits - index * 8));
    const mask = (0xff << (8 - kept)) & 0xff;
    return (byte & mask) | (fill & ~mask & 0xff);
  });
}
