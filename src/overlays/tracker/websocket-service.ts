/**
 * The WebSocket side of a tracker, as WebTorrent has it: takes offers of WebRTC connections, hands each to another peer of the swarm, and
 * the answer back. Owns the channels; the swarms are of peers who can only be introduced, apart from those who can be dialled.
 */

import { latin1 } from '../../core/bytes.ts';
import type { Channel, ChannelAcceptor, ChannelHandler, ChannelRequest } from '../../core/channel.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { TrackerEvent } from '../../core/events.ts';
import type { Endpoint, Host, Stream } from '../../core/host.ts';
import {
  WEBSOCKET_REQUEST_BYTES_MAX,
  type WebSocketAnnounce,
  type WebSocketAnswer,
  type WebSocketTrackerReply,
  type WebSocketTrackerRequest,
  webSocketTrackerReply,
  webSocketTrackerRequest,
} from '../../wire/tracker-websocket.ts';
import { REFUSED_FULL, type Swarms } from './swarms.ts';
import type { TrackerOptions } from './tracker-options.ts';
import type { WebSocketPeer } from './websocket-swarms.ts';

/** A browser's channel is open for as long as its page is; one that has not announced for three intervals is of no use to anybody. */
const SILENT_INTERVALS_MAX = 3;
/** Before the first announce. */
const SILENT_MS_MAX = 30_000;
/** As bittorrent-tracker asks for: who can only be introduced is found by nobody while its offers are old. */
const INTERVAL_SECONDS_MAX = 120;
/** Who has met nobody comes back with new offers. */
const MIN_INTERVAL_SECONDS = 30;
/** Torrents of one client. */
const TORRENTS_MAX = 500;
/** What may wait for a client that does not read. */
const QUEUE_BYTES_MAX = 1 << 20;
/** Messages that a channel may send at once, after a reconnect with hundreds of torrents, and a second in the long run. */
const BURST_MAX = 1000;
const MESSAGES_PER_SECOND = 20;
const REJECTED_FORMAT = 2;

export class WebSocketService {
  private readonly host: Host;
  private readonly options: TrackerOptions;
  private readonly swarms: Swarms;
  private readonly acceptor: ChannelAcceptor;
  private readonly channels = new Set<TrackerChannel>();
  readonly intervalSeconds: number;
  readonly counters = { announces: 0, offers: 0, answers: 0, scrapes: 0, malformed: 0 };

  constructor(host: Host, options: TrackerOptions, swarms: Swarms, acceptor: ChannelAcceptor) {
    this.host = host;
    this.options = options;
    this.swarms = swarms;
    this.acceptor = acceptor;
    this.intervalSeconds = Math.min(options.intervalSeconds, INTERVAL_SECONDS_MAX);
  }

  get channelCount(): number {
    return this.channels.size;
  }

  /** False: there are too many, and the stream is as it was. */
  accept(stream: Stream, request: ChannelRequest, from: Endpoint): boolean {
    if (this.channels.size >= this.options.channelsMax) return false;
    const channel = new TrackerChannel(this, from, this.host.now());
    this.channels.add(channel);
    this.acceptor.accept(stream, request, WEBSOCKET_REQUEST_BYTES_MAX, channel);
    return true;
  }

  closed(channel: TrackerChannel): void {
    this.channels.delete(channel);
    for (const peer of channel.peers.values()) this.swarms.introduced.leave(peer);
    channel.peers.clear();
  }

  /** To be called about once a second. */
  tick(): void {
    const now = this.host.now();
    const silentMs = SILENT_INTERVALS_MAX * this.intervalSeconds * 1000;
    for (const channel of this.channels) {
      channel.budget = Math.min(BURST_MAX, channel.budget + MESSAGES_PER_SECOND);
      for (const peer of channel.peers.values()) if (peer.announcedMs + silentMs < now) this.leave(channel, peer);
      if (channel.peers.size === 0 && channel.activeMs + SILENT_MS_MAX < now) channel.close();
    }
  }

  stop(): void {
    for (const channel of [...this.channels]) channel.close();
  }

  onMessage(channel: TrackerChannel, bytes: Uint8Array): void {
    if (channel.budget-- <= 0) return channel.close();
    channel.activeMs = this.host.now();
    let request: WebSocketTrackerRequest;
    try {
      request = webSocketTrackerRequest.decode(bytes, 0, bytes.length);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.counters.malformed++;
      this.host.tap(TrackerEvent.rejected, REJECTED_FORMAT, 0, 0);
      return channel.say({ kind: 'failure', infoHash: null, reason: error.message });
    }
    switch (request.kind) {
      case 'announce':
        return this.onAnnounce(channel, request);
      case 'answer':
        return this.onAnswer(channel, request);
      case 'scrape':
        this.counters.scrapes++;
        this.host.tap(TrackerEvent.scrape, request.infoHashes.length, 0, 0);
        return channel.say({
          kind: 'scraped',
          files: request.infoHashes.map((infoHash) => ({ infoHash, ...this.swarms.scrape(infoHash) })),
        });
    }
  }

