/**
 * What one place of a member stores, and how the copies of a key stay where they belong: newcomers get their keys, replicas are compared,
 * strays are brought to their owners (as in CFS and DHash; Chord, SIGCOMM 2001, sections 4.4 and 6). Owns the items.
 */

import type { Contact } from '../../core/contact.ts';
import type { Peer } from '../../core/host.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import { inHalfOpen, inOpen } from '../../core/ring.ts';
import { gone } from '../../core/who.ts';
import { fetch, fetched, type Header, isNewer, type Item, store, stored, type ValueRequest, wanted } from './messages.ts';
import type { OwnersFound, OwnersHandler, ValuePlace } from './owners.ts';
import { Sync, type SyncHandler } from './sync.ts';

interface Copies {
  readonly to: Contact;
  readonly items: Item[];
}

export class HeldValues implements OwnersHandler, SyncHandler {
  private readonly place: ValuePlace;
  /** Null as long as there was never a key: most nodes of a lookup experiment have none. */
  private items: Map<string, Item> | null = null;
  /** When a removed key was heard of, to forget it some time. */
  private removedAtMs: Map<string, number> | null = null;
  /** Comparisons under way. */
  private syncs = 0;
  /** Neighbours have changed since the last comparison. */
  private dirty = false;
  /** How far round all keys strays have been looked after. */
  private cursor: Id160;
  private looking = false;
  /** Those that have not been looked after since the last comparison. */
  private strays: readonly Item[] = [];
  private looksLeft = 0;

  constructor(place: ValuePlace) {
    this.place = place;
    this.cursor = place.self;
  }

  get size(): number {
    return this.items?.size ?? 0;
  }

  /** Without those that were removed and are remembered for a while. */
  get valid(): number {
    return this.size - (this.removedAtMs?.size ?? 0);
  }

  has(key: Id160): boolean {
    return this.get(key)?.removed === false;
  }

  all(): Item[] {
    return [...(this.items?.values() ?? [])];
  }

  // ---- what others ask -------------------------------------------------------------------------------------------------------

  onRequest(from: Peer, message: ValueRequest): void {
    const { asker, departing, isMember, isEntering } = this.place;
    const { transaction } = message;
    const isReading = message.tag === fetch.tag;
    // Who hands its keys over still tells what it knows; who is not in yet knows nothing.
    if ((!isMember && (isReading || isEntering !== true)) || (departing && !isReading)) asker.answer(from, { tag: gone.tag, transaction });
    else if (message.tag === fetch.tag) asker.answer(from, { tag: fetched.tag, transaction, item: this.get(message.key) ?? null });
    else if (message.tag === store.tag) asker.answer(from, { tag: stored.tag, transaction, accepted: this.take(message.item) });
    else asker.answer(from, { tag: wanted.tag, transaction, bits: this.wantedOf(message.headers) });
  }

  /** Keeps an item unless it has a newer one; false when there is no room. */
  take(item: Item): boolean {
    const { asker, replication } = this.place;
    this.items ??= new Map();
    const key = mapKeyOf(item.key);
    const known = this.items.get(key);
    if (known === undefined && this.items.size >= replication.itemsMax) return false;
    if (known !== undefined && !isNewer(item, known)) return true;
    this.items.set(key, item);
    if (item.removed) {
      this.removedAtMs ??= new Map();
      this.removedAtMs.set(key, asker.host.now());
    } else this.removedAtMs?.delete(key);
    return true;
  }

  // ---- keeping them in place -------------------------------------------------------------------------------------------------

  /** Another gets these items if it lacks them: a newcomer, what it owns or has to copy now, at once. */
  bring(to: Contact, items: readonly Item[]): void {
    this.sync(to, items);
  }

  /** Who holds copies may be others now. */
  onNeighbours(): void {
    this.dirty = true;
  }

