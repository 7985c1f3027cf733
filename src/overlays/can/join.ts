/**
 * Joining one reality (SIGCOMM 2001, section 2.2): a random point, the way to its owner from anybody that is known, half of the owner's zone. Who is refused tries
 * another point after a while. Owns how far it got.
 */

import { Contact } from '../../core/contact.ts';
import { type Endpoint, NO_TIMER, type Timer } from '../../core/host.ts';
import { equalIds } from '../../core/id160.ts';
import { AskWho, type WhoHandler } from '../../core/who.ts';
import { TIMER_JOIN } from '../values/index.ts';
import { Question } from './asker.ts';
import { Find, type PointFound, type PointHandler } from './find.ts';
import { Landmarks } from './landmarks.ts';
import { type CanMessage, elsewhere, granted, split } from './messages.ts';
import { randomPoint } from './point.ts';
import type { Reality } from './reality.ts';
import type { Point, Zone } from './zone.ts';

/** Waits between attempts double so often. */
const DOUBLINGS_MAX = 5;

export class Join implements WhoHandler, PointHandler {
  private readonly reality: Reality;
  private readonly through: readonly Endpoint[];
  private readonly landmarks: Landmarks;
  private attempts = 0;
  private timer: Timer = NO_TIMER;
  private halted = false;
  private entry: Contact | null = null;
  /** Members among the addresses, in the order of their answers. */
  private answered: Contact[] = [];
  private entriesLeft = 0;
  private target: Point = [];

  constructor(reality: Reality, through: readonly Endpoint[]) {
    this.reality = reality;
    this.through = through;
    this.landmarks = new Landmarks(reality.node);
  }

  start(): void {
    this.timer = NO_TIMER;
    if (this.isOver) return;
    this.landmarks.measure(() => this.enter());
  }

  halt(): void {
    this.halted = true;
    this.reality.node.host.clearTimer(this.timer);
  }

  /** The first that answers is the nearest; who was tried in vain leaves the next attempt to the next, as it may be no member of this reality yet. */
  onMember(contact: Contact): void {
    this.entriesLeft--;
    this.answered.push(contact);
    this.tryEntry();
  }

  onNoMember(): void {
    this.entriesLeft--;
    this.tryEntry();
  }

  private tryEntry(): void {
    if (this.isOver || this.entry !== null) return;
    const contact =
      this.answered[this.attempts] ??
      (this.entriesLeft === 0 ? this.answered[this.attempts % Math.max(1, this.answered.length)] : undefined);
    if (contact !== undefined) this.enterBy(contact);
    else if (this.entriesLeft === 0) this.again();
  }

  private enterBy(contact: Contact): void {
    const { node, unit } = this.reality;
    this.entry = unit === 0 ? contact : new Contact(contact, unit, contact.endpoint);
    this.target =
      this.landmarks.portion(node.options.dims)?.pointAt((bound) => node.host.random.below(bound)) ??
      randomPoint(node.host.random, node.options.dims);
    new Find(node, this.target, { unit }, this).startFrom(this.entry);
  }

  onPoint({ owners, by }: PointFound): void {
    if (this.isOver) return;
    const owner = by ?? owners[0];
    if (owner === undefined || equalIds(owner, this.reality.self)) this.again();
    else new AskSplit(this.reality, this, owner, this.target, false).ask();
  }

  /** The owner has answered, or has not. */
  decided(reply: CanMessage | null, direct: boolean): void {
    const { reality } = this;
    if (this.isOver) return;
    if (reply?.tag === granted.tag && reply.claim.zone.dims === reality.node.options.dims) reality.enter(reply.claim, reply.near);
    else if (reply?.tag === elsewhere.tag && !direct && reply.next.unit === reality.unit) this.askLargest(reply.next, reply.zone);
    else this.again();
  }

  /** A zone next to the one that was hit is larger: any point of it will do. */
  private askLargest(owner: Contact, zone: Zone): void {
    const { host } = this.reality.node;
    this.target = zone.pointAt((bound) => host.random.below(bound));
    new AskSplit(this.reality, this, owner, this.target, true).ask();
  }

  private enter(): void {
    if (this.isOver) return;
    const { node } = this.reality;
    this.entry = null;
    this.answered = [];
    this.entriesLeft = this.through.length;
    for (const endpoint of this.through) new AskWho(node, endpoint, this).ask();
    if (this.through.length === 0) this.again();
  }

  private get isOver(): boolean {
    return this.halted || this.reality.status !== 'joining';
  }

  private again(): void {
    const { host, options } = this.reality.node;
    const waitMs = options.slowMs * 2 ** Math.min(this.attempts++, DOUBLINGS_MAX);
    host.clearTimer(this.timer);
    this.timer = host.setTimer(waitMs * (0.5 + host.random.unit()), TIMER_JOIN, this.reality.unit);
  }
}

class AskSplit extends Question {
  private readonly reality: Reality;
  private readonly join: Join;
  private readonly target: Point;
  private readonly direct: boolean;

  constructor(reality: Reality, join: Join, owner: Contact, target: Point, direct: boolean) {
    super(reality.node, owner, reality.node.options.attempts);
    this.reality = reality;
    this.join = join;
    this.target = target;
    this.direct = direct;
  }

  protected request(transaction: number): CanMessage {
    const { unit, self } = this.reality;
    return { tag: split.tag, transaction, unit, sender: self, direct: this.direct, target: this.target };
  }

  protected answered(reply: CanMessage): void {
    this.join.decided(reply, this.direct);
  }

  protected silent(): void {
    this.join.decided(null, this.direct);
  }
}
