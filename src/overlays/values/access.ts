/**
 * Reading and writing one key at its replicas with quorums, as in ABD (Attiya, Bar-Noy, Dolev 1995): a put first reads the version that is
 * there, then writes the next. Owns one action of a user.
 */

import type { Contact } from '../../core/contact.ts';
import type { Id160 } from '../../core/id160.ts';
import { Question } from '../../core/question.ts';
import { fetch, fetched, isNewer, type Item, store, stored, type ValueMessage } from './messages.ts';
import type { OwnersFound, OwnersHandler, ValueSeeker } from './owners.ts';

export interface AccessResult {
  /** Enough replicas have answered. False says nothing about the value. */
  readonly ok: boolean;
  /** What was read or written; null: there is none. */
  readonly value: Uint8Array | null;
  /** Nodes that hold the key, as far as the lookup told; 0: it found nobody. Others that it named behind them are asked only when those do not answer. */
  readonly owners: number;
  /** Of those, how many answered a get, or have taken a put. */
  readonly replicas: number;
  /** A put has come to writing: when it is not ok, some may have taken it. */
  readonly wrote: boolean;
  /** And how many have no room for a put. */
  readonly full: number;
  /** Of the lookup. */
  readonly hops: number;
  readonly tookMs: number;
}

export interface AccessHandler {
  onAccess(result: AccessResult): void;
}

/** The overlay may change between the lookup and the questions: then all is done once more. */
const TRIES = 2;
/** Versions are 32 bits; the last one is not followed by the first. */
const VERSION_MAX = 0xffff_ffff;

abstract class Access implements OwnersHandler {
  readonly node: ValueSeeker;
  readonly key: Id160;
  private readonly handler: AccessHandler;
  private readonly startedAtMs: number;
  private triesLeft = TRIES;
  private hops = 0;
  private owners: readonly Contact[] = [];
  /** How many of the owners have been asked in this phase, and what became of it. */
  private asked = 0;
  private settled = 0;
  private enough = 0;
  private atOnce = 0;
  protected answers = 0;
  protected full = 0;
  protected wrote = false;
  /** The phase, so that an answer which comes late belongs to none. */
  phase = 0;
  protected newest: Item | null = null;

  constructor(node: ValueSeeker, key: Id160, handler: AccessHandler) {
    this.node = node;
    this.key = key;
    this.handler = handler;
    this.startedAtMs = node.asker.host.now();
  }

  start(): void {
    this.triesLeft--;
    this.newest = null;
    this.node.findOwners(this.key, false, this);
  }

  onFind({ owners, hops }: OwnersFound): void {
    this.hops = hops;
    this.owners = owners;
    const { readQuorum } = this.node.replication;
    this.beginPhase(readQuorum, readQuorum);
  }

  heard(phase: number, answered: boolean, item: Item | null): void {
    if (phase !== this.phase) return;
    this.settled++;
    if (answered) this.answers++;
    if (item !== null && (this.newest === null || isNewer(item, this.newest))) this.newest = item;
    this.advance();
  }

  /** Whether there was room; null: it is no member any more. */
  heardStored(phase: number, accepted: boolean | null): void {
    if (phase === this.phase && accepted === false) this.full++;
    this.heard(phase, accepted === true, null);
  }

  protected abstract question(owner: Contact): Question<ValueMessage>;
  /** Whether what was heard is enough, given that so many answered as are needed. */
  protected abstract isSatisfied(): boolean;
  /** All of this phase is heard, and it was enough. */
  protected abstract succeed(): void;

  /** `enough` have to answer; so many owners are asked at once, the others as those fail or know nothing. */
  protected beginPhase(enough: number, atOnce: number): void {
    this.phase++;
    this.asked = 0;
    this.settled = 0;
    this.answers = 0;
    this.full = 0;
    // An overlay of fewer nodes than replicas needs the word of all of them.
    this.enough = Math.min(enough, Math.max(1, this.owners.length));
    this.atOnce = atOnce;
    this.advance();
  }

