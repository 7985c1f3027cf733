/**
 * All that one servent shares, asked of himself ("browse host"): GET / with the type of Gnutella's packets, which are his network's to read. Owns the
 * connection until it is over; owned by `FileTransfers`.
 */

import { formatEndpoint } from '../../core/endpoint.ts';
import type { CloseReason, Endpoint, Host, Stream, StreamHandler } from '../../core/host.ts';
import { httpRequest, httpResponses } from '../../wire/http.ts';
import { type HttpResponse, NO_BODY } from '../../wire/http-head.ts';
import { PACKETS_MEDIA_TYPE } from './upload-answer.ts';

/** From being dialled to the last byte: the framing lets a mebibyte through. */
export const BROWSE_MS_MAX = 30_000;

/** Told once, by one of these, in a later event; nothing after `cancel`. */
export interface BrowseOperation {
  /** Hits as they would come over the network. */
  onBrowsed(packets: Uint8Array): void;
  /** He does not show it, or is not there. */
  onBrowseFailed(why: string): void;
}

export class HostBrowse implements StreamHandler<HttpResponse> {
  isOver = false;
  private readonly operation: BrowseOperation;
  private readonly startMs: number;
  private readonly userAgent: string;
  private readonly to: Endpoint;
  private stream: Stream | null;

  constructor(host: Host, to: Endpoint, userAgent: string, operation: BrowseOperation) {
    this.operation = operation;
    this.userAgent = userAgent;
    this.to = to;
    this.startMs = host.now();
    this.stream = host.connect(host.peer(to), httpResponses, this);
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    const headers = new Map([
      ['host', formatEndpoint(this.to)],
      ['user-agent', this.userAgent],
      ['accept', PACKETS_MEDIA_TYPE],
      ['accept-encoding', 'identity'],
      ['connection', 'close'],
    ]);
    stream.send(httpRequest, { method: 'GET', target: '/', minor: 1, headers, body: NO_BODY });
  }

  onMessage({ status, reason, headers, body }: HttpResponse): void {
    // 100 and 103 announce the answer.
    if (this.isOver || status < 200) return;
    if (status !== 200) return this.fail(`${status} ${reason}`);
    if (headers.get('content-type')?.startsWith(PACKETS_MEDIA_TYPE) !== true) return this.fail('an answer that is no list');
    this.cancel();
    this.operation.onBrowsed(body);
  }

  onBulk(): void {}
  onDrain(): void {}

  onEnd(): void {
    this.fail('closed before the end');
  }

  onClose(reason: CloseReason, detail: string): void {
    this.fail(detail === '' ? reason : `${reason} (${detail})`);
  }

  tick(now: number): void {
    if (now - this.startMs > BROWSE_MS_MAX) this.fail('no answer');
  }

  cancel(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.stream?.reset();
    this.stream = null;
  }

  private fail(why: string): void {
    if (this.isOver) return;
    this.cancel();
    this.operation.onBrowseFailed(why);
  }
}
