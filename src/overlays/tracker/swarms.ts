/**
 * What a tracker decides about an announce or a scrape, whichever protocol it came by; owns the tables of both address families. The
 * families are tables of their own, so that a peer costs its family's bytes; a torrent's counts are their sums.
 */

import { isLocal } from '../../core/address-scope.ts';
import { latin1 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import { TrackerEvent } from '../../core/events.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import type { AnnounceEvent, ScrapeCounts } from '../../wire/tracker-udp.ts';
import { AnnounceLimiter } from './announce-limiter.ts';
import { NO_SWARM, SwarmTable } from './swarm-table.ts';
import type { TrackerOptions } from './tracker-options.ts';
import type { TrackerChannel } from './websocket-service.ts';
import { WebSocketSwarms } from './websocket-swarms.ts';

export interface Announce {
  readonly infoHash: Uint8Array;
  /** Where it came from; only the IP counts. */
  readonly from: Endpoint;
  /** The IP that the client asks to be known by (4 or 16 bytes), or null. */
  readonly ip: Uint8Array | null;
  readonly port: number;
  readonly left: number;
  readonly event: AnnounceEvent;
  /** -1: as many as the tracker likes. */
  readonly numwant: number;
}

export interface AnnounceOutcome {
  readonly complete: number;
  readonly incomplete: number;
  readonly downloaded: number;
  /** Compact endpoints, in buffers of their own. */
  readonly peers: Uint8Array;
  readonly peers6: Uint8Array;
  /** When to come back, and when at the earliest. */
  readonly intervalSeconds: number;
  readonly minIntervalSeconds: number;
}

/** The interval of a leecher that no peer could be named to. */
const LONELY_SECONDS = 15;

/** Why an announce was not served; the text goes to the client. */
export const REFUSED_UNLISTED = 'this tracker does not serve that torrent';
export const REFUSED_RATE = 'too many announces from this address';
export const REFUSED_FULL = 'this tracker is full';
export type Refusal = typeof REFUSED_UNLISTED | typeof REFUSED_RATE | typeof REFUSED_FULL;

const REJECTED_UNLISTED = 3;
const REJECTED_RATE = 4;
const NO_PEERS = new Uint8Array(0);
/** A whole round of the sweep takes about this many calls. */
const SWEEPS_A_ROUND = 60;
const SWEEP_ROWS_MIN = 1000;
/** BEP 15's numbers, which taps use. A paused client (BEP 21) is one that announces as usual. */
const EVENT_NUMBERS = { none: 0, completed: 1, started: 2, stopped: 3, paused: 0 } as const;

export class Swarms {
  private readonly host: Host;
  private readonly options: TrackerOptions;
  private readonly limiter: AnnounceLimiter;
  readonly v4: SwarmTable;
  readonly v6: SwarmTable;
  /** Peers over WebRTC: nobody can be told where they are, only introduced. They are counted with the others. */
  readonly introduced: WebSocketSwarms<TrackerChannel>;
  refused = 0;

  constructor(host: Host, options: TrackerOptions) {
    this.host = host;
    this.options = options;
    this.limiter = new AnnounceLimiter(options.announcesPerAddressMax, host.random);
    this.v4 = new SwarmTable(4, options, host.random);
    this.v6 = new SwarmTable(16, options, host.random);
    this.introduced = new WebSocketSwarms(host.random);
  }

  /** `v4Max` and `v6Max` bound the endpoints of each family in the reply; the client's own family comes first. */
  announce(announce: Announce, v4Max: number, v6Max: number): AnnounceOutcome | Refusal {
    const refusal = this.refusalOf(announce.from, announce.infoHash);
    if (refusal !== null) return refusal;
    const endpoint = endpointOfAnnounce(announce);
    const own = endpoint.length === ENDPOINT_V4_BYTES ? this.v4 : this.v6;
    const isSeed = announce.left === 0;
    if (announce.event === 'stopped') {
      const swarm = own.find(announce.infoHash);
      if (swarm !== NO_SWARM) own.remove(swarm, endpoint);
    } else if (announce.port !== 0) {
      const swarm = own.admit(announce.infoHash);
      if (swarm === NO_SWARM) return this.refuse(REFUSED_FULL, 0);
      const announced = own.announce(swarm, endpoint, isSeed, this.seconds(), announce.event === 'paused');
      // A client that repeats its event, or says it of a torrent it had all along, is not counted again.
      if (announce.event === 'completed' && (announced === 'became-seed' || announced === 'added')) own.countDownload(swarm);
    }
    // A partial seed (BEP 21) wants nothing from others either. Who starts is given seeds in any case: aria2 says "nothing left" for a
    // magnet link whose size it does not know yet, and would never find the one who does.
    const wantsNothing = (isSeed && announce.event !== 'started') || announce.event === 'paused';
    return this.outcome(announce, endpoint, wantsNothing, v4Max, v6Max);
  }

  /** Zeros for a torrent that is not known. */
  scrape(infoHash: Uint8Array): Required<ScrapeCounts> {
    const counts = { seeders: 0, completed: 0, leechers: 0, downloaders: 0 };
    if (!this.options.policy.admits(infoHash)) return counts;
    const { seeders, completed, leechers } = this.introduced.counts(latin1(infoHash));
    counts.seeders += seeders;
    counts.completed += completed;
    counts.leechers += leechers;
    counts.downloaders += leechers;
    for (const table of [this.v4, this.v6]) {
      const swarm = table.find(infoHash);
      if (swarm === NO_SWARM) continue;
      counts.seeders += table.seeds(swarm);
      counts.completed += table.downloaded(swarm);
      counts.leechers += table.leechers(swarm);
      counts.downloaders += table.downloaders(swarm);
    }
    return counts;
  }

  /** To be called once a second: a round of the sweep takes about a minute, a call about a millisecond with a million peers. */
  sweep(): void {
    let removed = 0;
    for (const table of [this.v4, this.v6]) {
      const rows = SWEEP_ROWS_MIN + Math.ceil((table.peers * 3 + table.swarms) / SWEEPS_A_ROUND);
      removed += table.sweep(this.seconds(), this.options.expirySeconds, rows);
    }
    if (removed > 0) this.host.tap(TrackerEvent.expired, removed, this.v4.peers + this.v6.peers, this.v4.swarms + this.v6.swarms);
  }

  /** Why an announce of that torrent from there is not served; counts it. */
  refusalOf(from: Endpoint, infoHash: Uint8Array): Refusal | null {
    if (!this.limiter.admits(from, this.host.now())) return this.refuse(REFUSED_RATE, REJECTED_RATE);
    return this.options.policy.admits(infoHash) ? null : this.refuse(REFUSED_UNLISTED, REJECTED_UNLISTED);
  }

  refuse(refusal: Refusal, tapped: number): Refusal {
    this.refused++;
    if (tapped > 0) this.host.tap(TrackerEvent.rejected, tapped, 0, 0);
    return refusal;
  }

  private outcome(announce: Announce, endpoint: Endpoint, wantsNothing: boolean, v4Max: number, v6Max: number): AnnounceOutcome {
    const { numwantDefault, numwantMax } = this.options;
    const asked = announce.numwant < 0 ? numwantDefault : Math.min(announce.numwant, numwantMax);
    const want = announce.event === 'stopped' ? 0 : asked;
    const swarm4 = this.v4.find(announce.infoHash);
    const swarm6 = this.v6.find(announce.infoHash);
    const isV4 = endpoint.length === ENDPOINT_V4_BYTES;
    let peers: Uint8Array = NO_PEERS;
    let peers6: Uint8Array = NO_PEERS;
    if (isV4) peers = pick(this.v4, swarm4, endpoint, wantsNothing, Math.min(want, v4Max));
    else peers6 = pick(this.v6, swarm6, endpoint, wantsNothing, Math.min(want, v6Max));
    const left = want - peers.length / ENDPOINT_V4_BYTES - peers6.length / ENDPOINT_V6_BYTES;
    if (isV4) peers6 = pick(this.v6, swarm6, null, wantsNothing, Math.min(left, v6Max));
    else peers = pick(this.v4, swarm4, null, wantsNothing, Math.min(left, v4Max));
    const introduced = this.introduced.counts(latin1(announce.infoHash));
    const complete = introduced.seeders + (swarm4 < 0 ? 0 : this.v4.seeds(swarm4)) + (swarm6 < 0 ? 0 : this.v6.seeds(swarm6));
    const incomplete = introduced.leechers + (swarm4 < 0 ? 0 : this.v4.leechers(swarm4)) + (swarm6 < 0 ? 0 : this.v6.leechers(swarm6));
    const downloaded = introduced.completed + (swarm4 < 0 ? 0 : this.v4.downloaded(swarm4)) + (swarm6 < 0 ? 0 : this.v6.downloaded(swarm6));
    const given = peers.length / ENDPOINT_V4_BYTES + peers6.length / ENDPOINT_V6_BYTES;
    this.host.tap(TrackerEvent.announce, complete + incomplete, given, EVENT_NUMBERS[announce.event]);
    // Who wants something and met nobody comes back soon: the seed may be about to start, and half an hour is an eternity.
    const lonely = given === 0 && want > 0 && announce.left > 0;
    const intervalSeconds = lonely ? Math.min(LONELY_SECONDS, this.options.intervalSeconds) : this.options.intervalSeconds;
    const minIntervalSeconds = Math.min(intervalSeconds, this.options.minIntervalSeconds);
    return { complete, incomplete, downloaded, peers, peers6, intervalSeconds, minIntervalSeconds };
  }

  private seconds(): number {
    return Math.floor(this.host.now() / 1000);
  }
}

function pick(table: SwarmTable, swarm: number, exclude: Endpoint | null, isSeed: boolean, want: number): Uint8Array {
  if (swarm === NO_SWARM || want <= 0) return NO_PEERS;
  const bytes = new Uint8Array(Math.min(want, table.seeds(swarm) + table.leechers(swarm)) * (table.addressBytes + 2));
  const end = table.pick(swarm, exclude, isSeed, bytes.length / (table.addressBytes + 2), bytes, 0);
  return end === bytes.length ? bytes : bytes.subarray(0, end);
}

/**
 * Where the peer can be reached. An `ip` of its own choice counts only when the announce itself came from a private address, as with
 * a seed that sits beside the tracker behind one NAT: from anyone else it would aim a swarm's connections at a victim (BEP 7, BEP 15).
 */
function endpointOfAnnounce(announce: Announce): Endpoint {
  const ip = announce.ip !== null && isLocal(announce.from) ? announce.ip : announce.from.subarray(0, announce.from.length - 2);
  const endpoint = new Uint8Array(ip.length + 2);
  endpoint.set(ip);
  endpoint[ip.length] = announce.port >> 8;
  endpoint[ip.length + 1] = announce.port & 0xff;
  return endpoint;
}
