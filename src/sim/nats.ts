/**
 * The NATs of a world: which network each node is in, and what becomes of addresses between two networks. A packet is translated by
 * each box on its way out when it leaves, and let in or dropped by each box on its way in when it arrives. Owns the boxes.
 */

import type { Peer } from '../core/host.ts';
import type { Addresses } from './addresses.ts';
import { Nat, type NatProtocol } from './nat.ts';
import type { Session } from './nat-session.ts';
import type { NatSpec } from './nat-spec.ts';

/** Boxes behind boxes. */
const DEPTH_MAX = 8;

/** What a packet is after the boxes on its way out: from whom it seems to come, and for whom it is in the network it has come to. */
export class Route {
  readonly from: Peer;
  readonly target: Peer;
  /** Of all boxes that it passes. */
  private readonly sessions: Session[];

  constructor(from: Peer, target: Peer, sessions: Session[]) {
    this.from = from;
    this.target = target;
    this.sessions = sessions;
  }

  add(session: Session): void {
    this.sessions.push(session);
  }

  /** False when a box has forgotten the stream: nothing of it gets through any more. */
  isAlive(now: number): boolean {
    return this.sessions.every((session) => session.isAlive(now));
  }

  /** Something of the stream has passed. */
  refresh(now: number): void {
    for (const session of this.sessions) session.refresh(now);
  }

  /** The stream is answered. */
  answered(now: number): void {
    for (const session of this.sessions) {
      session.pass('out', now);
      session.pass('in', now);
    }
  }

  /** The stream is over. */
  wane(now: number): void {
    for (const session of this.sessions) session.wane(now);
  }
}

export class Nats {
  private readonly addresses: Addresses;
  private readonly seed: number;
  private readonly boxes: Nat[] = [];
  private readonly bySite = new Map<string, Nat>();
  /** By the number of its outer address. */
  private readonly byHost = new Map<number, Nat>();
  /** The network of each node that is not in the public one. */
  private readonly networks = new Map<number, Nat>();

  constructor(addresses: Addresses, seed: number) {
    this.addresses = addresses;
    this.seed = seed;
  }

  /** Puts a node behind the box that the spec describes. */
  place(node: number, spec: NatSpec): void {
    this.addresses.hide(node);
    this.networks.set(node, this.boxOf(spec, node, 0));
  }

  private boxOf(spec: NatSpec, node: number, depth: number): Nat {
    if (depth === DEPTH_MAX) throw new RangeError(`at most ${DEPTH_MAX} NATs behind each other expected`);
    const known = spec.site === undefined ? undefined : this.bySite.get(spec.site);
    if (known !== undefined) return known;
    const outside = spec.behind === undefined ? null : this.boxOf(spec.behind, node, depth + 1);
    const box = new Nat(spec, outside, { addresses: this.addresses, seed: this.seed, number: this.boxes.length, node });
    this.boxes.push(box);
    this.byHost.set(this.addresses.hostOf(box.peerAt(0)), box);
    if (spec.site !== undefined) this.bySite.set(spec.site, box);
    return box;
  }

  /** Opens the node's port at the box that it is behind, for everybody; what is further out knows nothing of it. */
  map(node: number, now: number): void {
    this.networks.get(node)?.map(this.addresses.peerOfNode(node), now);
  }

  /** Two nodes in one network behind a NAT. */
  areNeighbours(a: number, b: number): boolean {
    const network = this.networks.get(a);
    return network !== undefined && network === this.networks.get(b);
  }

  /** A packet leaves a node from that endpoint of it; null when no way leads there. */
  leave(protocol: NatProtocol, node: number, source: Peer, target: Peer, now: number): Route | null {
    const box = this.boxAt(target);
    const home = box === null ? this.networkOf(target) : box.outside;
    const sessions: Session[] = [];
    let from = source;
    let network = this.networks.get(node) ?? null;
    while (network !== home) {
      // Nobody has that address in the public network.
      if (network === null) return null;
      const turnsBack = network === box;
      if (turnsBack && !network.hairpins) return null;
      const session = network.leave(protocol, from, target, now);
      if (session === null) return null;
      sessions.push(session);
      from = network.peerAt(session.mapping.port);
      if (turnsBack) break;
      network = network.outside;
    }
    return new Route(from, target, sessions);
  }

  /** A packet has arrived in the network of its target: the endpoint of a node to which the boxes there let it in, or null. */
  enter(protocol: NatProtocol, from: Peer, target: Peer, now: number, route: Route | null = null): Peer | null {
    let at = target;
    for (let box = this.boxAt(at); box !== null; box = this.boxAt(at)) {
      const session = box.enter(protocol, at, from, now);
      if (session === null) return null;
      route?.add(session);
      at = session.mapping.inner;
    }
    return at;
  }

  /** The node to which something for that endpoint will probably come; the first behind the box while the box knows of none; or -1. */
  destination(protocol: NatProtocol, target: Peer, now: number): number {
    let at = target;
    for (let box = this.boxAt(at); box !== null; box = this.boxAt(at)) {
      const inner = box.ownerOf(protocol, at, now);
      if (inner === null) return box.node;
      at = inner;
    }
    return this.addresses.machineOfPeer(at);
  }

  private boxAt(peer: Peer): Nat | null {
    return this.byHost.get(this.addresses.hostOf(peer)) ?? null;
  }

  private networkOf(peer: Peer): Nat | null {
    return this.networks.get(this.addresses.machineOfPeer(peer)) ?? null;
  }
}
