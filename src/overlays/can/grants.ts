/**
 * How a zone is shared with a newcomer (SIGCOMM 2001, sections 2.2, 3.4 and 3.7): halved along the next dimension, or filled with peers until there are too
 * many. Owns the grant that is not confirmed yet; until it is, others are refused and try another point.
 */

import type { Contact } from '../../core/contact.ts';
import type { Peer } from '../../core/host.ts';
import { equalIds } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import { type Claim, handedOn, sameClaim } from './claim.ts';
import { type CanMessage, divide, elsewhere, granted, NEAR_MAX, refused, type split } from './messages.ts';
import type { MessageOf } from '../../core/message.ts';
import { Neighbour } from './neighbour.ts';
import type { Reality } from './reality.ts';
import { DEPTH_MAX, Zone } from './zone.ts';

type Split = MessageOf<typeof split>;

/** So many timeouts of questions a newcomer has to say that it got its zone. */
const UNCONFIRMED_TIMEOUTS = 2;

export class Grants {
  private readonly reality: Reality;
  private to: Contact | null = null;
  private claim: Claim | null = null;
  private untilMs = 0;

  constructor(reality: Reality) {
    this.reality = reality;
  }

  get isBusy(): boolean {
    return this.to !== null && this.reality.node.host.now() < this.untilMs;
  }

  onRequest(from: Peer, { transaction, sender, direct, target }: Split): void {
    const { reality } = this;
    const { node } = reality;
    const isRepeated = this.isBusy && this.to !== null && equalIds(this.to, sender);
    if (isRepeated && this.claim !== null) {
      node.answer(from, this.grantOf(transaction, this.claim));
      return;
    }
    const claim = reality.claimAt(target);
    if (claim === null || this.isBusy || node.departing || reality.reassignment.isGiving || target.length !== node.options.dims) {
      node.answer(from, { tag: refused.tag, transaction });
      return;
    }
    const isFull = 1 + reality.peersOf(claim).length >= node.options.zonePeers;
    const larger = node.options.uniform && isFull && !direct && reality.claims.length === 1 ? this.largerThan(claim) : null;
    if (larger !== null)
      node.answer(from, { tag: elsewhere.tag, transaction, next: larger.contact, zone: (larger.claims[0] as Claim).zone });
    else if (isFull && reality.claims.length === 1 && claim.zone.depth >= DEPTH_MAX) node.answer(from, { tag: refused.tag, transaction });
    else {
      this.to = sender;
      this.untilMs = node.host.now() + UNCONFIRMED_TIMEOUTS * node.options.timeoutMs;
      this.claim = this.share(claim, sender, target, isFull);
      node.answer(from, this.grantOf(transaction, this.claim));
    }
  }

  /** It has spoken: it got its zone. */
  heard(contact: Contact): void {
    if (this.to === null || !equalIds(this.to, contact)) return;
    this.to = null;
    this.reality.node.bringKeys(contact, this.reality.neighbour(contact)?.claims ?? []);
  }

  /** A peer has split the zone that we share. */
  onDivided(from: Claim, lower: readonly Contact[]): void {
    const own = this.reality.claims.find((claim) => sameClaim(claim, from));
    if (own !== undefined && own.zone.depth < DEPTH_MAX) this.divide(own, lower);
  }

  private share(claim: Claim, to: Contact, target: Split['target'], isFull: boolean): Claim {
    const { reality } = this;
    const others = reality.claims.filter((other) => other !== claim);
    if (!isFull) {
      this.admit(to, claim);
      return claim;
    }
    if (others.length > 0) {
      const whole = handedOn(claim, claim.zone);
      this.admit(to, whole);
      reality.setClaims(others);
      return whole;
    }
    if (reality.node.options.zonePeers > 1) return this.shareAmongPeers(claim, to);
    const halves = claim.zone.split(target);
    const half = handedOn(claim, halves.with);
    this.admit(to, half);
    reality.setClaims([handedOn(claim, halves.without)]);
    return half;
  }

  /** The zone is full: half of its peers, by their ids, get each half of it. */
  private shareAmongPeers(claim: Claim, to: Contact): Claim {
    const { reality } = this;
    const { node, unit, self } = reality;
    const peers = reality.peersOf(claim).map(({ contact }) => contact);
    const all = [self, to, ...peers].sort(compareIds);
    const lower = all.slice(0, Math.ceil(all.length / 2));
    this.admit(to, claim);
    for (const peer of peers) node.say(node.host.peer(peer.endpoint), { tag: divide.tag, unit, sender: self, from: claim, lower });
    this.divide(claim, lower);
    return halfFor(to, claim, lower);
  }

  private divide(claim: Claim, lower: readonly Contact[]): void {
    const { reality } = this;
    for (const peer of reality.peersOf(claim)) peer.claims = [halfFor(peer.contact, claim, lower)];
    reality.setClaims(reality.claims.map((own) => (own === claim ? halfFor(reality.self, claim, lower) : own)));
  }

  /** It counts as a neighbour from now on: if it dies before it says a word, its zone is taken over as any other. */
  private admit(to: Contact, claim: Claim): void {
    const { reality } = this;
    reality.neighbours = [...reality.neighbours.filter(({ contact }) => !equalIds(contact, to)), new Neighbour(to, [claim])];
  }

  private grantOf(transaction: number, claim: Claim): CanMessage {
    const { reality } = this;
    const own = { contact: reality.self, zones: reality.zones };
    return { tag: granted.tag, transaction, claim, near: [own, ...reality.nearTo([claim.zone])].slice(0, NEAR_MAX) };
  }

  private largerThan({ zone }: Claim): Neighbour | null {
    let largest: Neighbour | null = null;
    let depth = zone.depth;
    for (const neighbour of this.reality.neighbours) {
      const [only] = neighbour.claims;
      if (only === undefined || neighbour.claims.length > 1 || only.zone.depth >= depth) continue;
      depth = only.zone.depth;
      largest = neighbour;
    }
    return largest;
  }
}

function halfFor(contact: Contact, claim: Claim, lower: readonly Contact[]): Claim {
  const isLower = lower.some((other) => equalIds(other, contact));
  return handedOn(claim, new Zone(2 * claim.zone.code + (isLower ? 0 : 1), claim.zone.dims));
}
