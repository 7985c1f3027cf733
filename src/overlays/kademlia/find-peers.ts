/**
 * Finds the peers of a torrent (BEP 5, get_peers; BEP 33, scrape) and, if wanted, announces one to the k nearest nodes that gave a token.
 * Owns the tokens, and what was found so far.
 */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import { KademliaEvent } from '../../core/events.ts';
import type { Endpoint } from '../../core/host.ts';
import { isReachable } from './address-kind.ts';
import { estimateCount, insertAddress, unite } from './bloom-filter.ts';
import type { Contact } from './contact.ts';
import { costOf, type LookupCost } from './find-node.ts';
import type { Kademlia } from './kademlia.ts';
import { FILTER_BYTES } from './krpc-decode.ts';
import type { KrpcQuery, KrpcReply } from './krpc-messages.ts';
import type { Network } from './network.ts';
import type { NodeId } from './node-id.ts';
import { Question } from './question.ts';
import { Traversal, type TraversalOwner } from './traversal.ts';

/** Peers told to the owner in one search. */
export const PEERS_MAX = 5000;

export interface FindPeersOptions {
  /** The port to announce, 0: that of our datagrams; null: announce nothing. */
  readonly announcePort: number | null;
  /** We have the whole torrent (BEP 33): announced as such, and other seeds are not wanted. */
  readonly isSeed: boolean;
  /** Count seeds and peers (BEP 33). */
  readonly scrape: boolean;
}

export interface FindPeersHandler {
  /** Peers that were not told before; in the event in which they come. */
  onPeers(peers: readonly Endpoint[]): void;
  onPeersDone(result: PeersFound): void;
}

export interface PeersFound extends LookupCost {
  readonly infoHash: Uint8Array;
  readonly peers: number;
  /** Nodes that have taken our announce. */
  readonly stored: number;
  /** Estimates of BEP 33, or null without `scrape`. */
  readonly scrape: { readonly seeds: number; readonly peers: number } | null;
}

export class FindPeers implements TraversalOwner {
  private readonly node: Kademlia;
  readonly target: NodeId;
  private readonly infoHash: Uint8Array;
  readonly options: FindPeersOptions;
  private readonly handler: FindPeersHandler;
  private readonly startedAtMs: number;
  private readonly tokens = new Map<Contact, string>();
  private readonly seen = new Set<string>();
  private readonly done: Traversal[] = [];
  private readonly seeds = new Uint8Array(FILTER_BYTES);
  private readonly peers = new Uint8Array(FILTER_BYTES);
  private networks: readonly Network[] = [];
  private announcing = 0;
  private stored = 0;

  constructor(node: Kademlia, target: NodeId, infoHash: Uint8Array, options: FindPeersOptions, handler: FindPeersHandler) {
    this.node = node;
    this.target = target;
    this.infoHash = infoHash;
    this.options = options;
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  start(): void {
    this.networks = this.node.networks;
    for (const { family, peers } of this.networks) {
      this.tell(peers.pick(this.target, PEERS_MAX, this.options.isSeed), family === 4 ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES);
    }
    for (const network of this.networks) new Traversal(network, this.target, this).start();
  }

  request(transaction: string): KrpcQuery {
    const { isSeed, scrape } = this.options;
    return { kind: 'query', method: 'get_peers', ...this.node.head(transaction), target: this.target, want: 0, noseed: isSeed, scrape };
  }

  onAnswer(_: Traversal, from: Contact, reply: KrpcReply): void {
    if (reply.token !== null) this.tokens.set(from, reply.token);
    if (reply.scrape !== null) {
      unite(this.seeds, reply.scrape.seeds);
      unite(this.peers, reply.scrape.peers);
    } else if (this.options.scrape) {
      this.count(reply.values, ENDPOINT_V4_BYTES);
      this.count(reply.values6, ENDPOINT_V6_BYTES);
    }
    this.tell(reply.values, ENDPOINT_V4_BYTES);
    this.tell(reply.values6, ENDPOINT_V6_BYTES);
  }

  onTraversed(traversal: Traversal): void {
    this.done.push(traversal);
    const { announcePort } = this.options;
    if (announcePort !== null) {
      // BEP 33: the nearest of those that have given a token, who need not be the nearest of all.
      const takers = traversal.answered().filter((contact) => this.tokens.has(contact));
      for (const contact of takers.slice(0, traversal.network.table.k)) {
        this.announcing++;
        new AnnounceTo(traversal.network, contact, this, this.tokens.get(contact) as string).ask();
      }
    }
    this.endIfDone();
  }

  announced(isStored: boolean): void {
    this.announcing--;
    if (isStored) this.stored++;
    this.endIfDone();
  }

  private endIfDone(): void {
    if (this.announcing > 0 || this.done.length < this.networks.length) return;
    const { node, infoHash, seen, stored, options } = this;
    const cost = costOf(this.done, node.host.now() - this.startedAtMs);
    node.host.tap(KademliaEvent.peersFound, seen.size, stored, cost.questions);
    const scrape = options.scrape ? { seeds: estimateCount(this.seeds), peers: estimateCount(this.peers) } : null;
    this.handler.onPeersDone({ infoHash, peers: seen.size, stored, scrape, ...cost });
  }

  /** BEP 33: of a node that knows no filters we make one of what it lists, as peers, unless another counts them as seeds. */
  private count(values: Uint8Array | null, bytes: number): void {
    if (values === null) return;
    for (let at = 0; at < values.length; at += bytes) {
      const address = values.subarray(at, at + bytes - 2);
      const one = new Uint8Array(FILTER_BYTES);
      insertAddress(one, address);
      if (one.some((bits, index) => (bits & (this.seeds[index] as number)) !== bits)) unite(this.peers, one);
    }
  }

  private tell(values: Uint8Array | null, bytes: number): void {
    if (values === null || values.length === 0) return;
    const fresh: Endpoint[] = [];
    for (let at = 0; at + bytes <= values.length && this.seen.size < PEERS_MAX; at += bytes) {
      const endpoint = values.slice(at, at + bytes);
      const key = String.fromCharCode(...endpoint);
      if (this.seen.has(key) || !isReachable(endpoint)) continue;
      this.seen.add(key);
      fresh.push(endpoint);
    }
    if (fresh.length > 0) this.handler.onPeers(fresh);
  }
}

class AnnounceTo extends Question {
  private readonly search: FindPeers;
  private readonly token: string;
  protected override readonly insists = true;

  constructor(network: Network, contact: Contact, search: FindPeers, token: string) {
    super(network, contact);
    this.search = search;
    this.token = token;
  }

  protected request(transaction: string): KrpcQuery {
    const { target, options } = this.search;
    const port = options.announcePort ?? 0;
    const head = this.network.node.head(transaction);
    const { isSeed: seed } = options;
    return { kind: 'query', method: 'announce_peer', ...head, target, port, impliedPort: port === 0, seed, token: this.token };
  }

  protected answered(): void {
    this.search.announced(true);
  }

  protected silent(): void {
    this.search.announced(false);
  }
}
