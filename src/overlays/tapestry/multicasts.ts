/**
 * Acknowledged multicast (JSAC 2004, section III-D; Hildrum et al., SPAA 2002): all nodes with a prefix hear of a newcomer, each once, and the root of the
 * tree learns when the last has. Whoever it reaches greets the newcomer, keeps it pinned until it is a member, and tells newcomers of each other. Owns
 * the multicasts that pass this node, and the pinned.
 */

import type { Contact } from '../../core/contact.ts';
import { digitOf, digitsOf, sharedDigits } from '../../core/digits.ts';
import { TapestryEvent } from '../../core/events.ts';
import type { Peer } from '../../core/host.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import { gone } from '../../core/who.ts';
import { Question } from './asker.ts';
import { greet, greeted, type insert, NAMED_MAX, spread, spreadDone, type TapestryMessage } from './messages.ts';
import type { Tapestry } from './tapestry.ts';

/** Multicasts that a node takes part in at once; what came first is forgotten, and would be answered anew. */
const MULTICASTS_MAX = 256;
const PINNED_MAX = 64;
/** Whoever is no member after so long never will be. */
const PINNED_MS_MAX = 60_000;

interface Pin {
  readonly contact: Contact;
  readonly sinceMs: number;
}

type Insert = MessageOf<typeof insert>;
type Spread = MessageOf<typeof spread>;

export class Multicasts {
  private readonly node: Tapestry;
  /** By newcomer and session, the oldest first. */
  private readonly passing = new Map<string, Multicast>();
  private readonly pins = new Map<string, Pin>();

  constructor(node: Tapestry) {
    this.node = node;
  }

  get size(): number {
    return this.passing.size;
  }

  isPinned(contact: Contact): boolean {
    const pin = this.pins.get(mapKeyOf(contact));
    return pin !== undefined && this.node.host.now() - pin.sinceMs < PINNED_MS_MAX;
  }

  /** It is a member, or gone. */
  unpin(contact: Contact): void {
    this.pins.delete(mapKeyOf(contact));
  }

  pinned(): Contact[] {
    return [...this.pins.values()].map(({ contact }) => contact).filter((contact) => this.isPinned(contact));
  }

  /** We are its surrogate: the root of the tree. */
  onInsert(from: Peer, message: Insert): void {
    this.take(from, { ...message, tag: spread.tag, level: this.levelOf(message.newcomer) });
  }

  onSpread(from: Peer, message: Spread): void {
    this.take(from, message);
  }

  /** It may ask several times, since an answer takes as long as the whole tree. */
  private take(from: Peer, message: Spread): void {
    const { node } = this;
    const { transaction, newcomer, session } = message;
    if (!node.isRightful(newcomer) || equalIds(newcomer, node.self)) {
      node.answer(from, { tag: gone.tag, transaction });
      return;
    }
    const key = `${mapKeyOf(newcomer)}${session}`;
    const known = this.passing.get(key);
    if (known === undefined) {
      const multicast = new Multicast(node, from, message);
      this.passing.set(key, multicast);
      // The oldest of so many is long over, or somebody floods us.
      if (this.passing.size > MULTICASTS_MAX) this.passing.delete(this.passing.keys().next().value as string);
      multicast.start(this.pinned());
      this.pin(newcomer);
    } else known.again(from, transaction);
  }

  /**
   * The first level at which fewer than c nodes share the next digit too: all who share the digits up to there have room for the newcomer in one entry, and
   * to them alone it may matter. With a single link an entry, that is the prefix that newcomer and surrogate have in common.
   */
  private levelOf(newcomer: Contact): number {
    const { map, self, options } = this.node;
    const shared = sharedDigits(self, newcomer, options.digitBits);
    for (let level = 0; level < shared; level++) {
      const others = map.from(level + 1).filter(({ contact }) => !equalIds(contact, newcomer));
      if (others.length + 1 < options.links) return level;
    }
    return shared;
  }

  private pin(newcomer: Contact): void {
    const key = mapKeyOf(newcomer);
    this.pins.delete(key);
    this.pins.set(key, { contact: newcomer, sinceMs: this.node.host.now() });
    if (this.pins.size > PINNED_MAX) this.pins.delete(this.pins.keys().next().value as string);
  }
}

/** One multicast at one node: those below it, and what it waits for. */
class Multicast {
  readonly node: Tapestry;
  readonly message: Spread;
  private readonly parent: Peer;
  private transaction: number;
  private left = 0;
  private reached = 1;
  private complete = true;

  constructor(node: Tapestry, parent: Peer, message: Spread) {
    this.node = node;
    this.parent = parent;
    this.message = message;
    this.transaction = message.transaction;
  }

  start(pinned: readonly Contact[]): void {
    const { node, message } = this;
    node.host.tap(TapestryEvent.reached, message.level, message.session, 0);
    const children = node.isMember ? this.children(pinned) : [];
    this.left = children.length + 1;
    new Greet(this, pinned).ask();
    for (const child of children) child.ask();
  }

