/**
 * Walks through a file from one of its parts to the next, as its format says, while the bytes come in order: MP3 (ISO/IEC 11172-3), Ogg (RFC 3533), MPEG-TS, MP4
 * (ISO/IEC 14496-12), RIFF and Matroska. What does not begin where it should is counted. Bytes of strangers; a walker owns where it stands.
 */

import { latin1 } from '../core/bytes.ts';

export interface MediaWalker {
  /** Where the next part begins that has to be looked at, and how many bytes of it; Infinity: nothing more. */
  nextAt: number;
  readonly headBytes: number;
  /** Moves on. */
  onHead(head: Uint8Array): void;
  /** Times that a part did not begin where the one before said, and bytes that were passed over for it. */
  readonly losses: number;
  readonly lostBytes: number;
  /** How long the file has to be, by its own word; 0 where it says nothing. */
  readonly bytesSaid: number;
  /** What was walked through plays so long; 0 where that cannot be told. */
  readonly seconds: number;
  /** True when the last part that was seen is the last there is, or the format does not tell. */
  readonly isComplete: boolean;
}

/** By the first bytes, 16 or more of them; null for a format that is not known here. */
export function walkerOf(first: Uint8Array, totalBytes: number): MediaWalker | null {
  if (latin1(first, 0, 3) === 'ID3' || isFrame(first)) return new Mp3Walker(totalBytes);
  if (latin1(first, 0, 4) === 'OggS') return new OggWalker();
  if (latin1(first, 0, 4) === 'RIFF') return new SizedWalker(8 + (littleU32(first, 4) || 0));
  if (first[0] === 0x1a && first[1] === 0x45 && first[2] === 0xdf && first[3] === 0xa3) return new MatroskaWalker();
  if (MP4_FIRST.has(latin1(first, 4, 8))) return new Mp4Walker(totalBytes);
  return first[0] === TS_SYNC && first[4] !== undefined && totalBytes % TS_PACKET_BYTES === 0 ? new TsWalker(totalBytes) : null;
}

const RUN_BYTES_MAX = 64 << 10;
const LONG_STEP_BYTES = 1_000;

abstract class Walker implements MediaWalker {
  nextAt = 0;
  losses = 0;
  lostBytes = 0;
  bytesSaid = 0;
  seconds = 0;
  isComplete = true;
  abstract readonly headBytes: number;
  /** Passed over since the last part. */
  private runBytes = 0;

  abstract onHead(head: Uint8Array): void;

  protected lost(stepBytes: number): void {
    if (this.runBytes === 0) this.losses++;
    // What is no part for so long is looked at here and there only, or a film of nothing would cost a look a byte.
    const step = this.runBytes < RUN_BYTES_MAX ? stepBytes : LONG_STEP_BYTES;
    this.runBytes += step;
    this.lostBytes += step;
    this.nextAt += step;
  }

  protected found(partBytes: number): void {
    this.runBytes = 0;
    this.nextAt += partBytes;
  }
}

// ---- MP3 -----------------------------------------------------------------------------------------------------------------

const KBPS_V1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBPS_V2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const HERTZ = [44_100, 48_000, 32_000];
const TAG_V1_BYTES = 128;

/** Layer III of any version, with a bit rate and a frequency that there are. */
function isFrame(head: Uint8Array): boolean {
  const [first = 0, second = 0, third = 0] = head;
  const isSync = first === 0xff && (second & 0xe6) === 0xe2 && (second & 0x18) !== 0x08;
  return isSync && third >>> 4 > 0 && third >>> 4 < 15 && ((third >>> 2) & 3) < 3;
}

class Mp3Walker extends Walker {
  /** A frame's head and side information, and the Xing header behind it. */
  readonly headBytes = 52;
  private readonly totalBytes: number;
  private isFirst = true;

  constructor(totalBytes: number) {
    super();
    this.totalBytes = totalBytes;
  }

  onHead(head: Uint8Array): void {
    if (this.nextAt === 0 && latin1(head, 0, 3) === 'ID3') {
      const [, , , , , , a = 0, b = 0, c = 0, d = 0] = head;
      return this.found(10 + (((a & 127) << 21) | ((b & 127) << 14) | ((c & 127) << 7) | (d & 127)));
    }
    // The tag at the end is no part of the sound.
    if (this.totalBytes - this.nextAt <= TAG_V1_BYTES && latin1(head, 0, 3) === 'TAG') return this.found(TAG_V1_BYTES);
    if (!isFrame(head)) return this.lost(1);
    const [, second = 0, third = 0] = head;
    const isV1 = (second & 0x18) === 0x18;
    const halves = isV1 ? 1 : (second & 0x18) === 0 ? 4 : 2;
    const hertz = (HERTZ[(third >>> 2) & 3] as number) / halves;
    const kbps = (isV1 ? KBPS_V1 : KBPS_V2)[third >>> 4] as number;
    if (this.isFirst) this.readXing(head);
    this.isFirst = false;
    this.seconds += (isV1 ? 1152 : 576) / hertz;
    this.found(Math.floor(((isV1 ? 144_000 : 72_000) * kbps) / hertz) + ((third >>> 1) & 1));
  }

