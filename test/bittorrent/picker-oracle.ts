/** A naive model beside the real piece picker: random events go to both, and every promise is checked after each. For tests. */

import assert from 'node:assert/strict';
import { Bitset } from '../../src/core/bitset.ts';
import { Random } from '../../src/core/random.ts';
import { BLOCK_BYTES, type BlockRequest, PieceGeometry } from '../../src/transfer/bittorrent/block.ts';
import { ENDGAME_COPIES_MAX } from '../../src/transfer/bittorrent/endgame.ts';
import { PiecePicker, RANDOM_FIRST_PIECES } from '../../src/transfer/bittorrent/piece-picker.ts';

const PEERS_MAX = 8;

interface ModelPeer {
  readonly slot: number;
  readonly have: Bitset;
  /** `piece:block` of what it was asked for. */
  readonly asked: Set<string>;
}

export class PickerOracle {
  private readonly random: Random;
  private readonly geometry: PieceGeometry;
  private readonly picker: PiecePicker;
  private readonly sequential: boolean;
  private readonly peers: ModelPeer[] = [];
  private readonly priorities: number[] = [];
  private readonly have = new Set<number>();
  private readonly received = new Map<number, Map<number, number>>();
  private readonly failed = new Set<number>();
  /** By piece. Once there are any, the order is not only that of rarity. */
  private readonly deadlines = new Map<number, number>();
  private nextSlot = 0;
  private now = 0;

