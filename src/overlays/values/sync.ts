/** Brings another node up to date with some items: offers their versions in batches, sends those that it wants. Owns how far it got. */

import type { Contact } from '../../core/contact.ts';
import { type Asking, Question } from '../../core/question.ts';
import { type Item, OFFER_MAX, offer, store, stored, type ValueMessage, wanted } from './messages.ts';

export interface SyncHandler {
  /** `ok`: the other has all of them now, or newer ones. */
  onSynced(sync: Sync, ok: boolean): void;
}

export class Sync {
  readonly asker: Asking<ValueMessage>;
  readonly to: Contact;
  readonly items: readonly Item[];
  /** Whether the items are to be dropped here afterwards. */
  readonly givesAway: boolean;
  private readonly handler: SyncHandler;
  private at = 0;
  private storing = 0;
  private ok = true;

  constructor(asker: Asking<ValueMessage>, to: Contact, items: readonly Item[], givesAway: boolean, handler: SyncHandler) {
    this.asker = asker;
    this.to = to;
    this.items = items;
    this.givesAway = givesAway;
    this.handler = handler;
  }

  start(): void {
    const batch = this.items.slice(this.at, this.at + OFFER_MAX);
    this.at += batch.length;
    if (batch.length === 0 || !this.ok) this.handler.onSynced(this, this.ok);
    else new Offer(this, batch).ask();
  }

  /** The offer is answered: null, or bit by bit which items are wanted. */
  offered(batch: readonly Item[], bits: number | null): void {
    const missing = bits === null ? [] : batch.filter((_, index) => ((bits >>> index) & 1) === 1);
    this.ok &&= bits !== null;
    this.storing = missing.length;
    for (const item of missing) new Store(this, item).ask();
    if (missing.length === 0) this.start();
  }

  stored(ok: boolean): void {
    this.ok &&= ok;
    this.storing--;
    if (this.storing === 0) this.start();
  }
}

class Offer extends Question<ValueMessage, Contact> {
  private readonly sync: Sync;
  private readonly batch: readonly Item[];

  constructor(sync: Sync, batch: readonly Item[]) {
    super(sync.asker, sync.to, sync.asker.options.attempts);
    this.sync = sync;
    this.batch = batch;
  }

  protected request(transaction: number): ValueMessage {
    const headers = this.batch.map(({ key, version, writer }) => ({ key, version, writer }));
    return { tag: offer.tag, transaction, unit: this.contact.unit, headers };
  }

  protected answered(reply: ValueMessage): void {
    this.sync.offered(this.batch, reply.tag === wanted.tag ? reply.bits : null);
  }

  protected silent(): void {
    this.sync.offered(this.batch, null);
  }
}

class Store extends Question<ValueMessage, Contact> {
  private readonly sync: Sync;
  private readonly item: Item;

  constructor(sync: Sync, item: Item) {
    super(sync.asker, sync.to, sync.asker.options.attempts);
    this.sync = sync;
    this.item = item;
  }

  protected request(transaction: number): ValueMessage {
    return { tag: store.tag, transaction, unit: this.contact.unit, item: this.item };
  }

  protected answered(reply: ValueMessage): void {
    this.sync.stored(reply.tag === stored.tag && reply.accepted);
  }

  protected silent(): void {
    this.sync.stored(false);
  }
}
