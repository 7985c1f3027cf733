/**
 * One point of a host on the ring: its successors, predecessor and fingers, and what it answers (Zave 2017, sections 3 and 4, in place of
 * SIGCOMM 2001, figure 7). Owns that state; only the operations beside this file change it, one at a time.
 */

import { ChordEvent } from '../../core/events.ts';
import { NO_TIMER, type Peer, type Timer } from '../../core/host.ts';
import { AskPredecessor } from './ask-predecessor.ts';
import type { Question, Seeker } from './asker.ts';
import type { Chord } from './chord.ts';
import { TIMER_ROUND } from './timer-kinds.ts';
import type { Contact } from '../../core/contact.ts';
import { FingerTable } from './finger-table.ts';
import { Find, ownersOptions } from './find.ts';
import type { ChordOptions } from './chord-options.ts';
import { FixFingers } from './fix-fingers.ts';
import { Join } from './join.ts';
import { HeldValues, type OwnersHandler, type Standing, type ValuePlace } from '../values/index.ts';
import { gone } from '../../core/who.ts';
import { Mend } from './mend.ts';
import { busy, CLOSER_MAX, type ChordMessage, type find, found, leaving, news, notify, state } from './messages.ts';
import type { MessageOf } from '../../core/message.ts';
import { equalIds, inHalfOpen, inOpen, type RingId } from './ring-id.ts';
import { type Route, route } from './routing.ts';
import { AskCandidate, AskFinger, AskSuccessor } from './stabilize.ts';

/** joining: answers nobody, so that it counts as dead to those who remember an earlier life of it. */
export type Status = 'idle' | 'joining' | 'member' | 'left';

/** Contacts that fell silent and may come back when a partition heals; the oldest is forgotten. */
const LOST_MAX = 16;
/** A predecessor that has not notified us for so many rounds is asked whether it lives. */
const PREDECESSOR_ROUNDS = 3;
const NONE: readonly Contact[] = [];

export class VirtualNode implements Seeker, ValuePlace {
  readonly chord: Chord;
  readonly self: Contact;
  readonly fingers: FingerTable;
  readonly keys: HeldValues;
  status: Status = 'idle';
  /** Clockwise, 1 to r of a member, without doubles; `self` only as the sole entry, of a ring of one. */
  successors: readonly Contact[] = NONE;
  predecessor: Contact | null = null;
  /** Its keys are being handed over: it takes no more, but answers what it knows. */
  departing = false;
  /** The question whose answer will change this state: until then nobody is told the state. */
  private changing: Question | null = null;
  /** Who notified us meanwhile. */
  private notified: Contact | null = null;
  /** Who had news meanwhile. */
  private newsFrom: Contact | null = null;
  /** Who has said meanwhile that it leaves. */
  private departed: Contact | null = null;
  readonly lost: Contact[] = [];
  private readonly fixer: FixFingers;
  private readonly mend: Mend;
  private join: Join | null = null;
  private rounds = 0;
  private heardPredecessorAtMs = 0;
  private timer: Timer = NO_TIMER;

  constructor(chord: Chord, self: Contact) {
    this.chord = chord;
    this.self = self;
    this.fingers = new FingerTable(self);
    this.fixer = new FixFingers(this);
    this.mend = new Mend(this);
    this.keys = new HeldValues(this);
  }

  get asker(): Chord {
    return this.chord;
  }

  get replication(): ChordOptions {
    return this.chord.options;
  }

  get isMember(): boolean {
    return this.status === 'member';
  }

  get canSeek(): boolean {
    return this.isMember;
  }

  /** A list that is not full has nobody behind its last but ourselves; in a ring of one we are in it. */
  get knowsWholeRing(): boolean {
    return this.successors.length < this.chord.options.successors && this.successors[0] !== this.self;
  }

