/**
 * Peers that were announced to us, by info-hash, of one address family (BEP 5, 33). Owns the swarms. An address is in a swarm once, and
 * in a bounded number of them; a full swarm gives a random place to a newcomer, so that nobody can lock others out.
 */

import { isLocal } from '../../core/address-scope.ts';
import { ID_BYTES } from '../../core/id.ts';
import type { Endpoint } from '../../core/host.ts';
import type { Random } from '../../core/random.ts';
import { addressKey } from './address-kind.ts';
import { insertAddress } from './bloom-filter.ts';
import type { ScrapeFields } from './krpc-messages.ts';
import { FILTER_BYTES } from './krpc-decode.ts';
import { compareXor, mapKeyOf, type NodeId, writeId } from './node-id.ts';

export interface PeerStoreBounds {
  readonly infoHashesMax: number;
  readonly peersMax: number;
  /** Swarms that one address may be in. */
  readonly perAddressMax: number;
  readonly ageMs: number;
}

class Swarm {
  readonly infoHash: NodeId;
  /** Endpoints in a row, and when each was announced, in seconds; the lowest bit says that it is a seed. */
  endpoints: Uint8Array;
  announced: Uint32Array;
  count = 0;

  constructor(infoHash: NodeId, endpointBytes: number) {
    this.infoHash = infoHash;
    this.endpoints = new Uint8Array(endpointBytes);
    this.announced = new Uint32Array(1);
  }
}

export class PeerStore {
  private readonly bounds: PeerStoreBounds;
  /** Ours; what is nearest to it is kept at a bound. */
  self: NodeId;
  private readonly random: Random;
  private readonly bytes: 6 | 18;
  private readonly swarms = new Map<string, Swarm>();
  /** How many swarms an address is in, by address. */
  private readonly places = new Map<number, number>();
  /** How many peers there are. */
  size = 0;
  private sampled: Uint8Array | null = null;
  private sampledUntilMs = 0;

  constructor(bounds: PeerStoreBounds, self: NodeId, random: Random, bytes: 6 | 18) {
    this.bounds = bounds;
    this.self = self;
    this.random = random;
    this.bytes = bytes;
  }

  get infoHashes(): number {
    return this.swarms.size;
  }

  /** Stores or refreshes a peer; false at a bound. */
  announce(infoHash: NodeId, endpoint: Endpoint, isSeed: boolean, nowMs: number): boolean {
    const key = mapKeyOf(infoHash);
    let swarm = this.swarms.get(key);
    const mark = (Math.floor(nowMs / 1000) << 1) | (isSeed ? 1 : 0);
    const row = swarm === undefined ? -1 : this.rowOf(swarm, endpoint);
    if (swarm !== undefined && row >= 0) {
      swarm.endpoints.set(endpoint, row * this.bytes);
      swarm.announced[row] = mark;
      return true;
    }
    if ((this.places.get(addressKey(endpoint)) ?? 0) >= this.bounds.perAddressMax && !isLocal(endpoint)) return false;
    if (swarm === undefined) {
      if (this.swarms.size >= this.bounds.infoHashesMax && !this.makeRoom(infoHash)) return false;
      swarm = new Swarm(infoHash, this.bytes);
      this.swarms.set(key, swarm);
    }
    if (swarm.count >= this.bounds.peersMax) this.removeRow(swarm, this.random.below(swarm.count));
    this.append(swarm, endpoint, mark);
    return true;
  }

  /** Up to `countMax` random peers in a row, seeds last where they are not wanted; null when the info-hash is not known here. */
  pick(infoHash: NodeId, countMax: number, noSeeds: boolean): Uint8Array | null {
    const swarm = this.swarms.get(mapKeyOf(infoHash));
    if (swarm === undefined) return null;
    const { bytes } = this;
    const { count, endpoints, announced } = swarm;
    if (count <= countMax && !noSeeds) return endpoints.slice(0, count * bytes);
    const picked = new Uint8Array(Math.min(count, countMax) * bytes);
    let to = 0;
    // A random run of a random order of arrival: as good as random peers, at no cost.
    const from = this.random.below(count);
    for (const seedsTurn of noSeeds ? [0, 1] : [-1]) {
      for (let index = 0; index < count && to < picked.length; index++) {
        const row = (from + index) % count;
        if (seedsTurn >= 0 && ((announced[row] as number) & 1) !== seedsTurn) continue;
        picked.set(endpoints.subarray(row * bytes, (row + 1) * bytes), to);
        to += bytes;
      }
    }
    return picked;
  }

