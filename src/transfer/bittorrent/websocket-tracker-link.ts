/**
 * The channel to one of WebTorrent's trackers: announces that wait for their offers or their answer, and what other peers say by way of
 * the tracker. Owned by the client of all such trackers.
 */

import { equalBytes, latin1 } from '../../core/bytes.ts';
import type { Channel, ChannelDialler, ChannelHandler } from '../../core/channel.ts';
import { MalformedMessage } from '../../core/codec.ts';
import {
  type Offer,
  WEBSOCKET_REPLY_BYTES_MAX,
  type WebSocketIntroduction,
  type WebSocketTrackerReply,
  type WebSocketTrackerRequest,
  webSocketTrackerReply,
  webSocketTrackerRequest,
} from '../../wire/tracker-websocket.ts';
import type { AnnounceFields } from './announce-attempt.ts';
import type { DescriptionTaker, Introduction } from './introductions.ts';
import type { WebSocketScrapeOperation, WebSocketTrackerClient, WebSocketTrackerOperation } from './websocket-tracker-client.ts';

const ANNOUNCE_MS_MAX = 30_000;
/** A tracker that does not take our leave soon does without it. */
const FAREWELL_MS_MAX = 5000;
/** An announce waits no longer for its offers: STUN servers that do not answer hold each up for many seconds. */
const DESCRIBE_MS_MAX = 3000;
/** What may wait for a tracker that does not read. */
const QUEUE_BYTES_MAX = 1 << 20;

export class WebSocketTrackerLink implements ChannelHandler {
  readonly url: string;
  readonly client: WebSocketTrackerClient;
  private channel: Channel | null = null;
  private isOpen = false;
  private readonly announces = new Set<PendingAnnounce>();
  private readonly scrapes = new Map<string, WebSocketScrapeOperation>();
  /** Torrents that have a place at the tracker. */
  private readonly present = new Map<string, Uint8Array>();

  constructor(client: WebSocketTrackerClient, url: string) {
    this.client = client;
    this.url = url;
  }

  begin(dialler: ChannelDialler): void {
    this.channel = dialler.dial(this.url, WEBSOCKET_REPLY_BYTES_MAX, this);
  }

  announce(fields: AnnounceFields, trackerId: string | null, operation: WebSocketTrackerOperation): void {
    const { introductions, owner } = this.client;
    const pending = new PendingAnnounce(this, fields, trackerId, operation, owner.now());
    this.announces.add(pending);
    const wanted = fields.event === 'stopped' || fields.event === 'completed' ? 0 : owner.offersFor(fields.infoHash);
    for (let count = 0; count < wanted; count++) {
      const introduction = introductions.offer(fields.infoHash, pending, owner.now());
      if (introduction === null) break;
      pending.made.push(introduction);
      pending.awaiting++;
    }
    this.sendIfReady(pending);
  }

  scrape(infoHash: Uint8Array, operation: WebSocketScrapeOperation): void {
    if (!this.isOpen) return;
    this.scrapes.set(latin1(infoHash), operation);
    this.say({ kind: 'scrape', infoHashes: [infoHash] });
  }

  cancel(operation: WebSocketTrackerOperation): void {
    for (const pending of this.announces) if (pending.operation === operation) this.giveUp(pending);
    this.closeIfUnused();
  }

  tick(now: number): void {
    for (const pending of [...this.announces]) {
      const { sent, startedMs, fields, operation } = pending;
      if (!sent && now - startedMs > DESCRIBE_MS_MAX) {
        pending.awaiting = 0;
        this.sendIfReady(pending);
      }
      if (now - startedMs <= (fields.event === 'stopped' ? FAREWELL_MS_MAX : ANNOUNCE_MS_MAX)) continue;
      this.giveUp(pending);
      operation.onWebSocketTrackerFailed('no answer');
    }
    this.closeIfUnused();
  }

  /** Whoever announces from now on gets a channel of its own. */
  close(): void {
    this.client.onLinkClosed(this);
    this.channel?.close();
  }

  sendIfReady(pending: PendingAnnounce): void {
    if (!this.isOpen || pending.sent || pending.awaiting > 0 || !this.announces.has(pending)) return;
    pending.sent = true;
    const { infoHash, peerId, uploaded, downloaded, left, event } = pending.fields;
    const { offers, trackerId } = pending;
    if (event === 'stopped') this.present.delete(latin1(infoHash));
    else this.present.set(latin1(infoHash), infoHash);
    this.say({ kind: 'announce', infoHash, peerId, uploaded, downloaded, left, event, numwant: offers.length, offers, trackerId });
  }

  sayAnswer({ infoHash, offerId }: Introduction, toPeerId: Uint8Array, sdp: string): void {
    this.say({ kind: 'answer', infoHash, peerId: this.client.owner.peerId, toPeerId, offerId, sdp });
  }

  // ---- the channel -----------------------------------------------------------------------------------------------------------

  onChannelOpen(channel: Channel): void {
    this.channel = channel;
    this.isOpen = true;
    for (const pending of [...this.announces]) this.sendIfReady(pending);
  }