  /** True while a question is under way whose answer will change the state. */
  get isChanging(): boolean {
    return this.changing !== null;
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  start(): void {
    // Who was linked into a ring before its first event is in it already.
    if (this.status === 'member') this.armRound(true);
    else if (this.chord.entryPoints.length === 0) this.found();
    else this.enterThrough(NONE, false);
  }

  /** Founds a ring of one. */
  found(): void {
    this.enter(null, [this.self]);
  }

  /** Joins through contacts, or through the addresses that the host was given. */
  enterThrough(contacts: readonly Contact[], mayFound: boolean): void {
    this.status = 'joining';
    this.join = new Join(this, contacts, mayFound);
    this.join.start();
  }

  /** The state of a newcomer behind that predecessor. */
  enter(predecessor: Contact | null, successors: readonly Contact[]): void {
    this.status = 'member';
    this.join = null;
    this.setPredecessor(predecessor);
    this.setSuccessors(this.cut(successors));
    this.chord.host.tap(ChordEvent.joined, this.self.unit, this.successors.length, 0);
    this.armRound(true);
    this.stabilize();
    // Others may join at the same moment.
    if (this.chord.options.spreadsNews) this.stabilizeSoon();
    this.fixer.begin();
  }

  /** Makes it a member of a ring that others are linked into as well, before it starts. */
  link(predecessor: Contact | null, successors: readonly Contact[]): void {
    this.status = 'member';
    this.predecessor = predecessor;
    this.successors = successors;
  }

  onJoinTimer(): void {
    this.join?.start();
  }

  /** Tells the neighbours, and those `others`, that it goes, and is gone. */
  leave(others: readonly Contact[] = NONE): void {
    const { predecessor, successors, self } = this;
    if (this.status === 'member') {
      const told = new Set([predecessor, successors[0] ?? null, ...others]);
      for (const other of told)
        if (other !== null && other !== self) this.tell(other, { tag: leaving.tag, unit: other.unit, sender: self });
    }
    this.halt();
    this.status = 'left';
  }

  private halt(): void {
    this.chord.host.clearTimer(this.timer);
    this.timer = NO_TIMER;
    this.join?.halt();
    this.join = null;
    this.changing = null;
    this.notified = null;
    this.newsFrom = null;
    this.departed = null;
  }

  // ---- what it answers -------------------------------------------------------------------------------------------------------

  onGetState(from: Peer, transaction: number): void {
    const { predecessor, successors } = this;
    if (!this.isMember) this.answer(from, { tag: gone.tag, transaction });
    else if (this.isChanging) this.answer(from, { tag: busy.tag, transaction });
    else this.answer(from, { tag: state.tag, transaction, predecessor, successors });
  }

  onFind(from: Peer, message: MessageOf<typeof find>): void {
    const { transaction } = message;
    if (!this.isMember) {
      this.answer(from, { tag: gone.tag, transaction });
      return;
    }
    const { closer, successors } = this.route(message.target, message.want, Math.min(message.width, CLOSER_MAX));
    this.answer(from, { tag: found.tag, transaction, closer, successors });
  }

  /** Rectify (Zave 2017, section 4.4): somebody takes us for its successor. It has just spoken, so it lives. */
  onNotify(sender: Contact): void {
    const { predecessor } = this;
    if (!this.isMember || equalIds(sender, this.self)) return;
    if (predecessor !== null && equalIds(predecessor, sender)) this.heardPredecessorAtMs = this.chord.host.now();
    else if (predecessor === null || inOpen(sender, predecessor, this.self)) this.setPredecessor(sender);
    else if (this.isChanging) this.notified = sender;
    else this.change(new AskPredecessor(this, predecessor, sender));
    if (this.successors[0] === this.self) this.stabilize();
  }

  /** Our successor has another list, or somebody has come in between: what the next round would find out. */
  onNews(sender: Contact): void {
    const head = this.successors[0];
    if (!this.isMember || head === undefined) return;
    if (this.isChanging) this.newsFrom = sender;
    else if (equalIds(sender, head)) this.stabilize();
    else if (inOpen(sender, this.self, head) && !this.hasLost(sender)) this.change(new AskCandidate(this, sender));
  }

  /** Somebody has left of its own will: what a timeout would have told us later. */
  onLeaving(sender: Contact): void {
    this.fingers.drop(sender);
    if (!this.isMember || equalIds(sender, this.self)) return;
    if (this.predecessor !== null && equalIds(this.predecessor, sender)) this.setPredecessor(null);
    this.departed = sender;
    if (this.changing === null) this.changed();
    // What is asked of it will not be answered. In the middle of another change it has to wait until that is over.
    else if (equalIds(this.changing.contact, sender)) this.changing.giveUp();
  }

  route(target: RingId, want: number, width: number): Route {
    return route(this, target, want, width);
  }

  // ---- the keys it holds -----------------------------------------------------------------------------------------------------

  findOwners(key: RingId, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, ownersOptions(this.chord.options, confirmed), handler).start();
  }

