/**
 * One answer to a player: a stretch of a file as its pieces are verified, at the pace at which it is taken. Owns the reading, and its end.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Body } from '../../core/host.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import type { ServedFile } from '../../transfer/http/index.ts';
import { requestedRange } from '../../wire/http-range.ts';
import { Failure } from '../failure.ts';

export const MEDIA_ROUTE = {
  path: '/transfers/{infoHash}/files/{number}/content',
  id: 'playFile',
  summary: 'The bytes of a film or a sound, also while they come: Range as players use it. 206: a part, 416: none of it.',
};

export const FETCH_MEDIA_ROUTE = {
  path: '/fetches/{id}/content',
  id: 'playFetch',
  summary: 'The bytes of a film or a sound that was fetched by its hashes, once it is there: Range as players use it.',
};

/** Asked for at once: what is in the air when a player goes elsewhere. */
const READ_BYTES = 256 << 10;
/** Whatever it is, it is no page of ours. */
const POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

export class MediaAnswer implements ReadingOperation {
  readonly #response: ServerResponse;
  #reading: Reading | null = null;
  #leftBytes = 0;

  /** Takes over the response. Throws a Failure while nothing was written yet. */
  static send(file: ServedFile, request: IncomingMessage, response: ServerResponse): void {
    new MediaAnswer(response).#begin(file, request);
  }

  private constructor(response: ServerResponse) {
    this.#response = response;
  }

  #begin(file: ServedFile, request: IncomingMessage): void {
    const response = this.#response;
    const { range = '', 'if-range': condition } = request.headers;
    // What was begun of another content is not gone on with.
    const wanted = condition === undefined || condition === file.etag ? requestedRange(new Map([['range', range]]), file.length) : null;
    const headers = {
      'content-type': file.mediaType,
      'accept-ranges': 'bytes',
      etag: file.etag,
      'content-security-policy': POLICY,
      'content-disposition': 'inline',
    };
    if (wanted === 'unsatisfiable') {
      response.writeHead(416, { ...headers, 'content-range': `bytes */${file.length}` }).end();
      return;
    }
    const { begin, end } = wanted ?? { begin: 0, end: file.length };
    this.#reading = file.open(begin, end, this);
    if (this.#reading === null) throw new Failure('interrupted', 'Too many read from it already.', '', 'Close one of the players.');
    this.#leftBytes = end - begin;
    const part = wanted === null ? {} : { 'content-range': `bytes ${begin}-${end - 1}/${file.length}` };
    response.writeHead(wanted === null ? 200 : 206, { ...headers, ...part, 'content-length': end - begin });
    response.on('drain', () => this.#read());
    response.once('close', () => this.#reading?.close());
    // A player that waits for bytes sees that the answer has begun.
    response.flushHeaders();
    this.#read();
  }

  #read(): void {
    if (this.#leftBytes === 0) this.#response.end();
    else this.#reading?.read(READ_BYTES);
  }

  onReading(body: Body | null): void {
    // The content has gone: what was promised cannot be kept, which only a cut says.
    if (body === null) {
      this.#response.destroy();
      return;
    }
    this.#leftBytes -= body.length;
    // Borrowed until this returns; bodies of sockets' hosts are byte arrays.
    if (this.#response.write(Buffer.from(body as Uint8Array))) this.#read();
  }
}
