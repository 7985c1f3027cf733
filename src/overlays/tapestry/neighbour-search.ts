/**
 * The search for near neighbours (JSAC 2004, section III-D; Hildrum et al., SPAA 2002): of those that share l digits the k nearest are asked for their links
 * and backpointers at the level above, whose nearest are among those that they name. Level by level up to the first. Owns the list.
 */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import type { Known } from '../../core/known.ts';
import { AskLevel, type NamesHandler, Probe, type ProbeHandler } from './questions.ts';
import type { Tapestry } from './tapestry.ts';

/** Of those that are named for one level so many are measured: more are not needed to find near ones. */
const MEASURED_MAX = 192;

export class NeighbourSearch implements NamesHandler, ProbeHandler {
  private readonly node: Tapestry;
  private level: number;
  private readonly names = new Map<string, Contact>();
  /** With their round trips, whether they got into the table or not. */
  private near: Known[] = [];
  private left = 0;

  constructor(node: Tapestry) {
    this.node = node;
    this.level = node.map.levelCount;
  }

  /** From those that share most digits, who are all in the table. */
  start(): void {
    this.near = this.node.map.from(this.level - 1);
    this.ascend();
  }

  onNames(contacts: readonly Contact[]): void {
    const { node, level, names } = this;
    const { digitBits } = node.options;
    for (const contact of contacts) {
      if (!node.isRightful(contact) || equalIds(contact, node.self) || sharedDigits(contact, node.self, digitBits) < level) continue;
      if (names.size < MEASURED_MAX) names.set(mapKeyOf(contact), contact);
    }
    this.left--;
    if (this.left === 0) this.measure();
  }

  onProbed(): void {
    this.left--;
    if (this.left === 0) this.ascend();
  }

  private ascend(): void {
    const { node } = this;
    this.level--;
    if (this.level < 0 || !node.isMember) return;
    this.near = node.map.from(this.level + (this.near.length === 0 ? 0 : 1)).concat(this.near);
    const nearest = [...new Set(this.near)].sort((a, b) => a.rttMs - b.rttMs).slice(0, node.options.nearest);
    this.near = nearest;
    this.names.clear();
    this.left = nearest.length;
    for (const { contact } of nearest) new AskLevel(node, contact, this.level, true, this).ask();
    if (nearest.length === 0) this.ascend();
  }

  /** Those that are in the table have been measured before. */
  private measure(): void {
    const strangers = [...this.names.values()].filter((contact) => this.node.map.get(contact) === null);
    this.left = strangers.length;
    for (const contact of strangers) new Probe(this.node, contact, this).ask();
    this.near = this.near.concat(this.node.map.from(this.level));
    if (strangers.length === 0) this.ascend();
  }
}