  /** BEP 33: filters of all that are stored, or null when the info-hash is not known here. */
  scrape(infoHash: NodeId): ScrapeFields | null {
    const swarm = this.swarms.get(mapKeyOf(infoHash));
    if (swarm === undefined) return null;
    const scrape = { seeds: new Uint8Array(FILTER_BYTES), peers: new Uint8Array(FILTER_BYTES) };
    for (let row = 0; row < swarm.count; row++) {
      const isSeed = ((swarm.announced[row] as number) & 1) === 1;
      insertAddress(isSeed ? scrape.seeds : scrape.peers, swarm.endpoints.subarray(row * this.bytes, row * this.bytes + this.bytes - 2));
    }
    return scrape;
  }

  /** BEP 51: random info-hashes in a row; the same ones until the interval is over, so that asking again is of no use. */
  sample(countMax: number, nowMs: number, intervalMs: number): { readonly infoHashes: Uint8Array; readonly untilMs: number } {
    if (this.swarms.size > countMax && this.sampled !== null && nowMs < this.sampledUntilMs) {
      return { infoHashes: this.sampled, untilMs: this.sampledUntilMs };
    }
    const chosen: Swarm[] = [];
    let seen = 0;
    for (const swarm of this.swarms.values()) {
      seen++;
      if (chosen.length < countMax) chosen.push(swarm);
      else {
        const place = this.random.below(seen);
        if (place < countMax) chosen[place] = swarm;
      }
    }
    this.sampled = new Uint8Array(chosen.length * ID_BYTES);
    for (const [index, swarm] of chosen.entries()) writeId(swarm.infoHash, this.sampled, index * ID_BYTES);
    this.sampledUntilMs = this.swarms.size > countMax ? nowMs + intervalMs : nowMs;
    return { infoHashes: this.sampled, untilMs: this.sampledUntilMs };
  }

  /** Drops what is older than it may be. */
  expire(nowMs: number): void {
    const oldest = Math.floor((nowMs - this.bounds.ageMs) / 1000);
    for (const [key, swarm] of this.swarms) {
      for (let row = swarm.count - 1; row >= 0; row--) if ((swarm.announced[row] as number) >>> 1 < oldest) this.removeRow(swarm, row);
      if (swarm.count === 0) this.swarms.delete(key);
    }
  }

  private append(swarm: Swarm, endpoint: Endpoint, mark: number): void {
    if (swarm.count === swarm.announced.length) {
      const capacity = Math.min(this.bounds.peersMax, swarm.count * 2);
      const endpoints = new Uint8Array(capacity * this.bytes);
      endpoints.set(swarm.endpoints);
      swarm.endpoints = endpoints;
      const announced = new Uint32Array(capacity);
      announced.set(swarm.announced);
      swarm.announced = announced;
    }
    swarm.endpoints.set(endpoint, swarm.count * this.bytes);
    swarm.announced[swarm.count] = mark;
    swarm.count++;
    this.size++;
    const address = addressKey(endpoint);
    this.places.set(address, (this.places.get(address) ?? 0) + 1);
  }

  private removeRow(swarm: Swarm, row: number): void {
    const { bytes } = this;
    const address = addressKey(swarm.endpoints.subarray(row * bytes, (row + 1) * bytes));
    const places = (this.places.get(address) as number) - 1;
    if (places === 0) this.places.delete(address);
    else this.places.set(address, places);
    swarm.count--;
    this.size--;
    swarm.endpoints.copyWithin(row * bytes, swarm.count * bytes, (swarm.count + 1) * bytes);
    swarm.announced[row] = swarm.announced[swarm.count] as number;
  }

  /** The row of that address; on the own site, where many share one, of that endpoint. */
  private rowOf(swarm: Swarm, endpoint: Endpoint): number {
    const { bytes } = this;
    const compared = isLocal(endpoint) ? bytes : bytes - 2;
    for (let row = 0; row < swarm.count; row++) {
      let at = 0;
      while (at < compared && swarm.endpoints[row * bytes + at] === endpoint[at]) at++;
      if (at === compared) return row;
    }
    return -1;
  }

  /** At the bound the info-hash farthest from us goes, as the least ours to keep; false when that is the new one. */
  private makeRoom(infoHash: NodeId): boolean {
    let farthest: NodeId = infoHash;
    for (const swarm of this.swarms.values()) if (compareXor(this.self, swarm.infoHash, farthest) > 0) farthest = swarm.infoHash;
    if (farthest === infoHash) return false;
    const swarm = this.swarms.get(mapKeyOf(farthest)) as Swarm;
    while (swarm.count > 0) this.removeRow(swarm, swarm.count - 1);
    this.swarms.delete(mapKeyOf(farthest));
    return true;
  }
}
