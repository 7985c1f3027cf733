/**
 * An iterative lookup (SIGCOMM 2001, figure 4, find_successor): follows one path of nodes that precede the target, round the dead ones on
 * it, to the node that knows the owner. Owns the path and what it cost.
 */

import { ChordEvent } from '../../core/events.ts';
import { type Candidate, Lookup, type LookupOptions, type LookupOwner } from '../../core/lookup.ts';
import type { Contact } from '../../core/contact.ts';
import type { ChordOptions } from './chord-options.ts';
import { type ChordMessage, CLOSER_COUNT, CLOSER_MAX, find, found, SUCCESSORS_MAX } from './messages.ts';
import { ping, pong } from '../../core/who.ts';
import type { Hop, OwnersFound } from '../values/index.ts';
import { Question } from './asker.ts';
import type { Seeker } from './asker.ts';
import { equalIds, inOpen, type RingId } from './ring-id.ts';

export interface FindOptions {
  /** Owners wanted: the successor of the target and those that follow it. */
  readonly want: number;
  /** Take the word of the first node whose list covers the target; false: only that of its predecessor. */
  readonly endAtList: boolean;
  /** Ask the owner whether it lives, and pass over those that do not: the last hop. */
  readonly confirm: boolean;
  /** Whether a dead node on the way, or in the owner's place, ends it without a result; else it goes round. */
  readonly failAtDead?: boolean;
}

export interface FindResult extends OwnersFound {
  /** The node before the target, as far as the path tells. Hops count up to it; the owner itself does not (SIGCOMM 2001, figure 10). */
  readonly predecessor: Contact | null;
}

export interface FindHandler {
  onFind(result: FindResult): void;
}

/** For all that hold a key: by the word of the first who names them, or, `confirmed`, by that of the owner's predecessor, if the owner lives. */
export function ownersOptions({ replicas, endAtList }: ChordOptions, confirmed: boolean): FindOptions {
  return { want: replicas, endAtList: endAtList && !confirmed, confirm: confirmed };
}

const NONE: readonly Contact[] = [];
const NO_PATH: readonly Hop[] = [];

/**
 * Two of the nearest must have answered, or the end be known: with one alone, nobody else would be asked beside a node that is slow.
 * `answered` of a node that knows no nearer one lets the path end there.
 */
const PATH: LookupOptions = { parallel: 1, resultsMax: 2, candidatesMax: 24, questionsMax: 128, waitsForSlow: true };

export class Find implements LookupOwner<Contact> {
  readonly node: Seeker;
  readonly target: RingId;
  readonly options: FindOptions;
  private readonly handler: FindHandler;
  private readonly startedAtMs: number;
  private owners: readonly Contact[] = NONE;
  private predecessor: Contact | null = null;
  /** Who named the owners. */
  private source: Contact | null = null;
  hops = 0;
  /** Path of a first attempt that led to the dead alone. */
  private hopsBefore = 0;
  private readonly dead: Contact[] = [];
  private thorough = false;
  /** What we know ourselves counts: not so for one who is not in the ring, or looks into another. */
  private fromSelf = false;
  /** Where the path is noted; null: nowhere. */
  private readonly path: Hop[] | null;

  constructor(node: Seeker, target: RingId, options: FindOptions, handler: FindHandler, path: Hop[] | null = null) {
    this.node = node;
    this.target = target;
    this.options = options;
    this.handler = handler;
    this.path = path;
    this.startedAtMs = node.asker.host.now();
  }

  /** How many owners, and how many nearer contacts, each node is asked for. */
  get want(): number {
    return this.asksForAll ? SUCCESSORS_MAX : this.options.want;
  }

  get width(): number {
    return this.asksForAll ? CLOSER_MAX : CLOSER_COUNT;
  }

  private get asksForAll(): boolean {
    return this.thorough || this.node.asker.options.askForAll;
  }

