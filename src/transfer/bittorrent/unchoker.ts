/**
 * Who is served (BEP 3, "choking"; Cohen 2003, §3): every ten seconds the interested peers that send us most, and one more in turn
 * who need not (the optimistic unchoke); as a seed, the fastest takers, and the others in turn. Owns when each peer got its slot.
 */

import type { Random } from '../../core/random.ts';
import type { ChokeReason } from './choke-reasons.ts';

export const OPTIMISTIC_MS = 30_000;
/** Connected less long than this, a peer is three times as likely to become the optimistic unchoke. */
const NEWCOMER_MS = 60_000;
const NEWCOMER_WEIGHT = 3;
/** One slot in so many is an optimistic one; always one at least. */
const SLOTS_PER_OPTIMISTIC = 5;
/** A seed's slot may go to somebody else after the first of these: a fair share. */
const TURN_MS = 60_000;
const TURN_BYTES = 20 << 20;
/** A turn is never shorter: a peer needs this long to get up to speed. */
const TURN_MS_MIN = 10_000;
/** The part of a seed's slots that stays with the fastest takers, whose turn does not end. */
const FASTEST_SHARE = 0.5;
const ADAPTIVE_SLOTS_START = 8;
const ADAPTIVE_SLOTS_MIN = 4;
const ADAPTIVE_SLOTS_MAX = 100;
/** A leech serves fewer at once than a seed: tit for tat only works where not everybody is served. */
const ADAPTIVE_LEECH_SHARE = 1 / 3;

/** What the unchoker is told about a connected peer, and what it decides. */
export interface UnchokePeer {
  readonly slot: number;
  readonly connectedAtMs: number;
  readonly interested: boolean;
  /** It wants nothing any more. */
  readonly uploadOnly: boolean;
  readonly snubbed: boolean;
  /** Bytes per second that it sends to us, and we to it; bytes that we have sent to it in all. */
  readonly downloadRate: number;
  readonly uploadRate: number;
  readonly uploadedBytes: number;
  // Decided here; kept by the caller from call to call.
  choked: boolean;
  optimistic: boolean;
  why: ChokeReason;
}

interface Turn {
  readonly sinceMs: number;
  readonly uploadedBytes: number;
}

export class Unchoker {
  private readonly fixedSlots: number | 'adaptive';
  private readonly random: Random;
  /** Peers with a slot, by their number, and when others had theirs last. */
  private readonly turns = new Map<number, Turn>();
  private readonly servedAtMs = new Map<number, number>();
  private optimisticUntilMs = Number.NEGATIVE_INFINITY;
  private adaptiveSlots = ADAPTIVE_SLOTS_START;
  private seeding = false;

  constructor(slots: number | 'adaptive', random: Random) {
    this.fixedSlots = slots;
    this.random = random;
  }

  /** How many peers are served at once. */
  get slots(): number {
    return this.fixedSlots === 'adaptive' ? this.adaptiveSlots : this.fixedSlots;
  }

  /** Decides anew; call every ten seconds. `seeding`: nothing is wanted from anybody. */
  round(now: number, peers: readonly UnchokePeer[], seeding: boolean): void {
    this.seeding = seeding;
    this.forget(peers);
    if (this.fixedSlots === 'adaptive') this.adapt(peers);
    const takers = peers.filter(wantsData);
    const served = new Set<UnchokePeer>();
    if (seeding) this.serveTakers(now, takers, served);
    else this.serveSenders(now, takers, served);
    for (const peer of peers) {
      if (served.has(peer)) this.serve(peer, now);
      else this.choke(peer, now);
    }
    if (!seeding) this.unchokeAhead(peers, served);
  }

  /** Interest has changed, or a peer has gone: slots that are free are given at once, and one too many is taken back. */
  fillSlots(now: number, peers: readonly UnchokePeer[]): void {
    this.forget(peers);
    const served = peers.filter((peer) => !peer.choked && wantsData(peer));
    let free = this.slots - served.length;
    if (free < 0) this.takeBack(served, now);
    // Without competition even a peer that snubs us may have it.
    const waiting = peers.filter((peer) => peer.choked && wantsData(peer));
    waiting.sort((a, b) => Number(a.snubbed) - Number(b.snubbed) || b.downloadRate - a.downloadRate || this.waitedLonger(a, b));
    for (const peer of waiting) {
      if (free-- <= 0) peer.why = 'waits-for-slot';
      else {
        peer.why = 'free-slot';
        this.serve(peer, now);
      }
    }
    for (const peer of peers) if (peer.choked && !wantsData(peer)) peer.why = 'wants-nothing';
  }

