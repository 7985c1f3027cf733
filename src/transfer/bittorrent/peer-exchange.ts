/**
 * Peer exchange (BEP 11) of one torrent: once a minute each peer that wants it hears whom else we have met and whom we have left; what
 * peers tell us goes to the candidates, within bounds. Owns what each peer was told.
 */

import { mayName } from '../../core/address-scope.ts';
import { equalBytes, latin1, latin1Bytes } from '../../core/bytes.ts';
import { endpointIp, isLoopback } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Teller } from './candidates.ts';
import type { PeerConnection } from './peer-connection.ts';
import { type ExchangedPeer, ExchangeFlag, type PeerExchangeMessage } from './peer-exchange-message.ts';
import { tellerKey } from './rumours.ts';
import type { Torrent } from './torrent.ts';

/**
 * BEP 11: no more than one message a minute, no more than 50 peers of each list. A minute with room to spare: webtorrent hangs up when
 * two arrive 59.9 seconds apart.
 */
const SAY_MS = 65_000;
const LISTED_MAX = 50;
/** By then a newcomer has met whom else it knows; and when there was nobody to tell of, it is looked again. */
const FIRST_MS = 5_000;
/** Some send on the minute of their own clock, so that two may come close together. Who sends more than this in a minute floods us. */
const HEARD_MS = 60_000;
const HEARD_MAX = 6;
/** What is read of one message: the first may have more than the 50 of the others. */
const READ_MAX = 100;

interface Told {
  /** Peers, by their endpoints' bytes, that this one believes us to be connected to: no more than we ever were at once. */
  readonly keys: Set<string>;
  sayAtMs: number;
  heard: number;
  heardSinceMs: number;
}

export class PeerExchange {
  private readonly torrent: Torrent;
  /** By slot. */
  private readonly told = new Map<number, Told>();

  constructor(torrent: Torrent) {
    this.torrent = torrent;
  }

  // ---- telling -------------------------------------------------------------------------------------------------------------

  /** Messages that are due, and for whom. */
  *due(now: number): Generator<readonly [PeerConnection, PeerExchangeMessage]> {
    if (this.torrent.isPrivate) return;
    let met: Map<string, ExchangedPeer> | null = null;
    for (const connection of this.torrent.connections) {
      if (!connection.offers('ut_pex')) continue;
      const told = this.stateOf(connection, now);
      if (told.sayAtMs > now) continue;
      met ??= this.met();
      const message = news(connection, told.keys, met);
      const isEmpty = message.added.length + message.dropped.length === 0;
      told.sayAtMs = now + (isEmpty ? FIRST_MS : SAY_MS);
      if (!isEmpty) yield [connection, message];
    }
  }

  /** Whom we are connected to, as far as others can dial them. */
  private met(): Map<string, ExchangedPeer> {
    const met = new Map<string, ExchangedPeer>();
    for (const connection of this.torrent.connections) {
      const endpoint = connection.reachableAt;
      if (endpoint !== null) met.set(latin1(endpoint), { endpoint, flags: flagsOf(connection) });
    }
    return met;
  }

  private stateOf(connection: PeerConnection, now: number): Told {
    let told = this.told.get(connection.slot);
    if (told === undefined) {
      told = { keys: new Set(), sayAtMs: now + FIRST_MS, heard: 0, heardSinceMs: now };
      this.told.set(connection.slot, told);
    }
    return told;
  }

  gone(connection: PeerConnection): void {
    this.told.delete(connection.slot);
  }

  // ---- hearing -------------------------------------------------------------------------------------------------------------

  receive(connection: PeerConnection, { added, dropped }: PeerExchangeMessage, now: number): void {
    if (this.torrent.isPrivate) return;
    const told = this.stateOf(connection, now);
    if (now - told.heardSinceMs >= HEARD_MS) Object.assign(told, { heard: 0, heardSinceMs: now });
    told.heard++;
    if (told.heard > HEARD_MAX) return connection.hangUp('floods us with peers');
    const teller = { key: tellerKey(connection.endpoint), slot: connection.slot };
    const taken = this.take(connection, teller, added.slice(0, READ_MAX), now);
    for (const endpoint of dropped.slice(0, READ_MAX)) this.torrent.swarm.candidates.dropRumour(endpoint, teller);
    this.torrent.engine.host.tap(BitTorrentEvent.peersExchanged, connection.slot, added.length, taken);
    if (taken > 0 && !this.torrent.isComplete) this.torrent.swarm.dial();
  }

  private take(connection: PeerConnection, teller: Teller, added: readonly ExchangedPeer[], now: number): number {
    const { candidates } = this.torrent.swarm;
    const ips = new Set<string>();
    let taken = 0;
    for (const { endpoint, flags } of added) {
      if (!mayName(connection.endpoint, endpoint) || this.isOurs(endpoint)) continue;
      // Many ports of one address are one victim (BEP 11); on loopback they are as many peers.
      const ip = isLoopback(endpoint) ? latin1(endpoint) : endpointIp(endpoint);
      if (ips.has(ip)) continue;
      ips.add(ip);
      // Who wants nothing more is no use to who wants nothing more.
      if (this.torrent.isComplete && (flags & ExchangeFlag.uploadOnly) !== 0) continue;
      if (!candidates.addRumour(endpoint, flags, teller, now)) break;
      taken++;
    }
    return taken;
  }

  private isOurs(endpoint: Endpoint): boolean {
    const self = this.torrent.engine.selfSeenFrom(endpoint);
    return self !== null && equalBytes(self, endpoint);
  }
}

/** What has changed since that peer was told last; taken down as told. */
function news(connection: PeerConnection, told: Set<string>, met: ReadonlyMap<string, ExchangedPeer>): PeerExchangeMessage {
  const added: ExchangedPeer[] = [];
  const dropped: Endpoint[] = [];
  for (const key of told) {
    if (dropped.length === LISTED_MAX) break;
    if (met.has(key)) continue;
    told.delete(key);
    dropped.push(latin1Bytes(key));
  }
  const own = connection.reachableAt === null ? null : latin1(connection.reachableAt);
  for (const [key, peer] of met) {
    if (added.length === LISTED_MAX) break;
    if (key === own || told.has(key) || !mayName(connection.endpoint, peer.endpoint)) continue;
    told.add(key);
    added.push(peer);
  }
  return { added, dropped };
}

function flagsOf(connection: PeerConnection): number {
  let flags = 0;
  if (connection.extensions?.prefersEncryption === true) flags |= ExchangeFlag.prefersEncryption;
  if (connection.uploadOnly) flags |= ExchangeFlag.uploadOnly;
  if (connection.utp) flags |= ExchangeFlag.utp;
  if (connection.offers('ut_holepunch')) flags |= ExchangeFlag.holepunch;
  if (!connection.incoming) flags |= ExchangeFlag.reachable;
  return flags;
}
