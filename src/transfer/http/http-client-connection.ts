/** One connection of an HTTP client to one server: a request at a time, kept open between them (RFC 9112 §9.3). Owned by the client. */

import type { Body, CloseReason, Endpoint, Host, Stream, StreamHandler } from '../../core/host.ts';
import { httpBulkResponses, httpRequest } from '../../wire/http.ts';
import { HTTP_UNTIL_END, type HttpBodyEnd, type HttpResponse, httpBodyBytes, httpKeepsAlive, NO_BODY } from '../../wire/http-head.ts';
import { httpAuthority, type HttpUrl } from '../../wire/http-url.ts';
import type { HttpGet } from './http-get.ts';

export interface ClientConnectionOwner {
  readonly userAgent: string;
  /** The connection has nothing to do and is open. */
  onIdle(connection: HttpClientConnection): void;
  /** It is gone; `unanswered` is the request that it leaves behind untouched, which is to be sent again. */
  onLost(connection: HttpClientConnection, unanswered: HttpGet | null): void;
}

export class HttpClientConnection implements StreamHandler<HttpResponse | HttpBodyEnd, HttpResponse> {
  readonly url: HttpUrl;
  /** Further addresses of the server, for the request that finds this one dead. */
  readonly others: readonly Endpoint[];
  readonly stream: Stream;
  get: HttpGet | null = null;
  idleSinceMs = 0;
  opened = false;
  private readonly owner: ClientConnectionOwner;
  private closed = false;
  /** It has answered a request before: it may be just about to close. */
  private used = false;
  private keepsAlive = true;
  /** Bytes of the body still to come, HTTP_CHUNKED or HTTP_UNTIL_END; null between messages. */
  private rest: number | null = null;

  constructor(host: Host, owner: ClientConnectionOwner, url: HttpUrl, endpoint: Endpoint, others: readonly Endpoint[]) {
    this.owner = owner;
    this.url = url;
    this.others = others;
    const peer = host.peer(endpoint);
    this.stream = url.secure ? host.connect(peer, httpBulkResponses, this, url.hostname) : host.connect(peer, httpBulkResponses, this);
  }

  begin(get: HttpGet): void {
    this.get = get;
    get.attach(this.stream);
    const headers = new Map([
      ['host', httpAuthority(get.url)],
      ['user-agent', this.owner.userAgent],
      ['accept-encoding', 'identity'],
      ...get.headers,
    ]);
    this.stream.send(httpRequest, { method: 'GET', target: get.url.target, minor: 1, headers, body: NO_BODY });
  }

  onOpen(): void {
    this.opened = true;
  }

  onMessage(message: HttpResponse | HttpBodyEnd): void {
    if (this.closed) return;
    if ('end' in message) return this.bodyOver();
    // 100 and 103 announce the answer; what comes unasked for is an attempt to answer the next request.
    if (message.status < 200) return;
    if (this.get === null || this.rest !== null) return this.drop('an answer that nobody asked for');
    this.keepsAlive = httpKeepsAlive(message);
    const bodyBytes = httpBodyBytes(message);
    this.rest = bodyBytes < 0 ? bodyBytes : bodyBytes - message.body.length;
    this.used = true;
    const { get } = this;
    if (get.onHead(message)) this.get = null;
    if (this.closed) return;
    if (this.rest === 0) this.bodyOver();
    // What a redirect says besides is not worth waiting for, and may never end.
    else if (this.get === null) this.drop('');
  }

  onBulk(_head: HttpResponse, body: Body): void {
    if (this.closed || this.rest === null) return;
    if (this.rest > 0) this.rest -= body.length;
    this.get?.onBody(body);
    if (!this.closed && this.rest === 0) this.bodyOver();
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.closed) return;
    if (this.rest === HTTP_UNTIL_END) {
      this.keepsAlive = false;
      return this.bodyOver();
    }
    this.lose('reset', this.rest === null ? 'closed without an answer' : 'closed in the middle of the answer');
  }

  onClose(reason: CloseReason, detail: string): void {
    if (!this.closed) this.lose(reason, detail);
  }

  /** Lets go of it, and of what it is doing. */
  drop(detail: string): void {
    if (!this.closed) this.lose('local', detail);
  }

  private bodyOver(): void {
    const { get } = this;
    this.rest = null;
    this.get = null;
    if (this.keepsAlive) this.owner.onIdle(this);
    else this.lose('ended', '');
    get?.done();
  }

  private lose(reason: CloseReason, detail: string): void {
    const { get } = this;
    this.closed = true;
    this.get = null;
    this.stream.reset();
    // A server closes a connection that was idle for long; a request that crosses that on its way was not answered, and not refused.
    const wasClosing = this.used && this.rest === null && (reason === 'reset' || reason === 'ended');
    const tryOther = !this.opened && reason !== 'local' && this.others.length > 0;
    const unanswered = get !== null && (wasClosing || tryOther) ? get : null;
    this.owner.onLost(this, unanswered);
    if (unanswered === null) get?.fail(detail === '' ? reason : detail);
  }
}
