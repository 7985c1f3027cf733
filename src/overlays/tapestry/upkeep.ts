/**
 * What a member does all the time (JSAC 2004, section III-E): beacons to its links, levels compared with those of neighbours, a look from afar whether
 * others find it, keys and objects looked after. Owns the count of rounds.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';
import { Find, type FindHandler } from './find.ts';
import { Insertion, type InsertionHandler } from './insertion.ts';
import { AskLevel, type NamesHandler, Probe } from './questions.ts';
import type { Tapestry } from './tapestry.ts';

/** Who has a link sends a beacon every `beaconRounds`, of up to one and a half `roundMs`; after so many in vain it has none any more. */
const BEACONS_MISSED_MAX = 3;
const ROUND_STRETCH = 1.5;
/** Of those that a neighbour names where we have no room so many are measured in a round: one may be nearer. */
const NEARER_PER_ROUND = 4;

export class Upkeep implements NamesHandler, FindHandler, InsertionHandler {
  private readonly node: Tapestry;
  private rounds = 0;
  private readonly repairing = new Set<number>();
  /** Who is asked how others find us. */
  private from: Contact | null = null;
  private inserting = false;

  constructor(node: Tapestry) {
    this.node = node;
  }

  round(): void {
    const { node } = this;
    const { options, host, backpointers } = node;
    this.rounds++;
    this.sendBeacons();
    backpointers.expire(host.now() - BEACONS_MISSED_MAX * ROUND_STRETCH * options.beaconRounds * options.roundMs);
    if (this.rounds % options.levelRounds === 0) this.compareLevel();
    if (this.rounds % options.verifyRounds === 0) this.verify();
    node.replicas.round();
    node.keys.round(this.rounds % options.repairRounds === 0);
    node.objects.round();
  }

  /** A neighbour of a level has told its links there. */
  onNames(contacts: readonly Contact[]): void {
    const { node } = this;
    node.suggest(contacts, false);
    if (!node.options.byProximity) return;
    const nearer = [...contacts];
    node.suggest(node.host.random.shuffle(nearer).slice(0, NEARER_PER_ROUND), true);
  }

  /** An entry has lost a link: others with the same prefix may know somebody for it. One question a level at a time. */
  repair(level: number): void {
    const { node, repairing } = this;
    if (!node.isMember || repairing.has(level)) return;
    const asked = this.any(node.map.from(level));
    if (asked === null) return;
    repairing.add(level);
    const told = (contacts: readonly Contact[]): void => {
      repairing.delete(level);
      node.suggest(contacts, false);
    };
    new AskLevel(node, asked.contact, level, false, { onNames: told }).ask();
  }

  /** A lookup of our own point, from where we looked: it ends here, or at somebody who has not heard of us. */
  onRoot({ root, hops }: Find): void {
    const { node, from } = this;
    this.from = null;
    if (!node.isMember) return;
    if (from !== null && hops > 0) {
      node.forgive(from);
      node.suggest([from], false);
    }
    if (root === null || equalIds(root, node.self) || this.inserting) return;
    this.inserting = true;
    node.forgive(root);
    new Insertion(node, root, this).start();
  }

  onInserted(): void {
    this.inserting = false;
  }

  private sendBeacons(): void {
    const { node } = this;
    const { beaconRounds } = node.options;
    for (const [index, { contact }] of node.map.all().entries()) {
      if ((index + this.rounds) % beaconRounds === 0) new Probe(node, contact, null).ask();
    }
  }

  private compareLevel(): void {
    const { node } = this;
    const level = node.host.random.below(node.map.levelCount + 1);
    // From a level above, a neighbour names those below us as well.
    const asked = this.any(node.map.from(level)) ?? this.any(node.map.all());
    if (asked !== null) new AskLevel(node, asked.contact, level, false, this).ask();
  }

  /** From somebody who fell silent, if there is one: that brings networks together which a partition has split. */
  private verify(): void {
    const { node } = this;
    const { lost } = node;
    if (this.from !== null) return;
    const back = lost.shift();
    if (back !== undefined) lost.push(back);
    this.from = back ?? this.any(node.map.all())?.contact ?? null;
    if (this.from !== null) new Find(node, node.self, this).startFrom(this.from);
  }

  private any(known: readonly Known[]): Known | null {
    return known.length === 0 ? null : (known[this.node.host.random.below(known.length)] as Known);
  }
}
