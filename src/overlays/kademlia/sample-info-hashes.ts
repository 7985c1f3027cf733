/** Samples info-hashes of the nodes on the way to a point (BEP 51). An index is made by going through the whole space, point after point. */

import type { Endpoint } from '../../core/host.ts';
import { ID_BYTES } from '../../core/id.ts';
import type { Contact } from './contact.ts';
import { costOf, type LookupCost } from './find-node.ts';
import type { Kademlia } from './kademlia.ts';
import type { KrpcQuery, KrpcReply, SampleFields } from './krpc-messages.ts';
import type { Network } from './network.ts';
import type { NodeId } from './node-id.ts';
import { Question } from './question.ts';
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
    this.samples += tellSamples(this.handler, from, reply.samples);
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    if (this.done.length < this.node.networks.length) return;
    this.handler.onSampled({ samples: this.samples, ...costOf(this.done, this.node.host.now() - this.startedAtMs) });
  }
}

/** Samples one node that is named, at a point that is of no matter to the samples. Of one that does not know BEP 51 nothing comes. */
export class SampleNode extends Question {
  private readonly target: NodeId;
  private readonly handler: SampleHandler;
  private readonly startedAtMs: number;

  constructor(network: Network, endpoint: Endpoint, target: NodeId, handler: SampleHandler) {
    super(network, endpoint);
    this.target = target;
    this.handler = handler;
    this.startedAtMs = network.node.host.now();
  }

  protected request(transaction: string): KrpcQuery {
    return { kind: 'query', method: 'sample_infohashes', ...this.network.node.head(transaction), target: this.target, want: 0 };
  }

  protected answered({ samples }: KrpcReply, from: Contact): void {
    this.end(samples === null ? 0 : tellSamples(this.handler, from, samples), 0);
  }

  /** It is there, and knows no samples. */
  protected override refused(): void {
    this.end(0, 0);
  }

  protected silent(): void {
    this.end(0, 1);
  }

  private end(samples: number, timeouts: number): void {
    const tookMs = this.network.node.host.now() - this.startedAtMs;
    this.handler.onSampled({ samples, hops: 1, questions: 1, overdue: timeouts, timeouts, tookMs });
  }
}

/** How many there were. */
function tellSamples(handler: SampleHandler, from: Contact, { infoHashes, total, intervalSeconds }: SampleFields): number {
  const each: Uint8Array[] = [];
  for (let at = 0; at < infoHashes.length; at += ID_BYTES) each.push(infoHashes.slice(at, at + ID_BYTES));
  handler.onSamples(from, each, total, intervalSeconds);
  return each.length;
}
