/** One HTTP connection to a service that answers in a few words: its questions are answered in order, at once or later. Owns its stream. */

import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { httpResponse } from '../../wire/http.ts';
import { type HttpRequest, httpKeepsAlive } from '../../wire/http-head.ts';
import type { WebCallers } from './web-callers.ts';

/** Answers queued to a client that pipelines and does not read. */
const QUEUE_BYTES_MAX = 64 << 10;

export class WebCaller implements StreamHandler<HttpRequest> {
  readonly from: Endpoint;
  activeMs: number;
  private readonly callers: WebCallers;
  private stream: Stream | null = null;
  /** Being answered. */
  private request: HttpRequest | null = null;
  /** Came before that was answered. */
  private held: HttpRequest | null = null;
  private finished = false;

  constructor(callers: WebCallers, from: Endpoint, nowMs: number) {
    this.callers = callers;
    this.from = from;
    this.activeMs = nowMs;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    this.callers.opened(this);
  }

  onMessage(request: HttpRequest): void {
    if (this.finished || this.stream === null) return;
    if (this.request === null) return this.take(request);
    // What else is asked meanwhile waits in the stream, which holds the sender back.
    this.held = request;
    this.stream.pause();
  }

  /** With a body of text, as bytes. */
  answer(status: number, reason: string, body: Uint8Array): void {
    const { request, stream } = this;
    if (request === null || stream === null || this.finished) return;
    this.request = null;
    const keeps = httpKeepsAlive(request) && request.method === 'GET';
    const headers = new Map([
      ['content-type', 'text/plain'],
      ['content-length', String(body.length)],
      ['cache-control', 'no-store'],
      ['connection', keeps ? 'keep-alive' : 'close'],
    ]);
    const room = stream.send(httpResponse, { status, reason, minor: 1, headers, body });
    if (!keeps) return this.finish();
    const next = this.held;
    this.held = null;
    if (!room) stream.pause();
    else if (next !== null) stream.resume();
    if (next !== null) this.take(next);
  }

  /** True when `accept` has taken its stream, which is somebody else's from then on. */
  passTo(accept: (stream: Stream) => boolean): boolean {
    if (this.finished || this.stream === null || !accept(this.stream)) return false;
    this.finished = true;
    this.stream = null;
    this.callers.closed(this);
    return true;
  }

  onBulk(): void {}

  onDrain(): void {
    if (this.held === null) this.stream?.resume();
  }

  onEnd(): void {
    // Who has only closed his own side still waits for the answer.
    if (this.request === null) this.finish();
  }

  onClose(): void {
    this.stream = null;
    this.finished = true;
    this.callers.closed(this);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.stream?.end();
  }

  drop(): void {
    this.finished = true;
    this.stream?.reset();
    this.callers.closed(this);
  }

  private take(request: HttpRequest): void {
    this.request = request;
    this.callers.asked(this, request);
  }
}