  /** Whose replicas we are we do not know: only one predecessor is known. */
  standing(key: RingId): Standing {
    if (this.predecessor === null) return 'unknown';
    return inHalfOpen(key, this.predecessor, this.self) ? 'owner' : 'stray';
  }

  replicasOf(): readonly Contact[] {
    return this.successors.slice(0, this.chord.options.replicas - 1);
  }

  /** All from a key to its owner is the owner's. */
  ownsThrough(owner: Contact): RingId {
    return owner;
  }

  // ---- changes, one at a time ------------------------------------------------------------------------------------------------

  /** Begins, or goes on with, the one question whose answer changes the state. */
  change(question: Question): void {
    this.changing = question;
    question.ask();
  }

  /** Whether that question's answer is still what is waited for: leaving and losing the ring end all waiting. */
  isWaitingFor(question: Question): boolean {
    return this.changing === question;
  }

  /** The change is over. */
  changed(): void {
    this.changing = null;
    const { notified, newsFrom, departed } = this;
    this.notified = null;
    this.newsFrom = null;
    if (departed !== null && this.successors.some((known) => equalIds(known, departed))) this.loseSuccessor(departed);
    this.departed = null;
    if (notified !== null) this.onNotify(notified);
    if (newsFrom !== null) this.onNews(newsFrom);
  }

  /** Periodic; also at once when there is reason (Zave 2017, section 4.3). */
  stabilize(): void {
    if (this.isChanging || !this.isMember) return;
    const head = this.successors[0] as Contact;
    if (head !== this.self) this.change(new AskSuccessor(this, head));
    else if (this.predecessor !== null) this.change(new AskCandidate(this, this.predecessor));
  }

  /** Takes a successor that has just answered, and its list. */
  adopt(head: Contact, behind: readonly Contact[]): void {
    if (!equalIds(head, this.self)) this.setSuccessors(this.cut([head, ...behind]));
  }

  /** A successor is dead or gone. */
  loseSuccessor(contact: Contact): void {
    const before = this.successors;
    const left = before.filter((known) => !equalIds(known, contact));
    if (left.length === 0) {
      this.loseLast(contact);
      return;
    }
    this.setSuccessors(left);
    if (left[0] === before[0]) return;
    this.notifySuccessor();
    this.changed();
    this.stabilize();
  }

  /** No successor is left, `contact` was the last: the nearest finger takes its place; if none lives, the predecessor; without one we are out of the ring. */
  loseLast(contact: Contact): void {
    const finger = this.fingers.distinct().findLast((known) => !equalIds(known, this.self) && !equalIds(known, contact));
    if (finger !== undefined) {
      this.change(new AskFinger(this, finger, contact));
      return;
    }
    const hasSaidSo = this.departed !== null && equalIds(this.departed, contact);
    const hasOther = this.predecessor !== null && !equalIds(this.predecessor, contact);
    if (hasSaidSo || hasOther) {
      // In a ring so small that there are no fingers the predecessor is behind those that are gone.
      this.setSuccessors([this.self]);
      this.changed();
      this.stabilize();
      return;
    }
    this.chord.host.tap(ChordEvent.orphaned, this.self.unit, 0, 0);
    // Whom we may join through. Not only now: two that are left of a ring may each take itself for the last one.
    if (this.predecessor !== null) this.lose(this.predecessor);
    const known = this.lost.filter((other) => !equalIds(other, contact));
    this.halt();
    this.successors = NONE;
    this.predecessor = null;
    this.enterThrough(known, true);
  }

  notifySuccessor(): void {
    const head = this.successors[0];
    if (head !== undefined && head !== this.self) this.notify(head);
  }

  notify(other: Contact): void {
    this.tell(other, { tag: notify.tag, unit: other.unit, sender: this.self });
  }

