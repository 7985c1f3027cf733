/**
 * Recursive lookups (ToN 2003, section IV): each hop passes the question on and is told at once that it was taken; the last one answers
 * the origin itself. Owns the lookups begun here; what is passed on is forgotten as soon as the next hop has it.
 */

import { ChordEvent } from '../../core/events.ts';
import type { Peer, Timer } from '../../core/host.ts';
import type { MessageOf } from '../../core/message.ts';
import type { Asker } from './asker.ts';
import type { Chord } from './chord.ts';
import type { Contact } from '../../core/contact.ts';
import type { FindHandler } from './find.ts';
import { type arrived, type ChordMessage, CLOSER_COUNT, forward, forwarded, arrived as arrivedMessage } from './messages.ts';
import { gone } from '../../core/who.ts';
import { Question } from './asker.ts';
import type { RingId } from './ring-id.ts';
import { TIMER_LOOKUP } from './timer-kinds.ts';
import type { VirtualNode } from './virtual-node.ts';

/** A lookup that went astray ends; on a ring of any size that is right it needs half of log2 N. */
const HOPS_MAX = 128;
/** Owners that the answer names: it goes where the question says, and is not to be many times as long as that. */
export const OWNERS_MAX = 2;
/** A lookup is begun again, from the start, so often, each time after so many timeouts of a single hop. */
const TRIES = 3;
const TIMEOUTS_PER_TRY = 4;

type Forward = MessageOf<typeof forward>;

interface Begun {
  readonly node: VirtualNode;
  readonly target: RingId;
  readonly want: number;
  readonly handler: FindHandler;
  readonly startedAtMs: number;
  triesLeft: number;
  timer: Timer;
}

export class Forwarder {
  private readonly chord: Chord;
  private begun: Map<number, Begun> | null = null;

  constructor(chord: Chord) {
    this.chord = chord;
  }

  begin(node: VirtualNode, target: RingId, want: number, handler: FindHandler): void {
    const { host } = this.chord;
    this.begun ??= new Map();
    let lookup = 0;
    do lookup = host.random.u32();
    while (this.begun.has(lookup));
    const begun = { node, target, want, handler, startedAtMs: host.now(), triesLeft: TRIES, timer: 0 as Timer };
    this.begun.set(lookup, begun);
    this.tryAgain(lookup, begun);
  }

  onForward(from: Peer, node: VirtualNode, message: Forward): void {
    const { transaction } = message;
    this.chord.answer(from, node.isMember ? { tag: forwarded.tag, transaction } : { tag: gone.tag, transaction });
    if (node.isMember && message.hops < HOPS_MAX)
      this.pass(node, { ...message, want: Math.min(message.want, OWNERS_MAX), hops: message.hops + 1 });
  }

  onArrived(message: MessageOf<typeof arrived>): void {
    this.finish(message.lookup, message.successors, message.predecessor, message.hops);
  }

  onTimer(lookup: number): void {
    const begun = this.begun?.get(lookup);
    if (begun !== undefined) this.tryAgain(lookup, begun);
  }

  stop(): void {
    for (const { timer } of this.begun?.values() ?? []) this.chord.host.clearTimer(timer);
    this.begun = null;
  }

  private tryAgain(lookup: number, begun: Begun): void {
    const { host, options } = this.chord;
    if (begun.triesLeft === 0) {
      this.finish(lookup, [], null, 0);
      return;
    }
    begun.triesLeft--;
    begun.timer = host.setTimer(options.timeoutMs * TIMEOUTS_PER_TRY, TIMER_LOOKUP, lookup);
    const { node, target, want } = begun;
    this.pass(node, { tag: forward.tag, transaction: 0, unit: 0, want, hops: 0, lookup, target, origin: node.self });
  }

  /** One step further, or to the origin if the owner is known here. */
  private pass(node: VirtualNode, message: Forward): void {
    const { host, options } = this.chord;
    const { closer, successors } = node.route(message.target, message.want, CLOSER_COUNT);
    const ends = closer.length === 0 || (options.endAtList && successors.length >= message.want);
    if (!ends) {
      new Passing(this.chord, node, message, closer, 0).ask();
      return;
    }
    const predecessor = closer[0] ?? node.self;
    const { lookup, hops, origin } = message;
    // By a datagram even to ourselves: a result never comes from inside `begin`.
    this.chord.answer(host.peer(origin.endpoint), { tag: arrivedMessage.tag, lookup, hops, predecessor, successors });
  }

  private finish(lookup: number, owners: readonly Contact[], predecessor: Contact | null, hops: number): void {
    const { host } = this.chord;
    const begun = this.begun?.get(lookup);
    if (begun === undefined) return;
    this.begun?.delete(lookup);
    host.clearTimer(begun.timer);
    const timeouts = TRIES - 1 - begun.triesLeft;
    host.tap(ChordEvent.lookup, hops, timeouts, owners.length > 0 ? 1 : 0);
    begun.handler.onFind({ target: begun.target, owners, predecessor, hops, timeouts, tookMs: host.now() - begun.startedAtMs, path: [] });
  }
}

/** A lookup on its way to the next hop, or the one behind it when that is dead. */
class Passing extends Question {
  private readonly node: VirtualNode;
  private readonly message: Forward;
  private readonly choices: readonly Contact[];
  private readonly choice: number;

  constructor(asker: Asker, node: VirtualNode, message: Forward, choices: readonly Contact[], choice: number) {
    super(asker, choices[choice] as Contact, 1);
    this.node = node;
    this.message = message;
    this.choices = choices;
    this.choice = choice;
  }

  protected request(transaction: number): ChordMessage {
    return { ...this.message, transaction, unit: this.contact.unit };
  }

  protected answered(reply: ChordMessage): void {
    if (reply.tag !== forwarded.tag) this.next();
  }

  protected silent(): void {
    if (this.asker.options.forgetSilent) this.node.lose(this.contact);
    this.next();
  }

  private next(): void {
    const { asker, node, message, choices, choice } = this;
    // When all are dead the origin hears nothing, and begins again.
    if (choice + 1 < choices.length) new Passing(asker, node, message, choices, choice + 1).ask();
  }
}
