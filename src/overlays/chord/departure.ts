/** Leaving of one's own will (ToN 2003, section III): keys go to the successor, then the neighbours are told. Owns one such departure. */

import type { Chord } from './chord.ts';
import { Sync, type SyncHandler } from './sync.ts';

export interface LeaveHandler {
  /** `handedOver`: all keys have been taken by somebody. */
  onLeft(handedOver: boolean): void;
}

export class Departure implements SyncHandler {
  private readonly chord: Chord;
  private readonly handler: LeaveHandler;
  private unit = 0;
  /** Successors that did not take all of the present point's keys. */
  private refused = 0;
  private handedOver = true;

  constructor(chord: Chord, handler: LeaveHandler) {
    this.chord = chord;
    this.handler = handler;
  }

  /** One point after the other: the next may be the successor of the one before, and takes its keys along. */
  start(): void {
    const node = this.chord.units[this.unit];
    if (node === undefined) {
      this.handler.onLeft(this.handedOver);
      return;
    }
    node.departing = true;
    const successor = node.successors[this.refused];
    const items = node.keys.all();
    if (successor !== undefined && successor !== node.self) new Sync(node, successor, items, false, this).start();
    else this.next(items.length === 0);
  }

  onSynced(_sync: Sync, ok: boolean): void {
    if (ok) {
      this.next(true);
      return;
    }
    // It is dead, full, or leaving as well: the one behind it.
    this.refused++;
    this.start();
  }

  private next(handedOver: boolean): void {
    this.handedOver &&= handedOver;
    this.chord.units[this.unit]?.leave();
    this.unit++;
    this.refused = 0;
    this.start();
  }
}
