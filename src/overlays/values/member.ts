/**
 * A member of an overlay on its host: who it is, whose word about itself it believes, when its rounds are, and what becomes of a datagram. Owns the values
 * that it holds, and the timer of its rounds.
 */

import { equalBytes } from '../../core/bytes.ts';
import type { Codec } from '../../core/codec.ts';
import { Contact, contactAt, ownEndpoint } from '../../core/contact.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Timer } from '../../core/host.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import { gone, ping, pong, type WhoMessage } from '../../core/who.ts';
import type { AskerOptions } from '../../core/asker.ts';
import { HeldValues } from './held-values.ts';
import { fetch, offer, store, type ValueMessage, type ValueRequest } from './messages.ts';
import type { Standing, Upkeep, ValuePlace } from './owners.ts';
import { TIMER_ROUND, TIMER_RPC } from './timer-kinds.ts';
import { ValueUser } from './user.ts';

export interface MemberOptions extends AskerOptions, Upkeep {
  /** Null: it follows from the address. */
  readonly id: Id160 | null;
  /** Null: that of the host. */
  readonly endpoint: Endpoint | null;
  readonly join: readonly Endpoint[];
  /** Mean time between two rounds of upkeep; 0: there are none, for experiments. */
  readonly roundMs: number;
}

/** What is said without being asked has no transaction; requests have one and the place that they are for, answers have one alone. */
interface Requested {
  readonly tag: number;
  readonly transaction: number;
  readonly unit: number;
}
interface Answered {
  readonly transaction: number;
}

/** Of an overlay's messages, what is said without being asked. */
export type WordOf<M> = Exclude<M, Answered>;
/** What only that overlay can answer. */
export type QuestionOf<M> = Exclude<Extract<M, Requested>, ValueRequest | MessageOf<typeof ping>>;

export abstract class ValueMember<M extends { readonly tag: number }, O extends MemberOptions>
  extends ValueUser<M, O>
  implements ValuePlace
{
  readonly self: Contact;
  /** Where to join: the addresses given but our own. */
  readonly entryPoints: readonly Endpoint[];
  readonly keys: HeldValues;
  departing = false;
  private roundTimer: Timer = NO_TIMER;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, codec: Codec<M | ValueMessage | WhoMessage>, options: O) {
    super(host, codec, options, TIMER_RPC);
    const endpoint = ownEndpoint(host, options.endpoint);
    this.self = options.id === null ? contactAt(endpoint, 0) : new Contact(options.id, 0, endpoint);
    this.entryPoints = options.join.filter((entry) => !equalBytes(entry, endpoint));
    this.keys = new HeldValues(this);
  }

  start(): void {
    this.host.bind(this.codec, this);
    this.begin();
  }

  /** Leaves at once: others are told, keys stay with the replicas. `leave` hands them over first. */
  stop(): void {
    this.goAway();
    this.stopAsking();
  }

  // ---- what each overlay says of itself ------------------------------------------------------------------------------------

  /** True while all of its places are in the overlay. */
  abstract get isMember(): boolean;
  abstract standing(key: Id160): Standing;
  abstract replicasOf(key: Id160): readonly Contact[];
  abstract ownsThrough(owner: Contact, found: Id160): Id160;
  /** It is in the overlay already, founds it, or is on its way in. */
  protected abstract begin(): void;
  /** Says goodbye, and does nothing by itself any more. */
  abstract goAway(): void;
  protected abstract isMemberAt(unit: number): boolean;
  protected abstract round(): void;
  protected abstract onWord(from: Peer, word: WordOf<M>): void;
  /** From anybody, to a place that is open. */
  protected abstract onQuestion(from: Peer, question: QuestionOf<M>): void;

  /** Whether that place answers questions; where it does not, all that is said is `gone`. */
  protected isOpen(unit: number): boolean {
    return this.isMemberAt(unit);
  }

  // ---- whom it believes ----------------------------------------------------------------------------------------------------

  /** Members are known by the hash of their address, so that nobody chooses a place; where ids are given by options, all are believed. */
  isRightful(contact: Contact): boolean {
    return this.options.id !== null || equalIds(contact, contactAt(contact.endpoint, contact.unit));
  }

  /** Only its sender may say it of itself: its address, and the point that follows from it, are what we can check. */
  speaksForItself(from: Peer, sender: Contact): boolean {
    return this.host.peer(sender.endpoint) === from && this.isRightful(sender);
  }

  // ---- rounds --------------------------------------------------------------------------------------------------------------

  /** Rounds from now on, unless there are already. */
  protected beginRounds(): void {
    if (this.options.roundMs > 0 && this.roundTimer === NO_TIMER) this.armRound(this.untilRoundMs(true));
  }

  /** The next round comes after about so long. Nothing where there are none. */
  protected hastenRound(meanMs: number): void {
    if (this.roundTimer === NO_TIMER) return;
    this.host.clearTimer(this.roundTimer);
    this.armRound(this.drifted(meanMs));
  }

  protected endRounds(): void {
    this.host.clearTimer(this.roundTimer);
    this.roundTimer = NO_TIMER;
  }

  /** How long the first round, or the next, is away. */
  protected untilRoundMs(_isFirst: boolean): number {
    return this.drifted(this.options.roundMs);
  }

  /** Nodes that started together drift apart. */
  private drifted(meanMs: number): number {
    return meanMs * (0.5 + this.host.random.unit());
  }

  private armRound(delayMs: number): void {
    this.roundTimer = this.host.setTimer(delayMs, TIMER_ROUND, 0);
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number, _arg: number): void {
    if (kind === TIMER_RPC) this.onRpcTimer();
    else if (kind === TIMER_ROUND) {
      this.armRound(this.untilRoundMs(false));
      this.round();
    }
  }

  onDatagram(from: Peer, message: M | ValueMessage | WhoMessage): void {
    if (!isOfTransaction(message))
      this.onWord(from, message as WordOf<M>); // What is left when those that have a transaction are taken out.
    else if (isRequest(message)) this.onRequest(from, message);
    // Late or double answers are nobody's: the matching has decided before.
    else this.rpc.reply(from, message.transaction, message);
  }

  private onRequest(from: Peer, message: Requested): void {
    const { transaction, unit } = message;
    // Who is asked by its address alone says who it is, member or not.
    if (message.tag === ping.tag) this.answer(from, { tag: pong.tag, transaction, member: this.isMemberAt(unit), self: this.self });
    else if (!this.isOpen(unit)) this.answer(from, { tag: gone.tag, transaction });
    else if (isOfValues(message)) this.keys.onRequest(from, message);
    else this.onQuestion(from, message as QuestionOf<M>); // Of all requests, `ping` and those of values are taken out above.
  }
}

function isOfTransaction<T extends object>(message: T): message is T & Answered {
  return 'transaction' in message;
}

function isRequest<T extends object>(message: T): message is T & Requested {
  return 'unit' in message;
}

function isOfValues(message: Requested): message is ValueRequest {
  return message.tag === fetch.tag || message.tag === store.tag || message.tag === offer.tag;
}
