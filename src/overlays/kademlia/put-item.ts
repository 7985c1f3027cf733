/** Puts an item (BEP 44) to the k nodes nearest to its target that gave a token, and tells how each of them took it. */

import type { Contact } from './contact.ts';
import { costOf, type LookupCost } from './find-node.ts';
import { immutableTarget, mutableTarget, type MutableItem } from './item.ts';
import type { Kademlia } from './kademlia.ts';
import type { KrpcError, KrpcQuery, KrpcReply, MutableFields } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { type NodeId, readId } from './node-id.ts';
import { Question } from './question.ts';
import { Traversal, type TraversalOwner } from './traversal.ts';

export interface ItemPut extends LookupCost {
  readonly target: Uint8Array;
  /** Nodes that have it now. */
  readonly stored: number;
  /** Codes of errors, one for each node that refused: 301 where `cas` did not match, 302 where a newer version is. */
  readonly refusals: readonly number[];
}

export interface PutItemHandler {
  onPut(result: ItemPut): void;
}

export class PutItem implements TraversalOwner {
  private readonly node: Kademlia;
  readonly value: Uint8Array;
  readonly item: MutableItem | null;
  readonly cas: bigint | null;
  private readonly targetBytes: Uint8Array;
  readonly target: NodeId;
  private readonly handler: PutItemHandler;
  private readonly startedAtMs: number;
  private readonly tokens = new Map<Contact, string>();
  /** Those that have some version. */
  private readonly holders = new Set<Contact>();
  private readonly done: Traversal[] = [];
  private readonly refusals: number[] = [];
  private putting = 0;
  private stored = 0;

  /** `cas`: only where the version that is there has this number; null: in any case. */
  constructor(node: Kademlia, value: Uint8Array, item: MutableItem | null, cas: bigint | null, handler: PutItemHandler) {
    this.node = node;
    this.value = value;
    this.item = item;
    this.cas = cas;
    this.targetBytes = item === null ? immutableTarget(value) : mutableTarget(item.publicKey, item.salt);
    this.target = readId(this.targetBytes);
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  start(): void {
    for (const network of this.node.networks) new Traversal(network, this.target, this).start();
  }

  request(transaction: string): KrpcQuery {
    // The values themselves need not be sent: who has this version or an older one says only which.
    const seq = this.item?.seq ?? null;
    return { kind: 'query', method: 'get', ...this.node.head(transaction), target: this.target, want: 0, seq };
  }

  onAnswer(_: Traversal, from: Contact, reply: KrpcReply): void {
    if (reply.token !== null) this.tokens.set(from, reply.token);
    if (reply.item !== null) this.holders.add(from);
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    const takers = traversal.answered().filter((contact) => this.tokens.has(contact));
    for (const contact of takers.slice(0, traversal.network.table.k)) {
      this.putting++;
      // BEP 44: `cas` is not sent to who has no version at all.
      const cas = this.holders.has(contact) ? this.cas : null;
      new PutTo(traversal.network, contact, this, this.tokens.get(contact) as string, cas).ask();
    }
    this.endIfDone();
  }

  settled(error: number | null, isStored: boolean): void {
    this.putting--;
    if (isStored) this.stored++;
    if (error !== null) this.refusals.push(error);
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.putting > 0 || this.done.length < this.node.networks.length) return;
    const { targetBytes: target, stored, refusals } = this;
    this.handler.onPut({ target, stored, refusals, ...costOf(this.done, this.node.host.now() - this.startedAtMs) });
  }
}

class PutTo extends Question {
  private readonly operation: PutItem;
  private readonly token: string;
  private readonly cas: bigint | null;
  protected override readonly insists = true;

  constructor(network: Network, contact: Contact, operation: PutItem, token: string, cas: bigint | null) {
    super(network, contact);
    this.operation = operation;
    this.token = token;
    this.cas = cas;
  }

  protected request(transaction: string): KrpcQuery {
    const { item, value } = this.operation;
    let mutable: MutableFields | null = null;
    if (item !== null) {
      const { publicKey: key, salt, seq, signature } = item;
      mutable = { key, salt, seq, signature, cas: this.cas };
    }
    return { kind: 'query', method: 'put', ...this.network.node.head(transaction), token: this.token, value, mutable };
  }

  protected answered(): void {
    this.operation.settled(null, true);
  }

  protected override refused(error: KrpcError): void {
    this.operation.settled(error.code, false);
  }

  protected silent(): void {
    this.operation.settled(null, false);
  }
}
