/**
 * Which peers of one address family are in which swarm: a table that takes a million peers in one swarm or in a million swarms, at
 * most 64 bytes each; owns the swarms' records and their index. Nothing in it takes longer with the number of swarms or peers.
 */

import { readU32 } from '../../core/bytes.ts';
import { KeyedHash } from '../../core/keyed-hash.ts';
import type { Random } from '../../core/random.ts';
import { PEER_SET_WORDS, PeerSets } from './peer-sets.ts';

/** A swarm's record: info-hash, completed downloads, seeds, leechers, partial seeds (BEP 21). */
const HASH_WORDS = 5;
const DOWNLOADED = HASH_WORDS;
const SEEDS = DOWNLOADED + 1;
const LEECHERS = SEEDS + PEER_SET_WORDS;
const PARTIALS = LEECHERS + PEER_SET_WORDS;
const RECORD_WORDS = PARTIALS + PEER_SET_WORDS;
const SETS = [SEEDS, LEECHERS, PARTIALS] as const;
/** In `DOWNLOADED` of a record that is free; no swarm has so many. */
const FREE = 0xffff_ffff;
const PAGE_SHIFT = 12;
const PAGE_RECORDS = 1 << PAGE_SHIFT;
const INDEX_SLOTS_MIN = 1024;
/** A leecher's set is seeds first, but leaves this share to leechers where there are some: seeds alone would be a star, not a swarm. */
const LEECHER_SHARE = 0.25;

export const NO_SWARM = -1;

export interface SwarmTableBounds {
  readonly swarmsMax: number;
  readonly peersMax: number;
}

export type Announced = 'added' | 'known' | 'became-seed' | 'full';

export class SwarmTable {
  readonly bounds: SwarmTableBounds;
  readonly addressBytes: 4 | 16;
  private readonly random: Random;
  private readonly hash: KeyedHash;
  private readonly sets: PeerSets;
  private readonly pages: Uint32Array[] = [];
  /** Open addressing: swarm number plus one, 0 is empty. */
  private index = new Uint32Array(INDEX_SLOTS_MIN);
  private freeSwarm = NO_SWARM;
  private swarmsEver = 0;
  private readonly wanted = new Uint32Array(HASH_WORDS);
  private sweepSwarm = 0;
  private sweepRow = 0;
  /** Index into SETS. */
  private sweepSet = 0;
  swarms = 0;
  peers = 0;

  constructor(addressBytes: 4 | 16, bounds: SwarmTableBounds, random: Random) {
    this.addressBytes = addressBytes;
    this.bounds = bounds;
    this.random = random;
    this.hash = new KeyedHash(random.u32(), random.u32());
    this.sets = new PeerSets(addressBytes, this.hash);
  }

  /** All that the table has allocated. */
  get bytes(): number {
    return this.sets.bytes + this.index.length * 4 + this.pages.length * PAGE_RECORDS * RECORD_WORDS * 4;
  }

  /** The swarm's number, valid until the next `sweep`, or NO_SWARM. */
  find(infoHash: Uint8Array): number {
    this.want(infoHash);
    return (this.index[this.slotOf()] as number) - 1;
  }

  /** As `find`, but makes the swarm; NO_SWARM when there are `swarmsMax` already. */
  admit(infoHash: Uint8Array): number {
    const found = this.find(infoHash);
    if (found !== NO_SWARM) return found;
    if (this.swarms >= this.bounds.swarmsMax) return NO_SWARM;
    if (this.swarms + 1 > 0.75 * this.index.length) this.growIndex();
    const swarm = this.takeRecord();
    const page = this.page(swarm);
    const at = this.at(swarm);
    page.fill(0, at, at + RECORD_WORDS);
    page.set(this.wanted, at);
    this.index[this.slotOf()] = swarm + 1;
    this.swarms++;
    return swarm;
  }

  /**
   * Adds the peer, or marks it as seen; the same endpoint replaces itself. `isPartial`: no seed, and wants nothing more. `full`: not added,
   * there are `peersMax`.
   */
  announce(swarm: number, endpoint: Uint8Array, isSeed: boolean, seconds: number, isPartial = false): Announced {
    const page = this.page(swarm);
    const at = this.at(swarm);
    this.sets.select(endpoint);
    const own = isSeed ? SEEDS : isPartial ? PARTIALS : LEECHERS;
    let moved = false;
    for (const set of SETS) moved = (set !== own && this.sets.remove(page, at + set)) || moved;
    if (moved) this.peers--;
    const set = at + own;
    if (this.peers >= this.bounds.peersMax && !this.sets.has(page, set)) return 'full';
    if (!this.sets.put(page, set, seconds)) return 'known';
    this.peers++;
    return !moved ? 'added' : isSeed ? 'became-seed' : 'known';
  }

  remove(swarm: number, endpoint: Uint8Array): void {
    const page = this.page(swarm);
    const at = this.at(swarm);
    this.sets.select(endpoint);
    if (SETS.some((set) => this.sets.remove(page, at + set))) this.peers--;
  }

  seeds(swarm: number): number {
    return this.sets.count(this.page(swarm), this.at(swarm) + SEEDS);
  }

  /** Partial seeds included: all who have not everything. */
  leechers(swarm: number): number {
    return this.downloaders(swarm) + this.sets.count(this.page(swarm), this.at(swarm) + PARTIALS);
  }

  /** Those who want something. */
  downloaders(swarm: number): number {
    return this.sets.count(this.page(swarm), this.at(swarm) + LEECHERS);
  }

  downloaded(swarm: number): number {
    return this.page(swarm)[this.at(swarm) + DOWNLOADED] as number;
  }

