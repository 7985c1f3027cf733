/**
 * What the first bytes of a film or a song say about the rest: where else in the file a player looks before it plays, and how long it lasts.
 * MP4 (ISO/IEC 14496-12 §8.1–8.2), Matroska and WebM (RFC 9559), AVI, Ogg (RFC 3533), MPEG-TS. Bytes of strangers; owns no state.
 */

import { latin1 } from '../core/bytes.ts';
import type { ByteRange } from './http-range.ts';

export interface MediaHead {
  /** Bytes of the file, behind the head, that a player asks for before it plays or seeks; null when there are none, or it is not known. */
  readonly index: ByteRange | null;
  /** Null when the head does not say. */
  readonly seconds: number | null;
}

/** So much of the beginning is enough, unless pictures or fonts come before what is looked for. */
export const MEDIA_HEAD_BYTES = 64 << 10;
/** The index of ten hours of film. */
const INDEX_BYTES_MAX = 8 << 20;
/** Matroska does not say how long its cues are before they begin. */
const CUES_BYTES_MAX = 1 << 20;
/** The last page of Ogg tells the length; it has at most this size (RFC 3533 §6). */
const OGG_PAGE_BYTES_MAX = 65_307;
/** How far before the end players look for the last time stamp. */
const TS_TAIL_BYTES = 256 << 10;
const TS_PACKET_BYTES = 188;
/** Longer than anything that is played: what says so is damaged. */
const SECONDS_MAX = 1_000_000;

const NOTHING: MediaHead = { index: null, seconds: null };

/** `length` is that of the file; `head` are its first bytes, as many as are at hand. */
export function readMediaHead(head: Uint8Array, length: number): MediaHead {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (tag(head, 0) === 'OggS') return { index: tail(length, OGG_PAGE_BYTES_MAX), seconds: null };
  if (tag(head, 0) === 'RIFF' && tag(head, 8) === 'AVI ') return readAvi(head, view, length);
  if (head.length >= 4 && view.getUint32(0) === EBML) return readMatroska(view, length);
  if (head[0] === 0x47 && head[TS_PACKET_BYTES] === 0x47) return { index: tail(length, TS_TAIL_BYTES), seconds: null };
  return MP4_FIRST.has(tag(head, 4)) ? readMp4(head, view, length) : NOTHING;
}

function tag(bytes: Uint8Array, at: number): string {
  return at + 4 <= bytes.length ? latin1(bytes, at, at + 4) : '';
}

function tail(length: number, bytes: number): ByteRange {
  return { begin: Math.max(0, length - bytes), end: length };
}

/** Null where it lies in the head, or nowhere. */
function behind(head: DataView, begin: number, bytesMax: number, length: number): ByteRange | null {
  return begin < head.byteLength || begin >= length ? null : { begin, end: Math.min(length, begin + bytesMax) };
}

function plausible(seconds: number): number | null {
  return seconds > 0 && seconds < SECONDS_MAX ? seconds : null;
}

// ---- MP4 -----------------------------------------------------------------------------------------------------------------

/** Boxes that a file may begin with. */
const MP4_FIRST: ReadonlySet<string> = new Set(['ftyp', 'moov', 'mdat', 'free', 'skip', 'wide', 'pnot', 'styp']);
const BOX_HEAD_BYTES = 8;
const LONG_BOX_HEAD_BYTES = 16;

interface Box {
  readonly kind: string;
  readonly begin: number;
  readonly end: number;
}

/** The box that begins there, null where none does. One that says no length goes on to the end of the file. */
function boxAt(bytes: Uint8Array, view: DataView, at: number, length: number): Box | null {
  const kind = tag(bytes, at + 4);
  if (kind === '') return null;
  const short = view.getUint32(at);
  if (short === 1 && at + LONG_BOX_HEAD_BYTES > view.byteLength) return null;
  const size = short === 1 ? view.getUint32(at + 8) * 0x1_0000_0000 + view.getUint32(at + 12) : short === 0 ? length - at : short;
  const headBytes = short === 1 ? LONG_BOX_HEAD_BYTES : BOX_HEAD_BYTES;
  return size < headBytes ? null : { kind, begin: at + headBytes, end: at + size };
}

/** The index (`moov`) comes before the pictures and sounds (`mdat`) or behind them, as the program that wrote the file found convenient. */
function readMp4(bytes: Uint8Array, view: DataView, length: number): MediaHead {
  let at = 0;
  for (let box = boxAt(bytes, view, at, length); box !== null; box = boxAt(bytes, view, at, length)) {
    if (box.kind === 'moov') return { index: null, seconds: moovSeconds(bytes, view, box) };
    if (box.kind === 'mdat') return { index: behind(view, box.end, INDEX_BYTES_MAX, length), seconds: null };
    at = box.end;
  }
  return NOTHING;
}

function moovSeconds(bytes: Uint8Array, view: DataView, { begin, end }: Box): number | null {
  let at = begin;
  for (let box = boxAt(bytes, view, at, end); box !== null && box.end <= end; box = boxAt(bytes, view, at, end)) {
    if (box.kind === 'mvhd' && box.begin + 32 <= view.byteLength) {
      const isLong = bytes[box.begin] === 1;
      const scale = view.getUint32(box.begin + (isLong ? 20 : 12));
      const units = isLong
        ? view.getUint32(box.begin + 24) * 0x1_0000_0000 + view.getUint32(box.begin + 28)
        : view.getUint32(box.begin + 16);
      return plausible(units / scale);
    }
    at = box.end;
  }
  return null;
}

