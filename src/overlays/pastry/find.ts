/**
 * An iterative lookup: asks each node on the way where a message with the key would go next, round the dead ones, to the node that is
 * numerically nearest to the key. Owns the way and what it cost.
 */

import type { Contact } from '../../core/contact.ts';
import { PastryEvent } from '../../core/events.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { ping, pong } from '../../core/who.ts';
import type { Hop, OwnersHandler } from '../values/index.ts';
import { Question, type Seeker } from './asker.ts';
import { CLOSER_COUNT, CLOSER_MAX, find, found, LEAVES_MAX, type PastryMessage } from './messages.ts';

export interface FindOptions {
  /** Owners wanted: the nearest to the key and those that follow it. */
  readonly want: number;
  /** Ask the owner whether it lives, and pass over those that do not: the last hop. */
  readonly confirm: boolean;
}

/** A lookup among liars ends too; on a network of any size that is right it needs log N to the base of the digits, and one more for each that is dead. */
const QUESTIONS_MAX = 128;
/** Owners that are asked for where they have to confirm it: the first may be dead. */
const OWNERS_MIN = 3;
/** It is begun again so often when it got nowhere. */
const TRIES = 2;

const NO_PATH: readonly Hop[] = [];

export class Find {
  readonly node: Seeker;
  readonly target: Id160;
  readonly want: number;
  private readonly confirm: boolean;
  private readonly handler: OwnersHandler;
  private readonly startedAtMs: number;
  /** Where the way is noted; null: nowhere. */
  private readonly path: Hop[] | null;
  private triesLeft = TRIES;
  /** Who has answered last; null: we ourselves. */
  private current: Contact | null = null;
  /** What it was told, the last answer first: where one way ends, the others are left. */
  private choices: readonly Contact[] = [];
  private owners: readonly Contact[] = [];
  private visited: Contact[] = [];
  private readonly dead: Contact[] = [];
  /** Late, and passed over for somebody quicker: they may still be there when all is begun again. */
  private late: Contact[] = [];
  private questions = 0;
  /** The question whose answer is waited for: what others still answer belongs to the past. */
  private asking: AskOnWay | null = null;
  /** Who has answered last was asked for all that it knows. */
  private wide = false;
  private timeouts = 0;
  hops = 0;

  constructor(node: Seeker, target: Id160, options: FindOptions, handler: OwnersHandler, path: Hop[] | null = null) {
    this.node = node;
    this.target = target;
    this.want = Math.min(options.want, LEAVES_MAX);
    this.confirm = options.confirm;
    this.handler = handler;
    this.path = path;
    this.startedAtMs = node.asker.host.now();
  }

  get width(): number {
    return this.wide ? CLOSER_MAX : CLOSER_COUNT;
  }

  /** How many owners a node is asked to name. */
  get ownersAsked(): number {
    return this.wide ? LEAVES_MAX : this.confirm ? Math.max(OWNERS_MIN, this.want) : this.want;
  }

  /** From what the seeker knows itself. `onFind` may come before this returns when it knows the owner, or nobody. */
  start(): void {
    if (!this.node.canSeek) {
      this.end([]);
      return;
    }
    this.triesLeft--;
    const { closer, owners } = this.node.route(this.target, LEAVES_MAX, CLOSER_MAX);
    this.proceed(closer, owners);
  }

  /** From a node, for who is no member. */
  startFrom(contact: Contact): void {
    this.triesLeft = 0;
    this.proceed([contact], []);
  }

  isAwaited(question: AskOnWay): boolean {
    return this.asking === question;
  }

  heard(contact: Contact, closer: readonly Contact[], owners: readonly Contact[], rttMs: number): void {
    const isAgain = this.current !== null && equalIds(this.current, contact);
    if (!isAgain) {
      this.hops++;
      this.visited.push(contact);
      this.wide = false;
    }
    this.pass(contact, 'answered', rttMs);
    this.current = contact;
    this.proceed([...closer, ...this.choices.filter((choice) => this.isOpen(choice))], owners);
  }

  /** The contact may be dead, or it has left. */
  silent(contact: Contact, outcome: 'silent' | 'gone', tookMs: number): void {
    this.pass(contact, outcome, tookMs);
    this.dead.push(contact);
    if (outcome === 'silent') this.timeouts++;
    this.goOn();
  }

  /** It is late by its own measure: another is asked, if there is one, and it is not waited for any more. */
  overdue(contact: Contact, tookMs: number): void {
    if (!this.node.asker.options.timeoutsByRtt || this.owners.length > 0) return;
    if (!this.choices.some((choice) => !equalIds(choice, contact) && this.isOpen(choice))) return;
    this.pass(contact, 'silent', tookMs);
    this.late.push(contact);
    this.timeouts++;
    this.goOn();
  }

  confirmed(contact: Contact, rttMs: number): void {
    this.hops++;
    this.pass(contact, 'owner', rttMs);
    this.end([contact, ...this.owners.filter((owner) => !equalIds(owner, contact) && !this.isDead(owner))]);
  }

  private proceed(closer: readonly Contact[], owners: readonly Contact[]): void {
    this.choices = closer;
    this.owners = owners;
    this.goOn();
  }

  private goOn(): void {
    if (this.owners.length > 0) this.settle();
    else this.step();
  }

  /** To the best of those that are left. */
  private step(): void {
    const open = this.choices.filter((choice) => this.isOpen(choice));
    const { host, options } = this.node.asker;
    const takesAnother = options.randomShare > 0 && open.length > 1 && host.random.chance(options.randomShare);
    const next = takesAnother ? open[1 + host.random.below(open.length - 1)] : open[0];
    if (next !== undefined) this.ask(new AskNext(this, next));
    else if (!this.askAll()) this.fail();
  }

