/**
 * One announce to one tracker, from its URL to its answer: over HTTP through a Fetcher (BEP 3, 23), over UDP to the first IPv4 and the
 * first IPv6 address of its name (BEP 15, BEP 7), or over a WebSocket (WebTorrent). Owned by the announcer, which hears of every answer and at last of failure.
 */

import { latin1 } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import type { Endpoint, FetchOperation, Fetcher, Host, Peer, ResolveOperation } from '../../core/host.ts';
import {
  decodeAnnounceReply,
  encodeAnnounceQuery,
  type HttpTrackerAnswer,
  type HttpTrackerPeers,
  unpackEndpoints,
} from '../../wire/tracker-http.ts';
import type { AnnounceEvent, UdpAnnounceResponse } from '../../wire/tracker-udp.ts';
import type { WebSocketAnnounced } from '../../wire/tracker-websocket.ts';
import { type TrackerUrl, withQuery } from './tracker-url.ts';
import type { UdpTrackerClient, UdpTrackerOperation } from './udp-tracker-client.ts';
import type { WebSocketTrackerClient, WebSocketTrackerOperation } from './websocket-tracker-client.ts';

const REPLY_BYTES_MAX = 1 << 20;
const TIMEOUT_MS = 30_000;
/** A tracker that does not take our leave soon does without it. */
const TIMEOUT_STOPPED_MS = 5000;
const SHOWN_CHARS = 80;
/** Over a WebSocket an announce is also a round of offers: a torrent without peers tries again as often as webtorrent does. */
const WEBSOCKET_MIN_INTERVAL_SECONDS = 30;

/** What every announce of one torrent says of itself. */
export interface AnnounceFields {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly key: number;
  readonly uploaded: number;
  readonly downloaded: number;
  readonly left: number;
  readonly numwant: number;
  readonly event: AnnounceEvent;
}

export interface AttemptHandler {
  /** Over UDP there may be one answer by address family. */
  onAnnounceAnswer(attempt: AnnounceAttempt, answer: HttpTrackerPeers): void;
  /** No answer will come, and none has. Minutes after which a retry makes sense (BEP 31), or null. */
  onAnnounceFailed(attempt: AnnounceAttempt, message: string, retryInMinutes: number | null): void;
}

export class AnnounceAttempt implements FetchOperation, ResolveOperation, UdpTrackerOperation, WebSocketTrackerOperation {
  readonly url: TrackerUrl;
  readonly fields: AnnounceFields;
  private readonly host: Host;
  private readonly udp: UdpTrackerClient;
  private readonly webSockets: WebSocketTrackerClient | null;
  private readonly handler: AttemptHandler;
  /** Addresses that have not answered yet. */
  private pending = 0;
  private answered = false;
  private cancelled = false;

  constructor(
    host: Host,
    udp: UdpTrackerClient,
    webSockets: WebSocketTrackerClient | null,
    url: TrackerUrl,
    fields: AnnounceFields,
    handler: AttemptHandler,
  ) {
    this.host = host;
    this.udp = udp;
    this.webSockets = webSockets;
    this.url = url;
    this.fields = fields;
    this.handler = handler;
  }

  /** Sends the request. Answers come in later events. */
  begin(fetcher: Fetcher | null, trackerId: string | null): void {
    if (this.url.kind === 'udp') {
      this.host.resolve(this.url.hostname, this.url.port, this);
      return;
    }
    if (this.url.kind === 'websocket') {
      this.webSockets?.announce(this.url.text, this.fields, trackerId, this);
      return;
    }
    const { key, ...fields } = this.fields;
    const query = encodeAnnounceQuery({ ...fields, key: key.toString(16).padStart(8, '0'), ip: null, trackerId });
    const timeoutMs = fields.event === 'stopped' ? TIMEOUT_STOPPED_MS : TIMEOUT_MS;
    fetcher?.fetch(withQuery(this.url.text, query), { bytesMax: REPLY_BYTES_MAX, timeoutMs }, this);
  }

  /** The handler hears nothing more. */
  cancel(): void {
    this.cancelled = true;
    this.udp.cancel(this);
    this.webSockets?.cancel(this);
  }

  onFetched(status: number, body: Uint8Array, detail: string): void {
    if (this.cancelled) return;
    if (status === 0) return this.handler.onAnnounceFailed(this, detail, null);
    let answer: HttpTrackerAnswer;
    try {
      answer = decodeAnnounceReply(body);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      // Web servers that are no trackers, or trackers that are overloaded, answer in their own words.
      const words = status === 200 ? `no tracker reply: ${printable(body)}` : `HTTP status ${status}`;
      return this.handler.onAnnounceFailed(this, words, null);
    }
    if (answer.kind === 'peers') this.handler.onAnnounceAnswer(this, answer);
    else this.handler.onAnnounceFailed(this, answer.reason, answer.retryInMinutes);
  }

  onResolved(endpoints: readonly Endpoint[]): void {
    if (this.cancelled) return;
    const own = this.host.self.datagram;
    if (own === null) return this.handler.onAnnounceFailed(this, 'no UDP here', null);
    const v4 = endpoints.find((endpoint) => endpoint.length === ENDPOINT_V4_BYTES);
    // A socket bound to an IPv4 address reaches no IPv6 one, and the other way round unless it is the wildcard.
    const v6 = own.length === ENDPOINT_V4_BYTES ? undefined : endpoints.find((endpoint) => endpoint.length === ENDPOINT_V6_BYTES);
    const reachable = [v4, v6].filter((endpoint) => endpoint !== undefined);
    if (reachable.length === 0) return this.handler.onAnnounceFailed(this, `no address of ${this.url.hostname} found`, null);
    this.pending = reachable.length;
    const fields = { ...this.fields, ip: 0, urlData: this.url.path };
    for (const endpoint of reachable) this.udp.announce(this.host.peer(endpoint), fields, this);
  }

  onUdpAnnounced(from: Peer, reply: UdpAnnounceResponse): void {
    this.pending--;
    this.answered = true;
    const endpoints: Endpoint[] = [];
    unpackEndpoints(reply.peers, this.host.endpoint(from).length, endpoints);
    this.handler.onAnnounceAnswer(this, {
      kind: 'peers',
      intervalSeconds: reply.intervalSeconds,
      minIntervalSeconds: null,
      complete: reply.seeders,
      incomplete: reply.leechers,
      endpoints,
      externalIp: null,
      trackerId: null,
      warning: null,
    });
  }

  onWebSocketAnnounced({ kind: _kind, infoHash: _infoHash, ...told }: WebSocketAnnounced): void {
    if (this.cancelled) return;
    const minIntervalSeconds = told.minIntervalSeconds ?? WEBSOCKET_MIN_INTERVAL_SECONDS;
    this.handler.onAnnounceAnswer(this, { kind: 'peers', endpoints: [], externalIp: null, ...told, minIntervalSeconds });
  }

  onWebSocketTrackerFailed(message: string): void {
    if (!this.cancelled) this.handler.onAnnounceFailed(this, message, null);
  }

  onUdpScraped(): void {}

  onUdpTrackerFailed(_from: Peer, message: string): void {
    this.pending--;
    if (this.pending === 0 && !this.answered) this.handler.onAnnounceFailed(this, message, null);
  }
}

function printable(body: Uint8Array): string {
  return body.length === 0 ? 'nothing' : latin1(body, 0, Math.min(body.length, SHOWN_CHARS)).replace(/[^\x20-\x7e]+/g, ' ');
}
