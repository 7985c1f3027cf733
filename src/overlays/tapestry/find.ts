/**
 * An iterative lookup by surrogate routing: asks each node on the way where a message to that point would go next, round the dead ones, until one says
 * that it is the root. Every answer resolves digits, so that it ends. Owns the way and what it cost.
 */

import type { Contact } from '../../core/contact.ts';
import { digitsOf, sharedDigits } from '../../core/digits.ts';
import { TapestryEvent } from '../../core/events.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import type { Hop } from '../values/index.ts';
import { Question, type Seeker } from './asker.ts';
import { DEAD_MAX, find, found, type TapestryMessage } from './messages.ts';

export interface FindHandler {
  /** `find.root` is the root; null: the lookup has failed. May come before `start` returns when it begins at the root. */
  onRoot(find: Find): void;
  /** For a lookup of an object: these serve it, as `at` says. `resume` goes on towards the root. */
  onServers?(find: Find, servers: readonly Contact[], at: Contact): void;
}

export interface FindOptions {
  /** Roots that are passed over. */
  readonly passed?: readonly Id160[];
  readonly objects?: boolean;
  /** Neighbours of each node on the way that are wanted as well. */
  readonly near?: number;
}

/** A node that has answered, and what it said. */
export interface Stop {
  readonly contact: Contact;
  readonly rttMs: number;
  readonly contacts: readonly Contact[];
  readonly near: readonly Contact[];
}

type Found = MessageOf<typeof found>;

/** It is begun again so often when it got nowhere. */
const TRIES = 2;
const NONE: readonly Id160[] = [];

export class Find {
  readonly node: Seeker;
  readonly target: Id160;
  readonly passed: readonly Id160[];
  readonly objects: boolean;
  readonly near: number;
  private readonly handler: FindHandler;
  private readonly startedAtMs: number;
  private triesLeft = TRIES;
  /** Who has answered last, null being we ourselves; digits that are resolved there, and at the choices that it named. */
  private current: Contact | null = null;
  private currentLevel = 0;
  private level = 0;
  private choices: readonly Contact[] = [];
  /** In all tries. */
  private readonly silentOnes: Contact[] = [];
  /** Not waited for, but not dead: asked again when nobody else of the entry answers. */
  private lateOnes: Contact[] = [];
  /** The question whose answer is waited for: what others still answer belongs to the past. */
  private asking: AskNext | null = null;
  private held: Found | null = null;
  root: Contact | null = null;
  hops = 0;
  timeouts = 0;
  readonly stops: Stop[] = [];
  readonly path: Hop[] = [];

  constructor(node: Seeker, target: Id160, handler: FindHandler, { passed = NONE, objects = false, near = 0 }: FindOptions = {}) {
    this.node = node;
    this.target = target;
    this.passed = passed;
    this.objects = objects;
    this.near = near;
    this.handler = handler;
    this.startedAtMs = node.asker.host.now();
  }

  get tookMs(): number {
    return this.node.asker.host.now() - this.startedAtMs;
  }

  /** The last that did not answer, for the node that named them. */
  get dead(): readonly Contact[] {
    return this.silentOnes.slice(-DEAD_MAX);
  }

  start(): void {
    this.triesLeft--;
    this.current = null;
    this.level = 0;
    this.hops = 0;
    if (this.node.canSeek) this.fromSelf();
    else this.end(null);
  }

  /** From another node, for who is no member, or wants to see how it is seen from there. */
  startFrom(contact: Contact): void {
    this.triesLeft = 0;
    this.choices = [contact];
    this.step();
  }

  /** On towards the root, for `onServers`. */
  resume(): void {
    const { held } = this;
    this.held = null;
    if (held !== null) this.follow(held);
  }

  isAwaited(question: AskNext): boolean {
    return this.asking === question;
  }

  heard(contact: Contact, reply: Found, rttMs: number): void {
    this.asking = null;
    // Asked again for all that it has: no step of the way.
    if (this.current === null || !equalIds(contact, this.current)) {
      this.hops++;
      this.stops.push({ contact, rttMs, contacts: reply.contacts, near: reply.near });
      this.note(contact, reply.root ? 'owner' : 'answered', rttMs);
      this.current = contact;
      this.currentLevel = this.level;
    }
    if (reply.servers.length > 0 && this.objects && this.handler.onServers !== undefined) {
      this.held = reply;
      this.handler.onServers(this, reply.servers, contact);
    } else this.follow(reply);
  }

  /** The contact may be dead, or it has left. */
  silent(contact: Contact, outcome: 'silent' | 'gone', tookMs: number): void {
    this.asking = null;
    this.note(contact, outcome, tookMs);
    this.silentOnes.push(contact);
    if (outcome === 'silent') this.timeouts++;
    if (this.current !== null && equalIds(contact, this.current)) this.fail();
    else this.step();
  }

