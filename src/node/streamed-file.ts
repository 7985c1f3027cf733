/**
 * One file of a torrent that is played while it loads: what its head says of it, who reads it, how soon the first byte came, and stalls.
 * Owns the readings that are open.
 */

import type { Body } from '../core/host.ts';
import type { Reading, ReadingOperation } from '../core/reading.ts';
import type { FileReader } from '../transfer/bittorrent/file-reader.ts';
import type { Torrent } from '../transfer/bittorrent/torrent.ts';
import type { ServedFile } from '../transfer/http/index.ts';
import type { ByteRange } from '../wire/http-range.ts';
import { MEDIA_HEAD_BYTES, readMediaHead } from '../wire/media-head.ts';
import { playableType } from '../wire/media-type.ts';
import { PlaybackClock } from './playback-clock.ts';

/** Loaded before anybody asks for it: a player that is being started will. */
const HEAD_START_BYTES = 4 << 20;

export interface StreamReport {
  /** From the moment that was given to the first byte that was handed to a player; and from its request. Null before. */
  readonly firstByteMs: number | null;
  readonly firstByteAfterRequestMs: number | null;
  /** As far as the rate is known: how often, and how long, players had nothing to play. */
  readonly stalls: number;
  readonly stalledMs: number;
  /** Bytes a second that playing takes, on average over the file; null when its head does not tell how long it lasts. */
  readonly bytesPerSecond: number | null;
  readonly sentBytes: number;
  readonly readings: number;
}

export class StreamedFile implements ServedFile {
  readonly path: readonly string[];
  readonly length: number;
  readonly etag: string;
  readonly mediaType: string;
  /** Told when the first byte leaves. */
  onFirstByte: () => void = () => {};
  bytesPerSecond: number | null = null;
  readonly #torrent: Torrent;
  readonly #file: number;
  readonly #startedAtMs: number;
  readonly #open = new Set<StreamedReading>();
  /** Until a player says itself what it wants. */
  readonly #headStart: Reading | null;
  #index: ByteRange | null = null;
  #firstByteMs: number | null = null;
  #firstByteAfterRequestMs: number | null = null;
  #stalls = 0;
  #stalledMs = 0;
  #sentBytes = 0;

  /** The metainfo is known, and the file is wanted. `startedAtMs` is when the wait began, in the ms of `performance.now()`. */
  constructor(torrent: Torrent, file: number, path: readonly string[], startedAtMs: number) {
    this.#torrent = torrent;
    this.#file = file;
    this.#startedAtMs = startedAtMs;
    this.path = path;
    this.length = torrent.metainfo?.files[file]?.length ?? 0;
    this.etag = `"${torrent.infoHashHex}-${file}"`;
    this.mediaType = playableType(path.at(-1) ?? '') ?? 'application/octet-stream';
    this.#headStart = torrent.streams.lookAhead(file, 0, Math.min(this.length, HEAD_START_BYTES));
  }

  /** Looks at the first bytes once they are here: has the index fetched if it lies elsewhere, and learns the rate of playing. */
  async look(): Promise<void> {
    const head = await this.#bytes(0, MEDIA_HEAD_BYTES);
    if (head === null) return;
    const { index, seconds } = readMediaHead(head, this.length);
    this.#index = index;
    this.#learn(seconds);
    if (index === null) return;
    this.#torrent.streams.lookAhead(this.#file, index.begin, index.end);
    if (seconds !== null) return;
    // The index of an MP4 says what its head could not.
    const begun = await this.#bytes(index.begin, MEDIA_HEAD_BYTES);
    if (begun !== null) this.#learn(readMediaHead(begun, index.end - index.begin).seconds);
  }

  #learn(seconds: number | null): void {
    if (seconds === null) return;
    this.bytesPerSecond = this.length / seconds;
    for (const reading of this.#open) reading.playsAt(this.#rateFrom(reading.begin));
  }

