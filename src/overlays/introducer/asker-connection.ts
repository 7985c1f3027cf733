/** One HTTP connection to an introducer: its questions are answered one after the other, some of them only after a visit. Owns its stream. */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { httpResponse } from '../../wire/http.ts';
import { type HttpRequest, httpKeepsAlive } from '../../wire/http-head.ts';

export interface AskedIntroducer {
  opened(connection: AskerConnection): void;
  closed(connection: AskerConnection): void;
  /** `connection.answer` follows, now or later. */
  asked(connection: AskerConnection, request: HttpRequest): void;
}

/** Answers queued to a client that pipelines and does not read. */
const QUEUE_BYTES_MAX = 64 << 10;

export class AskerConnection implements StreamHandler<HttpRequest> {
  readonly from: Endpoint;
  activeMs: number;
  private readonly introducer: AskedIntroducer;
  private stream: Stream | null = null;
  /** Being answered. */
  private request: HttpRequest | null = null;
  /** Came before that was answered. */
  private held: HttpRequest | null = null;
  private finished = false;

  constructor(introducer: AskedIntroducer, from: Endpoint, nowMs: number) {
    this.introducer = introducer;
    this.from = from;
    this.activeMs = nowMs;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    this.introducer.opened(this);
  }

  onMessage(request: HttpRequest): void {
    if (this.finished) return;
    if (this.request === null) return this.take(request);
    // What else is asked meanwhile waits in the stream, which holds the sender back.
    this.held = request;
    this.stream?.pause();
  }

  /** `text` is Latin-1. */
  answer(status: number, reason: string, text: string): void {
    const { request, stream } = this;
    if (request === null || stream === null || this.finished) return;
    this.request = null;
    const keeps = httpKeepsAlive(request) && request.method === 'GET';
    const body = latin1Bytes(text);
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
    this.introducer.closed(this);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.stream?.end();
  }

  drop(): void {
    this.finished = true;
    this.stream?.reset();
    this.introducer.closed(this);
  }

  private take(request: HttpRequest): void {
    this.request = request;
    this.introducer.asked(this, request);
  }
}