  /** It has met a dead node, and is not to go round. */
  get hasFailed(): boolean {
    return this.dead.length > 0 && this.options.failAtDead === true;
  }

  /** From what the seeker knows itself. `onFind` may come before this returns when it knows the owner, or nobody. */
  start(): void {
    this.fromSelf = true;
    if (!this.node.canSeek) {
      this.end();
      return;
    }
    const route = this.node.route(this.target, this.want, this.width);
    const closer = route.closer.filter((contact) => !this.isDead(contact));
    const { successors } = route;
    const ends = this.endsWith(closer, successors);
    const { self } = this.node;
    if (successors.length > 0 && self !== null) this.note(closer[0] ?? self, successors, self);
    if (ends || closer.length === 0) this.conclude();
    else new Lookup(this, PATH).start(closer);
  }

  /** From contacts, for who is not in the ring, or looks into another one. */
  startFrom(contacts: readonly Contact[]): void {
    new Lookup(this, PATH).start(contacts.filter((contact) => !this.isSelf(contact) && !this.isDead(contact)));
  }

  closer(a: Contact, b: Contact): boolean {
    return inOpen(a, b, this.target);
  }

  ask(candidate: Candidate<Contact>, lookup: Lookup<Contact>): void {
    new AskCloser(this, candidate, lookup).ask();
  }

  onLookupDone(_lookup: Lookup<Contact>, answered: readonly Candidate<Contact>[]): void {
    if (this.hasFailed) {
      this.fail();
      return;
    }
    const nearest = answered[0];
    const isHopeless = nearest === undefined && !this.fromSelf;
    if (this.owners.length > 0 || this.dead.length === 0 || this.thorough || isHopeless) this.conclude();
    else this.again(nearest?.contact ?? null, nearest === undefined ? 0 : this.hopsBefore + nearest.hops);
  }

  heard(candidate: Candidate<Contact>, lookup: Lookup<Contact>, closer: readonly Contact[], successors: readonly Contact[]): void {
    if (lookup.done) return;
    const { contact } = candidate;
    // Only who lies between is on the way: else a liar could send us in circles.
    const onTheWay = closer.filter((other) => inOpen(other, contact, this.target) && !this.isDead(other));
    const nearest = this.source === null || inOpen(contact, this.source, this.target);
    const ends = this.endsWith(onTheWay, successors);
    // What a node farther back has said stands as long as no nearer one knows better.
    if (successors.length > 0 && (ends || nearest)) this.note(onTheWay[0] ?? contact, successors, contact);
    this.hops = this.hopsTo(candidate);
    if (ends) {
      lookup.finish();
    } else lookup.answered(candidate, onTheWay);
  }

  hopsTo(candidate: Candidate<Contact>): number {
    return this.hopsBefore + candidate.hops + 1;
  }

  /** For who wants to see the way. */
  passed(contact: Contact, hops: number, outcome: Hop['outcome'], tookMs: number): void {
    this.path?.push({ contact, hops, outcome, tookMs });
  }

  silent(contact: Contact): void {
    this.dead.push(contact);
    if (this.node.asker.options.forgetSilent) this.node.lose(contact);
  }

  /** The first owner has answered, or is passed over. */
  confirmed(lives: boolean): void {
    if (!lives) {
      const [dead, ...others] = this.owners as [Contact, ...Contact[]];
      this.silent(dead);
      this.owners = others;
      if (this.hasFailed) this.fail();
      else if (others.length === 0 && !this.thorough) this.again(this.source, Math.max(0, this.hops - 1));
      else this.confirm();
    } else this.end();
  }

  private fail(): void {
    this.owners = NONE;
    this.end();
  }

  /**
   * All that we were told of are dead: once more, with all that each node knows, and to the very predecessor. From the last node that
   * answered, or from ourselves.
   */
  private again(source: Contact | null, hopsBefore: number): void {
    this.thorough = true;
    this.owners = NONE;
    this.predecessor = null;
    this.source = null;
    this.hopsBefore = hopsBefore;
    if (source === null || this.isSelf(source)) this.start();
    else this.startFrom([source]);
  }