  /** All that we were told of are dead: once more who told us, for all that it knows. False: that was done. */
  private askAll(): boolean {
    if (this.current === null || this.wide) return false;
    this.wide = true;
    this.ask(new AskNext(this, this.current));
    return true;
  }

  /** The owners are known. The first that lives is the one, and where it is who told us, we know that it does. */
  private settle(): void {
    const alive = this.owners.filter((owner) => !this.isDead(owner));
    const [owner] = alive;
    if (owner === undefined) {
      this.owners = [];
      if (!this.askAll()) this.step();
      return;
    }
    const { self, asker, canSeek } = this.node;
    const { endAtReplica } = asker.options;
    const last = this.current ?? self;
    const end = endAtReplica ? this.nearReplica(last, alive) : owner;
    const found = [end, ...alive.filter((other) => other !== end)];
    // Behind one that is dead may be who is nearer, and was too far from who told us; and who holds copies may be as well: the next of the living knows.
    const isUnsure = !endAtReplica && (owner !== this.owners[0] || this.owners.length < this.want);
    if ((canSeek && this.isSelf(end)) || (last !== null && equalIds(end, last))) this.end(found);
    else if (isUnsure && this.isOpen(end)) this.ask(new AskNext(this, end));
    else if (this.confirm) this.ask(new AskOwner(this, end));
    else {
      this.hops++;
      this.end(found);
    }
  }

  /** Of those that hold the key, who told us of them if it is one; else the one that is nearest to it. */
  private nearReplica(last: Contact | null, alive: readonly Contact[]): Contact {
    const holders = alive.slice(0, this.node.asker.options.replicas);
    const holder = (id: Contact | null): Contact | null => (id === null ? null : (holders.find((each) => equalIds(each, id)) ?? null));
    for (const contact of [last, ...this.choices]) {
      const held = holder(contact);
      if (held !== null) return held;
    }
    return holders[0] as Contact; // They are not empty.
  }

  private ask(question: AskOnWay): void {
    if (this.questions++ >= QUESTIONS_MAX) {
      this.end([]);
      return;
    }
    this.asking = question;
    question.ask();
  }

  private fail(): void {
    if (this.triesLeft <= 0) {
      this.end([]);
      return;
    }
    this.current = null;
    this.wide = false;
    this.visited = [];
    this.late = [];
    this.hops = 0;
    this.start();
  }

  private isOpen(contact: Contact): boolean {
    const isThis = (other: Contact): boolean => equalIds(other, contact);
    return !this.isSelf(contact) && !this.dead.some(isThis) && !this.visited.some(isThis) && !this.late.some(isThis);
  }

  private isSelf(contact: Contact): boolean {
    return this.node.self !== null && equalIds(contact, this.node.self);
  }

  private isDead(contact: Contact): boolean {
    return this.dead.some((other) => equalIds(other, contact));
  }

  private pass(contact: Contact, outcome: Hop['outcome'], tookMs: number): void {
    const hops = outcome === 'silent' || outcome === 'gone' ? this.hops + 1 : this.hops;
    this.path?.push({ contact, hops, outcome, tookMs });
  }

  private end(owners: readonly Contact[]): void {
    const { target, hops, timeouts, path, node } = this;
    const { host } = node.asker;
    this.asking = null;
    host.tap(PastryEvent.lookup, hops, timeouts, owners.length > 0 ? 1 : 0);
    const tookMs = host.now() - this.startedAtMs;
    this.handler.onFind({ target, owners: owners.slice(0, this.want), hops, timeouts, tookMs, path: path ?? NO_PATH });
  }
}

/** One question of a lookup: asked once, since there are others to ask. */
abstract class AskOnWay extends Question {
  protected readonly find: Find;
  private readonly askedAtMs: number;

  constructor(owner: Find, contact: Contact) {
    super(owner.node.asker, contact, 1);
    this.find = owner;
    this.askedAtMs = owner.node.asker.host.now();
  }

  protected override get slowMs(): number {
    return this.find.node.slowMsOf(this.contact);
  }

  protected get ageMs(): number {
    return this.find.node.asker.host.now() - this.askedAtMs;
  }

  protected answered(reply: PastryMessage, rttMs: number): void {
    this.find.node.timed(this.contact, rttMs);
    if (this.find.isAwaited(this)) this.awaited(reply, rttMs);
  }

  protected silent(): void {
    this.find.node.suspect(this.contact);
    if (this.find.isAwaited(this)) this.find.silent(this.contact, 'silent', this.ageMs);
  }

  protected abstract awaited(reply: PastryMessage, rttMs: number): void;
}

class AskNext extends AskOnWay {
  protected request(transaction: number): PastryMessage {
    const { ownersAsked: want, width, target } = this.find;
    return { tag: find.tag, transaction, unit: 0, want, width, target };
  }

  protected awaited(reply: PastryMessage, rttMs: number): void {
    if (reply.tag === found.tag) this.find.heard(this.contact, reply.closer, reply.owners, rttMs);
    else this.find.silent(this.contact, 'gone', rttMs);
  }

  protected override overdue(): void {
    if (this.find.isAwaited(this)) this.find.overdue(this.contact, this.ageMs);
  }
}

class AskOwner extends AskOnWay {
  protected request(transaction: number): PastryMessage {
    return { tag: ping.tag, transaction, unit: 0 };
  }

  protected awaited(reply: PastryMessage, rttMs: number): void {
    if (reply.tag === pong.tag && reply.member && equalIds(reply.self, this.contact)) this.find.confirmed(this.contact, rttMs);
    else this.find.silent(this.contact, 'gone', rttMs);
  }
}
