/** The nodes nearest to a point, in every network that we are in (BEP 5, find_node); owned by whoever asks. */

import type { Contact } from './contact.ts';
import type { Kademlia } from './kademlia.ts';
import { type KrpcQuery, type KrpcReply, WANT_V4, WANT_V6 } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { compareXor, type NodeId } from './node-id.ts';
import { Traversal, type TraversalOwner } from './traversal.ts';

/** What a lookup took, all networks together. */
export interface LookupCost {
  /** Questions between us and the farthest of the nodes found. */
  readonly hops: number;
  readonly questions: number;
  /** Nodes that let us wait for `slowMs`, whether an answer came later or not: a lookup goes on, and ends, without them. */
  readonly overdue: number;
  /** Those that were given up before it ended. */
  readonly timeouts: number;
  readonly tookMs: number;
}

export interface NodesFound extends LookupCost {
  /** Nearest first, up to k of each network, those of IPv4 before those of IPv6. */
  readonly nodes: readonly Contact[];
  /** Questions between us and the nearest of all: the path as papers count it. 0: nobody has answered. */
  readonly nearestHops: number;
}

export interface FindNodeHandler {
  /** Who has answered, after so many questions one after the other. */
  onAnswer?(from: Contact, hops: number): void;
  onNodes(found: NodesFound): void;
}

export class FindNode implements TraversalOwner {
  private readonly node: Kademlia;
  private readonly target: NodeId;
  private readonly handler: FindNodeHandler;
  private readonly startedAtMs: number;
  private readonly done: Traversal[] = [];
  private readonly networks: readonly Network[];

  constructor(node: Kademlia, target: NodeId, handler: FindNodeHandler, networks: readonly Network[] = node.networks) {
    this.node = node;
    this.target = target;
    this.handler = handler;
    this.networks = networks;
    this.startedAtMs = node.host.now();
  }

  start(more: readonly Contact[] = []): void {
    for (const network of this.networks) new Traversal(network, this.target, this).start(more);
  }

  request(transaction: string, network: Network): KrpcQuery {
    // BEP 32: who begins asks for both.
    const want = this.node.networks.length === 2 && !network.join.done ? WANT_V4 | WANT_V6 : 0;
    return { kind: 'query', method: 'find_node', ...this.node.head(transaction), target: this.target, want };
  }

  onAnswer(_traversal: Traversal, from: Contact, _reply: KrpcReply, hops: number): void {
    this.handler.onAnswer?.(from, hops);
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    if (this.done.length < this.networks.length) return;
    this.done.sort((a, b) => a.network.family - b.network.family);
    const [nearest] = this.done
      .filter((traversal) => traversal.nearest.length > 0)
      .sort((a, b) => compareXor(this.target, a.nearest[0] as Contact, b.nearest[0] as Contact));
    this.handler.onNodes({
      nodes: this.done.flatMap((traversal) => traversal.nearest),
      nearestHops: nearest?.nearestHops ?? 0,
      ...costOf(this.done, this.node.host.now() - this.startedAtMs),
    });
  }
}

export function costOf(traversals: readonly Traversal[], tookMs: number): LookupCost {
  let hops = 0;
  let questions = 0;
  let overdue = 0;
  let timeouts = 0;
  for (const traversal of traversals) {
    hops = Math.max(hops, traversal.hops);
    questions += traversal.questions;
    overdue += traversal.overdue;
    timeouts += traversal.timeouts;
  }
  return { hops, questions, overdue, timeouts, tookMs };
}
