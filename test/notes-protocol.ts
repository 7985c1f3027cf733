/**
 * A small protocol for tests of hosts: notes of text, parcels with a body, raw bytes that are neither, and lines for streams that
 * are upgraded. Note: 1, u16 length, UTF-8. Parcel: 2, u32 tag, u32 length, then the body.
 */

import type { Codec } from '../src/core/codec.ts';
import { MalformedMessage } from '../src/core/codec.ts';
import type { Deframer, Framing, FrameSink } from '../src/core/framing.ts';

export interface Note {
  readonly text: string;
}

export interface Parcel {
  readonly tag: number;
  readonly length: number;
}

const NOTE = 1;
const PARCEL = 2;
const NOTE_HEAD_BYTES = 3;
const PARCEL_HEAD_BYTES = 9;
const LINE_BYTES_MAX = 1000;

export const noteCodec: Codec<Note> = {
  name: 'note',
  size: (note) => NOTE_HEAD_BYTES + Buffer.byteLength(note.text),
  encode(note, into, offset) {
    const text = Buffer.from(note.text);
    into.set([NOTE, text.length >> 8, text.length & 0xff], offset);
    into.set(text, offset + NOTE_HEAD_BYTES);
    return offset + NOTE_HEAD_BYTES + text.length;
  },
  decode(bytes, start, end) {
    if (end - start < NOTE_HEAD_BYTES || bytes[start] !== NOTE) throw new MalformedMessage('a note expected');
    const length = ((bytes[start + 1] as number) << 8) | (bytes[start + 2] as number);
    if (end - start !== NOTE_HEAD_BYTES + length) throw new MalformedMessage(`${length} bytes of text expected, got ${end - start}`);
    return { text: Buffer.from(bytes.subarray(start + NOTE_HEAD_BYTES, end)).toString() };
  },
};

export const parcelCodec: Codec<Parcel> = {
  name: 'parcel',
  size: () => PARCEL_HEAD_BYTES,
  encode(parcel, into, offset) {
    const view = new DataView(into.buffer, into.byteOffset);
    view.setUint8(offset, PARCEL);
    view.setUint32(offset + 1, parcel.tag);
    view.setUint32(offset + 5, parcel.length);
    return offset + PARCEL_HEAD_BYTES;
  },
  decode(bytes, start, end) {
    if (end - start !== PARCEL_HEAD_BYTES || bytes[start] !== PARCEL) throw new MalformedMessage('the head of a parcel expected');
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return { tag: view.getUint32(start + 1), length: view.getUint32(start + 5) };
  },
};

/** Bytes as they are: how a test sends what is no message. */
export const rawCodec: Codec<Uint8Array> = {
  name: 'raw',
  size: (bytes) => bytes.length,
  encode(bytes, into, offset) {
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode: (bytes, start, end) => bytes.slice(start, end),
};

/** One character, and known by it. */
export function markCodec(mark: string): Codec<string> {
  const byte = mark.charCodeAt(0);
  return {
    name: `mark ${mark}`,
    size: () => 1,
    encode(_message, into, offset) {
      into[offset] = byte;
      return offset + 1;
    },
    decode: () => mark,
    recognizes: (bytes, start, end) => end - start === 1 && bytes[start] === byte,
  };
}

export const lineCodec: Codec<string> = {
  name: 'line',
  size: (line) => line.length + 1,
  encode(line, into, offset) {
    into.set(Buffer.from(`${line}\n`, 'latin1'), offset);
    return offset + line.length + 1;
  },
  decode: (bytes, start, end) => Buffer.from(bytes.subarray(start, end - 1)).toString('latin1'),
};

export const notes: Framing<Note, Parcel> = { name: 'notes', deframer: () => new NotesDeframer() };
export const lines: Framing<string> = { name: 'lines', deframer: () => new LinesDeframer() };

class NotesDeframer implements Deframer<Note, Parcel> {
  private readonly frame = new Uint8Array(NOTE_HEAD_BYTES + 0xffff);
  private filled = 0;
  private parcel: Parcel | null = null;
  private offset = 0;

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<Note, Parcel>): number {
    let at = start;
    while (at < end && sink.open)
      at = this.parcel === null ? this.pushFrame(bytes, at, end, sink) : this.pushBody(this.parcel, bytes, at, end, sink);
    return at;
  }

  /** Gathers what is missing of a head, then of the frame; reports it when it is whole. */
  private pushFrame(bytes: Uint8Array, at: number, end: number, sink: FrameSink<Note, Parcel>): number {
    const { frame } = this;
    const kind = this.filled === 0 ? bytes[at] : frame[0];
    if (kind !== NOTE && kind !== PARCEL) throw new MalformedMessage(`a note or a parcel expected, got ${kind}`);
    const until = Math.min(end, at + this.frameBytes(kind) - this.filled);
    frame.set(bytes.subarray(at, until), this.filled);
    this.filled += until - at;
    if (this.filled < this.frameBytes(kind)) return until;
    const length = this.filled;
    this.filled = 0;
    if (kind === NOTE) sink.onMessage(noteCodec.decode(frame, 0, length));
    else this.parcel = parcelCodec.decode(frame, 0, length);
    return until;
  }

  private frameBytes(kind: number): number {
    if (kind === PARCEL) return PARCEL_HEAD_BYTES;
    if (this.filled < NOTE_HEAD_BYTES) return NOTE_HEAD_BYTES;
    return NOTE_HEAD_BYTES + (((this.frame[1] as number) << 8) | (this.frame[2] as number));
  }

  private pushBody(parcel: Parcel, bytes: Uint8Array, at: number, end: number, sink: FrameSink<Note, Parcel>): number {
    const until = Math.min(end, at + parcel.length - this.offset);
    const offset = this.offset;
    this.offset += until - at;
    if (this.offset === parcel.length) {
      this.parcel = null;
      this.offset = 0;
    }
    sink.onBulk(parcel, bytes.subarray(at, until), offset);
    return until;
  }
}

class LinesDeframer implements Deframer<string> {
  private line = '';

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<string>): number {
    let at = start;
    while (at < end && sink.open) {
      const byte = bytes[at++] as number;
      if (byte !== 10) {
        if (this.line.length >= LINE_BYTES_MAX) throw new MalformedMessage(`a line of at most ${LINE_BYTES_MAX} bytes expected`);
        this.line += String.fromCharCode(byte);
        continue;
      }
      const line = this.line;
      this.line = '';
      sink.onMessage(line);
    }
    return at;
  }
}