  constructor(seed: number, sequential: boolean) {
    this.random = new Random(seed);
    const pieces = 1 + this.random.below(40);
    const blocks = 1 + this.random.below(6);
    const shortfall = this.random.below(blocks * BLOCK_BYTES);
    this.geometry = new PieceGeometry(pieces * blocks * BLOCK_BYTES - shortfall, blocks * BLOCK_BYTES);
    this.picker = new PiecePicker(this.geometry, new Random(seed, 1));
    this.sequential = sequential;
    this.picker.order = sequential ? 'sequential' : 'rarest';
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) this.priorities.push(4);
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      this.now += this.random.below(400);
      this.step(this.random.below(100));
      this.check();
    }
    this.complete();
  }

  private step(dice: number): void {
    const peer = this.peers[this.random.below(Math.max(1, this.peers.length))];
    if (peer === undefined || (dice < 6 && this.peers.length < PEERS_MAX)) this.join();
    else if (dice < 9) this.leave(peer);
    else if (dice < 25) this.announce(peer);
    else if (dice < 27) this.withdraw(peer);
    else if (dice < 55) this.pick(peer, 1 + this.random.below(10));
    else if (dice < 85) this.deliver(peer);
    else if (dice < 90) this.lose(peer);
    else if (dice < 93) this.prioritise(this.anyPiece(), this.random.below(8));
    else if (dice < 95) this.hurry(this.anyPiece(), this.now + this.random.below(2000));
    else this.settle(dice < 99);
  }

  private anyPiece(): number {
    return this.random.below(this.geometry.pieceCount);
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  private join(): void {
    const have = new Bitset(this.geometry.pieceCount);
    const kind = this.random.below(4);
    if (kind === 0) have.fill();
    else if (kind === 1) for (let piece = 0; piece < have.length; piece++) if (this.random.chance(0.5)) have.add(piece);
    this.peers.push({ slot: this.nextSlot++, have, asked: new Set() });
    if (have.full) this.picker.addSeed();
    else this.picker.addPeer(have);
  }

  private leave(peer: ModelPeer): void {
    this.peers.splice(this.peers.indexOf(peer), 1);
    if (peer.have.full) this.picker.removeSeed();
    else this.picker.removePeer(peer.have);
    this.picker.peerGone(peer.slot);
  }

  private announce(peer: ModelPeer): void {
    const piece = this.anyPiece();
    if (!peer.have.add(piece)) return;
    this.picker.peerHave(piece);
    if (!peer.have.full) return;
    this.picker.removePeer(peer.have);
    this.picker.addSeed();
  }

  private withdraw(peer: ModelPeer): void {
    const piece = this.anyPiece();
    const wasSeed = peer.have.full;
    if (!peer.have.delete(piece)) return;
    if (wasSeed) {
      this.picker.removeSeed();
      this.picker.addPeer(peer.have);
    } else this.picker.peerLost(piece);
  }

  private pick(peer: ModelPeer, count: number): void {
    const busy = peer.asked.size > 0;
    const rarity = this.freshByRarity(peer);
    const out: BlockRequest[] = [];
    this.picker.pick(peer.slot, peer.have, count, out, this.now);
    assert.ok(out.length <= count, `asked for ${count} blocks, got ${out.length}`);
    for (const { piece, block } of out) this.checkPicked(peer, piece, block, busy);
    if (out.length === 0 && !busy) assert.ok(!this.hasFreeFor(peer), 'a free block that the peer has was not picked');
    this.checkRarity(rarity, out);
    for (const { piece, block } of out) peer.asked.add(`${piece}:${block}`);
  }

  private checkPicked(peer: ModelPeer, piece: number, block: number, busy: boolean): void {
    const name = `${piece}:${block}`;
    assert.ok(piece < this.geometry.pieceCount && block < this.geometry.blocksOf(piece), `no such block: ${name}`);
    assert.ok(peer.have.has(piece), `the peer does not have ${name}`);
    assert.ok(!this.have.has(piece) && this.priorities[piece] !== 0, `${name} is not wanted`);
    assert.ok(this.received.get(piece)?.has(block) !== true, `${name} is here already`);
    assert.ok(!peer.asked.has(name), `${name} was asked of this peer before`);
    const holders = this.peers.filter((other) => other.asked.has(name)).length;
    assert.ok(holders < ENDGAME_COPIES_MAX, `${name} was asked of ${holders} peers`);
    if (holders > 0 && this.deadlines.size === 0) assert.ok(!busy, `${name} was asked of two peers, one of which had work`);
  }

  /** Untouched pieces that the peer has, with what decides about them. */
  private freshByRarity(peer: ModelPeer): Map<number, number> {
    const fresh = new Map<number, number>();
    for (const [piece, priority] of this.priorities.entries()) {
      const touched = this.received.has(piece) || this.peers.some((other) => [...other.asked].some((name) => name.startsWith(`${piece}:`)));
      if (priority > 0 && !this.have.has(piece) && peer.have.has(piece) && !touched)
        fresh.set(piece, (7 - priority) * 1000 + this.availabilityOf(piece));
    }
    return fresh;
  }

  /** Pieces that were begun are the first by priority, then by rarity (deadlines and modes aside). */
  private checkRarity(fresh: ReadonlyMap<number, number>, out: readonly BlockRequest[]): void {
    if (this.sequential || this.have.size < RANDOM_FIRST_PIECES || this.deadlines.size > 0) return;
    const begun = [...new Set(out.map((request) => request.piece))].filter((piece) => fresh.has(piece));
    const ranks = begun.map((piece) => fresh.get(piece) as number);
    assert.deepEqual(
      ranks,
      [...ranks].sort((a, b) => a - b),
      'pieces were not begun in order of rarity',
    );
    const left = [...fresh].filter(([piece]) => !begun.includes(piece)).map(([, rank]) => rank);
    if (ranks.length > 0 && left.length > 0) assert.ok((ranks.at(-1) as number) <= Math.min(...left), 'a rarer piece was left out');
  }

  private hasFreeFor(peer: ModelPeer): boolean {
    for (let piece = 0; piece < this.geometry.pieceCount; piece++) {
      if (this.have.has(piece) || this.priorities[piece] === 0 || !peer.have.has(piece)) continue;
      // A piece that has failed is one peer's at a time.
      if (this.failed.has(piece) && this.peers.some((other) => [...other.asked].some((name) => name.startsWith(`${piece}:`)))) continue;
      for (let block = 0; block < this.geometry.blocksOf(piece); block++) if (this.isFree(piece, block)) return true;
    }
    return false;
  }

  private isFree(piece: number, block: number): boolean {
    if (this.received.get(piece)?.has(block) === true) return false;
    return !this.peers.some((peer) => peer.asked.has(`${piece}:${block}`));
  }

  private deliver(peer: ModelPeer): void {
    const [name] = peer.asked;
    if (name === undefined) return;
    const [piece, block] = name.split(':').map(Number) as [number, number];
    const outcome = this.picker.blockReceived(peer.slot, piece, block);
    assert.equal(outcome.fresh, true, `${name} was asked for and is not here, but is not taken as new`);
    const others = this.peers.filter((other) => other !== peer && other.asked.has(name));
    assert.deepEqual(new Set(outcome.others), new Set(others.map((other) => other.slot)), 'those to be cancelled');
    assert.equal(outcome.others.length, others.length);
    for (const holder of [peer, ...others]) holder.asked.delete(name);
    const blocks = this.received.get(piece) ?? new Map<number, number>();
    blocks.set(block, peer.slot);
    this.received.set(piece, blocks);
    assert.equal(outcome.pieceDone, blocks.size === this.geometry.blocksOf(piece));
  }

  private lose(peer: ModelPeer): void {
    const [name] = peer.asked;
    if (name === undefined) return;
    const [piece, block] = name.split(':').map(Number) as [number, number];
    this.picker.blockLost(peer.slot, piece, block);
    peer.asked.delete(name);
  }

  private prioritise(piece: number, priority: number): void {
    this.picker.setPriority(piece, priority);
    this.priorities[piece] = priority;
  }

  private hurry(piece: number, atMs: number): void {
    // In half of the runs there are none.
    if (this.geometry.pieceCount % 2 === 0) return;
    this.deadlines.set(piece, atMs);
    this.picker.setDeadlines([...this.deadlines].map(([each, neededMs]) => ({ piece: each, atMs: neededMs })));
  }

  /** The verdict on one whole piece. */
  private settle(ok: boolean): void {
    for (const [piece, blocks] of this.received) {
      if (blocks.size < this.geometry.blocksOf(piece)) continue;
      if (!ok && this.random.chance(0.5)) return this.settleBlocks(piece, blocks);
      this.received.delete(piece);
      if (ok) {
        this.picker.pieceVerified(piece);
        this.have.add(piece);
        this.failed.delete(piece);
      } else {
        this.picker.pieceFailed(piece);
        this.failed.add(piece);
      }
      return;
    }
  }

  /** Some blocks of a piece that has failed are known to be bad: they alone are missing again. */
  private settleBlocks(piece: number, blocks: Map<number, number>): void {
    const sure = this.random.below(blocks.size);
    const bad = [...blocks.keys()].filter((_, index) => index === sure || this.random.chance(0.4));
    this.picker.blocksFailed(piece, bad);
    for (const block of bad) blocks.delete(block);
    if (blocks.size === 0) this.received.delete(piece);
  }

  /** From wherever the walk has led to: one seed more, and everything wanted comes. */
  private complete(): void {
    for (const peer of [...this.peers]) this.leave(peer);
    assert.equal(this.picker.requesterCount, 0, 'requests are left of peers that have gone');
    const seed: ModelPeer = { slot: this.nextSlot++, have: new Bitset(this.geometry.pieceCount), asked: new Set() };
    seed.have.fill();
    this.peers.push(seed);
    this.picker.addSeed();
    for (let round = 0; round < 10_000 && !this.picker.finished; round++) {
      this.pick(seed, 16);
      while (seed.asked.size > 0) this.deliver(seed);
      for (let pieces = this.received.size; pieces > 0; pieces--) this.settle(true);
    }
    assert.equal(this.picker.finished, true, 'a whole seed was not enough to finish');
    assert.equal(this.picker.partialCount, this.received.size, 'partial pieces are left');
  }

  // ---- what must hold at any time ------------------------------------------------------------------------------------------

  private availabilityOf(piece: number): number {
    return this.peers.filter((peer) => peer.have.has(piece)).length;
  }

  private check(): void {
    let missing = 0;
    for (const [piece, priority] of this.priorities.entries()) {
      const wanted = priority > 0 && !this.have.has(piece);
      if (wanted) missing++;
      assert.equal(this.picker.isInteresting(piece), wanted, `interest in piece ${piece}`);
      assert.equal(this.picker.availabilityOf(piece), this.availabilityOf(piece), `peers with piece ${piece}`);
      for (let block = 0; block < this.geometry.blocksOf(piece); block++) {
        const source = this.received.get(piece)?.get(block);
        assert.equal(this.picker.blockSource(piece, block), source ?? -1, `who sent ${piece}:${block}`);
        assert.equal(this.picker.isMissing(piece, block), !this.have.has(piece) && source === undefined);
      }
    }
    assert.equal(this.picker.missingPieces, missing);
    assert.equal(this.picker.haveCount, this.have.size);
    for (const peer of this.peers) this.checkPeer(peer);
  }

  private checkPeer(peer: ModelPeer): void {
    const asked = this.picker.allRequestsOf(peer.slot).map(({ piece, block }) => `${piece}:${block}`);
    assert.deepEqual(asked.sort(), [...peer.asked].sort(), `requests of peer ${peer.slot}`);
    const wants = this.priorities.some((priority, piece) => priority > 0 && !this.have.has(piece) && peer.have.has(piece));
    assert.equal(this.picker.wantsFrom(peer.have), wants, `interest in peer ${peer.slot}`);
  }
}
