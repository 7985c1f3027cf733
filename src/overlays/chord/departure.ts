/**
 * Leaving of one's own will (ToN 2003, section III): keys go to the successor, then the neighbours are told. All points of a host go, so
 * that for each the neighbours are those beyond the host. Owns one such departure.
 */

import { equalBytes } from '../../core/bytes.ts';
import type { Chord } from './chord.ts';
import type { Contact } from '../../core/contact.ts';
import { equalIds, inOpen } from './ring-id.ts';
import { HandOver, type HandOverHandler, type Heirs, type LeaveHandler } from '../values/index.ts';
import type { VirtualNode } from './virtual-node.ts';

const NOBODY: readonly Contact[] = [];

export class Departure implements Heirs, HandOverHandler {
  private readonly chord: Chord;
  private readonly handler: LeaveHandler;
  /** Whoever is known beyond this host, but those of hosts that did not take what they were offered. */
  private others: readonly Contact[];
  private unit = 0;
  private handedOver = true;

  constructor(chord: Chord, handler: LeaveHandler) {
    this.chord = chord;
    this.handler = handler;
    this.others = othersKnown(chord);
    for (const unit of chord.units) unit.departing = true;
  }

  /** One point after the other: its keys go to the nearest that takes them. */
  start(): void {
    const { chord } = this;
    const node = chord.units[this.unit];
    if (node === undefined) this.handler.onLeft(this.handedOver);
    else new HandOver(chord, node.keys.all(), this, this).start();
  }

  heirOf(): Contact | null {
    return clockwise(this.others, this.leaver)[0] ?? null;
  }

  refuse(heir: Contact): void {
    this.others = this.others.filter((other) => !equalBytes(other.endpoint, heir.endpoint));
  }

  onHandedOver(all: boolean): void {
    this.handedOver &&= all;
    const { leaver } = this;
    leaver.leave(around(this.others, leaver));
    this.unit++;
    this.start();
  }

  private get leaver(): VirtualNode {
    return this.chord.units[this.unit] as VirtualNode;
  }
}

/** Leaves without handing anything over. */
export function leaveAtOnce(chord: Chord): void {
  // One point alone knows whom to tell.
  const others = chord.units.length > 1 ? othersKnown(chord) : NOBODY;
  for (const unit of chord.units) unit.leave(around(others, unit));
}

/** All contacts that are no points of this host. */
function othersKnown(chord: Chord): readonly Contact[] {
  const found = new Map<string, Contact>();
  const [{ self }] = chord.units as [VirtualNode];
  for (const { predecessor, successors, fingers } of chord.units) {
    for (const contact of [predecessor, ...successors, ...fingers.distinct()]) {
      if (contact !== null && !equalBytes(contact.endpoint, self.endpoint)) found.set(contact.hex, contact);
    }
  }
  return [...found.values()];
}

/** As they follow a point on the ring. */
function clockwise(contacts: readonly Contact[], { self }: VirtualNode): Contact[] {
  return contacts.toSorted((a, b) => (equalIds(a, b) ? 0 : inOpen(a, self, b) ? -1 : 1));
}

/** The nearest after a point and before it: points of the same host that lie between are going as well. */
function around(contacts: readonly Contact[], node: VirtualNode): readonly Contact[] {
  if (contacts.length === 0) return NOBODY;
  const sorted = clockwise(contacts, node);
  return [sorted[0] as Contact, sorted[sorted.length - 1] as Contact];
}
