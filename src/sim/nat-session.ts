/** What a NAT remembers: a mapping of one inner endpoint to an outer port, and the sessions that keep it alive and tell whom it lets in. */

import type { Peer } from '../core/host.ts';

/** Sessions of a mapping before the dead among them are looked for; doubles with those that live. */
const SESSIONS_SWEPT_AT = 64;

export interface SessionTimes {
  readonly unansweredTicks: number;
  readonly idleTicks: number;
}

/** Traffic of a mapping with whom it lets in by the same reason: a remote endpoint, a remote address, or everybody. */
export class Session {
  readonly mapping: Mapping;
  private readonly times: SessionTimes;
  private sent = false;
  private received = false;
  expiresAt = 0;

  constructor(mapping: Mapping, times: SessionTimes) {
    this.mapping = mapping;
    this.times = times;
  }

  isAlive(now: number): boolean {
    return this.expiresAt > now;
  }

  /** Something has passed. Both directions keep it alive (RFC 4787 REQ-6 demands it of what goes out and allows it for what comes in). */
  pass(direction: 'out' | 'in', now: number): void {
    if (direction === 'out') this.sent = true;
    else this.received = true;
    this.refresh(now);
  }

  refresh(now: number): void {
    this.expiresAt = now + (this.sent && this.received ? this.times.idleTicks : this.times.unansweredTicks);
    if (this.mapping.expiresAt < this.expiresAt) this.mapping.expiresAt = this.expiresAt;
  }

  /** The stream has ended: what is still under way finds its way for a while. */
  wane(now: number): void {
    this.expiresAt = Math.min(this.expiresAt, now + this.times.unansweredTicks);
    this.mapping.shorten();
  }
}

export class Mapping {
  readonly inner: Peer;
  readonly port: number;
  /** Where the table keeps it: an inner endpoint, or that with a remote one. */
  readonly key: number | string;
  /** Asked for (UPnP, NAT-PMP, PCP): there for ever, for everybody. */
  readonly fixed: boolean;
  expiresAt = 0;
  private readonly sessions = new Map<number, Session>();
  private sweptAt = SESSIONS_SWEPT_AT;

  constructor(inner: Peer, port: number, key: number | string, fixed: boolean) {
    this.inner = inner;
    this.port = port;
    this.key = key;
    this.fixed = fixed;
  }

  isAlive(now: number): boolean {
    return this.fixed || this.expiresAt > now;
  }

  /** A session that lives, or null. */
  session(key: number, now: number): Session | null {
    const session = this.sessions.get(key);
    return session?.isAlive(now) === true ? session : null;
  }

  openSession(key: number, times: SessionTimes, now: number): Session {
    if (this.sessions.size >= this.sweptAt) this.sweep(now);
    const session = new Session(this, times);
    this.sessions.set(key, session);
    return session;
  }

  /** A session ends sooner than it would have. */
  shorten(): void {
    this.expiresAt = 0;
    for (const { expiresAt } of this.sessions.values()) if (expiresAt > this.expiresAt) this.expiresAt = expiresAt;
  }

  private sweep(now: number): void {
    for (const [key, session] of this.sessions) if (!session.isAlive(now)) this.sessions.delete(key);
    this.sweptAt = Math.max(SESSIONS_SWEPT_AT, 2 * this.sessions.size);
  }
}
