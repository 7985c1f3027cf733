/** A file that a content server hands out: what the server asks of whoever has it, and the files of stores. */

import type { Body, ReadOperation, Store } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';

export interface ServedFile {
  /** Without the slash in front; a name a part. */
  readonly path: readonly string[];
  readonly length: number;
  /** Changes when the content does (RFC 9110 §8.8.3). */
  readonly etag: string;
  /** For `content-type`. */
  readonly mediaType: string;
  /** Whether bytes [begin, end) can be had, now or after a while. */
  has(begin: number, end: number): boolean;
  /** Null: not now, there are too many readers. */
  open(begin: number, end: number, operation: ReadingOperation): Reading | null;
}

/** Where a file lies in the content of its store. */
export interface StorePlace {
  readonly store: Store;
  readonly pieceBytes: number;
  readonly start: number;
  readonly length: number;
}

export class StoredFile implements ServedFile {
  readonly path: readonly string[];
  readonly etag: string;
  /** Whatever it is, a browser shall not take it for a page of ours and run it. */
  readonly mediaType = 'application/octet-stream';
  readonly place: StorePlace;

  constructor(path: readonly string[], etag: string, place: StorePlace) {
    this.path = path;
    this.etag = etag;
    this.place = place;
  }

  get length(): number {
    return this.place.length;
  }

  has(begin: number, end: number): boolean {
    const { store, pieceBytes, start } = this.place;
    for (let piece = Math.floor((start + begin) / pieceBytes); piece * pieceBytes < start + end; piece++)
      if (!store.have.has(piece)) return false;
    return true;
  }

  open(begin: number, end: number, operation: ReadingOperation): Reading {
    return new StoredReading(this.place, begin, end, operation);
  }
}

class StoredReading implements Reading, ReadOperation {
  private readonly place: StorePlace;
  private readonly operation: ReadingOperation;
  /** In the content. */
  private at: number;
  private readonly end: number;
  private closed = false;

  constructor(place: StorePlace, begin: number, end: number, operation: ReadingOperation) {
    this.place = place;
    this.operation = operation;
    this.at = place.start + begin;
    this.end = place.start + end;
  }

  /** Never over the end of a piece. */
  read(bytesMax: number): number {
    const { store, pieceBytes } = this.place;
    const piece = Math.floor(this.at / pieceBytes);
    const offset = this.at - piece * pieceBytes;
    const length = Math.min(bytesMax, this.end - this.at, pieceBytes - offset);
    if (length <= 0) return 0;
    this.at += length;
    store.read(piece, offset, length, this);
    return length;
  }

  close(): void {
    this.closed = true;
  }

  onRead(_piece: number, _offset: number, body: Body | null): void {
    if (!this.closed) this.operation.onReading(body);
  }
}
