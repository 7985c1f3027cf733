/**
 * Gives all that a place holds to others when it leaves of its own will: each item to the heir of its key, and to the next where that one
 * is dead, full, or leaving as well. Owns what is still to be given.
 */

import type { Contact } from '../../core/contact.ts';
import { type Id160, mapKeyOf } from '../../core/id160.ts';
import type { Asking } from '../../core/question.ts';
import type { Item, ValueMessage } from './messages.ts';
import { Sync, type SyncHandler } from './sync.ts';

export interface Heirs {
  /** Who is to have the key when this place is gone; null: nobody is left. */
  heirOf(key: Id160): Contact | null;
  /** It did not take what it was offered: it is nobody's heir any more. */
  refuse(heir: Contact): void;
}

export interface HandOverHandler {
  /** `all`: somebody has taken each item. May come before `start` returns when there is nothing to give. */
  onHandedOver(all: boolean): void;
}

/** So many may refuse before the rest is given up. */
const REFUSALS_MAX = 16;

export class HandOver implements SyncHandler {
  private readonly asking: Asking<ValueMessage>;
  private readonly heirs: Heirs;
  private readonly handler: HandOverHandler;
  private left: readonly Item[];
  private underWay = 0;
  private refusals = 0;
  private all = true;

  constructor(asking: Asking<ValueMessage>, items: readonly Item[], heirs: Heirs, handler: HandOverHandler) {
    this.asking = asking;
    this.left = items;
    this.heirs = heirs;
    this.handler = handler;
  }

  start(): void {
    const { left } = this;
    this.left = [];
    const given = new Map<string, { readonly to: Contact; readonly items: Item[] }>();
    for (const item of left) {
      const heir = this.refusals > REFUSALS_MAX ? null : this.heirs.heirOf(item.key);
      if (heir === null) this.all = false;
      else if (!given.has(mapKeyOf(heir))) given.set(mapKeyOf(heir), { to: heir, items: [item] });
      else given.get(mapKeyOf(heir))?.items.push(item);
    }
    if (given.size === 0) {
      this.handler.onHandedOver(this.all);
      return;
    }
    this.underWay = given.size;
    for (const { to, items } of given.values()) new Sync(this.asking, to, items, true, this).start();
  }

  onSynced({ to, items }: Sync, ok: boolean): void {
    if (!ok) {
      this.refusals++;
      this.heirs.refuse(to);
      this.left = [...this.left, ...items];
    }
    this.underWay--;
    if (this.underWay === 0) this.start();
  }
}
