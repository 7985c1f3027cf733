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
    const successor = node.successors[0];
    const items = node.keys.all();
    if (successor !== undefined && successor !== node.self) new Sync(node, successor, items, false, this).start();
    else {
      if (items.length > 0) this.handedOver = false;
      this.next();
    }
  }

  onSynced(_sync: Sync, ok: boolean): void {
    this.handedOver &&= ok;
    this.next();
  }

  private next(): void {
    this.chord.units[this.unit]?.leave();
    this.unit++;
    this.start();
  }
}
