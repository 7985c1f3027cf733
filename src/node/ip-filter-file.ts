/**
 * The list of addresses to keep away from, as a file: read in parts, unpacked when it is a .gz, and read again when it has changed. Owns
 * the look-out for changes; what the lines mean is `IpFilterParser`'s business.
 */

import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { IpFilterError, IpFilterParser, type ParsedIpFilter } from '../transfer/bittorrent/ip-filter-parser.ts';
import { Failure, failureFrom } from './failure.ts';

/** Unpacked; a million lines with long names have less. */
const BYTES_MAX = 256 << 20;
const LOOK_MS = 10_000;
const GZIP_MAGIC = [0x1f, 0x8b];

/** Throws a Failure that names the file. */
export async function readIpFilter(path: string): Promise<ParsedIpFilter> {
  const parser = new IpFilterParser();
  let bytes = 0;
  // Every part is an event of its own: peers are served in between.
  const sink = new Transform({
    transform(part: Buffer, _encoding, done) {
      bytes += part.length;
      try {
        if (bytes > BYTES_MAX) throw new IpFilterError(`expected at most ${BYTES_MAX} bytes, got more`);
        parser.push(part.toString('latin1'));
        setImmediate(done);
      } catch (error) {
        done(error as Error);
      }
    },
  });
  try {
    const packed = await isPacked(path);
    const source: Readable = createReadStream(path);
    await (packed ? pipeline(source, createGunzip(), sink) : pipeline(source, sink));
    return parser.finish();
  } catch (error) {
    if (error instanceof IpFilterError) throw new Failure('usage', `${path} is no list of addresses.`, `${error.message}.`, ADVICE);
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('Z_') === true) throw new Failure('usage', `${path} is damaged.`, `${(error as Error).message}.`, ADVICE);
    throw failureFrom(error, `The IP filter ${path} cannot be read.`);
  }
}

const ADVICE = 'Correct the file, or name another one: kith config set peers.filter PATH';

async function isPacked(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = new Uint8Array(GZIP_MAGIC.length);
    await file.read(head);
    return head.every((byte, index) => byte === GZIP_MAGIC[index]);
  } finally {
    await file.close();
  }
}

export class IpFilterFile {
  readonly #path: string;
  readonly #onFilter: (parsed: ParsedIpFilter) => void;
  readonly #onProblem: (failure: Failure) => void;
  #seen = '';
  #reading = false;
  #timer: NodeJS.Timeout | null = null;

  /** `onFilter` gets each list that could be read, `onProblem` why one could not: what held before goes on to hold. */
  constructor(path: string, onFilter: (parsed: ParsedIpFilter) => void, onProblem: (failure: Failure) => void) {
    this.#path = path;
    this.#onFilter = onFilter;
    this.#onProblem = onProblem;
  }

  /** Reads it for the first time, then looks now and then. Throws a Failure when it cannot be read now. */
  async start(): Promise<void> {
    this.#seen = await this.#look();
    this.#onFilter(await readIpFilter(this.#path));
    this.#timer = setInterval(() => void this.readIfChanged(), LOOK_MS).unref();
  }

  /** Also called by the clock, every ten seconds. */
  async readIfChanged(): Promise<void> {
    const looks = await this.#look();
    if (looks === this.#seen || this.#reading) return;
    this.#seen = looks;
    this.#reading = true;
    try {
      this.#onFilter(await readIpFilter(this.#path));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#onProblem(error);
    } finally {
      this.#reading = false;
    }
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** A file that is there for a moment only, as while it is replaced, is no change. */
  async #look(): Promise<string> {
    try {
      const { mtimeMs, size, ino } = await stat(this.#path);
      return `${mtimeMs} ${size} ${ino}`;
    } catch {
      return this.#seen;
    }
  }
}
