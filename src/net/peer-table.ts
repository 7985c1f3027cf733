/**
 * Endpoints as small integers: a typed hash table of rows, bounded, in which idle peers give way to new ones (clock algorithm).
 * Owned by a socket host.
 */

import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../core/endpoint.ts';
import type { Endpoint, Peer } from '../core/host.ts';

/** More endpoints than this are not known at once; then one that nobody used since the hand last passed is forgotten. */
export const PEERS_MAX = 1 << 20;

const ROW_BYTES = ENDPOINT_V6_BYTES;
const CAPACITY_MIN = 1 << 8;
const EMPTY = -1;

export class PeerTable {
  private readonly capacityMax: number;
  /** Secret, so that nobody can choose addresses that all fall on one place. */
  private readonly seed: number;
  private capacity = 0;
  private used = 0;
  private hand = 0;
  // One row a peer; its number is the row plus one, and above PEERS_MAX a generation, so that a stale number finds nobody.
  private rows = new Uint8Array(0);
  private lengths = new Uint8Array(0);
  private recent = new Uint8Array(0);
  private holds = new Uint32Array(0);
  private generations = new Uint32Array(0);
  /** Open addressing with linear probing; twice as many places as rows. */
  private places = new Int32Array(0);

  constructor(seed: number, capacityMax = PEERS_MAX) {
    this.seed = seed | 0;
    this.capacityMax = Math.min(PEERS_MAX, capacityMax);
    this.resize(Math.min(this.capacityMax, CAPACITY_MIN));
  }

  get size(): number {
    return this.used;
  }

  /** The peer at bytes[offset, offset + length), length being that of a compact endpoint. The bytes are copied. */
  intern(bytes: Uint8Array, length: number): Peer {
    let place = this.find(bytes, length);
    let row = this.places[place] as number;
    if (row === EMPTY) {
      if (this.used === this.capacity && this.capacity < this.capacityMax) {
        this.resize(Math.min(this.capacityMax, this.capacity * 2));
      }
      row = this.used < this.capacity ? this.used++ : this.evict();
      // Growing and evicting both move places about.
      place = this.find(bytes, length);
      this.rows.set(length === bytes.length ? bytes : bytes.subarray(0, length), row * ROW_BYTES);
      this.lengths[row] = length;
      this.holds[row] = 0;
      this.places[place] = row;
    }
    this.recent[row] = 1;
    return ((this.generations[row] as number) * PEERS_MAX + row + 1) as Peer;
  }

  /** A copy of the endpoint; 0.0.0.0:0 when the peer has been forgotten since. */
  endpoint(peer: Peer): Endpoint {
    const row = this.rowOf(peer);
    if (row === EMPTY) return new Uint8Array(ENDPOINT_V4_BYTES);
    this.recent[row] = 1;
    return this.rows.slice(row * ROW_BYTES, row * ROW_BYTES + (this.lengths[row] as number));
  }

  known(peer: Peer): boolean {
    return this.rowOf(peer) !== EMPTY;
  }

  /** Keeps the peer from being forgotten until `release`; counted. */
  hold(peer: Peer): void {
    const row = this.rowOf(peer);
    if (row !== EMPTY) this.holds[row] = (this.holds[row] as number) + 1;
  }

  release(peer: Peer): void {
    const row = this.rowOf(peer);
    if (row !== EMPTY && (this.holds[row] as number) > 0) this.holds[row] = (this.holds[row] as number) - 1;
  }

  private rowOf(peer: Peer): number {
    const row = (peer - 1) % PEERS_MAX;
    if (!(row >= 0 && row < this.used)) return EMPTY;
    return this.generations[row] === Math.floor((peer - 1) / PEERS_MAX) ? row : EMPTY;
  }

  /** The place that holds these bytes, or the empty one where they belong. */
  private find(bytes: Uint8Array, length: number): number {
    const mask = this.places.length - 1;
    let place = hashOf(this.seed, bytes, 0, length) & mask;
    for (;;) {
      const row = this.places[place] as number;
      if (row === EMPTY || (this.lengths[row] === length && this.same(row, bytes, length))) return place;
      place = (place + 1) & mask;
    }
  }

  private same(row: number, bytes: Uint8Array, length: number): boolean {
    const start = row * ROW_BYTES;
    for (let index = 0; index < length; index++) if (this.rows[start + index] !== bytes[index]) return false;
    return true;
  }

  /** A row whose peer nobody holds and nobody used since the hand last passed. */
  private evict(): number {
    for (let step = 0; step < this.capacity * 2; step++) {
      const row = this.hand;
      this.hand = (this.hand + 1) % this.capacity;
      if ((this.holds[row] as number) > 0) continue;
      if (this.recent[row] === 1) {
        this.recent[row] = 0;
        continue;
      }
      this.unplace(row);
      this.generations[row] = (this.generations[row] as number) + 1;
      return row;
    }
    throw new RangeError(`expected fewer than ${this.capacity} peers with open streams`);
  }

  /** Takes the row out of the table and closes the gap, so that probing needs no tombstones. */
  private unplace(row: number): void {
    const mask = this.places.length - 1;
    let gap = this.homeOf(row);
    while (this.places[gap] !== row) gap = (gap + 1) & mask;
    let place = gap;
    for (;;) {
      place = (place + 1) & mask;
      const other = this.places[place] as number;
      if (other === EMPTY) break;
      // The other may move into the gap unless its home lies cyclically between the two.
      if (((place - this.homeOf(other)) & mask) >= ((place - gap) & mask)) {
        this.places[gap] = other;
        gap = place;
      }
    }
    this.places[gap] = EMPTY;
  }

  private homeOf(row: number): number {
    const start = row * ROW_BYTES;
    return hashOf(this.seed, this.rows, start, start + (this.lengths[row] as number)) & (this.places.length - 1);
  }

  private resize(capacity: number): void {
    const rows = new Uint8Array(capacity * ROW_BYTES);
    rows.set(this.rows);
    this.rows = rows;
    this.lengths = widen(new Uint8Array(capacity), this.lengths);
    this.recent = widen(new Uint8Array(capacity), this.recent);
    this.holds = widen(new Uint32Array(capacity), this.holds);
    this.generations = widen(new Uint32Array(capacity), this.generations);
    this.capacity = capacity;
    let size = 2;
    while (size < capacity * 2) size *= 2;
    this.places = new Int32Array(size).fill(EMPTY);
    for (let row = 0; row < this.used; row++) {
      let place = this.homeOf(row);
      while (this.places[place] !== EMPTY) place = (place + 1) & (size - 1);
      this.places[place] = row;
    }
  }
}

function widen<T extends Uint8Array | Uint32Array>(into: T, from: T): T {
  into.set(from);
  return into;
}

/** FNV-1a that rotates, with a final mix. */
function hashOf(seed: number, bytes: Uint8Array, start: number, end: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let index = start; index < end; index++) {
    hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
    hash = (hash << 13) | (hash >>> 19);
  }
  hash ^= hash >>> 15;
  return Math.imul(hash, 0x2c1b3c6d) >>> 8;
}
