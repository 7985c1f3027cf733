/**
 * Keeps the fingers of one virtual node right (ToN 2003, figure 6, fix_fingers): looks one up after the other, from the nearest, round and
 * round, or any at random (SIGCOMM 2001, figure 7); a newcomer all of them at once. Owns where it stands.
 */

import { ID_BITS } from '../../core/id.ts';
import { Find, type FindHandler, type FindResult } from './find.ts';
import { NearestChoice } from './nearest-choice.ts';
import { addPowerOfTwo, distanceBits, equalIds } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';
import type { Contact } from '../../core/contact.ts';

export class FixFingers implements FindHandler {
  private readonly node: VirtualNode;
  private exponent = 0;
  /** Fingers left in this round; all of them the first time. */
  private left = 0;
  private running = false;
  /** The first time, all in order. */
  private isFirstTime = false;

  constructor(node: VirtualNode) {
    this.node = node;
  }

  /** All fingers once, for a newcomer. */
  begin(): void {
    this.exponent = 0;
    this.left = ID_BITS;
    this.isFirstTime = true;
    this.go();
  }

  round(): void {
    this.left = Math.max(this.left, this.node.chord.options.fingersPerRound);
    this.go();
  }

  private go(): void {
    const { roundMs, fingersPerRound, fingerChoices, endAtList } = this.node.chord.options;
    if (this.running || !this.node.isMember || roundMs === 0 || fingersPerRound === 0) return;
    const head = this.node.successors[0] as Contact;
    // The fingers below are the successor itself.
    const lowest = distanceBits(this.node.self, head);
    if (head === this.node.self || lowest >= ID_BITS) return;
    if (this.isAtRandom) this.exponent = lowest + this.node.chord.host.random.below(ID_BITS - lowest);
    else if (this.exponent < lowest || this.exponent >= ID_BITS) this.exponent = lowest;
    this.node.fingers.trimBelow(lowest);
    this.running = true;
    new Find(this.node, addPowerOfTwo(this.node.self, this.exponent), { want: fingerChoices, endAtList, confirm: false }, this).start();
  }

  onFind(result: FindResult): void {
    const { node, exponent } = this;
    // Those that lie before the next finger would do as well as the first of them.
    const choices = result.owners.filter((owner) => distanceBits(node.self, owner) === exponent + 1);
    if (choices.length > 1 && node.isMember) new NearestChoice(node, choices, this).start();
    else this.chosen(result.owners[0] ?? null);
  }

  /** The finger, or null when the lookup failed. */
  chosen(finger: Contact | null): void {
    const { node } = this;
    this.running = false;
    if (node.chord.stopped) return;
    if (finger !== null) this.place(finger);
    this.exponent++;
    this.left--;
    if (this.exponent >= ID_BITS && !this.isAtRandom) {
      this.left = 0;
      this.isFirstTime = false;
    }
    if (this.left > 0) this.go();
  }

  private get isAtRandom(): boolean {
    return this.node.chord.options.fingersAtRandom && !this.isFirstTime;
  }

  private place(finger: Contact): void {
    const { node } = this;
    const known = equalIds(finger, node.self) ? null : finger;
    node.fingers.set(this.exponent, known);
    // At random it is this entry alone, as in figure 7.
    if (this.isAtRandom) return;
    // Fingers that begin before the one found are the same.
    const bits = known === null ? ID_BITS : distanceBits(node.self, finger);
    while (this.exponent + 1 < bits) node.fingers.set(++this.exponent, known);
  }
}
