/**
 * The peers of one torrent that we know and are not connected to: whom to dial next (BEP 40), whom to leave alone after failures,
 * and whom never again. Owns what is remembered of every endpoint.
 */

import { AddressScope, isNowhere, scopeOf, sharesSubnet } from '../../core/address-scope.ts';
import { latin1 } from '../../core/bytes.ts';
import { endpointPort, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { type Candidate, type CandidateSource, comesBefore, isHopeless, isRumour } from './candidate.ts';
import { type DialHints, type DialWay, NO_HINTS } from './dial-ways.ts';
import { ExchangeFlag } from './peer-exchange-message.ts';
import { peerPriority } from './peer-priority.ts';
import { Rumours } from './rumours.ts';

/** Peers remembered of one torrent; a tracker or a crowd of liars cannot make us remember more. */
export const CANDIDATES_MAX = 3000;
/** The first pause after a failure; it doubles with each, up to the longest, and is spread by half of it. */
const BACK_OFF_MS = 15_000;
const BACK_OFF_MS_MAX = 30 * 60_000;
/** A peer that we were connected to is left alone for this long: it hung up for a reason. */
const REDIAL_MS = 30_000;
/** Unless there is nobody else: a program that crashed or was started anew is back soon. */
const REDIAL_ALONE_MS = 3_000;
const BANS_MAX = 10_000;
const SELVES_MAX = 100;
/** Who may name a private torrent's peers: its tracker, and who invited us. */
export const PRIVATE_SOURCES: ReadonlySet<CandidateSource> = new Set(['tracker', 'magnet', 'manual']);
const NO_SOURCES: readonly CandidateSource[] = [];

/** A peer that has told us of another. */
export interface Teller {
  /** Which share of the rumours is its own. */
  readonly key: string;
  readonly slot: number;
}

export class Candidates {
  private readonly random: Random;
  /** By the endpoint's bytes as text. */
  private readonly known = new Map<string, Candidate>();
  private readonly banned = new Set<string>();
  /** Endpoints of our own, whole: others may stand behind the same address. */
  private readonly selves = new Set<string>();
  /** Our own endpoint as that one sees it, or null while nobody knows. */
  private readonly selfSeenFrom: (other: Endpoint) => Endpoint | null;
  /** Whom somebody wants nothing to do with, whoever names it. */
  private readonly isBlocked: (endpoint: Endpoint) => boolean;
  private readonly rumours = new Rumours();
  private idle = 0;

  constructor(
    random: Random,
    selfSeenFrom: (other: Endpoint) => Endpoint | null,
    isBlocked: (endpoint: Endpoint) => boolean = () => false,
  ) {
    this.random = random;
    this.isBlocked = isBlocked;
    this.selfSeenFrom = selfSeenFrom;
  }

  /** Peers known that are not being dialled or connected. */
  get size(): number {
    return this.idle;
  }

  add(endpoint: Endpoint, source: CandidateSource, now: number): void {
    if (!this.isPossible(endpoint)) return;
    const before = this.known.get(latin1(endpoint));
    if (before !== undefined) {
      this.vouch(before, source);
      // Named by the user: now, whatever happened before.
      if (source === 'manual') Object.assign(before, { failures: 0, notBeforeMs: now });
      return;
    }
    if (this.known.size < CANDIDATES_MAX || this.forgetOne()) this.remember(endpoint, source, now, 0, null);
  }

  /**
   * A peer says that it is connected to that one; `flags` are bits of ExchangeFlag. False when its share, or that of all hearsay, is
   * used up. Nobody makes room for a rumour.
   */
  addRumour(endpoint: Endpoint, flags: number, teller: Teller, now: number): boolean {
    if (!this.isPossible(endpoint)) return true;
    const before = this.known.get(latin1(endpoint));
    if (before !== undefined) {
      if (!before.sources.includes('pex')) before.sources.push('pex');
      before.flags |= flags;
      before.tellerSlot = teller.slot;
      return true;
    }
    if (!this.rumours.mayAdd(teller.key) || this.known.size >= CANDIDATES_MAX) return false;
    this.rumours.add(teller.key);
    this.remember(endpoint, 'pex', now, flags, teller);
    return true;
  }

  /** Who told of that peer says that it has gone: not dialled yet, and with nobody else to vouch for it, it is not sought any more. */
  dropRumour(endpoint: Endpoint, teller: Teller): void {
    const key = latin1(endpoint);
    const candidate = this.known.get(key);
    if (candidate === undefined || candidate.busy || candidate.failures > 0 || candidate.rumouredBy !== teller.key) return;
    this.forget(key, candidate);
  }

  /** The torrent turned out to be private (BEP 27): whom no tracker, no link and no person has named is not sought. */
  forgetHearsay(): void {
    for (const [key, candidate] of this.known) {
      if (!candidate.sources.some((source) => PRIVATE_SOURCES.has(source))) this.forget(key, candidate);
    }
  }

  /** Others are blocked now than before. */
  forgetBlocked(): void {
    for (const [key, candidate] of this.known) if (this.isBlocked(candidate.endpoint)) this.forget(key, candidate);
  }

  private isPossible(endpoint: Endpoint): boolean {
    if (endpointPort(endpoint) === 0 || isNowhere(endpoint) || this.isBanned(endpoint) || this.isBlocked(endpoint)) return false;
    return !this.selves.has(latin1(endpoint));
  }

  private remember(endpoint: Endpoint, source: CandidateSource, now: number, flags: number, teller: Teller | null): Candidate {
    const candidate: Candidate = {
      endpoint: endpoint.slice(),
      sources: [source],
      near: this.isNear(endpoint),
      priority: this.priorityOf(endpoint),
      failures: 0,
      notBeforeMs: now,
      busy: false,
      way: null,
      flags,
      rumouredBy: teller?.key ?? null,
      tellerSlot: teller?.slot ?? -1,
    };
    this.known.set(latin1(endpoint), candidate);
    this.idle++;
    return candidate;
  }

  /** Another source than hearsay speaks for a peer. */
  private vouch(candidate: Candidate, source: CandidateSource): void {
    if (!candidate.sources.includes(source)) candidate.sources.push(source);
    if (!isRumour(candidate)) this.endRumour(candidate);
  }

  private endRumour(candidate: Candidate): void {
    if (candidate.rumouredBy !== null) this.rumours.remove(candidate.rumouredBy);
    candidate.rumouredBy = null;
  }

  /** Who is in our own network costs nobody's line, and is fastest. */
  isNear(endpoint: Endpoint): boolean {
    if (scopeOf(endpoint) !== AddressScope.public) return true;
    const self = this.selfSeenFrom(endpoint);
    return self !== null && sharesSubnet(self, endpoint);
  }

  /** BEP 40, or a number by chance as long as we do not know our own address. */
  private priorityOf(endpoint: Endpoint): number {
    const self = this.selfSeenFrom(endpoint);
    return self === null ? this.random.u32() : peerPriority(self, endpoint);
  }

  /** What a connection to that address is worth: above all those in our own network, then BEP 40; 0 while we do not know our address. */
  rankOf(endpoint: Endpoint): number {
    const self = this.selfSeenFrom(endpoint);
    if (self === null) return 0;
    return peerPriority(self, endpoint) + (this.isNear(endpoint) ? 2 ** 32 : 0);
  }

  /** Our own address has changed, or is known now. */
  prioritizeAgain(): void {
    for (const candidate of this.known.values()) {
      candidate.priority = this.priorityOf(candidate.endpoint);
      candidate.near = this.isNear(candidate.endpoint);
    }
  }

  /** The best peer that may be dialled now (`comesBefore`), marked as busy; null when there is none. */
  next(now: number): Endpoint | null {
    let best: Candidate | null = null;
    for (const candidate of this.known.values()) {
      if (candidate.busy || candidate.notBeforeMs > now) continue;
      if (best === null || comesBefore(candidate, best)) best = candidate;
    }
    if (best === null) return null;
    this.setBusy(best, true);
    return best.endpoint;
  }

  /** A peer that introduces us says: dial that one now. Marked as busy; false when it is so already, or must not be dialled. */
  takeIntroduced(endpoint: Endpoint, now: number): boolean {
    if (!this.isPossible(endpoint)) return false;
    const before = this.known.get(latin1(endpoint));
    if (before === undefined && this.known.size >= CANDIDATES_MAX && !this.forgetOne()) return false;
    const candidate = before ?? this.remember(endpoint, 'holepunch', now, 0, null);
    if (candidate.busy) return false;
    if (!candidate.sources.includes('holepunch')) candidate.sources.push('holepunch');
    this.setBusy(candidate, true);
    return true;
  }

  /** Where that peer is known from: a list that grows when others name it too. */
  sourcesOf(endpoint: Endpoint): readonly CandidateSource[] {
    return this.known.get(latin1(endpoint))?.sources ?? NO_SOURCES;
  }

  /** The connection over which we heard of that peer last, if that said too that it can be introduced (BEP 55); else -1. */
  introducerOf(endpoint: Endpoint): number {
    const candidate = this.known.get(latin1(endpoint));
    return candidate === undefined || (candidate.flags & ExchangeFlag.holepunch) === 0 ? -1 : candidate.tellerSlot;
  }

  /** A dial has led to a connection, or the peer has dialled us: there is no need to dial it. */
  connected(endpoint: Endpoint, way: DialWay | null = null): void {
    const candidate = this.known.get(latin1(endpoint));
    if (candidate === undefined) return;
    this.setBusy(candidate, true);
    if (way !== null) candidate.way = way;
    this.endRumour(candidate);
  }

  /** What is known of how that peer is reached. */
  hintsTo(endpoint: Endpoint): DialHints {
    const candidate = this.known.get(latin1(endpoint));
    if (candidate === undefined) return NO_HINTS;
    const { way, flags } = candidate;
    // µTP costs three times the CPU; it comes first where a dial over TCP would probably not arrive.
    const prefersUtp = (flags & ExchangeFlag.utp) !== 0 && (flags & ExchangeFlag.reachable) === 0;
    return { before: way, prefersEncryption: (flags & ExchangeFlag.prefersEncryption) !== 0, prefersUtp };
  }

  /** A connection that has served a purpose is over; `alone`: it was the last, and something is still wanted. */
  closed(endpoint: Endpoint, now: number, alone = false): void {
    const candidate = this.known.get(latin1(endpoint));
    if (candidate === undefined) return;
    this.setBusy(candidate, false);
    candidate.failures = 0;
    candidate.notBeforeMs = now + (alone ? REDIAL_ALONE_MS : REDIAL_MS);
  }

  /** Neither side wants anything of the other: both have everything. */
  satisfied(endpoint: Endpoint, now: number): void {
    const candidate = this.known.get(latin1(endpoint));
    if (candidate === undefined) return;
    this.setBusy(candidate, false);
    candidate.notBeforeMs = now + BACK_OFF_MS_MAX;
  }

  /** We want more than before: who was of no use to a seed may have it. Those that could not be reached still wait. */
  wantedAgain(now: number): void {
    for (const candidate of this.known.values()) if (candidate.failures === 0) candidate.notBeforeMs = Math.min(candidate.notBeforeMs, now);
  }

  /** A dial has led to nothing: no connection, or one over which nothing was exchanged. */
  failed(endpoint: Endpoint, now: number): void {
    const key = latin1(endpoint);
    const candidate = this.known.get(key);
    if (candidate === undefined) return;
    this.setBusy(candidate, false);
    candidate.failures++;
    if (isHopeless(candidate)) return this.forget(key, candidate);
    // A rumour that proves wrong twice stays for a while: it keeps its teller's share occupied.
    const doublings = isRumour(candidate) && candidate.failures > 1 ? 20 : Math.min(20, candidate.failures - 1);
    const pauseMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** doublings);
    candidate.notBeforeMs = now + pauseMs / 2 + this.random.unit() * (pauseMs / 2);
  }

  /** The endpoint turned out to be our own. */
  markSelf(endpoint: Endpoint): void {
    const key = latin1(endpoint);
    // Who pretends to be us from ever new ports gains nothing by it.
    if (this.selves.size < SELVES_MAX) this.selves.add(key);
    const candidate = this.known.get(key);
    if (candidate !== undefined) this.forget(key, candidate);
  }

  /** Never again: by address, except on a loopback address, where every peer of the machine has the same. */
  ban(endpoint: Endpoint): void {
    if (this.banned.size < BANS_MAX) this.banned.add(banKey(endpoint));
    const key = latin1(endpoint);
    const candidate = this.known.get(key);
    if (candidate !== undefined) this.forget(key, candidate);
  }

  isBanned(endpoint: Endpoint): boolean {
    return this.banned.size > 0 && this.banned.has(banKey(endpoint));
  }

  private setBusy(candidate: Candidate, busy: boolean): void {
    if (candidate.busy === busy) return;
    candidate.busy = busy;
    this.idle += busy ? -1 : 1;
  }

  private forget(key: string, candidate: Candidate): void {
    if (!candidate.busy) this.idle--;
    this.endRumour(candidate);
    this.known.delete(key);
  }

  /** The list is full: room is made by the oldest that has failed or is a rumour. */
  private forgetOne(): boolean {
    for (const [key, candidate] of this.known) {
      if (candidate.busy || (candidate.failures === 0 && candidate.rumouredBy === null)) continue;
      this.forget(key, candidate);
      return true;
    }
    return false;
  }
}

function banKey(endpoint: Endpoint): string {
  return latin1(endpoint, 0, isLoopback(endpoint) ? endpoint.length : endpoint.length - 2);
}
