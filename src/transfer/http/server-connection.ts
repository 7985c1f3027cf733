/** One connection to the content server: answers its requests one after the other, reading as fast as the client takes it. Owned by the server. */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Body, ReadOperation, Stream, StreamHandler } from '../../core/host.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';
import { httpBodyPart, httpResponse } from '../../wire/http.ts';
import { type HttpRequest, type HttpResponse, httpKeepsAlive, NO_BODY } from '../../wire/http-head.ts';
import { requestedRange } from '../../wire/http-range.ts';
import type { ContentServer, ServedFile } from './content-server.ts';
import { listingPage } from './listing-page.ts';

/** Read from the store in one go; never over the end of a piece. */
const READ_BYTES_MAX = 64 * 1024;
/** The same under a limit, where clients take turns. */
const TURN_BYTES = 16 * 1024;
/** Being read ahead of the stream. */
const READ_AHEAD_BYTES = 256 * 1024;
const QUEUE_BYTES_MAX = 512 * 1024;
/** Between requests; and without taking anything of an answer. */
const IDLE_MS_MAX = 30_000;
const UNREAD_MS_MAX = 60_000;
const RETRY_SECONDS = 10;

export class ServerConnection implements StreamHandler<HttpRequest>, ReadOperation {
  private readonly server: ContentServer;
  private stream: Stream | null = null;
  private finished = false;
  private clogged = false;
  private keepsAlive = true;
  private activeMs = 0;
  private queuedBytes = 0;
  // The answer on its way.
  private head: HttpResponse | null = null;
  private file: ServedFile | null = null;
  /** Offsets in the file: what is to be read next, and where the answer ends. */
  private at = 0;
  private end = 0;
  private readingBytes = 0;

  constructor(server: ContentServer) {
    this.server = server;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    this.touch();
  }

  onMessage(request: HttpRequest): void {
    if (this.finished || this.stream === null) return;
    this.touch();
    this.server.requests++;
    this.keepsAlive = httpKeepsAlive(request) && (request.method === 'GET' || request.method === 'HEAD');
    const { head, file, begin, end } = this.answer(request);
    this.stream.send(httpResponse, request.method === 'HEAD' ? { ...head, body: NO_BODY } : head);
    if (file === null || request.method === 'HEAD' || begin === end) return this.answered();
    this.head = head;
    this.file = file;
    this.at = begin;
    this.end = end;
    // One answer at a time: what the client asks for meanwhile waits in its own memory.
    this.stream.pause();
    this.pump();
  }

  onBulk(): void {}

  onDrain(): void {
    this.clogged = false;
    this.touch();
    this.pump();
  }

  onEnd(): void {
    // A client that half-closes still wants its answer.
    this.keepsAlive = false;
    if (this.file === null) this.finish();
  }

  onClose(): void {
    this.stream = null;
    this.finished = true;
    this.server.closed(this);
  }

  // ---- answers -------------------------------------------------------------------------------------------------------------

  private answer(request: HttpRequest): Answer {
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.failure(405, 'Method Not Allowed', [['allow', 'GET, HEAD']]);
    const path = pathOf(request.target);
    if (path === '') return this.page();
    const file = path === null ? undefined : this.server.file(path);
    if (file === undefined) return this.failure(404, 'Not Found');
    const { etag, length } = file;
    if (matches(request.headers.get('if-none-match'), etag)) return this.failure(304, 'Not Modified', [['etag', etag]]);
    const isCurrent = request.headers.get('if-range') === undefined || matches(request.headers.get('if-range'), etag);
    const range = isCurrent ? requestedRange(request.headers, length) : null;
    if (range === 'unsatisfiable') return this.failure(416, 'Range Not Satisfiable', [['content-range', `bytes */${length}`]]);
    const { begin, end } = range ?? { begin: 0, end: length };
    if (!this.isThere(file, begin, end)) return this.failure(503, 'Service Unavailable', [['retry-after', String(RETRY_SECONDS)]]);
    const headers: Header[] = [
      ['content-type', 'application/octet-stream'],
      ['content-length', String(end - begin)],
      ['accept-ranges', 'bytes'],
      ['etag', etag],
    ];
    if (range !== null) headers.push(['content-range', `bytes ${begin}-${end - 1}/${length}`]);
    const head = range === null ? this.headOf(200, 'OK', headers) : this.headOf(206, 'Partial Content', headers);
    return { head, file, begin, end };
  }

  private isThere({ store, pieceBytes, start }: ServedFile, begin: number, end: number): boolean {
    if (this.server.failureOf(store) !== null) return false;
    for (let piece = Math.floor((start + begin) / pieceBytes); piece * pieceBytes < start + end; piece++)
      if (!store.have.has(piece)) return false;
    return true;
  }

