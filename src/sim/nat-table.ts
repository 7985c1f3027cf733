/** The mappings of a NAT for one of UDP and TCP: which outer port is whose, and who may come in by it. Owns them. */

import type { Peer } from '../core/host.ts';
import type { Random } from '../core/random.ts';
import { Mapping, type Session, type SessionTimes } from './nat-session.ts';
import type { NatBehaviour, NatDependence, NatPorts } from './nat-spec.ts';

const PORT_FIRST = 1024;
const PORT_COUNT = 0x1_0000 - PORT_FIRST;
/** Ports drawn before the next free one is taken. */
const DRAWS_MAX = 16;
/** Mappings before the dead among them are looked for; doubles with those that live. */
const MAPPINGS_SWEPT_AT = 256;

export interface NatTableRules extends NatBehaviour, SessionTimes {
  readonly ports: NatPorts;
}

/** What tells apart the machines behind peers; that of the world's addresses. */
export type HostNumber = (peer: Peer) => number;

export class NatTable {
  private readonly rules: NatTableRules;
  private readonly random: Random;
  private readonly hostOf: HostNumber;
  private readonly byKey = new Map<number | string, Mapping>();
  private readonly byPort = new Map<number, Mapping>();
  /** Those that were asked for, by inner endpoint: also what is sent from there leaves by them (RFC 6887, section 11). */
  private readonly fixed = new Map<Peer, Mapping>();
  private nextPort = PORT_FIRST;
  private sweptAt = MAPPINGS_SWEPT_AT;

  constructor(rules: NatTableRules, random: Random, hostOf: HostNumber) {
    this.rules = rules;
    this.random = random;
    this.hostOf = hostOf;
  }

  /** Something goes out; null when all ports are taken. `innerPort` is that of `inner`. */
  leave(inner: Peer, innerPort: number, remote: Peer, now: number): Session | null {
    const mapping = this.mappingOf(inner, remote, now) ?? this.map(inner, innerPort, this.keyOf(inner, remote), now);
    if (mapping === null) return null;
    const session = this.sessionOf(mapping, remote, now);
    session.pass('out', now);
    return session;
  }

  /** Something comes in; null when it is not let in. */
  enter(port: number, remote: Peer, now: number): Session | null {
    const mapping = this.byPort.get(port);
    if (mapping === undefined || !mapping.isAlive(now)) return null;
    const session = mapping.fixed
      ? this.sessionOf(mapping, remote, now)
      : mapping.session(part(this.rules.filtering, remote, this.hostOf), now);
    session?.pass('in', now);
    return session;
  }

  /** Whose that port is now, or null. */
  ownerOf(port: number, now: number): Peer | null {
    const mapping = this.byPort.get(port);
    return mapping?.isAlive(now) === true ? mapping.inner : null;
  }

  /** Opens that outer port, which has to be free, for everybody. */
  fix(inner: Peer, port: number): void {
    this.fixed.set(inner, this.add(new Mapping(inner, port, `fixed ${inner}`, true)));
  }

  isFree(port: number, now: number): boolean {
    const mapping = this.byPort.get(port);
    if (mapping === undefined) return true;
    if (mapping.isAlive(now)) return false;
    this.forget(mapping);
    return true;
  }

  /** The next port from there on, around the end, of which that is true; -1 when there is none. */
  static portFrom(first: number, isFree: (port: number) => boolean): number {
    const offset = Math.max(0, first - PORT_FIRST);
    for (let step = 0; step < PORT_COUNT; step++) {
      const port = PORT_FIRST + ((offset + step) % PORT_COUNT);
      if (isFree(port)) return port;
    }
    return -1;
  }

  private mappingOf(inner: Peer, remote: Peer, now: number): Mapping | null {
    const fixed = this.fixed.get(inner);
    if (fixed !== undefined) return fixed;
    const mapping = this.byKey.get(this.keyOf(inner, remote));
    return mapping?.isAlive(now) === true ? mapping : null;
  }

  private sessionOf(mapping: Mapping, remote: Peer, now: number): Session {
    // Streams end one by one: each has its own session where one inner endpoint takes many.
    const key = mapping.fixed ? remote : part(this.rules.filtering, remote, this.hostOf);
    return mapping.session(key, now) ?? mapping.openSession(key, this.rules, now);
  }

  private keyOf(inner: Peer, remote: Peer): number | string {
    const { mapping } = this.rules;
    return mapping === 'endpoint-independent' ? inner : `${inner} to ${part(mapping, remote, this.hostOf)}`;
  }

  private map(inner: Peer, innerPort: number, key: number | string, now: number): Mapping | null {
    if (this.byPort.size >= this.sweptAt) this.sweep(now);
    const before = this.byKey.get(key);
    if (before !== undefined) this.forget(before);
    const port = this.allot(innerPort, now);
    return port < 0 ? null : this.add(new Mapping(inner, port, key, false));
  }

  private add(mapping: Mapping): Mapping {
    this.byKey.set(mapping.key, mapping);
    this.byPort.set(mapping.port, mapping);
    return mapping;
  }

  private allot(innerPort: number, now: number): number {
    const { ports } = this.rules;
    if (ports === 'preserving' && this.isFree(innerPort, now)) return innerPort;
    if (ports !== 'random') {
      const port = this.freeFrom(this.nextPort, now);
      this.nextPort = port + 1;
      return port;
    }
    for (let draws = 0; draws < DRAWS_MAX; draws++) {
      const port = PORT_FIRST + this.random.below(PORT_COUNT);
      if (this.isFree(port, now)) return port;
    }
    return this.freeFrom(PORT_FIRST + this.random.below(PORT_COUNT), now);
  }

  private freeFrom(first: number, now: number): number {
    return NatTable.portFrom(first, (port) => this.isFree(port, now));
  }

  private sweep(now: number): void {
    for (const mapping of this.byPort.values()) if (!mapping.isAlive(now)) this.forget(mapping);
    this.sweptAt = Math.max(MAPPINGS_SWEPT_AT, 2 * this.byPort.size);
  }

  private forget(mapping: Mapping): void {
    this.byPort.delete(mapping.port);
    this.byKey.delete(mapping.key);
  }
}

/** As much of a remote endpoint as counts. */
function part(dependence: NatDependence, remote: Peer, hostOf: HostNumber): number {
  if (dependence === 'endpoint-independent') return 0;
  return dependence === 'address-dependent' ? hostOf(remote) : remote;
}
