/** The HTTP side of a tracker (BEP 3, 23, 48): `/announce`, `/scrape`, and a page of text for people; owns what it counts. */

import { latin1Bytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, endpointOf } from '../../core/endpoint.ts';
import { TrackerEvent } from '../../core/events.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import {
  decodeAnnounceQuery,
  decodeScrapeQuery,
  encodeAnnounceReply,
  encodeFailure,
  encodeScrapeReply,
  type HttpAnnounce,
} from '../../wire/tracker-http.ts';
import { type WebCaller, WebCallers } from '../web/index.ts';
import { REFUSED_RATE, type Swarms } from './swarms.ts';
import type { TrackerOptions } from './tracker-options.ts';
import type { WebSocketService } from './websocket-service.ts';

const RETRY_MINUTES = 10;
const REJECTED_FORMAT = 2;

export class HttpService {
  readonly callers: WebCallers;
  private readonly host: Host;
  private readonly options: TrackerOptions;
  private readonly swarms: Swarms;
  private readonly page: () => string;
  private readonly webSockets: WebSocketService | null;
  readonly counters = { announces: 0, scrapes: 0, pages: 0, malformed: 0 };

  /** `page` gives the text of `/` and `/stats`. */
  constructor(host: Host, options: TrackerOptions, swarms: Swarms, webSockets: WebSocketService | null, page: () => string) {
    this.host = host;
    this.options = options;
    this.swarms = swarms;
    this.page = page;
    this.webSockets = webSockets;
    this.callers = new WebCallers(host, options.connectionsMax, (caller, request) => this.answer(caller, request));
  }

  private answer(caller: WebCaller, request: HttpRequest): void {
    if (this.upgrades(caller, request)) return;
    const mark = request.target.indexOf('?');
    const path = mark < 0 ? request.target : request.target.slice(0, mark);
    const query = mark < 0 ? '' : request.target.slice(mark + 1);
    if (request.method !== 'GET') return caller.answer(405, 'Method Not Allowed', latin1Bytes('GET is expected\n'));
    switch (path) {
      case '/announce':
        return caller.answer(200, 'OK', this.announce(caller.from, query));
      case '/scrape':
        return caller.answer(200, 'OK', this.scrape(query));
      case '/':
      case '/stats':
        this.counters.pages++;
        return caller.answer(200, 'OK', latin1Bytes(this.page()));
      default:
        caller.answer(404, 'Not Found', latin1Bytes('this is a BitTorrent tracker: /announce, /scrape, /stats\n'));
    }
  }

  /** The client wants a WebSocket on this connection, whatever the path: public trackers have theirs at `/`. True when it got one. */
  private upgrades(caller: WebCaller, request: HttpRequest): boolean {
    const { webSockets } = this;
    if (webSockets === null || !/\bwebsocket\b/i.test(request.headers.get('upgrade') ?? '')) return false;
    return caller.passTo((stream) => webSockets.accept(stream, request, caller.from));
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
