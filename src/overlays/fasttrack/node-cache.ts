/**
 * The supernodes that a node remembers, at most 200 as in KaZaA: where they are, how full they were, when they were last known to live. Rows of 12
 * bytes, since a million simulated nodes have such a list each. Owns the rows.
 */

import { equalBytes, readU32, writeU32 } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';

const ENDPOINT_BYTES = 6;
/** Endpoint, load in per cent, dials that failed in a row, second when it was last seen. */
const ROW_BYTES = 12;
const LOAD = 6;
const FAILURES = 7;
const SEEN = 8;
const ROWS_FIRST = 8;
const FAILURES_MAX = 2;
/** Older news of a supernode are none: they lived for 2.5 hours. */
const AGE_SECONDS_MAX = 4 * 3600;

const NO_ROWS = new Uint8Array(0);

export interface KnownNode {
  readonly endpoint: Endpoint;
  readonly ageMinutes: number;
  readonly load: number;
}

export class NodeCache {
  readonly sizeMax: number;
  size = 0;
  private rows: Uint8Array = NO_ROWS;
  /** Of a full list, the row seen longest ago; -1: not known. Lists of 200 come often, with nothing newer in them. */
  private oldestRow = -1;

  constructor(sizeMax: number) {
    this.sizeMax = sizeMax;
  }

  /** It was seen so long ago. The oldest goes for it; what is older than all of a full list is passed over. */
  note(endpoint: Endpoint, load: number, nowMs: number, ageMs: number): void {
    if (endpoint.length !== ENDPOINT_BYTES || (endpoint[4] === 0 && endpoint[5] === 0)) return;
    const seen = Math.max(0, Math.floor((nowMs - ageMs) / 1000));
    if (nowMs / 1000 - seen > AGE_SECONDS_MAX) return;
    const isFull = this.size === this.sizeMax;
    if (isFull && seen < this.seenOf(this.oldest())) return;
    const known = this.find(endpoint);
    if (known >= 0) {
      if (seen < this.seenOf(known)) return;
      this.write(known, endpoint, load, seen, ageMs > 0 ? (this.rows[known * ROW_BYTES + FAILURES] as number) : 0);
      return;
    }
    const row = isFull ? this.oldest() : this.size;
    if (row < this.size && this.seenOf(row) >= seen) return;
    if (row === this.size) this.size++;
    this.grow();
    this.write(row, endpoint, load, seen, 0);
  }

  /** It did not answer: after a few times it is forgotten. */
  failed(endpoint: Endpoint): void {
    const row = this.find(endpoint);
    if (row < 0) return;
    const failures = (this.rows[row * ROW_BYTES + FAILURES] as number) + 1;
    if (failures >= FAILURES_MAX) this.remove(row);
    else this.rows[row * ROW_BYTES + FAILURES] = failures;
  }

  forget(endpoint: Endpoint): void {
    const row = this.find(endpoint);
    if (row >= 0) this.remove(row);
  }

  /** So many of them by chance, each once. */
  pick(count: number, random: Random, accepts: (endpoint: Endpoint) => boolean = () => true): Endpoint[] {
    const order = random.shuffle(Array.from({ length: this.size }, (_, row) => row));
    const chosen: Endpoint[] = [];
    for (const row of order) {
      if (chosen.length >= count) break;
      const endpoint = this.endpointOf(row);
      if (accepts(endpoint)) chosen.push(endpoint);
    }
    return chosen;
  }

  /** Those seen last, for somebody else's list. */
  latest(count: number, nowMs: number): KnownNode[] {
    const order = Array.from({ length: this.size }, (_, row) => row).sort((a, b) => this.seenOf(b) - this.seenOf(a));
    return order.slice(0, count).map((row) => ({
      endpoint: this.endpointOf(row),
      ageMinutes: Math.min(255, Math.max(0, Math.floor((nowMs / 1000 - this.seenOf(row)) / 60))),
      load: this.rows[row * ROW_BYTES + LOAD] as number,
    }));
  }

  private find(endpoint: Endpoint): number {
    for (let row = 0; row < this.size; row++) {
      const at = row * ROW_BYTES;
      if (this.rows[at + 3] === endpoint[3] && equalBytes(this.rows.subarray(at, at + ENDPOINT_BYTES), endpoint)) return row;
    }
    return -1;
  }

  private oldest(): number {
    if (this.oldestRow >= 0) return this.oldestRow;
    let oldest = 0;
    let seen = this.seenOf(0);
    for (let row = 1; row < this.size; row++) {
      const other = this.seenOf(row);
      if (other < seen) [oldest, seen] = [row, other];
    }
    this.oldestRow = oldest;
    return oldest;
  }

  private seenOf(row: number): number {
    return readU32(this.rows, row * ROW_BYTES + SEEN);
  }

  private endpointOf(row: number): Endpoint {
    return this.rows.slice(row * ROW_BYTES, row * ROW_BYTES + ENDPOINT_BYTES);
  }

  private write(row: number, endpoint: Endpoint, load: number, seen: number, failures: number): void {
    const at = row * ROW_BYTES;
    this.oldestRow = -1;
    this.rows.set(endpoint, at);
    this.rows[at + LOAD] = Math.min(255, load);
    this.rows[at + FAILURES] = failures;
    writeU32(this.rows, at + SEEN, seen);
  }

  /** The last takes its place. */
  private remove(row: number): void {
    this.size--;
    this.oldestRow = -1;
    this.rows.copyWithin(row * ROW_BYTES, this.size * ROW_BYTES, (this.size + 1) * ROW_BYTES);
  }

  private grow(): void {
    if (this.size * ROW_BYTES <= this.rows.length) return;
    const larger = new Uint8Array(Math.min(this.sizeMax, Math.max(ROWS_FIRST, 2 * (this.rows.length / ROW_BYTES))) * ROW_BYTES);
    larger.set(this.rows);
    this.rows = larger;
  }
}
