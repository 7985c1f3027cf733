/**
 * What is read of one torrent while it loads: several readers at several places, as players open them. Turns what they need into deadlines
 * for the picker and the web seeds. Owns the readers that are open; owned by the torrent.
 */

import type { Store } from '../../core/host.ts';
import type { ReadingOperation } from '../../core/reading.ts';
import { FileReader } from './file-reader.ts';
import type { Torrent } from './torrent.ts';

/** A player has a handful of connections. Each costs a walk over what lies ahead of it whenever one of them moves on. */
const READERS_MAX = 64;
/** Deadlines of thousands of small pieces are not sorted anew for each of them. */
const HURRY_MS_MIN = 50;
/** What is fetched in advance must not delay what a player waits for. */
const LOOK_AHEAD_LEAD_MS = 1000;

export class Streams {
  private readonly torrent: Torrent;
  private readonly readers = new Set<FileReader>();
  private hurriedAtMs = Number.NEGATIVE_INFINITY;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  get store(): Store | null {
    return this.torrent.exchange?.store ?? null;
  }

  now(): number {
    return this.torrent.now();
  }

  // ---- readers -------------------------------------------------------------------------------------------------------------

  /**
   * Reads the bytes [begin, end) of a file, from now on; `close` ends it. Possible as soon as the metainfo is there; the file has to be one of
   * those that are wanted. Null: too many are open. Throws RangeError.
   */
  open(file: number, begin: number, end: number, operation: ReadingOperation): FileReader | null {
    return this.add(file, begin, end, operation, 0);
  }

  /** Has these bytes fetched soon, behind what is being read: somebody will ask for them. `close` when that has changed. Null: as for `open`. */
  lookAhead(file: number, begin: number, end: number): FileReader | null {
    return this.add(file, begin, end, null, LOOK_AHEAD_LEAD_MS);
  }

  private add(file: number, begin: number, end: number, operation: ReadingOperation | null, leadMs: number): FileReader | null {
    const { metainfo } = this.torrent;
    const length = metainfo?.files[file]?.length;
    if (metainfo === null || length === undefined) throw new RangeError(`expected a file of the torrent, got number ${file}`);
    if (!(begin >= 0 && begin <= end && end <= length)) throw new RangeError(`expected a part of ${length} bytes, got ${begin} to ${end}`);
    if (this.readers.size >= READERS_MAX) return null;
    let start = 0;
    for (let index = 0; index < file; index++) start += metainfo.files[index]?.length ?? 0;
    const span = { begin: start + begin, end: start + end, pieceBytes: metainfo.pieceBytes };
    const reader = new FileReader(this, span, operation, leadMs);
    this.readers.add(reader);
    this.hurry();
    return reader;
  }

  onReaderClosed(reader: FileReader): void {
    if (this.readers.delete(reader)) this.hurry();
  }

  /** A reader has come to another piece, or waits for one: that it would was known, so that this need not be at once. */
  onReaderMoved(): void {
    if (this.now() - this.hurriedAtMs >= HURRY_MS_MIN) this.hurry();
  }

  // ---- what the torrent tells ----------------------------------------------------------------------------------------------

  /** The content is open, or open again. */
  onOpened(): void {
    for (const reader of this.readers) reader.advance();
    this.hurry();
  }

  onPiece(): void {
    for (const reader of this.readers) reader.advance();
  }

  /** The content cannot be read any more. */
  fail(): void {
    for (const reader of [...this.readers]) reader.fail();
  }

  /** About once a second: what a reader that pauses will need is as far away as before. */
  tick(): void {
    if (this.readers.size > 0) this.hurry();
  }

  private hurry(): void {
    const { exchange, isComplete, state } = this.torrent;
    if (exchange === null || isComplete || state !== 'downloading') return;
    const now = this.now();
    this.hurriedAtMs = now;
    const deadlines = new Map<number, number>();
    for (const reader of this.readers) {
      if (reader.isIdle(exchange.store)) this.readers.delete(reader);
      else reader.deadlinesInto(deadlines, exchange.store.have, exchange.downloader.picker.hasCompany, now);
    }
    exchange.downloader.hurry([...deadlines].map(([piece, atMs]) => ({ piece, atMs })));
    this.torrent.webSeeds.onHurry(now);
  }
}
