/**
 * Hole punching (BEP 55) of one torrent, in its three roles. Whose dial was in vain asks a peer that is connected to both; the relay
 * tells each the other's address; both dial in the same moment, and the dial that leaves opens the way for the one that comes. Owns
 * what is asked for and how much of it each peer has had.
 */

import { isNowhere, mayName } from '../../core/address-scope.ts';
import { equalBytes, latin1 } from '../../core/bytes.ts';
import { encodeToBytes } from '../../core/codec.ts';
import { endpointPort } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { Endpoint } from '../../core/host.ts';
import { HolepunchError, type HolepunchMessage, holepunchMessage, HolepunchType } from './holepunch-message.ts';
import type { PeerConnection } from './peer-connection.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';

/** Who can dial at this very moment, whatever failed before. */
export interface IntroducedDialler {
  /** False when that peer is connected or being dialled already, or must not be. */
  dialIntroduced(endpoint: Endpoint): boolean;
}

const MINUTE_MS = 60_000;
/** A connect message for which we have asked comes within this time, or counts as unasked. */
const ANSWER_MS_MAX = 20_000;
const ASKED_MAX = 20;
/** In a minute: introductions that we arrange for one peer, those to one peer, and those that one relay gets us to follow unasked. */
const ARRANGED_FOR_ONE_MAX = 10;
const ARRANGED_TO_ONE_MAX = 20;
const FOLLOWED_OF_ONE_MAX = 10;

/** What a peer has had in the present minute. */
interface Spent {
  sinceMs: number;
  asked: number;
  told: number;
  followed: number;
}

export class HolePunching {
  private readonly torrent: Torrent;
  private readonly dialler: IntroducedDialler;
  /** Endpoints that we have asked to be introduced to, as text → until when. */
  private readonly asked = new Map<string, number>();
  /** By slot. */
  private readonly spent = new Map<number, Spent>();

  constructor(torrent: Torrent, dialler: IntroducedDialler) {
    this.torrent = torrent;
    this.dialler = dialler;
  }

  // ---- who wants to be introduced --------------------------------------------------------------------------------------------

  /** A dial has led to no connection; `relay` has told of that peer, and that it knows how to be introduced. */
  dialFailed(endpoint: Endpoint, relay: PeerConnection | null, now: number): void {
    if (this.torrent.isPrivate || relay === null || !relay.offers('ut_holepunch')) return;
    for (const [key, untilMs] of this.asked) if (untilMs <= now) this.asked.delete(key);
    const key = latin1(endpoint);
    if (this.asked.has(key) || this.asked.size >= ASKED_MAX) return;
    this.asked.set(key, now + ANSWER_MS_MAX);
    this.tap(relay, 0);
    say(relay, HolepunchType.rendezvous, endpoint);
  }

  receive(connection: PeerConnection, message: HolepunchMessage, now: number): void {
    // Who does not offer it cannot mean it (BEP 55).
    if (this.torrent.isPrivate || !connection.offers('ut_holepunch')) return;
    switch (message.type) {
      case HolepunchType.rendezvous:
        return this.arrange(connection, message.endpoint, now);
      case HolepunchType.connect:
        return this.follow(connection, message.endpoint, now);
      case HolepunchType.error:
        this.asked.delete(latin1(message.endpoint));
        return;
    }
  }

  // ---- who introduces ----------------------------------------------------------------------------------------------------------

  private arrange(initiator: PeerConnection, endpoint: Endpoint, now: number): void {
    const mine = this.spentBy(initiator, now);
    // Who asks for too much gets no answer: an answer is traffic as well.
    if (++mine.asked > ARRANGED_FOR_ONE_MAX) return;
    if (endpointPort(endpoint) === 0 || isNowhere(endpoint))
      return say(initiator, HolepunchType.error, endpoint, HolepunchError.noSuchPeer);
    const self = this.torrent.engine.selfSeenFrom(endpoint);
    if (self !== null && equalBytes(self, endpoint)) return say(initiator, HolepunchType.error, endpoint, HolepunchError.noSelf);
    const target = this.connectionTo(endpoint);
    if (target === null || target === initiator) return say(initiator, HolepunchType.error, endpoint, HolepunchError.notConnected);
    if (!target.offers('ut_holepunch')) return say(initiator, HolepunchType.error, endpoint, HolepunchError.noSupport);
    const theirs = this.spentBy(target, now);
    if (++theirs.told > ARRANGED_TO_ONE_MAX) return;
    this.tap(initiator, 1);
    say(initiator, HolepunchType.connect, endpoint);
    say(target, HolepunchType.connect, initiator.reachableAt ?? initiator.endpoint);
  }

  private connectionTo(endpoint: Endpoint): PeerConnection | null {
    for (const connection of this.torrent.connections) {
      if (equalBytes(connection.endpoint, endpoint)) return connection;
      if (connection.listener !== null && equalBytes(connection.listener, endpoint)) return connection;
    }
    return null;
  }

  // ---- who is introduced -------------------------------------------------------------------------------------------------------

  private follow(relay: PeerConnection, endpoint: Endpoint, now: number): void {
    const isAsked = (this.asked.get(latin1(endpoint)) ?? 0) > now;
    this.asked.delete(latin1(endpoint));
    // Unasked, it is a stranger who says whom we shall dial: the same doubts as with peer exchange.
    if (!isAsked && (!mayName(relay.endpoint, endpoint) || ++this.spentBy(relay, now).followed > FOLLOWED_OF_ONE_MAX)) return;
    if (this.connectionTo(endpoint) !== null || !this.dialler.dialIntroduced(endpoint)) return;
    this.tap(relay, 2);
  }

  gone(connection: PeerConnection): void {
    this.spent.delete(connection.slot);
  }

  private spentBy(connection: PeerConnection, now: number): Spent {
    let spent = this.spent.get(connection.slot);
    if (spent === undefined || now - spent.sinceMs >= MINUTE_MS) {
      spent = { sinceMs: now, asked: 0, told: 0, followed: 0 };
      this.spent.set(connection.slot, spent);
    }
    return spent;
  }

  private tap(connection: PeerConnection, step: number): void {
    this.torrent.engine.host.tap(BitTorrentEvent.introduction, connection.slot, step, 0);
  }
}

function say(connection: PeerConnection, type: HolepunchType, endpoint: Endpoint, error: number = HolepunchError.none): void {
  const extension = connection.extensionNumber('ut_holepunch');
  const payload = encodeToBytes(holepunchMessage, { type, endpoint, error });
  connection.say({ id: PeerMessageId.extended, extension, payload });
}
