/**
 * An iterative lookup of a point: asks each node on the way which of its neighbours are nearer, to the one in whose zone the point is. Dead ones are passed
 * round by the next best that anybody on the way has named (SIGCOMM 2001, section 2.3), and where nobody is nearer, by an expanding ring around the nearest.
 * Owns the way and what it cost.
 */

import type { Contact } from '../../core/contact.ts';
import { CanEvent } from '../../core/events.ts';
import { equalIds } from '../../core/id160.ts';
import type { Hop } from '../values/index.ts';
import { Question, type Seeker } from './asker.ts';
import { type CanMessage, CLOSER_COUNT, find, found, type Named, NEAR_MAX } from './messages.ts';
import type { Point } from './zone.ts';

export interface FindOptions {
  readonly unit: number;
  /** The point may be found in any reality. */
  readonly any?: boolean;
  /** Where the way is noted; none: nowhere. */
  readonly path?: Hop[];
}

/** What a lookup of a point has come to. */
export interface PointFound {
  /** Who shares the zone that the point is in, in the order of their ids; none: the lookup has failed. */
  readonly owners: readonly Contact[];
  /** Who said so. */
  readonly by: Contact | null;
  /** Nodes passed, the owner among them. */
  readonly hops: number;
  readonly timeouts: number;
  readonly tookMs: number;
}

export interface PointHandler {
  onPoint(found: PointFound): void;
}

/** Twice the longest way through 2^18 nodes in two dimensions. */
const HOPS_MAX = 2048;
/** Nodes asked for without coming nearer, before it is given up: some five rings in two dimensions. */
const DETOURS_MAX = 64;
/** It is begun again so often when it got nowhere: the owner may only have seemed dead. */
const TRIES = 2;
/** Candidates that are remembered; the farthest are forgotten. */
const POOL_MAX = 256;

interface Candidate {
  readonly contact: Contact;
  readonly distance: number;
}

const NOBODY: readonly Contact[] = [];

export class Find {
  readonly node: Seeker;
  readonly target: Point;
  readonly unit: number;
  readonly any: boolean;
  private readonly handler: PointHandler;
  private readonly path: Hop[] | null;
  private readonly startedAtMs: number;
  /** What the last who answered has named, the next hop first. */
  private steps: Candidate[] = [];
  /** All that were named before, nearest first. */
  private pool: Candidate[] = [];
  /** Who has answered, and may know more neighbours than it has named. */
  private visited: Candidate[] = [];
  private done: Contact[] = [];
  private nearest = Number.POSITIVE_INFINITY;
  private asking: AskCloser | null = null;
  /** What the seeker itself knows that is no nearer has been looked at. */
  private widened = false;
  private triesLeft = TRIES;
  private entry: Contact | null = null;
  private detours = 0;
  private timeouts = 0;
  private hops = 0;

  constructor(node: Seeker, target: Point, { unit, any = false, path }: FindOptions, handler: PointHandler) {
    this.node = node;
    this.target = target;
    this.unit = unit;
    this.any = any;
    this.path = path ?? null;
    this.handler = handler;
    this.startedAtMs = node.asker.host.now();
  }

  /** From what the seeker knows itself. `onPoint` may come before this returns, when it owns the point or knows nobody. */
  start(): void {
    const { node, unit, target, any } = this;
    if (!node.canBegin(unit)) {
      this.end(NOBODY, null);
      return;
    }
    this.triesLeft--;
    const { peers, closer } = node.route(unit, target, { any, wide: false, width: NEAR_MAX });
    if (peers.length > 0) this.end(peers, node.self);
    else {
      this.steps = this.candidatesOf(closer);
      this.step();
    }
  }

  /** From somebody of whom only the address is known. */
  startFrom(contact: Contact): void {
    this.triesLeft--;
    this.entry = contact;
    this.widened = true;
    this.steps = [{ contact, distance: Number.MAX_VALUE }];
    this.step();
  }

  isAwaited(question: AskCloser): boolean {
    return this.asking === question;
  }

  heard({ contact, distance, wide }: AskCloser, peers: readonly Contact[], closer: readonly Named[], rttMs: number): void {
    const isNew = !this.isDone(contact);
    if (isNew) this.hops++;
    this.pass(contact, peers.length > 0 ? 'owner' : 'answered', rttMs);
    if (peers.length > 0) {
      this.end(peers, contact);
      return;
    }
    const own = this.ownedBySelf(closer);
    if (own.length > 0) {
      this.end(own, this.node.self);
      return;
    }
    if (!wide) this.visited.push({ contact, distance });
    if (isNew) this.done.push(contact);
    this.nearest = Math.min(this.nearest, distance);
    for (const step of this.steps) this.remember(step);
    this.steps = this.candidatesOf(closer);
    if (this.hops >= HOPS_MAX) this.fail();
    else this.step();
  }

  /** It may be dead, or no member any more. */
  silent(contact: Contact, outcome: 'silent' | 'gone', tookMs: number): void {
    this.pass(contact, outcome, tookMs);
    this.done.push(contact);
    if (outcome === 'silent') this.timeouts++;
    this.step();
  }

