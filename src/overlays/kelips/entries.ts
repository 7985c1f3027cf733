/**
 * Nodes as another has heard of them (IPTPS 2003, section 2), in columns: a network of 100,000 has a hundred million of them, which as objects
 * would take three times the memory. Owns the columns; a row is named by its index, which changes when rows before it come or go.
 */

import type { Contact } from '../../core/contact.ts';

/** Nothing is known of how long it takes to answer. */
export const RTT_UNKNOWN = -1;
/** It lives, and nothing is known of its heartbeat: any is news. */
export const HEARTBEAT_UNKNOWN = 0;
const TOLD_MAX = 255;
const CAPACITY_MIN = 8;

export class Entries {
  readonly contacts: Contact[] = [];
  /** A word of each point, by which it is found: contacts themselves lie all over the memory. */
  private readonly markOf: (contact: Contact) => number;
  private marks = new Uint32Array(0);
  /** The greatest heard of, and when that was. */
  private heartbeats = new Uint32Array(0);
  private heardAt = new Float64Array(0);
  private rtts = new Float32Array(0);
  /** How often it was told on since its heartbeat grew. */
  private told = new Uint8Array(0);

  constructor(markOf: (contact: Contact) => number) {
    this.markOf = markOf;
  }

  get length(): number {
    return this.contacts.length;
  }

  mark(row: number): number {
    return this.marks[row] as number;
  }

  heartbeat(row: number): number {
    return this.heartbeats[row] as number;
  }

  heardAtMs(row: number): number {
    return this.heardAt[row] as number;
  }

  /** RTT_UNKNOWN, or milliseconds. */
  rttMs(row: number): number {
    return this.rtts[row] as number;
  }

  timesTold(row: number): number {
    return this.told[row] as number;
  }

  insert(row: number, contact: Contact, heartbeat: number, nowMs: number): void {
    const { length } = this.contacts;
    if (length === this.heartbeats.length) this.grow();
    this.contacts.splice(row, 0, contact);
    for (const column of [this.marks, this.heartbeats, this.heardAt, this.rtts, this.told]) column.copyWithin(row + 1, row, length);
    this.set(row, contact, heartbeat, nowMs);
  }

  /** Another takes that row. */
  set(row: number, contact: Contact, heartbeat: number, nowMs: number): void {
    this.contacts[row] = contact;
    this.marks[row] = this.markOf(contact);
    this.heartbeats[row] = heartbeat;
    this.heardAt[row] = nowMs;
    this.rtts[row] = RTT_UNKNOWN;
    this.told[row] = 0;
  }

  remove(row: number): void {
    this.contacts.splice(row, 1);
    for (const column of [this.marks, this.heartbeats, this.heardAt, this.rtts, this.told]) column.copyWithin(row, row + 1);
  }

  /** A greater heartbeat, that is news of `atMs`. */
  hear(row: number, heartbeat: number, atMs: number): void {
    this.heartbeats[row] = heartbeat;
    this.heardAt[row] = Math.max(atMs, this.heardAtMs(row));
    this.told[row] = 0;
  }

  /** What it says of itself, even when that is less than what was heard of it: it may have begun anew, or somebody has lied. */
  hearItself(row: number, heartbeat: number, nowMs: number): void {
    this.heartbeats[row] = heartbeat;
    this.heardAt[row] = nowMs;
    this.told[row] = 0;
  }

  /** It has answered. */
  vouch(row: number, nowMs: number): void {
    this.heardAt[row] = nowMs;
  }

  measured(row: number, rttMs: number): void {
    const before = this.rttMs(row);
    this.rtts[row] = before === RTT_UNKNOWN ? rttMs : (7 * before + rttMs) / 8;
  }

  tell(row: number): void {
    if (this.timesTold(row) < TOLD_MAX) this.told[row] = this.timesTold(row) + 1;
  }

  private grow(): void {
    const capacity = Math.max(CAPACITY_MIN, Math.ceil(this.heartbeats.length * 1.5));
    this.marks = grown(this.marks, new Uint32Array(capacity));
    this.heartbeats = grown(this.heartbeats, new Uint32Array(capacity));
    this.heardAt = grown(this.heardAt, new Float64Array(capacity));
    this.rtts = grown(this.rtts, new Float32Array(capacity));
    this.told = grown(this.told, new Uint8Array(capacity));
  }
}

function grown<A extends Uint32Array | Float64Array | Float32Array | Uint8Array>(from: A, into: A): A {
  into.set(from);
  return into;
}