  /** Who reads the index plays nothing. */
  #rateFrom(begin: number): number | null {
    return this.#index !== null && begin >= this.#index.begin ? null : this.bytesPerSecond;
  }

  #bytes(begin: number, bytesMax: number): Promise<Uint8Array | null> {
    return new Promise((resolve) => {
      const end = Math.min(this.length, begin + bytesMax);
      const gathering = new Gathering(end - begin, resolve);
      const reader = this.#torrent.streams.open(this.#file, begin, end, gathering);
      if (reader === null) return resolve(null);
      gathering.reader = reader;
      while (reader.read(bytesMax) > 0);
    });
  }

  get report(): StreamReport {
    let [stalls, stalledMs] = [this.#stalls, this.#stalledMs];
    for (const { clock } of this.#open) {
      stalls += clock.stalls;
      stalledMs += clock.stalledMs;
    }
    return {
      firstByteMs: this.#firstByteMs,
      firstByteAfterRequestMs: this.#firstByteAfterRequestMs,
      stalls,
      stalledMs,
      bytesPerSecond: this.bytesPerSecond,
      sentBytes: this.#sentBytes,
      readings: this.#open.size,
    };
  }

  // ---- ServedFile ----------------------------------------------------------------------------------------------------------

  has(): boolean {
    return this.#torrent.failure === null && this.#torrent.state !== 'stopped';
  }

  open(begin: number, end: number, operation: ReadingOperation): Reading | null {
    this.#headStart?.close();
    const reading = new StreamedReading(this, begin, operation);
    const reader = this.#torrent.streams.open(this.#file, begin, end, reading);
    if (reader === null) return null;
    reading.reader = reader;
    reading.playsAt(this.#rateFrom(begin));
    this.#open.add(reading);
    return reading;
  }

  // ---- what readings tell --------------------------------------------------------------------------------------------------

  onSent(bytes: number, requestedAtMs: number): void {
    this.#sentBytes += bytes;
    if (this.#firstByteMs !== null) return;
    const now = performance.now();
    this.#firstByteMs = now - this.#startedAtMs;
    this.#firstByteAfterRequestMs = now - requestedAtMs;
    this.onFirstByte();
  }

  onClosed(reading: StreamedReading): void {
    if (!this.#open.delete(reading)) return;
    this.#stalls += reading.clock.stalls;
    this.#stalledMs += reading.clock.stalledMs;
  }
}

/** One request of a player, measured on its way. */
class StreamedReading implements Reading, ReadingOperation {
  readonly begin: number;
  readonly clock = new PlaybackClock(null);
  reader: FileReader | null = null;
  readonly #file: StreamedFile;
  readonly #operation: ReadingOperation;
  readonly #requestedAtMs = performance.now();
  #pendingBytes = 0;
  #askedAtMs = 0;

  constructor(file: StreamedFile, begin: number, operation: ReadingOperation) {
    this.begin = begin;
    this.#file = file;
    this.#operation = operation;
  }

  playsAt(bytesPerSecond: number | null): void {
    this.clock.bytesPerSecond = bytesPerSecond;
    this.reader?.playsAt(bytesPerSecond);
  }

  read(bytesMax: number): number {
    const bytes = this.reader?.read(bytesMax) ?? 0;
    if (this.#pendingBytes === 0) this.#askedAtMs = performance.now();
    this.#pendingBytes += bytes;
    return bytes;
  }

  close(): void {
    this.reader?.close();
    this.#file.onClosed(this);
  }

  onReading(body: Body | null): void {
    if (body !== null) {
      const now = performance.now();
      this.clock.onBytes(body.length, now, this.#askedAtMs);
      this.#pendingBytes -= body.length;
      this.#askedAtMs = now;
      this.#file.onSent(body.length, this.#requestedAtMs);
    }
    this.#operation.onReading(body);
  }
}

/** A few bytes for ourselves, copied. */
class Gathering implements ReadingOperation {
  reader: Reading | null = null;
  readonly #bytes: Uint8Array;
  readonly #done: (bytes: Uint8Array | null) => void;
  #at = 0;

  constructor(length: number, done: (bytes: Uint8Array | null) => void) {
    this.#bytes = new Uint8Array(length);
    this.#done = done;
  }

  onReading(body: Body | null): void {
    if (body !== null) {
      // Bodies of sockets' hosts are byte arrays.
      this.#bytes.set(body as Uint8Array, this.#at);
      this.#at += body.length;
      if (this.#at < this.#bytes.length) return;
    }
    this.reader?.close();
    this.#done(body === null ? null : this.#bytes);
  }
}
