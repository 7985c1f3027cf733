/**
 * What one virtual node stores, and how the copies of a key stay where they belong (SIGCOMM 2001, section 4.4 and 6; ToN 2003, section
 * III): newcomers get their keys, replicas are compared, strays are brought to their owners. Owns the items.
 */

import type { Peer } from '../../core/host.ts';
import type { MessageOf } from '../../core/message.ts';
import type { Contact } from './contact.ts';
import { Find, type FindHandler, type FindResult } from './find.ts';
import { type fetch, fetched, gone, type Header, type Item, type offer, type store, stored, wanted } from './messages.ts';
import { equalIds, inHalfOpen, inOpen, mapKeyOf, type RingId } from './ring-id.ts';
import { Sync, type SyncHandler } from './sync.ts';
import type { VirtualNode } from './virtual-node.ts';

export class Keys implements FindHandler, SyncHandler {
  private readonly node: VirtualNode;
  /** Null as long as there was never a key: most nodes of a lookup experiment have none. */
  private items: Map<string, Item> | null = null;
  /** When a removed key was heard of, to forget it some time. */
  private removedAtMs: Map<string, number> | null = null;
  /** Comparisons under way. */
  private syncs = 0;
  /** Neighbours have changed since the last comparison. */
  private dirty = false;
  /** How far round the ring strays have been looked after. */
  private cursor: RingId;
  private looking = false;

  constructor(node: VirtualNode) {
    this.node = node;
    this.cursor = node.self;
  }

  get size(): number {
    return this.items?.size ?? 0;
  }

  /** Without those that were removed and are remembered for a while. */
  get valid(): number {
    return this.size - (this.removedAtMs?.size ?? 0);
  }

  has(key: RingId): boolean {
    return this.get(key)?.removed === false;
  }

  all(): Item[] {
    return [...(this.items?.values() ?? [])];
  }

  // ---- what others ask -------------------------------------------------------------------------------------------------------

  onFetch(from: Peer, { transaction, key }: MessageOf<typeof fetch>): void {
    if (this.turnAway(from, transaction)) return;
    this.node.chord.answer(from, { tag: fetched.tag, transaction, item: this.get(key) ?? null });
  }

  onStore(from: Peer, { transaction, item }: MessageOf<typeof store>): void {
    if (this.turnAway(from, transaction, this.node.departing)) return;
    this.node.chord.answer(from, { tag: stored.tag, transaction, accepted: this.take(item) });
  }

  onOffer(from: Peer, { transaction, headers }: MessageOf<typeof offer>): void {
    if (this.turnAway(from, transaction, this.node.departing)) return;
    let bits = 0;
    for (const [index, header] of headers.entries()) {
      const known = this.get(header.key);
      if (known === undefined || isNewer(header, known)) bits |= 1 << index;
    }
    this.node.chord.answer(from, { tag: wanted.tag, transaction, bits: bits >>> 0 });
  }

  /** Keeps an item unless it has a newer one; false when there is no room. */
  take(item: Item): boolean {
    const { host, options } = this.node.chord;
    this.items ??= new Map();
    const key = mapKeyOf(item.key);
    const known = this.items.get(key);
    if (known === undefined && this.items.size >= options.itemsMax) return false;
    if (known !== undefined && !isNewer(item, known)) return true;
    this.items.set(key, item);
    if (item.removed) {
      this.removedAtMs ??= new Map();
      this.removedAtMs.set(key, host.now());
    } else this.removedAtMs?.delete(key);
    return true;
  }

  // ---- keeping them in place -------------------------------------------------------------------------------------------------

  /** Somebody is before us now: what it owns, or has to copy, it gets at once (SIGCOMM 2001, section 4.4). */
  onPredecessor(predecessor: Contact): void {
    this.dirty = true;
    if (this.size === 0) return;
    this.sync(
      predecessor,
      this.all().filter((item) => !inHalfOpen(item.key, predecessor, this.node.self)),
    );
  }

  onSuccessors(): void {
    this.dirty = true;
  }

  /** Called every round; `due` every few. */
  round(due: boolean): void {
    if ((!due && !this.dirty) || this.size === 0 || this.syncs > 0 || this.looking) return;
    this.dirty = false;
    this.forgetRemoved();
    const { predecessor, self, successors, chord } = this.node;
    if (predecessor === null) return;
    const own: Item[] = [];
    const others: Item[] = [];
    for (const item of this.all()) (inHalfOpen(item.key, predecessor, self) ? own : others).push(item);
    for (const successor of successors.slice(0, chord.options.replicas - 1)) this.sync(successor, own);
    this.lookAfter(others);
  }

  /** The owner of the next stray, or copy of another's key, is known. */
  onFind({ target, owners }: FindResult): void {
    const { node } = this;
    this.looking = false;
    this.cursor = target;
    const owner = owners[0];
    if (!node.isMember || owner === undefined || equalIds(owner, node.self)) return;
    const items = this.all().filter((item) => equalIds(item.key, target) || inHalfOpen(item.key, target, owner));
    this.cursor = owner;
    const isReplica = owners.some((other) => equalIds(other, node.self));
    this.sync(owner, items, !isReplica);
  }

  onSynced(sync: Sync, ok: boolean): void {
    this.syncs--;
    if (!ok) this.dirty = true;
    else if (sync.givesAway) for (const item of sync.items) this.drop(item);
  }

  private lookAfter(others: readonly Item[]): void {
    let next: Item | null = null;
    // The first behind the cursor, clockwise.
    for (const item of others) if (next === null || inOpen(item.key, this.cursor, next.key)) next = item;
    if (next === null) return;
    this.looking = true;
    const want = this.node.chord.options.replicas;
    new Find(this.node, next.key, { want, endAtList: false, confirm: true }, this).start();
  }

  private sync(to: Contact, items: readonly Item[], givesAway = false): void {
    if (items.length === 0 || equalIds(to, this.node.self)) return;
    this.syncs++;
    new Sync(this.node, to, items, givesAway, this).start();
  }

  private drop(item: Item): void {
    const key = mapKeyOf(item.key);
    // Unless a newer one has come meanwhile.
    if (this.items?.get(key) !== item) return;
    this.items.delete(key);
    this.removedAtMs?.delete(key);
  }

  private forgetRemoved(): void {
    const { host, options } = this.node.chord;
    for (const [key, atMs] of this.removedAtMs ?? []) {
      if (host.now() - atMs < options.tombstoneMs) break;
      this.items?.delete(key);
      this.removedAtMs?.delete(key);
    }
  }

  private get(key: RingId): Item | undefined {
    return this.items?.get(mapKeyOf(key));
  }

  private turnAway(from: Peer, transaction: number, always = false): boolean {
    if (this.node.isMember && !always) return false;
    this.node.chord.answer(from, { tag: gone.tag, transaction });
    return true;
  }
}

/** Of two versions that were given at once, the writer's number decides, the same way everywhere. */
export function isNewer(a: Header, b: Header): boolean {
  return a.version !== b.version ? a.version > b.version : a.writer > b.writer;
}