  /** Called every round; `due` every few. */
  round(due: boolean): void {
    if ((!due && !this.dirty) || this.size === 0 || this.syncs > 0 || this.looking) return;
    this.dirty = false;
    this.forgetRemoved();
    const copies = new Map<string, Copies>();
    const strays: Item[] = [];
    this.strays = strays;
    for (const item of this.all()) {
      const standing = this.place.standing(item.key);
      if (standing === 'stray') strays.push(item);
      else if (standing === 'owner') this.sortByReplica(item, copies);
    }
    for (const { to, items } of copies.values()) this.sync(to, items);
    this.looksLeft = Math.min(strays.length, this.place.looksPerRound ?? 1);
    this.lookAfterNext();
  }

  /** The owner of the next stray, or copy of another's key, is known. */
  onFind({ target, owners }: OwnersFound): void {
    const { place } = this;
    this.looking = false;
    this.cursor = target;
    if (place.isMember) this.bringTo(owners, target);
    if (place.isMember && !this.looking && this.looksLeft > 0) this.lookAfterNext();
  }

  private bringTo(owners: readonly Contact[], target: Id160): void {
    const { place } = this;
    const owner = owners[0];
    if (owner === undefined || equalIds(owner, place.self)) return;
    const last = place.ownsThrough(owner, target);
    const items = this.all().filter(({ key }) => equalIds(key, target) || (last !== target && inHalfOpen(key, target, last)));
    this.cursor = last;
    // Behind the replicas a lookup may name others that were.
    const isReplica = owners.slice(0, place.replication.replicas).some((other) => equalIds(other, place.self));
    this.sync(owner, items, !isReplica);
  }

  onSynced(sync: Sync, ok: boolean): void {
    this.syncs--;
    if (!ok) this.dirty = true;
    else if (sync.givesAway) {
      for (const item of sync.items) this.drop(item);
      // Where it was taken, the next one follows at once: there may be many.
      if (!this.looking && this.syncs === 0 && this.place.isMember) this.lookAfterNext();
    }
  }

  /** By point: who is named twice, by two lookups, is two objects. */
  private sortByReplica(item: Item, copies: Map<string, Copies>): void {
    for (const to of this.place.replicasOf(item.key)) {
      const key = mapKeyOf(to);
      const there = copies.get(key);
      if (there === undefined) copies.set(key, { to, items: [item] });
      else there.items.push(item);
    }
  }

  private lookAfterNext(): void {
    this.strays = this.strays.filter((item) => this.get(item.key) === item);
    let next: Item | null = null;
    // The first behind the cursor, in the order of all keys, which has no end.
    for (const item of this.strays) if (next === null || inOpen(item.key, this.cursor, next.key)) next = item;
    if (next === null) return;
    this.looksLeft--;
    this.looking = true;
    this.place.findOwners(next.key, true, this);
  }

  private sync(to: Contact, items: readonly Item[], givesAway = false): void {
    if (items.length === 0 || equalIds(to, this.place.self)) return;
    this.syncs++;
    new Sync(this.place.asker, to, items, givesAway, this).start();
  }

  private drop(item: Item): void {
    const key = mapKeyOf(item.key);
    // Unless a newer one has come meanwhile.
    if (this.items?.get(key) !== item) return;
    this.items.delete(key);
    this.removedAtMs?.delete(key);
  }

  private forgetRemoved(): void {
    const { asker, replication } = this.place;
    for (const [key, atMs] of this.removedAtMs ?? []) {
      if (asker.host.now() - atMs < replication.tombstoneMs) break;
      this.items?.delete(key);
      this.removedAtMs?.delete(key);
    }
  }

  private get(key: Id160): Item | undefined {
    return this.items?.get(mapKeyOf(key));
  }

  /** Bit by bit, which of these would be new here. */
  private wantedOf(headers: readonly Header[]): number {
    let bits = 0;
    for (const [index, header] of headers.entries()) {
      const known = this.get(header.key);
      if (known === undefined || isNewer(header, known)) bits |= 1 << index;
    }
    return bits >>> 0;
  }
}