  setPredecessor(predecessor: Contact | null): void {
    const before = this.predecessor;
    this.predecessor = predecessor;
    this.heardPredecessorAtMs = this.chord.host.now();
    if (predecessor === null || (before !== null && equalIds(before, predecessor))) return;
    this.keys.onNeighbours();
    // What it owns now, or has to copy, it gets at once (SIGCOMM 2001, section 4.4).
    if (this.keys.size > 0) {
      this.keys.bring(
        predecessor,
        this.keys.all().filter((item) => !inHalfOpen(item.key, predecessor, this.self)),
      );
    }
    this.tellNews(before);
  }

  /** Somebody does not answer: no finger any more, and to be asked again when a partition may have healed. */
  lose(contact: Contact): void {
    this.fingers.drop(contact);
    if (equalIds(contact, this.self) || this.hasLost(contact)) return;
    this.lost.push(contact);
    if (this.lost.length > LOST_MAX) this.lost.shift();
  }

  /** Whether it did not answer when it was asked last: while it is asked, nobody is told our state. */
  private hasLost(contact: Contact): boolean {
    return this.lost.some((known) => equalIds(known, contact));
  }

  // ---- rounds ----------------------------------------------------------------------------------------------------------------

  onRound(): void {
    const { options } = this.chord;
    this.timer = NO_TIMER;
    if (!this.isMember) return;
    this.armRound(false);
    this.rounds++;
    this.stabilize();
    this.checkPredecessor();
    this.fixer.round();
    this.keys.round(this.rounds % options.repairRounds === 0);
    if (this.rounds % options.mendRounds === 0) this.mend.start();
  }

  /** A neighbour is in the middle of a change: once more, before the next round. */
  stabilizeSoon(): void {
    const { host, options } = this.chord;
    host.clearTimer(this.timer);
    this.timer = host.setTimer(Math.min(options.slowMs, options.roundMs / 2) * host.random.unit(), TIMER_ROUND, this.self.unit);
  }

  inspect(): unknown {
    return {
      id: this.self.hex,
      status: this.status,
      predecessor: this.predecessor?.hex ?? null,
      successors: this.successors.map((contact) => contact.hex),
      fingers: this.fingers.distinct().map((contact) => contact.hex),
      keys: this.keys.size,
    };
  }

  private checkPredecessor(): void {
    const { host, options } = this.chord;
    if (this.predecessor === null || this.isChanging) return;
    if (host.now() - this.heardPredecessorAtMs < PREDECESSOR_ROUNDS * options.roundMs) return;
    this.change(new AskPredecessor(this, this.predecessor, null));
  }

  private setSuccessors(successors: readonly Contact[]): void {
    const before = this.successors;
    if (successors.length === before.length && successors.every((contact, index) => equalIds(contact, before[index] as Contact))) return;
    this.successors = successors;
    if (before[0] !== successors[0]) this.chord.host.tap(ChordEvent.successor, this.self.unit, successors.length, 0);
    this.keys.onNeighbours();
    this.tellNews(this.predecessor);
  }

  private tellNews(other: Contact | null): void {
    if (!this.chord.options.spreadsNews || other === null || other === this.self) return;
    this.tell(other, { tag: news.tag, unit: other.unit, sender: this.self });
  }

  /** At most r, and none from ourselves on: a list that goes round the ring ends before us. */
  private cut(successors: readonly Contact[]): readonly Contact[] {
    const kept: Contact[] = [];
    for (const contact of successors) {
      if (kept.length >= this.chord.options.successors || equalIds(contact, this.self)) break;
      if (kept.every((known) => !equalIds(known, contact))) kept.push(contact);
    }
    return kept.length > 0 ? kept : [this.self];
  }

  private armRound(first: boolean): void {
    const { host, options } = this.chord;
    if (options.roundMs === 0 || this.timer !== NO_TIMER) return;
    // At randomized intervals (SIGCOMM 2001, section 6.5): nodes that started together drift apart.
    const delayMs = options.roundMs * (first ? host.random.unit() : 0.5 + host.random.unit());
    this.timer = host.setTimer(delayMs, TIMER_ROUND, this.self.unit);
  }

  tell(other: Contact, message: ChordMessage): void {
    this.chord.say(this.chord.host.peer(other.endpoint), message);
  }

  private answer(peer: Peer, message: ChordMessage): void {
    this.chord.answer(peer, message);
  }
}
