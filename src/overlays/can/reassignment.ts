/**
 * Background zone reassignment (SIGCOMM 2001, section 2.3 and appendix): a node that holds several zones merges what are two halves, gives a zone to who has the
 * other half, or searches the other half, depth first, for two nodes whose zones are halves of one: one of them takes ours and leaves its own to the other.
 * So every node comes back to one box. Owns the step under way.
 */

import type { Contact } from '../../core/contact.ts';
import { CanEvent } from '../../core/events.ts';
import type { Peer } from '../../core/host.ts';
import { equalIds } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import { Question } from './asker.ts';
import { type Claim, handedOn, merged } from './claim.ts';
import { type CanMessage, give, reassign, reassigned, taken } from './messages.ts';
import type { Neighbour } from './neighbour.ts';
import type { Reality } from './reality.ts';
import type { Zone } from './zone.ts';

/** Each hop is deeper in the tree. */
const HOPS_MAX = 16;
/** Zones that one node takes from others, besides its own. */
const TAKEN_MAX = 8;

/** Who is told whether somebody has taken a zone. */
export interface GiveHandler {
  onGiven(accepted: boolean): void;
}

export class Reassignment {
  private readonly reality: Reality;
  isGiving = false;
  private restsUntilMs = 0;

  constructor(reality: Reality) {
    this.reality = reality;
  }

  /** A zone was just taken over: others may have done so too, and one of them keeps it, before it is handed on. */
  rest(): void {
    const { host, options } = this.reality.node;
    this.restsUntilMs = host.now() + options.timeoutMs;
  }

  /** One step, if one is needed and none is under way. */
  step(): void {
    const { reality } = this;
    if (this.isGiving || !reality.isMember || reality.node.departing || reality.node.host.now() < this.restsUntilMs) return;
    this.leaveShared();
    this.mergeHalves();
    if (reality.claims.length < 2) return;
    const deepest = reality.claims.toSorted((a, b) => b.zone.depth - a.zone.depth);
    for (const claim of deepest) {
      const other = this.ownerOfSibling(claim.zone);
      if (other === null) continue;
      this.give(claim, other.contact, this.counted(claim, 1));
      return;
    }
    for (const claim of deepest) {
      const next = this.whoCouldTake(claim.zone);
      if (next === null) continue;
      this.isGiving = true;
      new AskReassign(this, claim, next.contact, 1).ask();
      return;
    }
  }

  // ---- what others ask -----------------------------------------------------------------------------------------------------

  onGive(from: Peer, { transaction, sender, claim }: MessageOf<typeof give>): void {
    const { reality } = this;
    const has = reality.claims.some((own) => own.zone.contains(claim.zone) && own.version >= claim.version);
    const accepted = has || this.accept(sender, claim);
    reality.node.answer(from, { tag: taken.tag, transaction, accepted });
  }

  onReassign(from: Peer, { transaction, zone }: MessageOf<typeof reassign>): void {
    const { reality } = this;
    const [own] = reality.claims;
    const canMove = own !== undefined && reality.claims.length === 1 && !this.isGiving && !reality.grants.isBusy && !reality.node.departing;
    const hasPeers = own !== undefined && reality.peersOf(own).length > 0;
    const ready = canMove && (hasPeers || this.ownerOfSibling(own.zone) !== null) && !own.zone.overlaps(zone);
    const next = ready || own === undefined ? null : this.deepestIn(own.zone.sibling);
    reality.node.answer(from, { tag: reassigned.tag, transaction, ready, next: next?.contact ?? null });
  }

  // ---- answers -------------------------------------------------------------------------------------------------------------

  onReassigned(claim: Claim, from: Contact, ready: boolean, next: Contact | null, hops: number): void {
    const { reality } = this;
    this.isGiving = false;
    if (!reality.isMember || !reality.claims.includes(claim)) return;
    if (ready) {
      this.give(claim, from, this.counted(claim, hops));
    } else if (next !== null && hops < HOPS_MAX && !equalIds(next, reality.self)) {
      this.isGiving = true;
      new AskReassign(this, claim, next, hops + 1).ask();
    }
  }

  /** Hands a zone on. Until the answer comes it is ours; if that is lost, the other has the better claim. */
  give(claim: Claim, to: Contact, handler: GiveHandler | null): void {
    this.isGiving = true;
    new Give(this, handedOn(claim, claim.zone), to, handler).ask();
  }

  given(claim: Claim, to: Contact, accepted: boolean): void {
    const { reality } = this;
    this.isGiving = false;
    if (!accepted || !reality.isMember) return;
    const known = reality.neighbour(to);
    if (known !== null) known.claims = [...known.claims, claim];
    const left = reality.claims.filter((own) => own.zone.code !== claim.zone.code);
    reality.node.bringKeys(to, [claim]);
    if (left.length === 0 && reality.node.departing) reality.claims = left;
    else reality.setClaims(left, [to]);
    this.step();
  }

  private counted({ zone }: Claim, hops: number): GiveHandler {
    const { unit, node } = this.reality;
    return {
      onGiven(accepted) {
        if (accepted) node.host.tap(CanEvent.reassigned, unit, hops, zone.depth);
      },
    };
  }

