/**
 * The client of WebTorrent's trackers: one channel a tracker for all torrents, open as long as one of them is announced there, since the
 * offers of others come over it. Owns the channels and the introductions that begin on them.
 */

import type { ChannelDialler } from '../../core/channel.ts';
import type { Peer } from '../../core/host.ts';
import type { Meeting, WebRtc } from '../../core/web-rtc.ts';
import type { WebSocketAnnounced } from '../../wire/tracker-websocket.ts';
import type { ScrapeCounts } from '../../wire/tracker-udp.ts';
import type { AnnounceFields } from './announce-attempt.ts';
import { type IntroductionOwner, Introductions } from './introductions.ts';
import { WebSocketTrackerLink } from './websocket-tracker-link.ts';

export interface WebSocketTrackerOperation {
  onWebSocketAnnounced(reply: WebSocketAnnounced): void;
  /** No answer will come. */
  onWebSocketTrackerFailed(message: string): void;
}

export interface WebSocketScrapeOperation {
  onWebSocketScraped(counts: ScrapeCounts): void;
}

/** Who knows the torrents. */
export interface WebSocketTrackerOwner {
  readonly peerId: Uint8Array;
  now(): number;
  newOfferId(length: number): Uint8Array;
  /** How many more peers of that torrent would be welcome; 0 for a torrent that we do not have. */
  roomFor(infoHash: Uint8Array): number;
  /** To how many of them we would like to offer ourselves. */
  offersFor(infoHash: Uint8Array): number;
  onIntroduced(infoHash: Uint8Array, meeting: Meeting, peer: Peer, weOffered: boolean): void;
  /** Somebody has answered an offer of that torrent and was not met. */
  onMissed(infoHash: Uint8Array): void;
  /** The channel to a tracker where that torrent was announced is gone, and with it our place there. */
  onTrackerLost(infoHash: Uint8Array, url: string): void;
}

export class WebSocketTrackerClient implements IntroductionOwner {
  readonly owner: WebSocketTrackerOwner;
  readonly introductions: Introductions;
  private readonly dialler: ChannelDialler;
  private readonly links = new Map<string, WebSocketTrackerLink>();

  constructor(dialler: ChannelDialler, webRtc: WebRtc, owner: WebSocketTrackerOwner) {
    this.dialler = dialler;
    this.owner = owner;
    this.introductions = new Introductions(webRtc, this);
  }

  announce(url: string, fields: AnnounceFields, trackerId: string | null, operation: WebSocketTrackerOperation): void {
    this.linkTo(url).announce(fields, trackerId, operation);
  }

  /** Over a channel that is open; a scrape is worth none of its own. */
  scrape(url: string, infoHash: Uint8Array, operation: WebSocketScrapeOperation): void {
    this.links.get(url)?.scrape(infoHash, operation);
  }

  /** The operation hears nothing more. */
  cancel(operation: WebSocketTrackerOperation): void {
    for (const link of this.links.values()) link.cancel(operation);
  }

  /** To be called about once a second. */
  tick(now: number): void {
    this.introductions.tick(now);
    for (const link of [...this.links.values()]) link.tick(now);
  }

  /** Meetings are given up; farewells that are under way are not waited for. */
  stop(): void {
    this.introductions.stop();
    for (const link of [...this.links.values()]) link.close();
  }

  inspect(): unknown {
    return { trackers: [...this.links.keys()], introductions: this.introductions.pending };
  }

  newOfferId(length: number): Uint8Array {
    return this.owner.newOfferId(length);
  }

  onIntroduced(infoHash: Uint8Array, meeting: Meeting, peer: Peer, weOffered: boolean): void {
    this.owner.onIntroduced(infoHash, meeting, peer, weOffered);
  }

  onMissed(infoHash: Uint8Array): void {
    this.owner.onMissed(infoHash);
  }

  onLinkClosed(link: WebSocketTrackerLink): void {
    if (this.links.get(link.url) === link) this.links.delete(link.url);
  }

  private linkTo(url: string): WebSocketTrackerLink {
    let link = this.links.get(url);
    if (link === undefined) {
      link = new WebSocketTrackerLink(this, url);
      this.links.set(url, link);
      link.begin(this.dialler);
    }
    return link;
  }
}
