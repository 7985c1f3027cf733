/** Whom a node of an unstructured network is linked to: found by random walks, asked whether they live, replaced when they do not. Owns the links. */

import type { Host, Peer } from '../../core/host.ts';
import { Lru } from '../../core/lru.ts';
import { alive, link, OTHERS_MAX, ping, seek, type UnstructuredMessage, unlink, unstructuredCodec } from './messages.ts';
import type { UnstructuredOptions } from './unstructured-options.ts';

/** Steps after which a walk is about anywhere. */
const SEEK_STEPS = 10;
/** Questions without an answer after which a neighbour is dead. */
const MISSED_MAX = 2;
/** Nodes that were heard of: the way back for one whose neighbours have all gone. */
const KNOWN_MAX = 64;

export class Neighbours {
  private readonly host: Host;
  private readonly options: UnstructuredOptions;
  /** Questions that each has not answered. */
  private readonly missed = new Map<Peer, number>();
  private readonly known = new Lru<Peer, true>(KNOWN_MAX);

  constructor(host: Host, options: UnstructuredOptions) {
    this.host = host;
    this.options = options;
  }

  get peers(): readonly Peer[] {
    return [...this.missed.keys()];
  }

  get count(): number {
    return this.missed.size;
  }

  has(peer: Peer): boolean {
    return this.missed.has(peer);
  }

  /** Links that are there from the beginning. */
  take(peers: readonly Peer[]): void {
    for (const peer of peers) this.missed.set(peer, 0);
  }

  /** Asks the living ones, drops the dead, looks for more while there are too few. */
  look(): void {
    for (const [peer, count] of this.missed) {
      if (count >= MISSED_MAX) {
        this.missed.delete(peer);
        continue;
      }
      this.missed.set(peer, count + 1);
      this.send(peer, { tag: ping.tag });
    }
    this.seek();
  }

  /** One walk for each link that is wanted. */
  seek(): void {
    const own = this.host.self.datagram;
    if (own === null) return;
    for (let wanted = this.options.links - this.count; wanted > 0; wanted--) {
      // By turns through a neighbour and through somebody that was heard of: else a few who have only each other stay alone.
      const first = wanted % 2 === 0 ? (this.draw() ?? this.entry()) : (this.entry() ?? this.draw());
      if (first === null) return;
      this.send(first, { tag: seek.tag, ttl: SEEK_STEPS, newcomer: own });
    }
  }

  /** True when the message was about links. */
  onMessage(from: Peer, message: UnstructuredMessage): boolean {
    this.known.set(from, true);
    switch (message.tag) {
      case seek.tag:
        this.onSeek(message.ttl, this.host.peer(message.newcomer), message);
        return true;
      case link.tag:
        // Who has no room says so, rather than to leave the other with half a link.
        if (this.has(from) || this.count < this.options.linksMax) this.missed.set(from, 0);
        this.confirm(from);
        return true;
      case ping.tag:
        this.confirm(from);
        return true;
      case alive.tag:
        if (!this.has(from)) return true;
        this.missed.set(from, 0);
        for (const other of message.others) this.known.set(this.host.peer(other), true);
        return true;
      case unlink.tag:
        this.missed.delete(from);
        return true;
      default:
        return false;
    }
  }

  goodbye(): void {
    for (const peer of this.missed.keys()) this.send(peer, { tag: unlink.tag });
    this.missed.clear();
  }

  /** One of them at random but that one; null when there is no other. */
  draw(without: Peer | null = null): Peer | null {
    const others = this.peers.filter((peer) => peer !== without);
    return others.length === 0 ? null : (others[this.host.random.below(others.length)] as Peer);
  }

  private onSeek(ttl: number, newcomer: Peer, message: Extract<UnstructuredMessage, { tag: 6 }>): void {
    const next = ttl > 1 ? this.draw(newcomer) : null;
    if (next !== null) {
      this.send(next, { ...message, ttl: Math.min(ttl, SEEK_STEPS) - 1 });
      return;
    }
    if (this.has(newcomer) || this.isSelf(newcomer) || this.count >= this.options.linksMax) return;
    // Kept when the newcomer answers; a stranger whose address was forged never does, and is dropped in the next rounds.
    this.missed.set(newcomer, 1);
    this.send(newcomer, { tag: link.tag });
  }

  private confirm(peer: Peer): void {
    if (!this.has(peer)) return this.send(peer, { tag: unlink.tag });
    const others = this.host.random.shuffle(this.peers.filter((other) => other !== peer)).slice(0, OTHERS_MAX);
    this.send(peer, { tag: alive.tag, others: others.map((other) => this.host.endpoint(other)) });
  }

  private entry(): Peer | null {
    const all = [...this.options.join.map((endpoint) => this.host.peer(endpoint)), ...[...this.known].map(([peer]) => peer)];
    return all.length === 0 ? null : (all[this.host.random.below(all.length)] as Peer);
  }

  private isSelf(peer: Peer): boolean {
    const own = this.host.self.datagram;
    return own !== null && this.host.peer(own) === peer;
  }

  private send(peer: Peer, message: UnstructuredMessage): void {
    this.host.send(peer, unstructuredCodec, message);
  }
}