  /** It is late: another is asked, if there is one, and it is not waited for any more. */
  overdue(contact: Contact, tookMs: number): void {
    const { timeoutsByRtt } = this.node.asker.options;
    if (!timeoutsByRtt || !this.choices.some((other) => !equalIds(other, contact) && this.isOpen(other) && !this.isLate(other))) return;
    this.asking = null;
    this.note(contact, 'silent', tookMs);
    this.lateOnes.push(contact);
    this.timeouts++;
    this.step();
  }

  private follow({ root, level, contacts }: Found): void {
    const { current } = this;
    if (current === null) return;
    if (root) {
      this.end(current);
      return;
    }
    const { digitBits } = this.node.asker.options;
    // All that share with it what is resolved but for the last digit; who names others lies, or is confused.
    const rightful = contacts.filter((contact) => sharedDigits(current, contact, digitBits) === level - 1);
    if (level <= this.currentLevel || level > digitsOf(digitBits) || rightful.length === 0) {
      this.silentOnes.push(current);
      this.fail();
      return;
    }
    this.level = level;
    this.choices = rightful;
    this.step();
  }

  /** To the nearest of those that are left. */
  private step(): void {
    const living = this.choices.filter((choice) => this.isOpen(choice));
    const open = living.filter((choice) => !this.isLate(choice));
    const next = open[0] ?? living[0];
    const { self } = this.node;
    if (next === undefined) this.around();
    else if (self !== null && equalIds(next, self)) this.end(self);
    else this.ask(next, this.level, open.length <= 1);
  }

  /** Nobody in that entry lives: who named them looks elsewhere. */
  private around(): void {
    if (this.current !== null) this.ask(this.current, this.currentLevel, true);
    else if (this.node.self !== null && this.node.canSeek) this.fromSelf();
    else this.fail();
  }

  private fromSelf(): void {
    const { node, target, passed, silentOnes } = this;
    const { level, contacts, root } = node.route(target, 0, silentOnes.length === 0 ? passed : [...passed, ...silentOnes]);
    if (root) this.end(node.self);
    else if (contacts.every((contact) => !this.isOpen(contact))) this.fail();
    else {
      this.level = level;
      this.choices = contacts;
      this.step();
    }
  }

  private ask(contact: Contact, level: number, isLast: boolean): void {
    const { attempts } = this.node.asker.options;
    // The last of an entry is not taken for dead for one lost packet: the way round would end at another root.
    this.asking = new AskNext(this, contact, level, isLast ? attempts : 1);
    this.asking.ask();
  }

  private fail(): void {
    if (this.triesLeft > 0) this.start();
    else this.end(null);
  }

  private isOpen(contact: Contact): boolean {
    return !this.silentOnes.some((other) => equalIds(other, contact));
  }

  private isLate(contact: Contact): boolean {
    return this.lateOnes.some((other) => equalIds(other, contact));
  }

  private note(contact: Contact, outcome: Hop['outcome'], tookMs: number): void {
    const hops = outcome === 'silent' || outcome === 'gone' ? this.hops + 1 : this.hops;
    this.path.push({ contact, hops, outcome, tookMs });
  }

  private end(root: Contact | null): void {
    this.asking = null;
    this.root = root;
    this.node.asker.host.tap(TapestryEvent.lookup, this.hops, this.timeouts, root === null ? 0 : 1);
    this.handler.onRoot(this);
  }
}

class AskNext extends Question {
  private readonly find: Find;
  private readonly level: number;
  private readonly askedAtMs: number;

  constructor(owner: Find, contact: Contact, level: number, attempts: number) {
    super(owner.node.asker, contact, attempts);
    this.find = owner;
    this.level = level;
    this.askedAtMs = owner.node.asker.host.now();
  }

  protected override get slowMs(): number {
    const { node } = this.find;
    return this.asker.options.timeoutsByRtt ? (node.knownOf(this.contact)?.slowMs ?? 0) : 0;
  }

  protected request(transaction: number): TapestryMessage {
    const { objects, near, target, passed, dead } = this.find;
    return { tag: find.tag, transaction, unit: 0, level: this.level, objects, near, target, passed, dead };
  }

  protected answered(reply: TapestryMessage, rttMs: number): void {
    if (!this.find.isAwaited(this)) return;
    if (reply.tag === found.tag) this.find.heard(this.contact, reply, rttMs);
    else this.find.silent(this.contact, 'gone', rttMs);
  }

  protected override overdue(): void {
    if (this.find.isAwaited(this)) this.find.overdue(this.contact, this.ageMs);
  }

  protected silent(): void {
    this.find.node.suspect(this.contact);
    if (this.find.isAwaited(this)) this.find.silent(this.contact, 'silent', this.ageMs);
  }

  private get ageMs(): number {
    return this.asker.host.now() - this.askedAtMs;
  }
}
