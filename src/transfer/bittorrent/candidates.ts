/**
 * The peers of one torrent that we know and are not connected to: whom to dial next (BEP 40), whom to leave alone after failures,
 * and whom never again. Owns what is remembered of every endpoint.
 */

import { latin1 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES, endpointPort, isLoopback } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import type { DialWay } from './dial-ways.ts';
import { peerPriority } from './peer-priority.ts';

export type CandidateSource = 'tracker' | 'magnet' | 'manual' | 'incoming' | 'resume' | 'dht';

/** Peers remembered of one torrent; a tracker or a crowd of liars cannot make us remember more. */
export const CANDIDATES_MAX = 3000;
/** Dials that failed in a row before a peer is forgotten; named by the user, it is tried on. */
const FAILURES_MAX = 6;
/** The first pause after a failure; it doubles with each, up to the longest, and is spread by half of it. */
const BACK_OFF_MS = 15_000;
const BACK_OFF_MS_MAX = 30 * 60_000;
/** A peer that we were connected to is left alone for this long: it hung up for a reason. */
const REDIAL_MS = 30_000;
/** Unless there is nobody else: a program that crashed or was started anew is back soon. */
const REDIAL_ALONE_MS = 3_000;
const BANS_MAX = 10_000;
const SELVES_MAX = 100;

interface Candidate {
  readonly endpoint: Endpoint;
  readonly source: CandidateSource;
  priority: number;
  failures: number;
  /** Not to be dialled before this moment. */
  notBeforeMs: number;
  busy: boolean;
  /** How it was reached last. */
  way: DialWay | null;
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
  private idle = 0;

  constructor(random: Random, selfSeenFrom: (other: Endpoint) => Endpoint | null) {
    this.random = random;
    this.selfSeenFrom = selfSeenFrom;
  }

  /** Peers known that are not being dialled or connected. */
  get size(): number {
    return this.idle;
  }

  add(endpoint: Endpoint, source: CandidateSource, now: number): void {
    const key = latin1(endpoint);
    if (endpointPort(endpoint) === 0 || isNowhere(endpoint) || this.isBanned(endpoint) || this.selves.has(key)) return;
    const before = this.known.get(key);
    if (before !== undefined) {
      // Named by the user: now, whatever happened before.
      if (source === 'manual') Object.assign(before, { failures: 0, notBeforeMs: now });
      return;
    }
    if (this.known.size >= CANDIDATES_MAX && !this.forgetOne()) return;
    const priority = this.priorityOf(endpoint);
    this.known.set(key, { endpoint: endpoint.slice(), source, priority, failures: 0, notBeforeMs: now, busy: false, way: null });
    this.idle++;
  }

  private priorityOf(endpoint: Endpoint): number {
    const self = this.selfSeenFrom(endpoint);
    return self === null ? this.random.u32() : peerPriority(self, endpoint);
  }

  /** Our own address has changed, or is known now. */
  prioritizeAgain(): void {
    for (const candidate of this.known.values()) candidate.priority = this.priorityOf(candidate.endpoint);
  }

  /** The best peer that may be dialled now, marked as busy; null when there is none. Fewest failures first, then BEP 40. */
  next(now: number): Endpoint | null {
    let best: Candidate | null = null;
    for (const candidate of this.known.values()) {
      if (candidate.busy || candidate.notBeforeMs > now) continue;
      if (
        best === null ||
        candidate.failures < best.failures ||
        (candidate.failures === best.failures && candidate.priority > best.priority)
      ) {
        best = candidate;
      }
    }
    if (best === null) return null;
    this.setBusy(best, true);
    return best.endpoint;
  }

  /** A dial has led to a connection, or the peer has dialled us: there is no need to dial it. */
  connected(endpoint: Endpoint, way: DialWay | null = null): void {
    const candidate = this.known.get(latin1(endpoint));
    if (candidate === undefined) return;
    this.setBusy(candidate, true);
    if (way !== null) candidate.way = way;
  }

  /** Where we know a peer from; null when it is not known. */
  sourceOf(endpoint: Endpoint): CandidateSource | null {
    return this.known.get(latin1(endpoint))?.source ?? null;
  }

  /** The way on which a peer was reached last, or null. */
  wayTo(endpoint: Endpoint): DialWay | null {
    return this.known.get(latin1(endpoint))?.way ?? null;
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

  /** A dial has led to nothing: no connection, or one over which nothing was exchanged. */
  failed(endpoint: Endpoint, now: number): void {
    const key = latin1(endpoint);
    const candidate = this.known.get(key);
    if (candidate === undefined) return;
    this.setBusy(candidate, false);
    candidate.failures++;
    if (candidate.failures >= FAILURES_MAX && candidate.source !== 'manual' && candidate.source !== 'magnet')
      return this.forget(key, candidate);
    const pauseMs = Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS * 2 ** Math.min(20, candidate.failures - 1));
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
    this.known.delete(key);
  }

  /** The list is full: room is made by the oldest that has failed. */
  private forgetOne(): boolean {
    for (const [key, candidate] of this.known) {
      if (candidate.busy || candidate.failures === 0) continue;
      this.forget(key, candidate);
      return true;
    }
    return false;
  }
}

function banKey(endpoint: Endpoint): string {
  return latin1(endpoint, 0, isLoopback(endpoint) ? endpoint.length : endpoint.length - 2);
}

/** Unspecified, multicast and broadcast addresses: nobody can be there. */
function isNowhere(endpoint: Endpoint): boolean {
  if (endpoint.length !== ENDPOINT_V4_BYTES) return endpoint[0] === 0xff || endpoint.subarray(0, 16).every((byte) => byte === 0);
  return endpoint[0] === 0 || (endpoint[0] as number) >= 224;
}
