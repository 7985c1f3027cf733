/**
 * Leaving in good order (SIGCOMM 2001, section 2.3): keys go to those who will own their points, each zone to the neighbour whose zone it makes whole, or else to
 * the smallest. Owns what is still to be given.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { HandOver, type Heirs, type LeaveHandler } from '../values/index.ts';
import type { Can } from './can.ts';
import { type Claim, volumeOf } from './claim.ts';
import { placeOfKey } from './find-owners.ts';
import type { Neighbour } from './neighbour.ts';
import type { Reality } from './reality.ts';

/** Neighbours that may refuse a zone before it is left to be taken over. */
const REFUSALS_MAX = 8;

export class Departure implements Heirs {
  private readonly node: Can;
  private readonly handler: LeaveHandler;
  private readonly refused: Contact[] = [];
  private allKeys = false;
  private refusals = 0;

  constructor(node: Can, handler: LeaveHandler) {
    this.node = node;
    this.handler = handler;
  }

  start(): void {
    new HandOver(this.node, this.node.keys.all(), this, {
      onHandedOver: (all) => {
        this.allKeys = all;
        this.giveNext();
      },
    }).start();
  }

  heirOf(key: Id160): Contact | null {
    for (let index = 0; index < this.node.options.replicas; index++) {
      const { unit, point } = placeOfKey(key, index, this.node.options);
      const reality = this.node.realities[unit];
      const claim = reality?.claimAt(point);
      if (reality === undefined || !claim) continue;
      const heir = this.heirFor(reality, claim);
      if (heir !== null) return heir;
    }
    for (const { neighbours } of this.node.realities) {
      const other = neighbours.find(({ contact }) => this.isOpen(contact));
      if (other !== undefined) return other.contact;
    }
    return null;
  }

  refuse(heir: Contact): void {
    this.refused.push(heir);
  }

  private giveNext(): void {
    for (const reality of this.node.realities) {
      const [claim] = reality.claims;
      if (!reality.isMember || claim === undefined || reality.peersOf(claim).length > 0) continue;
      const heir = this.refusals > REFUSALS_MAX ? null : this.heirFor(reality, claim);
      if (heir === null) continue;
      reality.reassignment.give(claim, heir, { onGiven: (accepted) => this.onGiven(heir, accepted) });
      return;
    }
    this.node.goAway();
    this.handler.onLeft(this.allKeys);
  }

  private onGiven(heir: Contact, accepted: boolean): void {
    if (!accepted) {
      this.refusals++;
      this.refused.push(heir);
    }
    this.giveNext();
  }

  private heirFor(reality: Reality, claim: Claim): Contact | null {
    const [peer] = reality.peersOf(claim).filter(({ contact }) => this.isOpen(contact));
    if (peer !== undefined) return peer.contact;
    const open = reality.neighbours.filter(({ contact }) => this.isOpen(contact));
    const sibling = claim.zone.sibling?.code;
    const half = open.find(({ claims }) => claims.some(({ zone }) => zone.code === sibling));
    return (half ?? smallest(open))?.contact ?? null;
  }

  private isOpen(contact: Contact): boolean {
    return !this.refused.some((other) => equalIds(other, contact));
  }
}

function smallest(neighbours: readonly Neighbour[]): Neighbour | null {
  let least: Neighbour | null = null;
  for (const neighbour of neighbours) if (least === null || volumeOf(neighbour.claims) < volumeOf(least.claims)) least = neighbour;
  return least;
}