  // ---- leeching ------------------------------------------------------------------------------------------------------------

  private serveSenders(now: number, takers: readonly UnchokePeer[], served: Set<UnchokePeer>): void {
    const optimisticSlots = this.slots === 0 ? 0 : Math.max(1, Math.floor(this.slots / SLOTS_PER_OPTIMISTIC));
    // One slot alone is optimistic: who has nothing to trade must begin somewhere.
    const regularSlots = Math.max(this.slots - optimisticSlots, 0);
    const senders = takers.filter((peer) => !peer.snubbed && peer.downloadRate > 0);
    senders.sort((a, b) => b.downloadRate - a.downloadRate || b.uploadRate - a.uploadRate || a.slot - b.slot);
    for (const peer of senders.slice(0, regularSlots)) {
      peer.optimistic = false;
      peer.why = 'tit-for-tat';
      served.add(peer);
    }
    this.chooseOptimistic(now, takers, served, optimisticSlots);
    const others = takers.filter((peer) => !served.has(peer));
    others.sort((a, b) => Number(a.snubbed) - Number(b.snubbed) || Number(a.choked) - Number(b.choked) || this.waitedLonger(a, b));
    for (const peer of others) {
      if (served.size < this.slots) {
        peer.why = 'free-slot';
        served.add(peer);
      } else peer.why = peer.snubbed ? 'snubbed' : 'others-send-more';
    }
  }

  /** Keeps the optimistic unchokes for their 30 seconds, then draws others; one that has earned a regular slot frees its own. */
  private chooseOptimistic(now: number, takers: readonly UnchokePeer[], served: Set<UnchokePeer>, count: number): void {
    const due = now >= this.optimisticUntilMs;
    if (due) this.optimisticUntilMs = now + OPTIMISTIC_MS;
    const drawn = takers.filter((peer) => !served.has(peer));
    const current = drawn.filter((peer) => peer.optimistic);
    let left = count;
    if (!due) left -= this.serveOptimistic(current.slice(0, left), served);
    // Who was it last comes after all others.
    const fresh = this.weightedOrder(
      drawn.filter((peer) => !peer.optimistic),
      now,
    );
    left -= this.serveOptimistic(fresh.slice(0, left), served);
    if (due) this.serveOptimistic(current.slice(0, left), served);
  }

  private serveOptimistic(peers: readonly UnchokePeer[], served: Set<UnchokePeer>): number {
    for (const peer of peers) {
      peer.optimistic = true;
      peer.why = 'optimistic';
      served.add(peer);
    }
    return peers.length;
  }

  /** Draws without replacement, newcomers with three times the weight. */
  private weightedOrder(peers: UnchokePeer[], now: number): UnchokePeer[] {
    const order: UnchokePeer[] = [];
    const rest = [...peers];
    const weight = (peer: UnchokePeer): number => (now - peer.connectedAtMs < NEWCOMER_MS ? NEWCOMER_WEIGHT : 1);
    let sum = rest.reduce((total, peer) => total + weight(peer), 0);
    while (rest.length > 0) {
      let draw = this.random.below(sum);
      let index = 0;
      while (draw >= weight(rest[index] as UnchokePeer)) draw -= weight(rest[index++] as UnchokePeer);
      const [peer] = rest.splice(index, 1);
      sum -= weight(peer as UnchokePeer);
      order.push(peer as UnchokePeer);
    }
    return order;
  }

  /** BEP 3: who sends more than the least of those served but wants nothing now is unchoked ahead of its interest. */
  private unchokeAhead(peers: readonly UnchokePeer[], served: ReadonlySet<UnchokePeer>): void {
    const regular = [...served].filter((peer) => !peer.optimistic);
    if (regular.length === 0) return;
    const least = Math.min(...regular.map((peer) => peer.downloadRate));
    for (const peer of peers) {
      if (peer.interested || peer.uploadOnly || peer.snubbed || peer.downloadRate <= least) continue;
      peer.choked = false;
      peer.why = 'ahead';
    }
  }

  // ---- seeding -------------------------------------------------------------------------------------------------------------