// ---- Matroska ------------------------------------------------------------------------------------------------------------

const EBML = 0x1a45dfa3;
const Element = {
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  cues: 0x1c53bb6b,
  cluster: 0x1f43b675,
} as const;
/** Nanoseconds in a unit of time, unless the file says otherwise. */
const TIMESTAMP_SCALE_DEFAULT = 1_000_000;
/** Of a head; a damaged one could have one in every two bytes. */
const ELEMENTS_MAX = 1000;

interface EbmlElement {
  readonly id: number;
  readonly begin: number;
  /** Infinity where the length is not known, as in a live stream. */
  readonly end: number;
}

function elementAt(view: DataView, at: number): EbmlElement | null {
  const id = variableInteger(view, at, 4, true);
  const size = id === null ? null : variableInteger(view, at + id.bytes, 8, false);
  if (id === null || size === null) return null;
  const begin = at + id.bytes + size.bytes;
  return { id: id.value, begin, end: begin + size.value };
}

/** RFC 8794 §4; with its marker where it is an identifier. All ones are "not known". */
function variableInteger(view: DataView, at: number, bytesMax: number, marked: boolean): { value: number; bytes: number } | null {
  if (at >= view.byteLength) return null;
  const first = view.getUint8(at);
  const bytes = Math.clz32(first) - 23;
  if (bytes > bytesMax || at + bytes > view.byteLength) return null;
  let value = marked ? first : first & (0xff >> bytes);
  let isUnknown = value === 0xff >> bytes;
  for (let index = 1; index < bytes; index++) {
    const next = view.getUint8(at + index);
    isUnknown &&= next === 0xff;
    value = value * 256 + next;
  }
  return { value: isUnknown && !marked ? Number.POSITIVE_INFINITY : value, bytes };
}

function unsigned(view: DataView, { begin, end }: EbmlElement): number {
  let value = 0;
  for (let at = begin; at < Math.min(end, begin + 8) && at < view.byteLength; at++) value = value * 256 + view.getUint8(at);
  return value;
}

function readMatroska(view: DataView, length: number): MediaHead {
  const found = { cues: -1, scale: TIMESTAMP_SCALE_DEFAULT, duration: 0 };
  let dataBegin = 0;
  let at = 0;
  for (let count = 0; count < ELEMENTS_MAX; count++) {
    const element = elementAt(view, at);
    if (element === null || element.id === Element.cluster) break;
    if (element.id === Element.segment) dataBegin = element.begin;
    // What these hold is looked at, in turn; everything else is stepped over.
    const isOpened = element.id === Element.segment || element.id === Element.seekHead || element.id === Element.info;
    if (element.id === Element.seek) readSeek(view, element, dataBegin, found);
    else if (element.id === Element.timestampScale) found.scale = unsigned(view, element);
    else if (element.id === Element.duration) found.duration = float(view, element);
    at = isOpened ? element.begin : element.end;
  }
  const index = found.cues < 0 ? null : behind(view, found.cues, CUES_BYTES_MAX, length);
  return { index, seconds: plausible((found.duration * found.scale) / 1e9) };
}

function readSeek(view: DataView, seek: EbmlElement, dataBegin: number, found: { cues: number }): void {
  const id = elementAt(view, seek.begin);
  const position = id === null ? null : elementAt(view, id.end);
  if (id?.id !== Element.seekId || position?.id !== Element.seekPosition) return;
  if (unsigned(view, id) === Element.cues) found.cues = dataBegin + unsigned(view, position);
}

function float(view: DataView, { begin, end }: EbmlElement): number {
  if (end > view.byteLength) return 0;
  return end - begin === 8 ? view.getFloat64(begin) : end - begin === 4 ? view.getFloat32(begin) : 0;
}

// ---- AVI -----------------------------------------------------------------------------------------------------------------

const RIFF_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;

/** Lists one after the other; the index (`idx1`) is behind the list of pictures and sounds (`movi`). Numbers are little-endian. */
function readAvi(bytes: Uint8Array, view: DataView, length: number): MediaHead {
  let seconds: number | null = null;
  for (let at = RIFF_HEAD_BYTES; at + RIFF_HEAD_BYTES <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const kind = tag(bytes, at + CHUNK_HEAD_BYTES);
    // Chunks begin at even places.
    const next = at + CHUNK_HEAD_BYTES + size + (size & 1);
    if (tag(bytes, at) === 'LIST' && kind === 'hdrl') seconds = aviSeconds(bytes, view, at + RIFF_HEAD_BYTES);
    if (tag(bytes, at) === 'LIST' && kind === 'movi') return { index: behind(view, next, INDEX_BYTES_MAX, length), seconds };
    at = next;
  }
  return { index: null, seconds };
}

/** The main header (`avih`): microseconds a picture first, the number of pictures fifth. */
function aviSeconds(bytes: Uint8Array, view: DataView, at: number): number | null {
  if (tag(bytes, at) !== 'avih' || at + CHUNK_HEAD_BYTES + 20 > view.byteLength) return null;
  return plausible((view.getUint32(at + CHUNK_HEAD_BYTES, true) * view.getUint32(at + CHUNK_HEAD_BYTES + 16, true)) / 1e6);
}
