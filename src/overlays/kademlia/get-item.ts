/** Finds an item of BEP 44: an immutable one ends the lookup, of a mutable one the newest that the k nearest have is taken. */

import { equalBytes } from '../../core/bytes.ts';
import type { Contact } from './contact.ts';
import { costOf, type LookupCost } from './find-node.ts';
import { immutableTarget, mutableTarget, type MutableItem, verifyItem } from './item.ts';
import type { Kademlia } from './kademlia.ts';
import type { ItemFields, KrpcQuery, KrpcReply } from './krpc-messages.ts';
import { type NodeId, readId } from './node-id.ts';
import { Traversal, type TraversalOwner } from './traversal.ts';

/** What is looked for: a hash, or a key with its salt. */
export type ItemName = { readonly target: Uint8Array } | { readonly publicKey: Uint8Array; readonly salt: string };

export interface ItemFound extends LookupCost {
  readonly target: Uint8Array;
  /** Bencoded; null: nobody has it. */
  readonly value: Uint8Array | null;
  /** Of a mutable item, the whole of it: whoever has it may put it again. */
  readonly mutable: MutableItem | null;
  /** Nodes that have this version, and, of the k nearest, those that do not: BEP 44 puts it again unless it is over 8 and none. */
  readonly copies: number;
  readonly missing: number;
}

export interface GetItemHandler {
  onItem(found: ItemFound): void;
}

export class GetItem implements TraversalOwner {
  private readonly node: Kademlia;
  private readonly name: ItemName;
  private readonly targetBytes: Uint8Array;
  readonly target: NodeId;
  private readonly handler: GetItemHandler;
  private readonly startedAtMs: number;
  private readonly done: Traversal[] = [];
  private value: Uint8Array | null = null;
  private mutable: MutableItem | null = null;
  /** Who has which version. */
  private readonly versions = new Map<Contact, bigint>();

  constructor(node: Kademlia, name: ItemName, handler: GetItemHandler) {
    this.node = node;
    this.name = name;
    this.targetBytes = 'target' in name ? name.target : mutableTarget(name.publicKey, name.salt);
    this.target = readId(this.targetBytes);
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  start(): void {
    const { networks, items } = this.node;
    const own = items.get(this.target);
    if (own !== null) {
      const { value, mutable } = own;
      this.take({ value, key: mutable?.key ?? null, seq: mutable?.seq ?? null, signature: mutable?.signature ?? null });
    }
    for (const network of networks) new Traversal(network, this.target, this).start();
  }

  request(transaction: string): KrpcQuery {
    return { kind: 'query', method: 'get', ...this.node.head(transaction), target: this.target, want: 0, seq: null };
  }

  onAnswer(traversal: Traversal, from: Contact, reply: KrpcReply): void {
    if (reply.item === null) return;
    const seq = this.take(reply.item);
    if (seq === null) return;
    this.versions.set(from, seq);
    // An immutable item cannot be another one at the next node.
    if (this.mutable === null) traversal.finish();
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    if (this.done.length < this.node.networks.length) return;
    const newest = this.mutable?.seq ?? 0n;
    let copies = 0;
    for (const seq of this.versions.values()) if (seq === newest) copies++;
    const missing = this.done.flatMap(({ nearest }) => nearest).filter((contact) => this.versions.get(contact) !== newest).length;
    const { targetBytes: target, value, mutable } = this;
    this.handler.onItem({ target, value, mutable, copies, missing, ...costOf(this.done, this.node.host.now() - this.startedAtMs) });
  }

  /** Takes what proves to be what it should be, and is newer; its version, 0 for an immutable one, or null when it is not believed. */
  private take({ value, key, seq, signature }: ItemFields): bigint | null {
    if (value === null) return null;
    const { name } = this;
    if ('target' in name) {
      if (!equalBytes(immutableTarget(value), this.targetBytes)) return null;
      this.value = value;
      return 0n;
    }
    const { signatures } = this.node.options;
    if (key === null || seq === null || signature === null || signatures === null || !equalBytes(key, name.publicKey)) return null;
    const isKnown = this.mutable !== null && seq === this.mutable.seq && equalBytes(signature, this.mutable.signature);
    if (isKnown && equalBytes(value, this.mutable?.value as Uint8Array)) return seq;
    const item: MutableItem = { publicKey: key, salt: name.salt, seq, value, signature };
    if (!verifyItem(signatures, item)) return null;
    if (this.mutable === null || seq > this.mutable.seq) {
      this.mutable = item;
      this.value = value;
    }
    return seq;
  }
}
