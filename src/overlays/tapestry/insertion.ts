/**
 * Gets a node into the tables of all who have to know it (JSAC 2004, section III-D): takes the levels of the surrogate as its own first ones, measures whom
 * they name, and has the surrogate tell all that share the prefix. For newcomers, and for members that others do not find. Owns how far it got.
 */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import { TapestryEvent } from '../../core/events.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import { Question } from './asker.ts';
import { insert, spreadDone, type TapestryMessage } from './messages.ts';
import { AskLevel, type NamesHandler, Probe, type ProbeHandler } from './questions.ts';
import type { Tapestry } from './tapestry.ts';

export interface InsertionHandler {
  /** `complete`: everybody has heard. */
  onInserted(complete: boolean): void;
}

/** Levels of a watch list that are told: below them nobody shares that many digits. */
const HOLES_LEVELS_MAX = 40;
/** A multicast is deeper than one question. */
const PATIENCE = 6;

export class Insertion implements NamesHandler, ProbeHandler {
  readonly node: Tapestry;
  private readonly surrogate: Contact;
  private readonly handler: InsertionHandler;
  private readonly names = new Map<string, Contact>();
  private left = 0;

  constructor(node: Tapestry, surrogate: Contact, handler: InsertionHandler) {
    this.node = node;
    this.surrogate = surrogate;
    this.handler = handler;
  }

  start(): void {
    const { node, surrogate } = this;
    this.names.set(mapKeyOf(surrogate), surrogate);
    this.left = this.deepest + 1;
    for (let level = 0; level <= this.deepest; level++) new AskLevel(node, surrogate, level, false, this).ask();
  }

  onNames(contacts: readonly Contact[]): void {
    const { node, names } = this;
    for (const contact of contacts) if (node.isRightful(contact) && !equalIds(contact, node.self)) names.set(mapKeyOf(contact), contact);
    this.left--;
    if (this.left > 0) return;
    this.left = names.size;
    for (const contact of names.values()) new Probe(node, contact, this).ask();
  }

  onProbed(): void {
    this.left--;
    if (this.left > 0) return;
    if (this.node.map.get(this.surrogate) === null && this.node.map.hasRoomFor(this.surrogate)) this.handler.onInserted(false);
    else new AskInsert(this, this.surrogate).ask();
  }

  /** The multicast is over. */
  inserted(reached: number, complete: boolean): void {
    this.node.host.tap(TapestryEvent.inserted, reached, complete ? 1 : 0, 0);
    this.handler.onInserted(complete);
  }

  get holes(): number[] {
    return this.node.map.holes(this.deepest);
  }

  private get deepest(): number {
    const { self, options } = this.node;
    return Math.min(HOLES_LEVELS_MAX - 1, sharedDigits(self, this.surrogate, options.digitBits));
  }
}

class AskInsert extends Question {
  private readonly insertion: Insertion;
  private readonly session: number;
  private readonly holes: readonly number[];

  constructor(insertion: Insertion, surrogate: Contact) {
    super(insertion.node, surrogate, insertion.node.options.attempts);
    this.insertion = insertion;
    this.session = insertion.node.host.random.u32();
    this.holes = insertion.holes;
  }

  protected override get slowMs(): number {
    return this.asker.options.slowMs * PATIENCE;
  }

  protected request(transaction: number): TapestryMessage {
    const { session, holes } = this;
    return { tag: insert.tag, transaction, unit: 0, session, newcomer: this.insertion.node.self, holes };
  }

  protected answered(reply: TapestryMessage): void {
    if (reply.tag === spreadDone.tag) this.insertion.inserted(reply.reached, reply.complete);
    else this.insertion.inserted(0, false);
  }

  protected silent(): void {
    this.insertion.inserted(0, false);
  }
}