  get asker(): Reality['node'] {
    return this.reality.node;
  }

  get unit(): number {
    return this.reality.unit;
  }

  get self(): Contact {
    return this.reality.self;
  }

  /** Taken only from a neighbour, which had the zone as far as we know. */
  private accept(sender: Contact, claim: Claim): boolean {
    const { reality } = this;
    const { node } = reality;
    const giver = reality.neighbour(sender);
    const had = giver?.claims.find((other) => other.zone.code === claim.zone.code);
    if (had === undefined) {
      // Our news of it is old.
      reality.probe(sender);
      return false;
    }
    const isBusy = this.isGiving || reality.grants.isBusy || node.departing || reality.claims.length > TAKEN_MAX;
    if (isBusy || claim.version !== had.version + 1 || claim.takeovers !== had.takeovers) return false;
    if (giver !== null) giver.claims = giver.claims.filter((other) => other !== had);
    const [own] = reality.claims;
    // Who shares its zone with others leaves it to them, and has one box again.
    const moves = own !== undefined && reality.claims.length === 1 && reality.peersOf(own).length > 0;
    reality.setClaims(moves ? [claim] : [...reality.claims, claim], [sender]);
    this.step();
    return true;
  }

  /** Who has several zones leaves one that others share to them. */
  private leaveShared(): void {
    const { reality } = this;
    const shared = reality.claims.length < 2 ? undefined : reality.claims.find((claim) => reality.peersOf(claim).length > 0);
    if (shared !== undefined) reality.setClaims(reality.claims.filter((claim) => claim !== shared));
  }

  private mergeHalves(): void {
    const { reality } = this;
    for (;;) {
      const { claims } = reality;
      const pair = claims.flatMap((a) => {
        const b = claims.find(({ zone }) => zone.code === a.zone.code + 1 && a.zone.code % 2 === 0);
        return b === undefined || reality.peersOf(a).length + reality.peersOf(b).length > 0 ? [] : [[a, b] as const];
      })[0];
      if (pair === undefined) return;
      const [a, b] = pair;
      reality.setClaims(claims.map((claim) => (claim === a ? merged(a, b) : claim)).filter((claim) => claim !== b));
    }
  }

  /** The neighbour that has the other half, alone. */
  private ownerOfSibling({ sibling }: Zone): Neighbour | null {
    if (sibling === null) return null;
    const owners = this.reality.neighbours.filter(({ claims }) => claims.some(({ zone }) => zone.code === sibling.code));
    return owners.length === 1 && owners[0]?.others.length === 0 ? owners[0] : null;
  }

  private whoCouldTake(zone: Zone): Neighbour | null {
    const sharing = this.reality.neighbours.find(({ others, claims }) => others.length > 0 && claims.length === 1);
    return sharing ?? this.deepestIn(zone.sibling);
  }

  /** A neighbour in that part of the tree whose zone is deepest. */
  private deepestIn(part: Zone | null): Neighbour | null {
    let deepest: Neighbour | null = null;
    for (const neighbour of this.reality.neighbours) {
      const [only] = neighbour.claims;
      if (part === null || only === undefined || neighbour.claims.length > 1 || !part.contains(only.zone)) continue;
      if (deepest === null || only.zone.depth > (deepest.claims[0] as Claim).zone.depth) deepest = neighbour;
    }
    return deepest;
  }
}

class Give extends Question {
  private readonly reassignment: Reassignment;
  private readonly claim: Claim;
  private readonly handler: GiveHandler | null;

  constructor(reassignment: Reassignment, claim: Claim, to: Contact, handler: GiveHandler | null) {
    super(reassignment.asker, to, reassignment.asker.options.attempts);
    this.reassignment = reassignment;
    this.claim = claim;
    this.handler = handler;
  }

  protected request(transaction: number): CanMessage {
    const { unit, self } = this.reassignment;
    return { tag: give.tag, transaction, unit, sender: self, claim: this.claim };
  }

  protected answered(reply: CanMessage): void {
    this.finish(reply.tag === taken.tag && reply.accepted);
  }

  protected silent(): void {
    this.finish(false);
  }

  private finish(accepted: boolean): void {
    this.reassignment.given(this.claim, this.contact, accepted);
    this.handler?.onGiven(accepted);
  }
}

class AskReassign extends Question {
  private readonly reassignment: Reassignment;
  private readonly claim: Claim;
  private readonly hops: number;

  constructor(reassignment: Reassignment, claim: Claim, contact: Contact, hops: number) {
    super(reassignment.asker, contact, 1);
    this.reassignment = reassignment;
    this.claim = claim;
    this.hops = hops;
  }

  protected request(transaction: number): CanMessage {
    return { tag: reassign.tag, transaction, unit: this.reassignment.unit, zone: this.claim.zone };
  }

  protected answered(reply: CanMessage): void {
    const [ready, next] = reply.tag === reassigned.tag ? [reply.ready, reply.next] : [false, null];
    this.reassignment.onReassigned(this.claim, this.contact, ready, next, this.hops);
  }

  protected silent(): void {
    this.reassignment.onReassigned(this.claim, this.contact, false, null, this.hops);
  }
}
