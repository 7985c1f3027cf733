/**
 * A BitTorrent tracker over HTTP (BEP 3, 7, 23, 24, 48), UDP (BEP 15) and WebSockets (WebTorrent) on one host; owns the swarms and both services. It answers on
 * the host's stream listener and datagram socket, whichever there are.
 */

import { readU32 } from '../../core/bytes.ts';
import type { Host, Protocol, Timer } from '../../core/host.ts';
import { httpRequests } from '../../wire/http.ts';
import { udpTrackerRequest } from '../../wire/tracker-udp.ts';
import { ConnectionIds } from './connection-ids.ts';
import { HttpService } from './http-service.ts';
import { Swarms } from './swarms.ts';
import { TRACKER_DEFAULTS, type TrackerOptions } from './tracker-options.ts';
import { UdpService } from './udp-service.ts';
import { WebSocketService } from './websocket-service.ts';

const TICK_MS = 1000;
const TIMER_TICK = 0;

const NO_WEBSOCKETS = { announces: 0, offers: 0, answers: 0, scrapes: 0, malformed: 0 };

/** What `inspect` tells. */
export interface TrackerInspection {
  readonly torrents: number;
  readonly peers: number;
  readonly peersIpv6: number;
  /** Memory of the tables. */
  readonly bytes: number;
  readonly uptimeSeconds: number;
  readonly udp: { readonly connects: number; readonly announces: number; readonly scrapes: number; readonly wrongIds: number };
  readonly http: { readonly announces: number; readonly scrapes: number; readonly pages: number; readonly malformed: number };
  readonly httpConnections: number;
  readonly webSocket: {
    readonly announces: number;
    readonly offers: number;
    readonly answers: number;
    readonly scrapes: number;
    readonly malformed: number;
  };
  readonly channels: number;
  /** Peers that announce over WebSockets; `peers` counts them too. */
  readonly peersIntroduced: number;
  readonly refused: number;
}

export class Tracker implements Protocol {
  readonly options: TrackerOptions;
  private readonly host: Host;
  private readonly swarms: Swarms;
  private readonly udp: UdpService;
  private readonly http: HttpService;
  private readonly webSockets: WebSocketService | null;
  private startedMs = 0;
  private timer: Timer = 0 as Timer;

  constructor(host: Host, options: Partial<TrackerOptions> = {}) {
    this.host = host;
    this.options = { ...TRACKER_DEFAULTS, ...options };
    const { secret } = this.options;
    const ids =
      secret === null ? new ConnectionIds(host.random.u32(), host.random.u32()) : new ConnectionIds(readU32(secret, 0), readU32(secret, 4));
    this.swarms = new Swarms(host, this.options);
    this.udp = new UdpService(host, this.swarms, ids);
    const { channels } = this.options;
    this.webSockets = channels === null ? null : new WebSocketService(host, this.options, this.swarms, channels);
    this.http = new HttpService(host, this.options, this.swarms, this.webSockets, () => this.page());
  }

  start(): void {
    this.startedMs = this.host.now();
    this.host.bind(udpTrackerRequest, this.udp);
    this.host.listen(httpRequests, this.http.callers);
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  onTimer(): void {
    this.swarms.sweep();
    this.http.callers.tick();
    this.webSockets?.tick();
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    this.http.callers.stop();
    this.webSockets?.stop();
  }

  inspect(): TrackerInspection {
    const { v4, v6, introduced } = this.swarms;
    return {
      torrents: Math.max(v4.swarms, v6.swarms, introduced.size),
      peers: v4.peers + v6.peers + introduced.peers,
      peersIpv6: v6.peers,
      bytes: v4.bytes + v6.bytes,
      uptimeSeconds: Math.floor((this.host.now() - this.startedMs) / 1000),
      udp: { ...this.udp.counters },
      http: { ...this.http.counters },
      httpConnections: this.http.callers.count,
      webSocket: this.webSockets === null ? NO_WEBSOCKETS : { ...this.webSockets.counters },
      channels: this.webSockets?.channelCount ?? 0,
      peersIntroduced: introduced.peers,
      refused: this.swarms.refused,
    };
  }

  private page(): string {
    const { torrents, peers, peersIpv6, peersIntroduced, bytes, uptimeSeconds, udp, http, webSocket, channels, refused } = this.inspect();
    return [
      'BitTorrent tracker',
      `up ${uptimeSeconds} s, ${torrents} torrents, ${peers} peers (${peersIpv6} over IPv6, ${peersIntroduced} over WebRTC), ${bytes} bytes`,
      `UDP: ${udp.connects} connects, ${udp.announces} announces, ${udp.scrapes} scrapes, ${udp.wrongIds} wrong connection ids`,
      `HTTP: ${http.announces} announces, ${http.scrapes} scrapes, ${http.pages} pages, ${http.malformed} malformed`,
      `WebSocket: ${channels} open, ${webSocket.announces} announces, ${webSocket.offers} offers, ${webSocket.answers} answers, ${webSocket.malformed} malformed`,
      `${refused} announces refused`,
      '',
    ].join('\n');
  }
}
