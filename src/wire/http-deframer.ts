/** Cuts one direction of a stream into HTTP messages (RFC 9112 §6, §7); owns the parse state of that direction. */

import { MalformedMessage } from '../core/codec.ts';
import type { Deframer, FrameSink } from '../core/framing.ts';
import type { HttpBodyEnd } from './http-head.ts';
import {
  HTTP_BODY_BYTES_MAX,
  HTTP_BODY_END,
  HTTP_CHUNKED,
  HTTP_HEAD_BYTES_MAX,
  HTTP_NOTE_BYTES_MAX,
  HTTP_UNTIL_END,
  type HttpRequest,
  type HttpResponse,
  httpBodyBytes,
} from './http-head.ts';

/** A chunk's size in hex, or a trailer. */
const LINE_BYTES_MAX = 1024;
const TRAILER_LINES_MAX = 100;
const CR = 13;
const LF = 10;

const State = { head: 0, body: 1, chunkSize: 2, chunkBody: 3, chunkEnd: 4, trailer: 5, untilEnd: 6 } as const;
type State = (typeof State)[keyof typeof State];

export class HttpDeframer<M extends HttpRequest | HttpResponse> implements Deframer<M | HttpBodyEnd, M> {
  private readonly decodeHead: (bytes: Uint8Array, start: number, end: number) => M;
  /** All bodies are gathered into their message. */
  private readonly gathersAll: boolean;
  /** The body that arrives is gathered. False: it is passed on as slices. */
  private gathers: boolean;
  private state: State = State.head;
  /** An incomplete head or line from earlier pushes. */
  private kept = new Uint8Array(0);
  private keptBytes = 0;
  private head: M | null = null;
  private offset = 0;
  /** Bytes to come of the body or of the current chunk. */
  private remaining = 0;
  private trailers = 0;
  private gathered = new Uint8Array(0);

  constructor(decodeHead: (bytes: Uint8Array, start: number, end: number) => M, gathers: boolean) {
    this.decodeHead = decodeHead;
    this.gathersAll = gathers;
    this.gathers = gathers;
  }

  /** True between messages, with nothing kept. */
  get idle(): boolean {
    return this.state === State.head && this.keptBytes === 0;
  }

  push(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M | HttpBodyEnd, M>): number {
    let at = start;
    while (at < end && sink.open) {
      switch (this.state) {
        case State.head:
          at = this.pushHead(bytes, at, end, sink);
          break;
        case State.chunkSize:
        case State.chunkEnd:
        case State.trailer:
          at = this.pushLine(bytes, at, end, sink);
          break;
        default:
          at = this.pushBody(bytes, at, end, sink);
      }
    }
    return at;
  }

  private pushHead(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M | HttpBodyEnd, M>): number {
    let at = start;
    if (this.keptBytes === 0) {
      // RFC 9112 §2.2: an empty line before a request is skipped; old clients end a body with one.
      while (at < end && (bytes[at] === CR || bytes[at] === LF)) at++;
      const after = headEnd(bytes, at, at, end);
      if (after > 0) {
        if (after - at > HTTP_HEAD_BYTES_MAX) throw headTooLong();
        this.begin(this.decodeHead(bytes, at, after), sink);
        return after;
      }
      this.keep(bytes, at, end, HTTP_HEAD_BYTES_MAX, headTooLong);
      return end;
    }
    const keptBefore = this.keptBytes;
    const taken = Math.min(end - at, HTTP_HEAD_BYTES_MAX + 1 - keptBefore);
    this.keep(bytes, at, at + taken, HTTP_HEAD_BYTES_MAX + 1, headTooLong);
    const after = headEnd(this.kept, Math.max(0, keptBefore - 3), 0, this.keptBytes);
    if (after <= 0) {
      if (this.keptBytes > HTTP_HEAD_BYTES_MAX) throw headTooLong();
      return at + taken;
    }
    const head = this.decodeHead(this.kept, 0, after);
    this.forget();
    this.begin(head, sink);
    return at + after - keptBefore;
  }

  private begin(head: M, sink: FrameSink<M | HttpBodyEnd, M>): void {
    const bodyBytes = httpBodyBytes(head);
    if (bodyBytes === 0) {
      sink.onMessage(head);
      return;
    }
    this.head = head;
    this.gathers = this.gathersAll || isNote(head, bodyBytes);
    this.offset = 0;
    this.remaining = bodyBytes;
    this.trailers = 0;
    this.state = bodyBytes === HTTP_CHUNKED ? State.chunkSize : bodyBytes === HTTP_UNTIL_END ? State.untilEnd : State.body;
    if (!this.gathers) {
      sink.onMessage(head);
    } else if (bodyBytes === HTTP_UNTIL_END) {
      throw new MalformedMessage('a body with a length is expected, got one that ends with the stream');
    } else if (bodyBytes > HTTP_BODY_BYTES_MAX) {
      throw bodyTooLong(bodyBytes);
    } else {
      this.gathered = new Uint8Array(Math.max(bodyBytes, 0));
    }
  }

  private pushBody(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M | HttpBodyEnd, M>): number {
    const taken = this.state === State.untilEnd ? end - start : Math.min(end - start, this.remaining);
    const offset = this.offset;
    this.offset += taken;
    if (this.state !== State.untilEnd) this.remaining -= taken;
    const head = this.head as M;
    const slice = bytes.subarray(start, start + taken);
    if (this.gathers) this.gather(slice, offset);
    const over = this.state === State.body && this.remaining === 0;
    if (this.state === State.chunkBody && this.remaining === 0) this.state = State.chunkEnd;
    if (over) this.state = State.head;
    if (!this.gathers) sink.onBulk(head, slice, offset);
    else if (over) this.finish(sink);
    return start + taken;
  }

