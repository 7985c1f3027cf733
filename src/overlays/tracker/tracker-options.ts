/** What the operator of a tracker may choose, and what kith chooses without him; immutable data. */

import type { ChannelAcceptor } from '../../core/channel.ts';
import { hexOf } from '../../core/hex.ts';

export interface TrackerOptions {
  /** Which torrents may be announced: all, or those that the node says. */
  readonly policy: TrackerPolicy;
  /** What clients are told: how long to wait between announces, and the least they may choose themselves. */
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
  /** A peer that did not announce for so long is gone: one and a half intervals by default, a lost announce is forgiven. */
  readonly expirySeconds: number;
  /** Peers in a reply: when the client says nothing, and at most. */
  readonly numwantDefault: number;
  readonly numwantMax: number;
  /** Of each address family. Newcomers are refused beyond; those who are in stay. */
  readonly swarmsMax: number;
  readonly peersMax: number;
  /** Announces of one IPv4 address or IPv6 /64 in ten minutes. Loopback is exempt: that is the operator himself. */
  readonly announcesPerAddressMax: number;
  /** Open HTTP connections; at the bound the one that was silent for longest is closed. */
  readonly connectionsMax: number;
  /** For peers in browsers, who announce over WebSockets; without it there are none. */
  readonly channels: ChannelAcceptor | null;
  /** Open WebSockets, and peers that have announced over them; newcomers are refused beyond. */
  readonly channelsMax: number;
  readonly introducedMax: number;
  /** 8 bytes that make connection ids unguessable, from the system's own generator; out of `host.random` when null. */
  readonly secret: Uint8Array | null;
}

export interface TrackerPolicy {
  /** `infoHash` is borrowed. */
  admits(infoHash: Uint8Array): boolean;
}

export const ADMIT_ALL: TrackerPolicy = { admits: () => true };

/** Only the torrents on the list: for a tracker that serves what its node shares, or what its operator has named. */
export class AdmitListed implements TrackerPolicy {
  private readonly listed = new Set<string>();

  add(infoHash: Uint8Array): void {
    this.listed.add(hexOf(infoHash));
  }

  delete(infoHash: Uint8Array): void {
    this.listed.delete(hexOf(infoHash));
  }

  admits(infoHash: Uint8Array): boolean {
    return this.listed.has(hexOf(infoHash));
  }
}

/** Half an hour is what public trackers ask for; a client that finds too few peers may come back after two minutes. */
export const TRACKER_DEFAULTS: TrackerOptions = {
  policy: ADMIT_ALL,
  intervalSeconds: 1800,
  minIntervalSeconds: 120,
  expirySeconds: 2700,
  numwantDefault: 50,
  numwantMax: 200,
  swarmsMax: 1_000_000,
  peersMax: 2_000_000,
  announcesPerAddressMax: 6000,
  connectionsMax: 4096,
  channels: null,
  channelsMax: 4096,
  introducedMax: 100_000,
  secret: null,
};