  countDownload(swarm: number): void {
    const at = this.at(swarm) + DOWNLOADED;
    const page = this.page(swarm);
    if ((page[at] as number) < FREE - 1) page[at] = (page[at] as number) + 1;
  }

  /**
   * Writes up to `want` random peers of the swarm as compact endpoints, without `exclude` (null: a peer of the other family), and
   * returns the offset after them. A seed, whole or partial, gets those who want something: it has nothing to ask of the others.
   */
  pick(swarm: number, exclude: Uint8Array | null, forSeed: boolean, want: number, into: Uint8Array, offset: number): number {
    const page = this.page(swarm);
    const at = this.at(swarm);
    if (exclude === null) this.sets.selectNobody();
    else this.sets.select(exclude);
    let seedsMax = 0;
    if (!forSeed) {
      const reserved = Math.min(Math.ceil(want * LEECHER_SHARE), this.leechers(swarm));
      seedsMax = want - reserved;
    }
    const afterSeeds = this.sets.pick(page, at + SEEDS, seedsMax, this.random, into, offset);
    const left = want - (afterSeeds - offset) / (this.addressBytes + 2);
    const afterLeechers = this.sets.pick(page, at + LEECHERS, left, this.random, into, afterSeeds);
    const rest = want - (afterLeechers - offset) / (this.addressBytes + 2);
    return forSeed ? afterLeechers : this.sets.pick(page, at + PARTIALS, rest, this.random, into, afterLeechers);
  }

  /**
   * Drops peers not seen for `ageSeconds` and swarms without peers, looking at about `rowsMax` rows and going on where the last sweep
   * stopped. Returns the number of peers dropped. All rows have to be visited within 18 hours, when the times wrap around.
   */
  sweep(seconds: number, ageSeconds: number, rowsMax: number): number {
    let removed = 0;
    let budget = rowsMax;
    while (budget > 0 && this.swarmsEver > 0) {
      budget--;
      if (this.sweepSwarm >= this.swarmsEver) this.sweepSwarm = 0;
      const swarm = this.sweepSwarm;
      const page = this.page(swarm);
      const at = this.at(swarm);
      if (page[at + DOWNLOADED] === FREE) {
        this.sweepSwarm++;
        continue;
      }
      const set = at + (SETS[this.sweepSet] as number);
      const from = this.sweepRow;
      removed += this.sets.expire(page, set, from, budget, seconds, ageSeconds);
      budget -= Math.max(0, this.sets.nextRow - from);
      this.sweepRow = this.sets.nextRow;
      if (this.sweepRow < this.sets.rows(page, set)) continue;
      this.sweepRow = 0;
      this.sweepSet++;
      if (this.sweepSet === SETS.length) {
        this.sweepSet = 0;
        this.sweepSwarm++;
        if (this.seeds(swarm) + this.leechers(swarm) === 0) this.dropSwarm(swarm);
      }
    }
    this.peers -= removed;
    return removed;
  }

  private want(infoHash: Uint8Array): void {
    for (let word = 0; word < HASH_WORDS; word++) this.wanted[word] = readU32(infoHash, word * 4);
  }

  /** The slot of the wanted swarm, or the empty one where it belongs. */
  private slotOf(): number {
    const mask = this.index.length - 1;
    // Two words of a SHA-1, hashed with a key: strangers choose info-hashes.
    let slot = this.hash.table(this.wanted, 0, 2) & mask;
    for (;;) {
      const entry = this.index[slot] as number;
      if (entry === 0 || this.isWanted(entry - 1)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private isWanted(swarm: number): boolean {
    const page = this.page(swarm);
    const at = this.at(swarm);
    for (let word = 0; word < HASH_WORDS; word++) if (page[at + word] !== this.wanted[word]) return false;
    return true;
  }

  private growIndex(): void {
    const old = this.index;
    this.index = new Uint32Array(old.length * 2);
    const mask = this.index.length - 1;
    for (const entry of old) {
      if (entry === 0) continue;
      let slot = this.homeOf(entry - 1) & mask;
      while (this.index[slot] !== 0) slot = (slot + 1) & mask;
      this.index[slot] = entry;
    }
  }

  private homeOf(swarm: number): number {
    return this.hash.table(this.page(swarm), this.at(swarm), 2);
  }

  private dropSwarm(swarm: number): void {
    const mask = this.index.length - 1;
    let hole = this.homeOf(swarm) & mask;
    while (this.index[hole] !== swarm + 1) hole = (hole + 1) & mask;
    for (let slot = (hole + 1) & mask; this.index[slot] !== 0; slot = (slot + 1) & mask) {
      const home = this.homeOf((this.index[slot] as number) - 1) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.index[hole] = this.index[slot] as number;
      hole = slot;
    }
    this.index[hole] = 0;
    const page = this.page(swarm);
    const at = this.at(swarm);
    page[at + DOWNLOADED] = FREE;
    page[at] = this.freeSwarm + 1;
    this.freeSwarm = swarm;
    this.swarms--;
  }

  private takeRecord(): number {
    if (this.freeSwarm !== NO_SWARM) {
      const swarm = this.freeSwarm;
      this.freeSwarm = (this.page(swarm)[this.at(swarm)] as number) - 1;
      return swarm;
    }
    if (this.swarmsEver === this.pages.length * PAGE_RECORDS) this.pages.push(new Uint32Array(PAGE_RECORDS * RECORD_WORDS));
    return this.swarmsEver++;
  }

  private page(swarm: number): Uint32Array {
    return this.pages[swarm >>> PAGE_SHIFT] as Uint32Array;
  }

  private at(swarm: number): number {
    return (swarm & (PAGE_RECORDS - 1)) * RECORD_WORDS;
  }
}