  protected finish(ok: boolean, value: Uint8Array | null): void {
    this.phase++;
    const tookMs = this.node.asker.host.now() - this.startedAtMs;
    const { owners, answers: replicas, wrote, full, hops } = this;
    const holders = Math.min(owners.length, this.node.replication.replicas);
    this.handler.onAccess({ ok, value, owners: holders, replicas, wrote, full, hops, tookMs });
  }

  private advance(): void {
    const underWay = this.asked - this.settled;
    const isEnough = this.answers >= this.enough;
    if (isEnough && (this.isSatisfied() || (this.asked === this.owners.length && underWay === 0))) {
      this.succeed();
      return;
    }
    const missing = isEnough ? 1 : this.enough - this.answers;
    for (let count = underWay; (count < missing || this.asked < this.atOnce) && this.asked < this.owners.length; count++) {
      this.question(this.owners[this.asked++] as Contact).ask();
    }
    if (this.asked > this.settled) return;
    if (this.triesLeft > 0) this.start();
    else this.finish(false, null);
  }
}

export class Get extends Access {
  protected question(owner: Contact): Question<ValueMessage> {
    return new Fetch(this, owner);
  }

  /** That nothing is there has to be said by all: a newcomer may not have got it yet. */
  protected isSatisfied(): boolean {
    return this.newest !== null;
  }

  protected succeed(): void {
    this.finish(true, this.newest === null || this.newest.removed ? null : this.newest.value);
  }
}

export class Put extends Access {
  private readonly value: Uint8Array;
  private readonly removed: boolean;
  private readonly writer: number;
  /** Null while versions are read. */
  private item: Item | null = null;

  constructor(node: ValueSeeker, key: Id160, value: Uint8Array, removed: boolean, handler: AccessHandler) {
    super(node, key, handler);
    this.value = value;
    this.removed = removed;
    this.writer = node.asker.host.random.u32();
  }

  override start(): void {
    this.item = null;
    super.start();
  }

  protected question(owner: Contact): Question<ValueMessage> {
    return this.item === null ? new Fetch(this, owner) : new Store(this, owner, this.item);
  }

  protected isSatisfied(): boolean {
    return true;
  }

  protected succeed(): void {
    if (this.item !== null) {
      this.finish(true, this.removed ? null : this.value);
      return;
    }
    const { key, writer, removed, value } = this;
    const version = Math.min((this.newest?.version ?? 0) + 1, VERSION_MAX);
    this.item = { key, version, writer, removed, value };
    this.wrote = true;
    const { writeQuorum, replicas } = this.node.replication;
    this.beginPhase(writeQuorum, replicas);
  }
}

class Fetch extends Question<ValueMessage, Contact> {
  private readonly access: Access;
  private readonly phase: number;

  constructor(access: Access, owner: Contact) {
    super(access.node.asker, owner, 1);
    this.access = access;
    this.phase = access.phase;
  }

  protected request(transaction: number): ValueMessage {
    return { tag: fetch.tag, transaction, unit: this.contact.unit, key: this.access.key };
  }

  protected answered(reply: ValueMessage): void {
    this.access.heard(this.phase, reply.tag === fetched.tag, reply.tag === fetched.tag ? reply.item : null);
  }

  protected silent(): void {
    this.access.heard(this.phase, false, null);
  }
}

class Store extends Question<ValueMessage, Contact> {
  private readonly access: Access;
  private readonly phase: number;
  private readonly item: Item;

  constructor(access: Access, owner: Contact, item: Item) {
    super(access.node.asker, owner, 1);
    this.access = access;
    this.phase = access.phase;
    this.item = item;
  }

  protected request(transaction: number): ValueMessage {
    return { tag: store.tag, transaction, unit: this.contact.unit, item: this.item };
  }

  protected answered(reply: ValueMessage): void {
    this.access.heardStored(this.phase, reply.tag === stored.tag ? reply.accepted : null);
  }

  protected silent(): void {
    this.access.heard(this.phase, false, null);
  }
}
