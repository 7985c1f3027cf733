/**
 * An iterative lookup in one network (Kademlia, section 2.3): asks nearer and nearer nodes the same question until the k nearest have
 * answered. Owns its `Lookup`; which question, and what to make of the answers, is its owner's.
 */

import { isLocal } from '../../core/address-scope.ts';
import { RpcEvent } from '../../core/events.ts';
import { type Candidate, Lookup, LOOKUP_DEFAULTS, type LookupOwner } from '../../core/lookup.ts';
import { addressKey, blockKey } from './address-kind.ts';
import { type Contact, isCloser } from './contact.ts';
import type { KrpcQuery, KrpcReply } from './krpc-messages.ts';
import type { Network } from './network.ts';
import { equalIds, type NodeId } from './node-id.ts';
import { Question } from './question.ts';
import { conforms } from './secure-id.ts';

export interface TraversalOwner {
  request(transaction: string, network: Network): KrpcQuery;
  /** An answer, before it is known whether its sender is among the nearest; `hops`: questions one after the other up to this one. */
  onAnswer(traversal: Traversal, from: Contact, reply: KrpcReply, hops: number): void;
  /** The last call. */
  onTraversed(traversal: Traversal): void;
}

/** In one lookup, of addresses that are not our own site's: one party with many nodes gets so many places, whatever their ids. */
const PER_ADDRESS_MAX = 2;
const PER_BLOCK_MAX = 6;

export class Traversal implements LookupOwner<Contact> {
  readonly network: Network;
  readonly target: NodeId;
  private readonly owner: TraversalOwner;
  private readonly lookup: Lookup<Contact>;
  /** Candidates so far, by address and by block. */
  private places: Map<number, number> | null = null;
  /** Those of the k nearest that have answered, nearest first; valid in the end. */
  nearest: readonly Contact[] = [];
  /** Questions between us and them. */
  hops = 0;
  /** Questions between us and the first of them. */
  nearestHops = 0;
  /** Nodes that had not answered when they should have, and those of them that were given up. */
  overdue = 0;
  timeouts = 0;

  constructor(network: Network, target: NodeId, owner: TraversalOwner) {
    const { parallel, k } = network.node.options;
    this.network = network;
    this.target = target;
    this.owner = owner;
    this.lookup = new Lookup<Contact>(this, { ...LOOKUP_DEFAULTS, parallel, resultsMax: k, waitsForSlow: false });
  }

  /** `onTraversed` may come before this returns, when there is nobody to ask. */
  start(more: readonly Contact[] = []): void {
    const { network, target } = this;
    network.table.touch(target, network.nowS());
    const known = network.table.nearest(target, START_CONTACTS_MAX);
    this.lookup.start(this.admitted(more.length === 0 ? known : [...known, ...more]));
  }

  /** Ends it: the owner has what it looked for. */
  finish(): void {
    this.lookup.finish();
  }

  get questions(): number {
    return this.lookup.questions;
  }

  /** All that have answered and count, nearest first: more than k of them when some were asked on the way. */
  answered(): Contact[] {
    const there = this.lookup.inspect().filter((candidate) => candidate.state === 'answered' && candidate.counts);
    return there.map((candidate) => candidate.contact);
  }

  closer(a: Contact, b: Contact): boolean {
    return isCloser(this.target, a, b);
  }

  counts(contact: Contact): boolean {
    return !this.network.node.options.enforceIds || conforms(contact, contact.endpoint);
  }

  ask(candidate: Candidate<Contact>, lookup: Lookup<Contact>): void {
    new Step(this, candidate, lookup, this.owner).ask();
  }

  onLookupDone(lookup: Lookup<Contact>, answered: readonly Candidate<Contact>[]): void {
    this.nearest = answered.map((candidate) => candidate.contact);
    for (const candidate of answered) this.hops = Math.max(this.hops, candidate.hops + 1);
    this.nearestHops = answered[0] === undefined ? 0 : answered[0].hops + 1;
    this.network.node.host.tap(RpcEvent.lookupDone, this.hops, lookup.questions, answered.length > 0 ? 1 : 0);
    this.owner.onTraversed(this);
  }

  /** Those that may become candidates: not ourselves, reachable, and not too many of one party. */
  admitted(contacts: readonly Contact[]): Contact[] {
    const { network } = this;
    return contacts.filter((contact) => {
      const { endpoint } = contact;
      if (equalIds(contact, network.node.id) || !network.takes(endpoint)) return false;
      if (isLocal(endpoint)) return true;
      return this.count(addressKey(endpoint), PER_ADDRESS_MAX) && this.count(BLOCKS + blockKey(endpoint), PER_BLOCK_MAX);
    });
  }

  private count(key: number, most: number): boolean {
    this.places ??= new Map();
    const count = (this.places.get(key) ?? 0) + 1;
    if (count > most) return false;
    this.places.set(key, count);
    return true;
  }
}

/** Begins with more than k, as some of them may be dead. */
export const START_CONTACTS_MAX = 16;
/** Apart from all keys of addresses. */
const BLOCKS = 2 ** 34;

class Step extends Question {
  private readonly traversal: Traversal;
  private readonly candidate: Candidate<Contact>;
  private readonly lookup: Lookup<Contact>;
  private readonly owner: TraversalOwner;
  private isOverdue = false;

  constructor(traversal: Traversal, candidate: Candidate<Contact>, lookup: Lookup<Contact>, owner: TraversalOwner) {
    super(traversal.network, candidate.contact);
    this.traversal = traversal;
    this.candidate = candidate;
    this.lookup = lookup;
    this.owner = owner;
  }

  protected request(transaction: string): KrpcQuery {
    return this.owner.request(transaction, this.network);
  }

  protected answered(reply: KrpcReply, from: Contact): void {
    if (this.lookup.done) return;
    this.owner.onAnswer(this.traversal, from, reply, this.candidate.hops + 1);
    const { node, family } = this.network;
    const [nodes, others] = family === 4 ? [reply.nodes, reply.nodes6] : [reply.nodes6, reply.nodes];
    if (others !== null) node.learnOthers(family === 4 ? 6 : 4, others);
    this.lookup.answered(this.candidate, nodes === null ? [] : this.traversal.admitted(nodes));
  }

  protected override overdue(): void {
    this.countOverdue();
    this.lookup.slow(this.candidate);
  }

  protected silent(): void {
    this.countOverdue();
    this.traversal.timeouts++;
    this.lookup.failed(this.candidate);
  }

  private countOverdue(): void {
    if (!this.isOverdue) this.traversal.overdue++;
    this.isOverdue = true;
  }
}