  private step(): void {
    const next = this.steps.find((step) => step.distance < this.nearest && !this.isDone(step.contact));
    if (next !== undefined) {
      this.detours = 0;
      this.ask(next, false);
      return;
    }
    for (const step of this.steps) this.remember(step);
    this.steps = [];
    if (!this.widened) this.lookAround();
    if (++this.detours > DETOURS_MAX) {
      this.fail();
      return;
    }
    const around = this.pool.find(({ contact }) => !this.isDone(contact));
    // Before going far round: whether the nearest knows anybody beside, whom it did not name because they are no nearer.
    const place = this.visited.reduce(
      (best, { distance }, at, all) => (distance < (all[best]?.distance ?? Number.POSITIVE_INFINITY) ? at : best),
      0,
    );
    const centre = this.visited[place];
    if (centre !== undefined && (around === undefined || centre.distance <= around.distance)) {
      this.visited.splice(place, 1);
      this.ask(centre, true);
    } else if (around !== undefined) this.ask(around, true);
    else this.fail();
  }

  private lookAround(): void {
    const { node, unit, target, any } = this;
    this.widened = true;
    for (const step of this.candidatesOf(node.route(unit, target, { any, wide: true, width: NEAR_MAX }).closer)) this.remember(step);
  }

  private fail(): void {
    if (this.triesLeft === 0 || this.timeouts === 0) {
      this.end(NOBODY, null);
      return;
    }
    this.pool = [];
    this.visited = [];
    this.done = [];
    this.nearest = Number.POSITIVE_INFINITY;
    this.detours = 0;
    this.hops = 0;
    this.widened = false;
    if (this.entry === null) this.start();
    else this.startFrom(this.entry);
  }

  private ask({ contact, distance }: Candidate, wide: boolean): void {
    this.asking = new AskCloser(this, contact, distance, wide);
    this.asking.ask();
  }

  private candidatesOf(named: readonly Named[]): Candidate[] {
    const candidates: Candidate[] = [];
    const { self } = this.node;
    for (const { contact, zones } of named) {
      if (self !== null && equalIds(contact, self)) continue;
      let distance = Number.MAX_VALUE;
      for (const zone of zones) if (zone.dims === this.target.length) distance = Math.min(distance, zone.distance(this.target));
      candidates.push({ contact, distance });
    }
    return candidates;
  }

  /** The way leads back to the seeker, which has the point: who compares what others know with its own zones began elsewhere. */
  private ownedBySelf(closer: readonly Named[]): readonly Contact[] {
    const { self } = this.node;
    if (self === null || !closer.some(({ contact }) => equalIds(contact, self))) return NOBODY;
    return this.node.canBegin(this.unit) ? this.node.route(this.unit, this.target, { any: this.any, wide: false, width: 1 }).peers : NOBODY;
  }

  private remember(candidate: Candidate): void {
    if (this.isDone(candidate.contact) || this.pool.some(({ contact }) => isSame(contact, candidate.contact))) return;
    const behind = this.pool.findIndex(({ distance }) => distance > candidate.distance);
    this.pool.splice(behind < 0 ? this.pool.length : behind, 0, candidate);
    if (this.pool.length > POOL_MAX) this.pool.pop();
  }

  private isDone(contact: Contact): boolean {
    return this.done.some((other) => isSame(other, contact));
  }

  private pass(contact: Contact, outcome: Hop['outcome'], tookMs: number): void {
    const hops = outcome === 'silent' || outcome === 'gone' ? this.hops + 1 : this.hops;
    this.path?.push({ contact, hops, outcome, tookMs });
  }

  private end(owners: readonly Contact[], by: Contact | null): void {
    const { host } = this.node.asker;
    this.asking = null;
    host.tap(CanEvent.lookup, this.hops, this.timeouts, owners.length > 0 ? 1 : 0);
    this.handler.onPoint({ owners, by, hops: this.hops, timeouts: this.timeouts, tookMs: host.now() - this.startedAtMs });
  }
}

class AskCloser extends Question {
  private readonly find: Find;
  readonly distance: number;
  readonly wide: boolean;
  private readonly askedAtMs: number;

  constructor(owner: Find, contact: Contact, distance: number, wide: boolean) {
    super(owner.node.asker, contact, 1);
    this.find = owner;
    this.distance = distance;
    this.wide = wide;
    this.askedAtMs = owner.node.asker.host.now();
  }

  protected request(transaction: number): CanMessage {
    const { any, target } = this.find;
    const { wide } = this;
    return { tag: find.tag, transaction, unit: this.contact.unit, any, wide, width: wide ? NEAR_MAX : CLOSER_COUNT, target };
  }

  protected answered(reply: CanMessage, rttMs: number): void {
    if (!this.find.isAwaited(this)) return;
    if (reply.tag === found.tag) this.find.heard(this, reply.peers, reply.closer, rttMs);
    else this.find.silent(this.contact, 'gone', rttMs);
  }

  protected silent(): void {
    const { node } = this.find;
    node.suspect(this.contact);
    if (this.find.isAwaited(this)) this.find.silent(this.contact, 'silent', node.asker.host.now() - this.askedAtMs);
  }
}

function isSame(a: Contact, b: Contact): boolean {
  return a.unit === b.unit && equalIds(a, b);
}