  private serveTakers(now: number, takers: readonly UnchokePeer[], served: Set<UnchokePeer>): void {
    const holders = takers.filter((peer) => !peer.choked).sort((a, b) => b.uploadRate - a.uploadRate || a.slot - b.slot);
    const fastest = Math.ceil(this.slots * FASTEST_SHARE);
    const staying = holders.filter((peer, rank) => (rank < fastest && peer.uploadRate > 0) || !this.turnIsOver(peer, now));
    const waiting = takers.filter((peer) => peer.choked).sort((a, b) => this.waitedLonger(a, b));
    const done = holders.filter((peer) => !staying.includes(peer));
    for (const peer of takers) peer.optimistic = false;
    for (const peer of staying) peer.why = holders.indexOf(peer) < fastest ? 'fast-taker' : 'turn';
    for (const peer of waiting) peer.why = 'turn';
    for (const peer of done) peer.why = 'nobody-waits';
    for (const peer of [...staying, ...waiting, ...done]) {
      if (served.size < this.slots) served.add(peer);
      else peer.why = peer.choked ? 'waits-for-turn' : 'had-turn';
    }
  }

  private turnIsOver(peer: UnchokePeer, now: number): boolean {
    const turn = this.turns.get(peer.slot);
    if (turn === undefined || now - turn.sinceMs < TURN_MS_MIN) return false;
    return now - turn.sinceMs >= TURN_MS || peer.uploadedBytes - turn.uploadedBytes >= TURN_BYTES;
  }

  // ---- slots ---------------------------------------------------------------------------------------------------------------

  /**
   * As many slots as the upload can feed: the first BitTorrent client's √(0.6 × kB/s). An upload that is too slow for its slots
   * starves them all; one that has too few leaves the line idle. Until anything was measured there are eight.
   */
  private adapt(peers: readonly UnchokePeer[]): void {
    const rate = peers.reduce((sum, peer) => sum + peer.uploadRate, 0);
    if (rate === 0) return;
    const supported = Math.floor(Math.sqrt((rate / 1000) * 0.6) * (this.seeding ? 1 : ADAPTIVE_LEECH_SHARE));
    const inUse = peers.filter((peer) => !peer.choked && wantsData(peer)).length;
    // A rate that few takers make says nothing against more slots.
    const floor = inUse < this.adaptiveSlots ? this.adaptiveSlots : ADAPTIVE_SLOTS_MIN;
    this.adaptiveSlots = Math.min(ADAPTIVE_SLOTS_MAX, Math.max(floor, supported));
  }

  private takeBack(served: UnchokePeer[], now: number): void {
    const regular = served.filter((peer) => !peer.optimistic);
    const rate = (peer: UnchokePeer): number => (this.seeding ? peer.uploadRate : peer.downloadRate);
    regular.sort((a, b) => rate(a) - rate(b));
    for (const peer of regular.slice(0, served.length - this.slots)) {
      peer.why = 'others-send-more';
      this.choke(peer, now);
    }
  }

  private serve(peer: UnchokePeer, now: number): void {
    peer.choked = false;
    if (!this.turns.has(peer.slot)) this.turns.set(peer.slot, { sinceMs: now, uploadedBytes: peer.uploadedBytes });
  }

  private choke(peer: UnchokePeer, now: number): void {
    if (this.turns.delete(peer.slot)) this.servedAtMs.set(peer.slot, now);
    if (!wantsData(peer)) peer.why = 'wants-nothing';
    peer.choked = true;
    peer.optimistic = false;
  }

  /** Who was never served first, the one that connected first; then who was served longest ago. */
  private waitedLonger(a: UnchokePeer, b: UnchokePeer): number {
    const never = Number.NEGATIVE_INFINITY;
    const [lastA, lastB] = [this.servedAtMs.get(a.slot) ?? never, this.servedAtMs.get(b.slot) ?? never];
    if (lastA !== lastB) return lastA - lastB;
    return a.connectedAtMs - b.connectedAtMs || a.slot - b.slot;
  }

  private forget(peers: readonly UnchokePeer[]): void {
    if (this.turns.size + this.servedAtMs.size <= 2 * peers.length) return;
    const present = new Set(peers.map((peer) => peer.slot));
    for (const slot of this.turns.keys()) if (!present.has(slot)) this.turns.delete(slot);
    for (const slot of this.servedAtMs.keys()) if (!present.has(slot)) this.servedAtMs.delete(slot);
  }
}

function wantsData(peer: UnchokePeer): boolean {
  return peer.interested && !peer.uploadOnly;
}