  /** How many bytes of sound there are, as the program wrote down that made them. */
  private readXing(head: Uint8Array): void {
    const text = latin1(head);
    const at = Math.max(text.indexOf('Xing'), text.indexOf('Info'));
    if (at < 0 || at + 16 > head.length) return;
    const flags = head[at + 7] as number;
    if ((flags & 3) === 3) this.bytesSaid = this.nextAt + bigU32(head, at + 12);
  }
}

// ---- Ogg -----------------------------------------------------------------------------------------------------------------

const OGG_HEAD_BYTES = 27;
const OGG_END = 4;

class OggWalker extends Walker {
  readonly headBytes = OGG_HEAD_BYTES + 255;
  /** The number of the next page of each stream. */
  private readonly pages = new Map<number, number>();

  onHead(head: Uint8Array): void {
    if (latin1(head, 0, 4) !== 'OggS' || head.length < OGG_HEAD_BYTES) return this.lost(1);
    const stream = littleU32(head, 14);
    const page = littleU32(head, 18);
    const expected = this.pages.get(stream);
    // A page out of its turn is a part out of its place, though it begins where one should.
    if (expected !== undefined && page !== expected) this.losses++;
    if (this.pages.size < 64 || expected !== undefined) this.pages.set(stream, page + 1);
    this.isComplete = ((head[5] as number) & OGG_END) !== 0;
    const segments = head[26] as number;
    let bytes = OGG_HEAD_BYTES + segments;
    for (let index = 0; index < segments; index++) bytes += head[OGG_HEAD_BYTES + index] ?? 0;
    this.found(bytes);
  }
}

// ---- MPEG-TS ---------------------------------------------------------------------------------------------------------------

const TS_SYNC = 0x47;
const TS_PACKET_BYTES = 188;

class TsWalker extends Walker {
  readonly headBytes = 1;
  private readonly totalBytes: number;

  constructor(totalBytes: number) {
    super();
    this.totalBytes = totalBytes;
  }

  onHead(head: Uint8Array): void {
    if (head[0] === TS_SYNC) this.found(TS_PACKET_BYTES);
    else this.lost(1);
    if (this.nextAt >= this.totalBytes) this.nextAt = Number.POSITIVE_INFINITY;
  }
}

// ---- what says how long it is --------------------------------------------------------------------------------------------------

/** RIFF: one length for all. */
class SizedWalker extends Walker {
  readonly headBytes = 0;

  constructor(bytesSaid: number) {
    super();
    this.bytesSaid = bytesSaid;
    this.nextAt = Number.POSITIVE_INFINITY;
  }

  onHead(): void {}
}

const MP4_FIRST: ReadonlySet<string> = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp']);
const MP4_KIND = /^[A-Za-z0-9 ]{4}$/;

class Mp4Walker extends Walker {
  readonly headBytes = 16;
  private readonly totalBytes: number;

  constructor(totalBytes: number) {
    super();
    this.totalBytes = totalBytes;
  }

  onHead(head: Uint8Array): void {
    const short = bigU32(head, 0);
    const size = short === 1 ? bigU32(head, 8) * 0x1_0000_0000 + bigU32(head, 12) : short === 0 ? this.totalBytes - this.nextAt : short;
    if (!MP4_KIND.test(latin1(head, 4, 8)) || size < 8) {
      // There is no sign by which the next box could be found.
      this.lost(this.totalBytes - this.nextAt);
      return;
    }
    this.found(size);
    this.bytesSaid = this.nextAt;
  }
}

const SEGMENT = 0x18538067;

class MatroskaWalker extends Walker {
  readonly headBytes = 12;

  onHead(head: Uint8Array): void {
    const isSegment = bigU32(head, 0) === SEGMENT;
    const first = head[4] as number;
    const bytes = Math.clz32(first) - 23;
    let size = first & (0xff >> bytes);
    let isUnknown = size === 0xff >> bytes;
    for (let index = 1; index < bytes; index++) {
      isUnknown &&= head[4 + index] === 0xff;
      size = size * 256 + (head[4 + index] ?? 0);
    }
    const end = this.nextAt + 4 + bytes + size;
    if (isSegment && !isUnknown) this.bytesSaid = end;
    // Behind the segment there is nothing, and what comes first is its head.
    this.nextAt = isSegment || isUnknown || bytes > 8 ? Number.POSITIVE_INFINITY : end;
  }
}

function bigU32(bytes: Uint8Array, at: number): number {
  return (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
}

function littleU32(bytes: Uint8Array, at: number): number {
  return (((bytes[at + 3] ?? 0) << 24) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at] ?? 0)) >>> 0;
}
