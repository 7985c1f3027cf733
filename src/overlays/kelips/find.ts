/**
 * A lookup (IPTPS 2003, section 2): one member of the key's group knows who holds it. When that one does not answer, another contact is asked, then
 * members of our own group for contacts of theirs. Owns whom it has asked and what it cost.
 */

import type { Contact } from '../../core/contact.ts';
import { KelipsEvent } from '../../core/events.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import type { Hop, OwnersHandler } from '../values/index.ts';
import { Question, type Seeker } from './asker.ts';
import { find, found, type KelipsMessage, NAMED_MAX } from './messages.ts';

export interface FindOptions {
  /** Holders wanted: the nearest to the key and those that follow it. */
  readonly want: number;
  /** Ask the first holder whether it lives, and pass over those that do not. */
  readonly confirm: boolean;
}

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
  private triesLeft: number;
  private choices: readonly Contact[] = [];
  private readonly asked: Contact[] = [];
  private owners: readonly Contact[] = [];
  /** Who told us; null: we know by ourselves. */
  private source: Contact | null = null;
  private timeouts = 0;
  private hops = 0;

  constructor(node: Seeker, target: Id160, options: FindOptions, handler: OwnersHandler, path: Hop[] | null = null) {
    this.node = node;
    this.target = target;
    this.want = Math.min(options.want, NAMED_MAX);
    this.confirm = options.confirm;
    this.handler = handler;
    this.path = path;
    this.triesLeft = node.asker.options.triesMax;
    this.startedAtMs = node.asker.host.now();
  }

  /** `onFind` may come before this returns when the seeker knows the holders, or nobody. */
  start(): void {
    if (!this.node.canSeek) {
      this.end([]);
      return;
    }
    const { holders, ask } = this.node.route(this.target, this.want);
    if (holders !== null) {
      this.settle(holders);
      return;
    }
    this.choices = ask;
    this.step();
  }

  /** One of the key's group has named its holders, or one of another group somebody to ask. */
  heard(contact: Contact, isOwn: boolean, contacts: readonly Contact[], rttMs: number): void {
    this.hops++;
    this.node.measured(contact, rttMs);
    this.pass(contact, 'answered', rttMs);
    if (isOwn && contacts.length > 0) {
      this.source = contact;
      this.settle(contacts);
      return;
    }
    this.choices = [...contacts, ...this.choices];
    this.step();
  }

  silent(contact: Contact, outcome: 'silent' | 'gone', tookMs: number): void {
    this.pass(contact, outcome, tookMs);
    if (outcome === 'silent') this.timeouts++;
    this.node.suspect(contact);
    this.step();
  }

  confirmed(contact: Contact, lives: boolean, tookMs: number): void {
    this.pass(contact, lives ? 'owner' : 'silent', tookMs);
    if (lives) {
      this.hops++;
      this.end(this.owners);
      return;
    }
    this.timeouts++;
    this.node.suspect(contact);
    this.settle(this.owners.slice(1));
  }

  private step(): void {
    const next = this.choices.find((choice) => !this.isSelf(choice) && !this.asked.some((other) => equalIds(other, choice)));
    if (next === undefined || this.triesLeft === 0) {
      this.end([]);
      return;
    }
    this.triesLeft--;
    this.asked.push(next);
    new AskHolders(this, next).ask();
  }

  private settle(owners: readonly Contact[]): void {
    this.owners = owners;
    const [owner] = owners;
    const isKnownToLive = owner !== undefined && (this.isSelf(owner) || (this.source !== null && equalIds(owner, this.source)));
    if (owner === undefined || isKnownToLive) this.end(owners);
    else if (this.confirm) new AskWho(this.node.asker, owner.endpoint, new Confirmation(this, owner)).ask();
    else {
      this.hops++;
      this.end(owners);
    }
  }

  private isSelf(contact: Contact): boolean {
    return this.node.self !== null && equalIds(contact, this.node.self);
  }

  private pass(contact: Contact, outcome: Hop['outcome'], tookMs: number): void {
    this.path?.push({ contact, hops: outcome === 'answered' ? this.hops : this.hops + 1, outcome, tookMs });
  }

  private end(owners: readonly Contact[]): void {
    const { target, hops, timeouts, path, node } = this;
    const { host } = node.asker;
    host.tap(KelipsEvent.lookup, hops, timeouts, owners.length > 0 ? 1 : 0);
    this.handler.onFind({ target, owners, hops, timeouts, tookMs: host.now() - this.startedAtMs, path: path ?? NO_PATH });
  }
}

class AskHolders extends Question {
  private readonly find: Find;

  constructor(owner: Find, contact: Contact) {
    super(owner.node.asker, contact, 1);
    this.find = owner;
  }

  protected override get slowMs(): number {
    return this.find.node.lateAfterMs(this.contact);
  }

  protected request(transaction: number): KelipsMessage {
    return { tag: find.tag, transaction, unit: 0, want: this.find.want, target: this.find.target };
  }

  protected answered(reply: KelipsMessage, rttMs: number): void {
    if (reply.tag === found.tag) this.find.heard(this.contact, reply.isOwn !== 0, reply.contacts, rttMs);
    else this.find.silent(this.contact, 'gone', rttMs);
  }

  protected silent(): void {
    this.find.silent(this.contact, 'silent', this.asker.options.timeoutMs);
  }
}

/** Whether the one that is named is there, and still who it was. */
class Confirmation implements WhoHandler {
  private readonly find: Find;
  private readonly owner: Contact;
  private readonly askedAtMs: number;

  constructor(owner: Find, contact: Contact) {
    this.find = owner;
    this.owner = contact;
    this.askedAtMs = owner.node.asker.host.now();
  }

  onMember(member: Contact): void {
    this.tell(equalIds(member, this.owner));
  }

  onNoMember(): void {
    this.tell(false);
  }

  private tell(lives: boolean): void {
    this.find.confirmed(this.owner, lives, this.find.node.asker.host.now() - this.askedAtMs);
  }
}