  onChannelMessage(bytes: Uint8Array): void {
    let reply: WebSocketTrackerReply;
    try {
      reply = webSocketTrackerReply.decode(bytes, 0, bytes.length);
    } catch (error) {
      // What we cannot read may be meant for newer clients; who waits for something else is told when its time is over.
      if (error instanceof MalformedMessage) return;
      throw error;
    }
    this.onReply(reply);
  }

  onChannelClosed(detail: string): void {
    this.isOpen = false;
    this.channel = null;
    this.client.onLinkClosed(this);
    const [announces, present] = [[...this.announces], [...this.present]];
    for (const pending of announces) this.giveUp(pending);
    this.present.clear();
    for (const { operation } of announces) operation.onWebSocketTrackerFailed(detail);
    const asked = new Set(announces.map(({ fields }) => latin1(fields.infoHash)));
    for (const [key, infoHash] of present) if (!asked.has(key)) this.client.owner.onTrackerLost(infoHash, this.url);
  }

  private onReply(reply: WebSocketTrackerReply): void {
    switch (reply.kind) {
      case 'announced': {
        const pending = this.oldestFor(reply.infoHash);
        if (pending === null) return;
        this.announces.delete(pending);
        pending.operation.onWebSocketAnnounced(reply);
        return this.closeIfUnused();
      }
      case 'failure': {
        const pending = this.oldestFor(reply.infoHash);
        if (pending === null) return;
        this.giveUp(pending);
        this.present.delete(latin1(pending.fields.infoHash));
        pending.operation.onWebSocketTrackerFailed(reply.reason);
        return this.closeIfUnused();
      }
      case 'scraped':
        for (const { infoHash, ...counts } of reply.files) {
          this.scrapes.get(latin1(infoHash))?.onWebSocketScraped(counts);
          this.scrapes.delete(latin1(infoHash));
        }
        return;
      case 'offer':
        return this.onOffer(reply);
      case 'answer':
        this.client.introductions.answered(reply.infoHash, reply.offerId, reply.sdp, this.client.owner.now());
    }
  }

  private onOffer({ infoHash, peerId, offerId, sdp }: WebSocketIntroduction): void {
    const { owner, introductions } = this.client;
    // Of a torrent that was not announced here the tracker cannot know that we have it, and shall not find out by asking.
    if (!this.present.has(latin1(infoHash)) || equalBytes(peerId, owner.peerId) || owner.roomFor(infoHash) === 0) return;
    introductions.answer(infoHash, offerId, sdp, new PendingAnswer(this, peerId), owner.now());
  }

  /** Nobody will answer its offers. */
  private giveUp(pending: PendingAnnounce): void {
    this.announces.delete(pending);
    for (const introduction of pending.made) this.client.introductions.drop(introduction);
  }

  /** The announce that a reply is about; one that names no torrent is about the oldest. */
  private oldestFor(infoHash: Uint8Array | null): PendingAnnounce | null {
    for (const pending of this.announces) {
      if (pending.sent && (infoHash === null || equalBytes(pending.fields.infoHash, infoHash))) return pending;
    }
    return null;
  }

  private say(request: WebSocketTrackerRequest): void {
    if (!this.isOpen || this.channel === null) return;
    this.channel.send(webSocketTrackerRequest, request);
    if (this.channel.queuedBytes > QUEUE_BYTES_MAX) this.close();
  }

  private closeIfUnused(): void {
    if (this.announces.size === 0 && this.present.size === 0) this.close();
  }
}

/** One announce, from its wish for offers to the tracker's answer. */
class PendingAnnounce implements DescriptionTaker {
  readonly fields: AnnounceFields;
  readonly trackerId: string | null;
  readonly operation: WebSocketTrackerOperation;
  readonly startedMs: number;
  readonly made: Introduction[] = [];
  readonly offers: Offer[] = [];
  /** Offers that are not described yet. */
  awaiting = 0;
  sent = false;
  private readonly link: WebSocketTrackerLink;

  constructor(
    link: WebSocketTrackerLink,
    fields: AnnounceFields,
    trackerId: string | null,
    operation: WebSocketTrackerOperation,
    startedMs: number,
  ) {
    this.link = link;
    this.fields = fields;
    this.trackerId = trackerId;
    this.operation = operation;
    this.startedMs = startedMs;
  }

  onDescription(introduction: Introduction, description: string | null): void {
    if (this.sent) return this.link.client.introductions.drop(introduction);
    this.awaiting--;
    if (description !== null) this.offers.push({ offerId: introduction.offerId, sdp: description });
    this.link.sendIfReady(this);
  }
}

/** Our answer to somebody's offer, before it is described. */
class PendingAnswer implements DescriptionTaker {
  private readonly link: WebSocketTrackerLink;
  private readonly toPeerId: Uint8Array;

  constructor(link: WebSocketTrackerLink, toPeerId: Uint8Array) {
    this.link = link;
    this.toPeerId = toPeerId;
  }

  onDescription(introduction: Introduction, description: string | null): void {
    if (description !== null) this.link.sayAnswer(introduction, this.toPeerId, description);
  }
}