  private isSelf(contact: Contact): boolean {
    return this.node.self !== null && equalIds(contact, this.node.self);
  }

  private isDead(contact: Contact): boolean {
    return this.dead.some((other) => equalIds(other, contact));
  }

  private endsWith(closer: readonly Contact[], successors: readonly Contact[]): boolean {
    if (successors.length === 0) return false;
    return closer.length === 0 || (this.options.endAtList && !this.thorough && successors.length >= this.options.want);
  }

  private note(predecessor: Contact, owners: readonly Contact[], source: Contact): void {
    this.predecessor = predecessor;
    this.owners = this.dead.length === 0 ? owners : owners.filter((owner) => !this.isDead(owner));
    this.source = source;
  }

  private conclude(): void {
    if (this.options.confirm) this.confirm();
    else this.end();
  }

  private confirm(): void {
    const owner = this.owners[0];
    if (owner === undefined || this.isSelf(owner)) this.end();
    else new AskOwner(this, owner).ask();
  }

  private end(): void {
    const { target, predecessor, hops, path, options } = this;
    // Who was asked for all may have named more.
    const owners = this.owners.length > options.want ? this.owners.slice(0, options.want) : this.owners;
    const timeouts = this.dead.length;
    const { host } = this.node.asker;
    host.tap(ChordEvent.lookup, hops, timeouts, owners.length > 0 ? 1 : 0);
    const tookMs = host.now() - this.startedAtMs;
    this.handler.onFind({ target, owners, predecessor, hops, timeouts, tookMs, path: path ?? NO_PATH });
  }
}

class AskCloser extends Question {
  private readonly find: Find;
  private readonly candidate: Candidate<Contact>;
  private readonly lookup: Lookup<Contact>;

  constructor(owner: Find, candidate: Candidate<Contact>, lookup: Lookup<Contact>) {
    super(owner.node.asker, candidate.contact, 1);
    this.find = owner;
    this.candidate = candidate;
    this.lookup = lookup;
  }

  protected request(transaction: number): ChordMessage {
    return {
      tag: find.tag,
      transaction,
      unit: this.contact.unit,
      want: this.find.want,
      width: this.find.width,
      target: this.find.target,
    };
  }

  protected answered(reply: ChordMessage, rttMs: number): void {
    this.tell(reply.tag === found.tag ? 'answered' : 'gone', rttMs);
    if (reply.tag === found.tag) this.find.heard(this.candidate, this.lookup, reply.closer, reply.successors);
    else this.lookup.failed(this.candidate);
  }

  protected override overdue(): void {
    this.lookup.slow(this.candidate);
  }

  protected silent(): void {
    this.tell('silent', this.asker.options.timeoutMs);
    if (!this.lookup.done) this.find.silent(this.contact);
    if (this.find.hasFailed) this.lookup.finish();
    else this.lookup.failed(this.candidate);
  }

  private tell(outcome: Hop['outcome'], tookMs: number): void {
    // What comes when the lookup is over is not on its way.
    if (!this.lookup.done) this.find.passed(this.contact, this.find.hopsTo(this.candidate), outcome, tookMs);
  }
}

class AskOwner extends Question {
  private readonly find: Find;

  constructor(owner: Find, contact: Contact) {
    super(owner.node.asker, contact, 1);
    this.find = owner;
  }

  protected request(transaction: number): ChordMessage {
    return { tag: ping.tag, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage, rttMs: number): void {
    const isOwner = reply.tag === pong.tag && reply.member && equalIds(reply.self, this.contact);
    this.find.passed(this.contact, this.find.hops, isOwner ? 'owner' : 'gone', rttMs);
    this.find.confirmed(isOwner);
  }

  protected silent(): void {
    this.find.passed(this.contact, this.find.hops, 'silent', this.asker.options.timeoutMs);
    this.find.confirmed(false);
  }
}