  /** The lines of a chunked body: a size, the empty line after a chunk, trailers up to an empty one. */
  private pushLine(bytes: Uint8Array, start: number, end: number, sink: FrameSink<M | HttpBodyEnd, M>): number {
    let at = start;
    while (at < end && bytes[at] !== LF) at++;
    const complete = at < end;
    if (complete) at++;
    this.keep(bytes, start, at, LINE_BYTES_MAX, lineTooLong);
    if (!complete) return at;
    if (this.keptBytes < 2 || this.kept[this.keptBytes - 2] !== CR) throw new MalformedMessage('a line of a chunked body ends with CR LF');
    let line = '';
    for (let index = 0; index < this.keptBytes - 2; index++) line += String.fromCharCode(this.kept[index] as number);
    this.forget();
    if (this.state === State.chunkSize) {
      this.beginChunk(line);
    } else if (this.state === State.chunkEnd) {
      if (line !== '') throw new MalformedMessage('an empty line is expected after a chunk');
      this.state = State.chunkSize;
    } else if (line === '') {
      this.state = State.head;
      this.finish(sink);
    } else if (++this.trailers > TRAILER_LINES_MAX) {
      throw new MalformedMessage(`at most ${TRAILER_LINES_MAX} trailers are taken`);
    }
    return at;
  }

  private beginChunk(line: string): void {
    const match = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/.exec(line);
    if (match === null) throw new MalformedMessage(`a chunk size in hex is expected, got ${line.slice(0, 40)}`);
    this.remaining = Number.parseInt(match[1] as string, 16);
    this.state = this.remaining === 0 ? State.trailer : State.chunkBody;
    if (this.gathers && this.offset + this.remaining > HTTP_BODY_BYTES_MAX) throw bodyTooLong(this.offset + this.remaining);
  }

  private gather(slice: Uint8Array, offset: number): void {
    if (offset + slice.length > this.gathered.length) {
      const grown = new Uint8Array(Math.min(HTTP_BODY_BYTES_MAX, Math.max(4096, 2 * (offset + slice.length))));
      grown.set(this.gathered.subarray(0, offset));
      this.gathered = grown;
    }
    this.gathered.set(slice, offset);
  }

  private finish(sink: FrameSink<M | HttpBodyEnd, M>): void {
    const head = this.head as M;
    const body = this.gathered.length === this.offset ? this.gathered : this.gathered.slice(0, this.offset);
    this.head = null;
    this.gathered = new Uint8Array(0);
    sink.onMessage(this.gathers ? gatheredMessage(head, body) : HTTP_BODY_END);
  }

  private keep(bytes: Uint8Array, start: number, end: number, bytesMax: number, fault: () => MalformedMessage): void {
    const needed = this.keptBytes + end - start;
    if (needed > bytesMax) throw fault();
    if (needed > this.kept.length) {
      const grown = new Uint8Array(Math.min(bytesMax, Math.max(512, 2 * needed)));
      grown.set(this.kept.subarray(0, this.keptBytes));
      this.kept = grown;
    }
    this.kept.set(bytes.subarray(start, end), this.keptBytes);
    this.keptBytes = needed;
  }

  private forget(): void {
    this.keptBytes = 0;
    // An idle connection keeps no buffer: there may be thousands of them.
    this.kept = new Uint8Array(0);
  }
}

/** A chunked body that was gathered has a length now, and its head says so. */
function gatheredMessage<M extends HttpRequest | HttpResponse>(head: M, body: Uint8Array): M {
  if (!head.headers.has('transfer-encoding')) return { ...head, body };
  const headers = new Map(head.headers);
  headers.delete('transfer-encoding');
  headers.set('content-length', String(body.length));
  return { ...head, headers, body };
}

/** The offset after the empty line that ends a head, or -1. Looks from `from` on; the head itself starts at `start`. */
function headEnd(bytes: Uint8Array, from: number, start: number, end: number): number {
  let at = Math.max(from, start) + 3;
  while (at < end) {
    const byte = bytes[at] as number;
    // Steps of four where the byte can be no part of CR LF CR LF.
    if (byte > CR) at += 4;
    else if (byte === LF && bytes[at - 1] === CR && bytes[at - 2] === LF && bytes[at - 3] === CR) return at + 1;
    else at++;
  }
  return -1;
}

function isNote(head: HttpRequest | HttpResponse, bodyBytes: number): boolean {
  return 'status' in head && (head.status < 200 || head.status > 299) && bodyBytes > 0 && bodyBytes <= HTTP_NOTE_BYTES_MAX;
}

function headTooLong(): MalformedMessage {
  return new MalformedMessage(`an HTTP head has at most ${HTTP_HEAD_BYTES_MAX} bytes`);
}

function bodyTooLong(bytes: number): MalformedMessage {
  return new MalformedMessage(`a body has at most ${HTTP_BODY_BYTES_MAX} bytes here, got ${bytes}`);
}

function lineTooLong(): MalformedMessage {
  return new MalformedMessage(`a line of a chunked body has at most ${LINE_BYTES_MAX} bytes`);
}
