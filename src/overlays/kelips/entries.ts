/**
 * Nodes as another has heard of them (IPTPS 2003, section 2), in columns: a network of 100,000 has a hundred million of them, which as objects
 * would take three times the memory. Owns the columns, which lie in one buffer; a row is named by its index, which changes when rows before it come or go.
 */

import type { Contact } from '../../core/contact.ts';

/** Nothing is known of how long it takes to answer. */
export const RTT_UNKNOWN = -1;
/** It lives, and nothing is known of its heartbeat: any is news. */
export const HEARTBEAT_UNKNOWN = 0;
/** That of a node before its first round. */
export const HEARTBEAT_FIRST = 1;
const TOLD_MAX = 255;
const CAPACITY_MIN = 8;
/** Of all columns together. */
const ROW_BYTES = 21;

/** Whom a node knows when a network begins finished, in the order in which they are kept, and how far each is. */
export interface Acquaintances {
  readonly contacts: Contact[];
  readonly rttsMs: number[];
}

export class Entries {
  /** A word of each point, by which it is found: contacts themselves lie all over the memory. */
  private readonly markOf: (contact: Contact) => number;
  private rows: Contact[] = [];
  private columns = new Columns(0);

  constructor(markOf: (contact: Contact) => number) {
    this.markOf = markOf;
  }

  get contacts(): readonly Contact[] {
    return this.rows;
  }

  get length(): number {
    return this.rows.length;
  }

  mark(row: number): number {
    return this.columns.marks[row] as number;
  }

  heartbeat(row: number): number {
    return this.columns.heartbeats[row] as number;
  }

  heardAtMs(row: number): number {
    return this.columns.heardAt[row] as number;
  }

  /** RTT_UNKNOWN, or milliseconds. */
  rttMs(row: number): number {
    return this.columns.rtts[row] as number;
  }

  timesTold(row: number): number {
    return this.columns.told[row] as number;
  }

  insert(row: number, contact: Contact, heartbeat: number, nowMs: number): void {
    const { length } = this.rows;
    if (length === this.columns.capacity) this.columns = this.columns.grown(Math.max(CAPACITY_MIN, Math.ceil(length * 1.5)));
    this.rows.splice(row, 0, contact);
    this.columns.move(row, row + 1, length);
    this.set(row, contact, heartbeat, nowMs);
  }

  /** All at once, when there are none yet, each with the same heartbeat: no room is left over. */
  fill({ contacts, rttsMs }: Acquaintances, heartbeat: number, nowMs: number): void {
    this.columns = new Columns(contacts.length);
    // A copy has no room for more, which an array that has grown has.
    this.rows = contacts.slice();
    for (const [row, contact] of contacts.entries()) {
      this.set(row, contact, heartbeat, nowMs);
      this.columns.rtts[row] = rttsMs[row] as number;
    }
  }

  /** Another takes that row. */
  set(row: number, contact: Contact, heartbeat: number, nowMs: number): void {
    this.rows[row] = contact;
    this.columns.marks[row] = this.markOf(contact);
    this.columns.heartbeats[row] = heartbeat;
    this.columns.heardAt[row] = nowMs;
    this.columns.rtts[row] = RTT_UNKNOWN;
    this.columns.told[row] = 0;
  }

  remove(row: number): void {
    this.rows.splice(row, 1);
    this.columns.move(row + 1, row, this.rows.length + 1);
  }

  /** A greater heartbeat, that is news of `atMs`. */
  hear(row: number, heartbeat: number, atMs: number): void {
    this.columns.heartbeats[row] = heartbeat;
    this.columns.heardAt[row] = Math.max(atMs, this.heardAtMs(row));
    this.columns.told[row] = 0;
  }

  /** What it says of itself, even when that is less than what was heard of it: it may have begun anew, or somebody has lied. */
  hearItself(row: number, heartbeat: number, nowMs: number): void {
    this.columns.heartbeats[row] = heartbeat;
    this.columns.heardAt[row] = nowMs;
    this.columns.told[row] = 0;
  }

  /** It has answered. */
  vouch(row: number, nowMs: number): void {
    this.columns.heardAt[row] = nowMs;
  }

  measured(row: number, rttMs: number): void {
    const before = this.rttMs(row);
    this.columns.rtts[row] = before === RTT_UNKNOWN ? rttMs : (7 * before + rttMs) / 8;
  }

  tell(row: number): void {
    if (this.timesTold(row) < TOLD_MAX) this.columns.told[row] = this.timesTold(row) + 1;
  }
}

/** One buffer for all: five of them for each of 200,000 would cost as much as what is in them. */
class Columns {
  readonly capacity: number;
  /** When there was news last. */
  readonly heardAt: Float64Array;
  readonly marks: Uint32Array;
  /** The greatest heard of. */
  readonly heartbeats: Uint32Array;
  readonly rtts: Float32Array;
  /** How often it was told on since its heartbeat grew. */
  readonly told: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    const buffer = new ArrayBuffer(ROW_BYTES * capacity);
    this.heardAt = new Float64Array(buffer, 0, capacity);
    this.marks = new Uint32Array(buffer, 8 * capacity, capacity);
    this.heartbeats = new Uint32Array(buffer, 12 * capacity, capacity);
    this.rtts = new Float32Array(buffer, 16 * capacity, capacity);
    this.told = new Uint8Array(buffer, 20 * capacity, capacity);
  }

  grown(capacity: number): Columns {
    const grown = new Columns(capacity);
    grown.heardAt.set(this.heardAt);
    grown.marks.set(this.marks);
    grown.heartbeats.set(this.heartbeats);
    grown.rtts.set(this.rtts);
    grown.told.set(this.told);
    return grown;
  }

  /** The rows from `from` up to `end` to where `to` is. */
  move(from: number, to: number, end: number): void {
    this.heardAt.copyWithin(to, from, end);
    this.marks.copyWithin(to, from, end);
    this.heartbeats.copyWithin(to, from, end);
    this.rtts.copyWithin(to, from, end);
    this.told.copyWithin(to, from, end);
  }
}
