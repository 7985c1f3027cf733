/**
 * Local service discovery (BEP 14): says in our own network which torrents we share, in turn, and dials whoever says the same of one of
 * ours. Owns when each torrent was spoken of last.
 */

import { AddressScope, scopeOf } from '../../core/address-scope.ts';
import { ENDPOINT_V6_BYTES, endpointIp, endpointOf } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import { hexOf } from '../../core/hex.ts';
import type { Endpoint, GroupHandler, Host, Multicaster } from '../../core/host.ts';
import { groupHost, LOCAL_TORRENTS_MAX, type LocalAnnounce, localAnnounce } from '../../wire/local-discovery.ts';
import type { Torrent } from './torrent.ts';

/** BEP 14: each torrent every five minutes, as far as one datagram a minute can name them. */
const SPEAK_MS_MIN = 60_000;
const TORRENT_MS = 5 * 60_000;
/** Announces that are listened to in a minute; the rest of a storm is not. */
const HEARD_MAX = 200;

/** Who has the torrents. */
export interface LocalTorrents {
  readonly host: Host;
  torrent(infoHash: string): Torrent | undefined;
}

export class LocalDiscovery implements GroupHandler<LocalAnnounce> {
  private readonly owner: LocalTorrents;
  private readonly network: Multicaster;
  private readonly port: number;
  private readonly cookie: string;
  /** Torrents that were spoken of, the longest ago first. */
  private readonly spokenAtMs = new Map<Torrent, number>();
  private nextAtMs = 0;
  private heard = 0;
  private heardSinceMs = 0;

  /** `port` is where we take connections; 0 speaks of nothing and listens all the same. */
  constructor(owner: LocalTorrents, network: Multicaster, port: number) {
    this.owner = owner;
    this.network = network;
    this.port = port;
    this.cookie = hexOf(owner.host.random.fill(new Uint8Array(8)));
  }

  start(): void {
    this.network.hear(localAnnounce, this);
  }

  tick(now: number, torrents: Iterable<Torrent>): void {
    if (now < this.nextAtMs || this.port === 0) return;
    const due = this.due(now, torrents);
    if (due.length === 0) return;
    this.nextAtMs = now + SPEAK_MS_MIN;
    const { port, cookie } = this;
    const infoHashes = due.flatMap((torrent) => torrent.infoHashes.onWire);
    for (const group of this.network.groups) {
      this.network.say(group, localAnnounce, { host: groupHost(group), port, infoHashes, cookie });
    }
  }

  /** Those never spoken of first, then those of longest ago: with many torrents that is in turn. */
  private due(now: number, torrents: Iterable<Torrent>): Torrent[] {
    const due: Torrent[] = [];
    let room = LOCAL_TORRENTS_MAX;
    // A hybrid has two names, and either may be all that others know (BEP 52).
    const take = (torrent: Torrent): void => {
      if (!mayBeSpokenOf(torrent) || torrent.infoHashes.onWire.length > room) return;
      room -= torrent.infoHashes.onWire.length;
      due.push(torrent);
    };
    for (const torrent of torrents) if (!this.spokenAtMs.has(torrent)) take(torrent);
    for (const [torrent, spokenAtMs] of this.spokenAtMs) {
      if (room === 0 || now - spokenAtMs < TORRENT_MS) break;
      take(torrent);
    }
    for (const torrent of due) {
      this.spokenAtMs.delete(torrent);
      this.spokenAtMs.set(torrent, now);
    }
    return due;
  }

  forget(torrent: Torrent): void {
    this.spokenAtMs.delete(torrent);
  }

  onHeard(from: Endpoint, { port, infoHashes, cookie }: LocalAnnounce): void {
    const { host } = this.owner;
    const now = host.now();
    if (cookie === this.cookie) return;
    if (now - this.heardSinceMs >= SPEAK_MS_MIN) [this.heard, this.heardSinceMs] = [0, now];
    // A link-local address of IPv6 means nothing without the name of its wire, which is not in what we remember.
    if (++this.heard > HEARD_MAX || (scopeOf(from) === AddressScope.link && from.length === ENDPOINT_V6_BYTES)) return;
    const endpoint = endpointOf(endpointIp(from), port);
    let ours = 0;
    for (const infoHash of infoHashes) {
      const torrent = this.owner.torrent(hexOf(infoHash));
      if (endpoint === null || torrent === undefined || !mayBeSpokenOf(torrent)) continue;
      ours++;
      if (torrent.infoHashes.isV2(infoHash)) torrent.swarm.rememberV2([endpoint]);
      torrent.swarm.offer([endpoint], 'local');
    }
    if (ours > 0) host.tap(BitTorrentEvent.heardLocally, ours, 0, 0);
  }
}

/** BEP 27: of a private torrent only its tracker may know. */
function mayBeSpokenOf(torrent: Torrent): boolean {
  return torrent.acceptsPeers && !torrent.isPrivate;
}