  private onAnnounce(channel: TrackerChannel, announce: WebSocketAnnounce): void {
    this.counters.announces++;
    const { infoHash, peerId, event, offers } = announce;
    const key = latin1(infoHash);
    const known = channel.peers.get(key);
    const refusal =
      this.swarms.refusalOf(channel.from, infoHash) ??
      (known === undefined && event !== 'stopped' && this.isFull(channel) ? this.swarms.refuse(REFUSED_FULL, 0) : null);
    if (refusal !== null) return channel.say({ kind: 'failure', infoHash, reason: refusal });
    if (event === 'stopped') {
      if (known !== undefined) this.leave(channel, known);
      return this.sayAnnounced(channel, infoHash);
    }
    const now = this.host.now();
    const peer = known ?? this.swarms.introduced.join(channel, key, peerId, false, now);
    channel.peers.set(key, peer);
    this.swarms.introduced.refresh(peer, peerId, announce.left === 0, event === 'completed', now);
    this.sayAnnounced(channel, infoHash);
    const others = this.swarms.introduced.pick(peer, offers.length);
    for (const [index, other] of others.entries()) {
      const { offerId, sdp } = offers[index] as (typeof offers)[number];
      this.counters.offers++;
      this.swarms.introduced.hold(other, offerId, peer);
      other.channel.say({ kind: 'offer', infoHash, peerId, offerId, sdp });
    }
    this.host.tap(TrackerEvent.introduced, offers.length, others.length, 0);
  }

  /** Only who was handed the offer can answer it, once; whom the answer names does not matter. */
  private onAnswer(channel: TrackerChannel, { infoHash, offerId, sdp }: WebSocketAnswer): void {
    const peer = channel.peers.get(latin1(infoHash));
    const offerer = peer === undefined ? null : this.swarms.introduced.release(peer, offerId);
    if (peer === undefined || offerer === null) return;
    this.counters.answers++;
    offerer.channel.say({ kind: 'answer', infoHash, peerId: peer.peerId, offerId, sdp });
  }

  private sayAnnounced(channel: TrackerChannel, infoHash: Uint8Array): void {
    const { seeders, leechers } = this.swarms.scrape(infoHash);
    channel.say({
      kind: 'announced',
      infoHash,
      intervalSeconds: this.intervalSeconds,
      minIntervalSeconds: Math.min(this.intervalSeconds, this.options.minIntervalSeconds, MIN_INTERVAL_SECONDS),
      complete: seeders,
      incomplete: leechers,
      trackerId: null,
      warning: null,
    });
  }

  private isFull({ peers }: TrackerChannel): boolean {
    return peers.size >= TORRENTS_MAX || this.swarms.introduced.peers >= this.options.introducedMax;
  }

  private leave(channel: TrackerChannel, peer: WebSocketPeer<TrackerChannel>): void {
    channel.peers.delete(peer.infoHash);
    this.swarms.introduced.leave(peer);
  }
}

/** One client, with the torrents that it has announced. */
export class TrackerChannel implements ChannelHandler {
  readonly from: Endpoint;
  readonly peers = new Map<string, WebSocketPeer<TrackerChannel>>();
  activeMs: number;
  /** Messages that it may send. */
  budget = BURST_MAX;
  private readonly service: WebSocketService;
  private channel: Channel | null = null;
  private closing = false;

  constructor(service: WebSocketService, from: Endpoint, nowMs: number) {
    this.service = service;
    this.from = from;
    this.activeMs = nowMs;
  }

  onChannelOpen(channel: Channel): void {
    this.channel = channel;
    if (this.closing) channel.close();
  }

  onChannelMessage(bytes: Uint8Array): void {
    if (!this.closing) this.service.onMessage(this, bytes);
  }

  onChannelClosed(): void {
    this.channel = null;
    this.service.closed(this);
  }

  say(reply: WebSocketTrackerReply): void {
    if (this.channel === null || this.closing) return;
    this.channel.send(webSocketTrackerReply, reply);
    if (this.channel.queuedBytes > QUEUE_BYTES_MAX) this.close();
  }

  close(): void {
    this.closing = true;
    this.channel?.close();
  }
}
