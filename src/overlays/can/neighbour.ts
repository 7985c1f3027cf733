/** A node whose zone is next to ours, or that shares ours, as it says of itself. Owns what is known of it. */

import type { Contact } from '../../core/contact.ts';
import { equalIds } from '../../core/id160.ts';
import type { Claim } from './claim.ts';
import type { Named } from './messages.ts';
import type { Point } from './zone.ts';

/** Share of a new round-trip time in the mean (RFC 6298). */
const RTT_GAIN = 1 / 8;

const NOBODY: readonly Contact[] = [];
const NOTHING: readonly Named[] = [];

export class Neighbour {
  readonly contact: Contact;
  claims: readonly Claim[];
  /** Who shares its zone with it, and was left out here because it is farther. */
  others: readonly Contact[] = NOBODY;
  /** Its own neighbours, as it told last: whom to tell when it is dead. */
  near: readonly Named[] = NOTHING;
  /** 0: not measured. */
  rttMs: number;

  constructor(contact: Contact, claims: readonly Claim[], rttMs = 0) {
    this.contact = contact;
    this.claims = claims;
    this.rttMs = rttMs;
  }

  measured(rttMs: number): void {
    this.rttMs = this.rttMs === 0 ? rttMs : this.rttMs + RTT_GAIN * (rttMs - this.rttMs);
  }

  /** Who is next to it; who shared its zone, and is not there any more, does so no longer. */
  told(near: readonly Named[]): void {
    this.near = near;
    if (this.others.length === 0) return;
    const [own] = this.claims;
    const shares = ({ contact, zones }: Named, other: Contact): boolean =>
      equalIds(contact, other) && zones.some(({ code }) => code === own?.zone.code);
    this.others = this.others.filter((other) => near.some((named) => shares(named, other)));
  }

  /** From the point to the nearest of its zones. */
  distance(point: Point): number {
    return distanceOf(this.claims, point);
  }

  get named(): Named {
    return { contact: this.contact, zones: this.claims.map(({ zone }) => zone) };
  }
}

export function distanceOf(claims: readonly Claim[], point: Point): number {
  let least = Number.POSITIVE_INFINITY;
  for (const { zone } of claims) least = Math.min(least, zone.distance(point));
  return least;
}
