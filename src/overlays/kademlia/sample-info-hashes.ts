/** Samples info-hashes of the nodes on the way to a point (BEP 51). An index is made by going through the whole space, point after point. */

import { ID_BYTES } from '../../core/id.ts';
import type { Contact } from './contact.ts';
import { costOf, type LookupCost } from './find-node.ts';
import type { Kademlia } from './kademlia.ts';
import type { KrpcQuery, KrpcReply } from './krpc-messages.ts';
import type { NodeId } from './node-id.ts';
import { Traversal, type TraversalOwner } from './traversal.ts';

/** 20 bytes each. */
const SAMPLES_MAX = 100_000;

export interface SampleHandler {
  /** What one node gave: info-hashes, 20 bytes each, how many it has, and after how many seconds it has others to give. */
  onSamples(from: Contact, infoHashes: readonly Uint8Array[], total: number, intervalSeconds: number): void;
  onSampled(cost: LookupCost & { readonly samples: number }): void;
}

export class SampleInfoHashes implements TraversalOwner {
  private readonly node: Kademlia;
  private readonly target: NodeId;
  private readonly handler: SampleHandler;
  private readonly startedAtMs: number;
  private readonly done: Traversal[] = [];
  private samples = 0;

  constructor(node: Kademlia, target: NodeId, handler: SampleHandler) {
    this.node = node;
    this.target = target;
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  start(): void {
    for (const network of this.node.networks) new Traversal(network, this.target, this).start();
  }

  request(transaction: string): KrpcQuery {
    return { kind: 'query', method: 'sample_infohashes', ...this.node.head(transaction), target: this.target, want: 0 };
  }

  onAnswer(_: Traversal, from: Contact, reply: KrpcReply): void {
    if (reply.samples === null || this.samples >= SAMPLES_MAX) return;
    const { infoHashes, total, intervalSeconds } = reply.samples;
    const each: Uint8Array[] = [];
    for (let at = 0; at < infoHashes.length; at += ID_BYTES) each.push(infoHashes.slice(at, at + ID_BYTES));
    this.samples += each.length;
    this.handler.onSamples(from, each, total, intervalSeconds);
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    if (this.done.length < this.node.networks.length) return;
    this.handler.onSampled({ samples: this.samples, ...costOf(this.done, this.node.host.now() - this.startedAtMs) });
  }
}
