/** One connection to the content server: answers its requests one after the other, reading as fast as the client takes it. Owned by the server. */

import { type BodyListener, BodySender } from '../../core/body-sender.ts';
import { latin1Bytes } from '../../core/bytes.ts';
import type { Stream, StreamHandler } from '../../core/host.ts';
import { readUtf8, utf8Bytes } from '../../core/utf8.ts';
import { httpBodyPart, httpResponse } from '../../wire/http.ts';
import { type HttpRequest, type HttpResponse, httpKeepsAlive, NO_BODY } from '../../wire/http-head.ts';
import { requestedRange } from '../../wire/http-range.ts';
import type { ContentServer } from './content-server.ts';
import { listingPage } from './listing-page.ts';
import type { ServedFile } from './served-file.ts';

const QUEUE_BYTES_MAX = 512 * 1024;
/** Between requests; and without taking anything of an answer. */
const IDLE_MS_MAX = 30_000;
const UNREAD_MS_MAX = 60_000;
const RETRY_SECONDS = 10;

export class ServerConnection implements StreamHandler<HttpRequest>, BodyListener {
  private readonly server: ContentServer;
  private stream: Stream | null = null;
  private finished = false;
  private keepsAlive = true;
  private activeMs = 0;
  private queuedBytes = 0;
  /** A request that came before the last one was answered. */
  private held: HttpRequest | null = null;
  /** The answer on its way. */
  private sender: BodySender<HttpResponse> | null = null;

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
    if (this.sender === null) return this.take(request);
    // One answer at a time: what else the client asks for meanwhile waits in its own memory. That it goes away is seen until then.
    this.held = request;
    this.stream.pause();
  }

  private take(request: HttpRequest): void {
    this.server.requests++;
    this.keepsAlive = httpKeepsAlive(request) && (request.method === 'GET' || request.method === 'HEAD');
    const { head, file, begin, end } = this.answer(request);
    const { stream } = this;
    if (stream === null) return;
    const isHead = request.method === 'HEAD';
    const bytes = file === null || isHead ? 0 : end - begin;
    const sender = new BodySender(this.server.turns, stream, this, bytes, httpBodyPart, head);
    const reading = file === null || bytes === 0 ? null : file.open(begin, end, sender);
    const said = reading === null && bytes > 0 ? this.notNow().head : head;
    stream.send(httpResponse, isHead ? { ...said, body: NO_BODY } : said);
    if (reading === null) return this.answered();
    this.sender = sender;
    sender.begin(reading);
  }

  onBulk(): void {}

  onDrain(): void {
    this.touch();
    this.sender?.onDrain();
  }

  onEnd(): void {
    // A client that half-closes still wants its answer; a player has closed its end, and what it wanted shall not be fetched first any more.
    if (this.server.access !== null) return this.drop();
    this.keepsAlive = false;
    if (this.sender === null) this.finish();
  }

  onClose(): void {
    this.stream = null;
    this.letGo();
  }

  private letGo(): void {
    this.finished = true;
    this.sender?.close();
    this.sender = null;
    this.server.closed(this);
  }

  // ---- answers -------------------------------------------------------------------------------------------------------------

  private answer(request: HttpRequest): Answer {
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.failure(405, 'Method Not Allowed', [['allow', 'GET, HEAD']]);
    const { access } = this.server;
    if (access !== null && !access.hosts.includes(request.headers.get('host') ?? '')) return this.failure(403, 'Forbidden');
    const path = pathOf(request.target);
    if (path === '' && access === null) return this.page();
    const file = path === null ? undefined : this.server.file(path);
    if (file === undefined) return this.failure(404, 'Not Found');
    const { etag, length } = file;
    if (matches(request.headers.get('if-none-match'), etag)) return this.failure(304, 'Not Modified', [['etag', etag]]);
    const isCurrent = request.headers.get('if-range') === undefined || matches(request.headers.get('if-range'), etag);
    const range = isCurrent ? requestedRange(request.headers, length) : null;
    if (range === 'unsatisfiable') return this.failure(416, 'Range Not Satisfiable', [['content-range', `bytes */${length}`]]);
    const { begin, end } = range ?? { begin: 0, end: length };
    if (this.server.hasFailed(file) || !file.has(begin, end)) return this.notNow();
    const headers: Header[] = [
      ['content-type', file.mediaType],
      ['content-length', String(end - begin)],
      ['accept-ranges', 'bytes'],
      ['etag', etag],
    ];
    if (range !== null) headers.push(['content-range', `bytes ${begin}-${end - 1}/${length}`]);
    const head = range === null ? this.headOf(200, 'OK', headers) : this.headOf(206, 'Partial Content', headers);
    return { head, file, begin, end };
  }

  private notNow(): Answer {
    return this.failure(503, 'Service Unavailable', [['retry-after', String(RETRY_SECONDS)]]);
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
    // Whatever it is, a browser shall not take it for a page of ours and run it; nor shall a page show what is not for it.
    const guards: Header[] = [['x-content-type-options', 'nosniff']];
    if (this.server.access !== null) guards.push(['cross-origin-resource-policy', 'same-origin']);
    const all = new Map([...headers, ...guards, ['connection', this.keepsAlive ? 'keep-alive' : 'close']]);
    return { status, reason, minor: 1, headers: all, body };
  }

  // ---- the body ------------------------------------------------------------------------------------------------------------

  onBodySent(bytes: number): void {
    this.server.sentBytes += bytes;
  }

  onBodyDone(): void {
    this.answered();
  }

  onBodyLost(): void {
    this.drop();
  }

  private answered(): void {
    this.sender = null;
    this.touch();
    if (!this.keepsAlive) return this.finish();
    const next = this.held;
    this.held = null;
    if (next === null) return;
    this.stream?.resume();
    this.take(next);
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  tick(now: number): void {
    const queued = this.stream?.queuedBytes ?? 0;
    if (queued < this.queuedBytes) this.activeMs = now;
    this.queuedBytes = queued;
    const busy = this.sender !== null || queued > 0;
    // It has taken all that there is: we are the one who lets wait.
    if (this.sender !== null && this.sender.readingBytes > 0 && queued === 0) this.activeMs = now;
    if (this.activeMs + (busy ? UNREAD_MS_MAX : IDLE_MS_MAX) < now) this.drop();
  }

  private touch(): void {
    this.activeMs = this.server.host.now();
    this.server.active(this);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.sender?.close();
    this.stream?.end();
  }

  drop(): void {
    this.stream?.reset();
    this.letGo();
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