  /** Asked once more by the one that asked; whoever else asks is told that somebody has before. */
  again(from: Peer, transaction: number): void {
    if (from !== this.parent) this.node.answer(from, { tag: spreadDone.tag, transaction, reached: 0, complete: true });
    else {
      this.transaction = transaction;
      if (this.left === 0) this.acknowledge();
    }
  }

  done(reached: number, complete: boolean): void {
    this.left--;
    this.reached += reached;
    this.complete &&= complete;
    if (this.left === 0) this.acknowledge();
  }

  /** One of each entry from our level on, and who is pinned there: nobody may be below it yet, but it has to hear. */
  private children(pinned: readonly Contact[]): AskSpread[] {
    const { node, message } = this;
    const { map, self, options } = node;
    const children: AskSpread[] = [];
    const isOther = (contact: Contact): boolean => !equalIds(contact, message.newcomer);
    for (let level = message.level; level < map.levelCount; level++) {
      for (let digit = 0; digit < map.base; digit++) {
        const entry = map.entry(level, digit).map(({ contact }) => contact);
        const usual = entry.filter((contact) => isOther(contact) && !pinned.some((other) => equalIds(other, contact)));
        if (usual.length > 0) children.push(new AskSpread(this, usual, level + 1));
      }
    }
    for (const contact of pinned) {
      const shared = sharedDigits(self, contact, options.digitBits);
      if (isOther(contact) && shared >= message.level) children.push(new AskSpread(this, [contact], shared + 1));
    }
    return children;
  }

  private acknowledge(): void {
    const { node, parent, transaction, reached, complete } = this;
    node.answer(parent, { tag: spreadDone.tag, transaction, reached, complete });
  }
}

/** To one node of an entry, and to the next of it when that one is dead. */
class AskSpread extends Question {
  private readonly multicast: Multicast;
  private readonly choices: readonly Contact[];
  private readonly level: number;

  constructor(multicast: Multicast, choices: readonly Contact[], level: number) {
    super(multicast.node, choices[0] as Contact, 1);
    this.multicast = multicast;
    this.choices = choices;
    this.level = level;
  }

  /** Below it is a tree: each level of it may have to find out who is dead, and we have to wait for longer than they. */
  protected override get slowMs(): number {
    const { options, map } = this.multicast.node;
    return options.slowMs * (1 + Math.max(1, map.levelCount + 1 - this.level));
  }

  protected request(transaction: number): TapestryMessage {
    const { session, newcomer, holes } = this.multicast.message;
    return { tag: spread.tag, transaction, unit: 0, level: this.level, session, newcomer, holes };
  }

  protected answered(reply: TapestryMessage): void {
    if (reply.tag === spreadDone.tag) this.multicast.done(reply.reached, reply.complete);
    else this.next();
  }

  protected silent(): void {
    this.multicast.node.suspect(this.contact);
    this.next();
  }

  private next(): void {
    const others = this.choices.slice(1);
    if (others.length > 0) new AskSpread(this.multicast, others, this.level).ask();
    else this.multicast.done(0, this.multicast.node.multicasts.isPinned(this.contact));
  }
}

/** To the newcomer: whom it may want for its holes, and the others that are on their way in. */
class Greet extends Question {
  private readonly multicast: Multicast;
  private readonly named: readonly Contact[];

  constructor(multicast: Multicast, pinned: readonly Contact[]) {
    super(multicast.node, multicast.message.newcomer, multicast.node.options.attempts);
    this.multicast = multicast;
    this.named = this.namedFrom(pinned);
  }

  protected request(transaction: number): TapestryMessage {
    const { node, message } = this.multicast;
    return { tag: greet.tag, transaction, unit: 0, session: message.session, sender: node.self, named: this.named };
  }

  protected answered(reply: TapestryMessage, rttMs: number): void {
    if (reply.tag === greeted.tag) this.multicast.node.welcome(this.contact, rttMs);
    this.multicast.done(0, true);
  }

  protected silent(): void {
    this.multicast.done(0, false);
  }

  private namedFrom(pinned: readonly Contact[]): Contact[] {
    const { node, message } = this.multicast;
    const { digitBits } = node.options;
    const fits = (contact: Contact): boolean => {
      const level = sharedDigits(contact, message.newcomer, digitBits);
      return level < digitsOf(digitBits) && (((message.holes[level] ?? 0) >>> digitOf(contact, level, digitBits)) & 1) === 1;
    };
    const newcomers = pinned.filter((contact) => !equalIds(contact, message.newcomer));
    const others = node.map.all().map(({ contact }) => contact);
    return [...newcomers, ...others.filter((contact) => fits(contact) && !newcomers.some((other) => equalIds(other, contact)))].slice(
      0,
      NAMED_MAX,
    );
  }
}