  private page(): Answer {
    const body = utf8Bytes(listingPage(this.server.listing()));
    return {
      ...NOTHING,
      head: this.headOf(
        200,
        'OK',
        [
          ['content-type', 'text/html; charset=utf-8'],
          ['content-length', String(body.length)],
        ],
        body,
      ),
    };
  }

  private failure(status: number, reason: string, headers: readonly Header[] = []): Answer {
    const body = status === 304 ? NO_BODY : latin1Bytes(`${status} ${reason}\n`);
    const described: Header[] =
      status === 304
        ? []
        : [
            ['content-type', 'text/plain'],
            ['content-length', String(body.length)],
          ];
    return { ...NOTHING, head: this.headOf(status, reason, [...described, ...headers], body) };
  }

  private headOf(status: number, reason: string, headers: readonly Header[], body: Uint8Array = NO_BODY): HttpResponse {
    // Whatever it is, a browser shall not take it for a page of ours and run it.
    const all = new Map([...headers, ['x-content-type-options', 'nosniff'], ['connection', this.keepsAlive ? 'keep-alive' : 'close']]);
    return { status, reason, minor: 1, headers: all, body };
  }

  // ---- the body ------------------------------------------------------------------------------------------------------------

  /** Reads on, as far as the stream and the budget have room. True when that was anything. */
  pump(): boolean {
    const { file, server } = this;
    const before = this.at;
    if (file === null) return false;
    const limited = server.budget?.limited === true;
    while (!this.finished && !this.clogged && this.at < this.end && this.readingBytes < READ_AHEAD_BYTES) {
      const position = file.start + this.at;
      const piece = Math.floor(position / file.pieceBytes);
      const offset = position - piece * file.pieceBytes;
      const length = Math.min(limited ? TURN_BYTES : READ_BYTES_MAX, this.end - this.at, file.pieceBytes - offset);
      const now = server.host.now();
      if (limited && (server.budget?.available(now) ?? length) < length) {
        server.throttled(this, server.budget?.msUntil(length, now) ?? 0);
        break;
      }
      server.budget?.take(length, now);
      this.at += length;
      this.readingBytes += length;
      file.store.read(piece, offset, length, this);
    }
    return this.at > before;
  }

  onRead(piece: number, offset: number, body: Body | null): void {
    const { file, stream } = this;
    if (file === null || stream === null || this.finished) return;
    // The head has promised it: the end of the connection is all that can still be said.
    if (body === null) return this.drop();
    this.readingBytes -= body.length;
    this.server.sentBytes += body.length;
    this.clogged = !stream.sendBulk(httpBodyPart, this.head as HttpResponse, body);
    if (piece * file.pieceBytes + offset + body.length === file.start + this.end) this.answered();
    else this.pump();
  }

  private answered(): void {
    this.head = null;
    this.file = null;
    this.touch();
    if (!this.keepsAlive) this.finish();
    else this.stream?.resume();
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  tick(now: number): void {
    const queued = this.stream?.queuedBytes ?? 0;
    if (queued < this.queuedBytes) this.activeMs = now;
    this.queuedBytes = queued;
    const busy = this.file !== null || queued > 0;
    if (this.activeMs + (busy ? UNREAD_MS_MAX : IDLE_MS_MAX) < now) this.drop();
  }

  private touch(): void {
    this.activeMs = this.server.host.now();
    this.server.active(this);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.stream?.end();
  }

  drop(): void {
    this.finished = true;
    this.stream?.reset();
    this.server.closed(this);
  }
}

type Header = readonly [name: string, value: string];

interface Answer {
  readonly head: HttpResponse;
  /** Whose bytes [begin, end) follow; null when nothing does. */
  readonly file: ServedFile | null;
  readonly begin: number;
  readonly end: number;
}

const NOTHING = { file: null, begin: 0, end: 0 } as const;

/** The path without its slash, its query and its percent signs; null when those hide what is no text. Names are looked up, never opened. */
function pathOf(target: string): string | null {
  const path = target.replace(/^https?:\/\/[^/]*/i, '').replace(/[?#].*$/s, '');
  if (!path.startsWith('/')) return null;
  const bytes: number[] = [];
  for (let at = 1; at < path.length; at++) {
    if (path[at] !== '%') bytes.push(path.charCodeAt(at) & 0xff);
    else {
      const hex = path.slice(at + 1, at + 3);
      if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
      bytes.push(Number.parseInt(hex, 16));
      at += 2;
    }
  }
  return readUtf8(Uint8Array.from(bytes));
}

/** Whether a list of entity tags names this one; `*` names all. */
function matches(list: string | undefined, etag: string): boolean {
  return list !== undefined && list.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*');
}
