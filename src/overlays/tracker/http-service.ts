/** The HTTP side of a tracker (BEP 3, 23, 48): `/announce`, `/scrape`, and a page of text for people; owns the open connections. */

import { latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, endpointOf } from '../../core/endpoint.ts';
import { TrackerEvent } from '../../core/events.ts';
import type { Endpoint, Host, Peer, Stream, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import { httpResponse } from '../../wire/http.ts';
import { type HttpRequest, type HttpResponse, httpKeepsAlive } from '../../wire/http-head.ts';
import {
  decodeAnnounceQuery,
  decodeScrapeQuery,
  encodeAnnounceReply,
  encodeFailure,
  encodeScrapeReply,
  type HttpAnnounce,
} from '../../wire/tracker-http.ts';
import { REFUSED_RATE, type Swarms } from './swarms.ts';
import type { TrackerOptions } from './tracker-options.ts';
import type { WebSocketService } from './websocket-service.ts';

const IDLE_MS_MAX = 30_000;
/** Replies queued to a client that pipelines and does not read. */
const QUEUE_BYTES_MAX = 64 << 10;
const RETRY_MINUTES = 10;
const REJECTED_FORMAT = 2;

export class HttpService implements StreamAcceptor<HttpRequest> {
  private readonly host: Host;
  private readonly options: TrackerOptions;
  private readonly swarms: Swarms;
  private readonly page: () => string;
  private readonly webSockets: WebSocketService | null;
  /** The one that was silent for longest comes first. */
  private readonly connections = new Set<HttpConnection>();
  readonly counters = { announces: 0, scrapes: 0, pages: 0, malformed: 0 };

  /** `page` gives the text of `/` and `/stats`. */
  constructor(host: Host, options: TrackerOptions, swarms: Swarms, webSockets: WebSocketService | null, page: () => string) {
    this.host = host;
    this.options = options;
    this.swarms = swarms;
    this.page = page;
    this.webSockets = webSockets;
  }

  get connectionCount(): number {
    return this.connections.size;
  }

  onConnection(peer: Peer): StreamHandler<HttpRequest> {
    if (this.connections.size >= this.options.connectionsMax) this.oldest()?.drop();
    return new HttpConnection(this, this.host.endpoint(peer), this.host.now());
  }

  opened(connection: HttpConnection): void {
    this.connections.add(connection);
  }

  closed(connection: HttpConnection): void {
    this.connections.delete(connection);
  }

  /** The client wants a WebSocket on this connection, whatever the path: public trackers have theirs at `/`. True when it got one. */
  upgrade(connection: HttpConnection, stream: Stream, from: Endpoint, request: HttpRequest): boolean {
    if (this.webSockets === null || !/\bwebsocket\b/i.test(request.headers.get('upgrade') ?? '')) return false;
    if (!this.webSockets.accept(stream, request, from)) return false;
    this.connections.delete(connection);
    return true;
  }

  respond(connection: HttpConnection, from: Endpoint, request: HttpRequest): HttpResponse {
    connection.activeMs = this.host.now();
    this.connections.delete(connection);
    this.connections.add(connection);
    const mark = request.target.indexOf('?');
    const path = mark < 0 ? request.target : request.target.slice(0, mark);
    const query = mark < 0 ? '' : request.target.slice(mark + 1);
    if (request.method !== 'GET') return reply(405, 'Method Not Allowed', request, latin1Bytes('GET is expected\n'));
    switch (path) {
      case '/announce':
        return reply(200, 'OK', request, this.announce(from, query));
      case '/scrape':
        return reply(200, 'OK', request, this.scrape(query));
      case '/':
      case '/stats':
        this.counters.pages++;
        return reply(200, 'OK', request, latin1Bytes(this.page()));
      default:
        return reply(404, 'Not Found', request, latin1Bytes('this is a BitTorrent tracker: /announce, /scrape, /stats\n'));
    }
  }

  /** To be called about once a second: hangs up on who has said nothing for a while. */
  tick(): void {
    for (const connection of this.connections) {
      if (connection.activeMs + IDLE_MS_MAX > this.host.now()) return;
      connection.drop();
    }
  }

  stop(): void {
    for (const connection of this.connections) connection.finish();
  }

  private oldest(): HttpConnection | undefined {
    return this.connections.values().next().value;
  }

  private announce(from: Endpoint, query: string): Uint8Array {
    this.counters.announces++;
    let announce: HttpAnnounce;
    try {
      announce = decodeAnnounceQuery(query);
    } catch (error) {
      return this.malformed(error);
    }
    const ip = announce.ip === null ? null : (endpointOf(announce.ip, 0)?.slice(0, -2) ?? null);
    const { numwantMax } = this.options;
    const outcome = this.swarms.announce({ ...announce, from, ip }, numwantMax, numwantMax);
    if (typeof outcome === 'string') return encodeFailure(outcome, outcome === REFUSED_RATE ? RETRY_MINUTES : null);
    return encodeAnnounceReply({
      ...outcome,
      externalIp: from.subarray(0, from.length === ENDPOINT_V4_BYTES ? 4 : 16),
    });
  }

  private scrape(query: string): Uint8Array {
    this.counters.scrapes++;
    try {
      const infoHashes = decodeScrapeQuery(query);
      this.host.tap(TrackerEvent.scrape, infoHashes.length, 0, 0);
      return encodeScrapeReply(
        infoHashes,
        infoHashes.map((infoHash) => this.swarms.scrape(infoHash)),
      );
    } catch (error) {
      return this.malformed(error);
    }
  }

  private malformed(error: unknown): Uint8Array {
    if (!(error instanceof MalformedMessage)) throw error;
    this.counters.malformed++;
    this.host.tap(TrackerEvent.rejected, REJECTED_FORMAT, 0, 0);
    return encodeFailure(error.message, null);
  }
}

/** One HTTP connection: answers requests in order, keeps the connection where the client wants that. */
class HttpConnection implements StreamHandler<HttpRequest> {
  private readonly service: HttpService;
  private readonly from: Endpoint;
  private stream: Stream | null = null;
  private finished = false;
  activeMs: number;

  constructor(service: HttpService, from: Endpoint, nowMs: number) {
    this.service = service;
    this.from = from;
    this.activeMs = nowMs;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    stream.queueBytesMax = QUEUE_BYTES_MAX;
    this.service.opened(this);
  }

  onMessage(request: HttpRequest): void {
    if (this.finished || this.stream === null) return;
    if (this.service.upgrade(this, this.stream, this.from, request)) {
      this.finished = true;
      this.stream = null;
      return;
    }
    const room = this.stream.send(httpResponse, this.service.respond(this, this.from, request));
    if (!httpKeepsAlive(request) || request.method !== 'GET') this.finish();
    else if (!room) this.stream.pause();
  }

  onBulk(): void {}

  onDrain(): void {
    this.stream?.resume();
  }

  onEnd(): void {
    this.finish();
  }

  onClose(): void {
    this.stream = null;
    this.service.closed(this);
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.stream?.end();
  }

  drop(): void {
    this.finished = true;
    this.stream?.reset();
    this.service.closed(this);
  }
}

const CLOSE = 'close';
const KEEP_ALIVE = 'keep-alive';

function reply(status: number, reason: string, request: HttpRequest, body: Uint8Array): HttpResponse {
  const keeps = httpKeepsAlive(request) && request.method === 'GET';
  const headers = new Map([
    ['content-type', 'text/plain'],
    ['content-length', String(body.length)],
    ['connection', keeps ? KEEP_ALIVE : CLOSE],
  ]);
  return { status, reason, minor: 1, headers, body };
}
