/**
 * Moves blocks in for one torrent (BEP 3, 6, 52): decides what to ask of whom with the piece picker, takes the blocks, has pieces
 * verified, and finds out whose block was bad. Owns the picker and every request in flight; lives from metainfo to completion.
 */

import { Bitset } from '../../core/bitset.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { Body, FingerprintOperation, Host, Store, VerifyOperation } from '../../core/host.ts';
import { BLOCK_BYTES, type BlockRequest, type PieceGeometry } from './block.ts';
import { hasteOf, NO_HASTE, type OtherSource, quickestFirst } from './haste.ts';
import { NOT_WAITING, type OutstandingRequest, type PeerConnection } from './peer-connection.ts';
import type { Blame } from './leaf-trial.ts';
import type { PieceHead } from './peer-messages.ts';
import type { PieceDeadline } from './piece-deadlines.ts';
import { PiecePicker } from './piece-picker.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { SmartBan } from './smart-ban.ts';
import type { Traffic } from './traffic.ts';

/** A peer that has sent nothing for this long while it owes us blocks is snubbing us (BEP 3's reference choker). */
export const SNUB_AFTER_MS = 60_000;
/** Pieces that a peer has suggested and that we have not acted on; the oldest are forgotten. */
const SUGGESTED_MAX = 16;

/** What the downloader needs of its torrent. */
export interface DownloadOwner {
  readonly connections: Iterable<PeerConnection>;
  readonly webSeeds: { working(): Iterable<OtherSource> };
  /** A piece has passed its hash and is on disk. */
  onPieceVerified(piece: number): void;
  /** Proof that the peer at this slot sent a wrong block. */
  onPoisoner(slot: number, detail: string): void;
  /** Which blocks of a failed piece are bad (BitTorrent v2): `blame` hears of it. False: there are no trees to tell. */
  findBadBlocks(piece: number, blame: Blame): boolean;
  /** The disk is behind: hold all streams until it has caught up. */
  onDiskBehind(): void;
  /** The download budget is spent; call `fillAll` again after that many milliseconds. */
  onThrottled(waitMs: number): void;
}

export class Downloader implements VerifyOperation {
  readonly picker: PiecePicker;
  private readonly host: Host;
  private readonly store: Store;
  private readonly geometry: PieceGeometry;
  private readonly owner: DownloadOwner;
  private readonly limiter: RateLimiter;
  private readonly traffic: Traffic;
  private readonly smartBan = new SmartBan();
  /** Who is writing a block right now, by block number: two peers that send one block in endgame must not mix their bytes. */
  private readonly writers = new Map<number, number>();
  private readonly blocksPerPiece: number;
  private readonly picked: BlockRequest[] = [];
  private stopped = false;

  constructor(host: Host, store: Store, geometry: PieceGeometry, limiter: RateLimiter, traffic: Traffic, owner: DownloadOwner) {
    this.host = host;
    this.store = store;
    this.geometry = geometry;
    this.limiter = limiter;
    this.traffic = traffic;
    this.owner = owner;
    this.picker = new PiecePicker(geometry, host.random);
    this.blocksPerPiece = Math.ceil(geometry.pieceBytes / BLOCK_BYTES);
    for (let piece = 0; piece < geometry.pieceCount; piece++) if (store.have.has(piece)) this.picker.pieceVerified(piece);
  }

  /** One priority a piece; 0 is not wanted. */
  setPriorities(priorities: Uint8Array): void {
    for (const [piece, priority] of priorities.entries()) this.picker.setPriority(piece, priority);
  }

  /** Other pieces are wanted now. What was asked for of those that are not any more is called off; what has come of them is kept. */
  reprioritize(priorities: Uint8Array): void {
    this.setPriorities(priorities);
    for (const connection of this.owner.connections) {
      for (const request of connection.outstanding.slice()) {
        if (connection.receiving !== request && this.picker.priorityOf(request.piece) === 0) this.callOff(connection, request);
      }
      if (connection.outstanding.length === 0) connection.waitingSinceMs = NOT_WAITING;
      this.updateInterest(connection);
    }
    this.fillAll();
  }

  // ---- who has what --------------------------------------------------------------------------------------------------------

  /** What the peer has is known now; before, it counted as having nothing. */
  peerJoined(connection: PeerConnection): void {
    const have = connection.have as Bitset;
    if (have.full) this.picker.addSeed();
    else this.picker.addPeer(have);
    this.updateInterest(connection);
  }

  /** One more piece at a peer; `connection.have` contains it already. */
  peerHas(connection: PeerConnection, piece: number): void {
    const have = connection.have as Bitset;
    this.picker.peerHave(piece);
    if (have.full) {
      // A seed costs a counter instead of an entry in every piece.
      this.picker.removePeer(have);
      this.picker.addSeed();
    }
    if (!connection.amInterested && this.picker.isInteresting(piece)) connection.setInterested(true);
    if (connection.outstanding.length === 0) this.fill(connection);
  }

  peerLost(connection: PeerConnection, piece: number, wasSeed: boolean): void {
    if (wasSeed) {
      this.picker.removeSeed();
      this.picker.addPeer(connection.have as Bitset);
    } else this.picker.peerLost(piece);
    // BEP 54: who cannot reject drops what was asked of that piece without a word.
    if (!connection.supportsFast) {
      this.dropRequests(connection, piece);
      this.fillIdle();
    }
  }

  peerGone(connection: PeerConnection): void {
    if (connection.have !== null) {
      if (connection.have.full) this.picker.removeSeed();
      else this.picker.removePeer(connection.have);
    }
    this.dropRequests(connection);
    this.picker.peerGone(connection.slot);
    this.fillIdle();
  }

  updateInterest(connection: PeerConnection): void {
    if (connection.have === null) return;
    connection.setInterested(!this.stopped && this.picker.wantsFrom(connection.have));
  }

  // ---- asking --------------------------------------------------------------------------------------------------------------

  /** Asks the peer for as much as its window has room for. */
  fill(connection: PeerConnection): void {
    if (this.stopped || connection.closed || connection.have === null || !connection.amInterested) return;
    const allowed = connection.peerChoking ? connection.fastPieces : connection.have;
    if (allowed === null) return;
    const now = this.host.now();
    const hurried = this.picker.hasDeadlines;
    // Of several peers nobody knows which is quick: each begins with a part of the first piece.
    if (hurried && this.isAlone(connection)) connection.window.hurry();
    // Who has let us wait is asked for one block, to see whether it has come back.
    const window = connection.late ? 1 : connection.window.blocks();
    const room = window - connection.outstanding.length;
    // Asking in batches costs a fraction of asking block by block; a small window is kept full.
    if (room <= 0 || (room < window >> 2 && connection.outstanding.length > 4)) return;
    let budget = room;
    if (this.limiter.limited) {
      budget = Math.min(room, Math.floor(this.limiter.available(now) / BLOCK_BYTES));
      if (budget <= 0) {
        this.owner.onThrottled(this.limiter.msUntil(BLOCK_BYTES, now));
        return;
      }
    }
    this.picked.length = 0;
    // Suggestions spread rare pieces; who wants another order has a reason.
    if (!connection.peerChoking && this.picker.order === 'rarest' && !hurried) this.pickSuggested(connection, budget, now);
    const haste = hurried ? hasteOf(connection, this.owner.connections, this.owner.webSeeds.working(), now) : NO_HASTE;
    if (this.picked.length < budget) this.picker.pick(connection.slot, allowed, budget - this.picked.length, this.picked, now, haste);
    for (const { piece, block } of this.picked) this.ask(connection, piece, block, now);
  }

  private isAlone(connection: PeerConnection): boolean {
    for (const other of this.owner.connections) if (other !== connection) return false;
    return true;
  }

  /** A seed that suggests pieces hands a different one to everybody, so nothing is sent twice; worth following. */
  private pickSuggested(connection: PeerConnection, budget: number, now: number): void {
    while (connection.suggested.length > 0 && this.picked.length < budget) {
      const piece = connection.suggested[0] as number;
      if (
        !(connection.have as Bitset).has(piece) ||
        this.picker.pickPiece(connection.slot, piece, budget - this.picked.length, this.picked, now)
      ) {
        connection.suggested.shift();
      } else return;
    }
  }

  private ask(connection: PeerConnection, piece: number, block: number, now: number): void {
    const length = this.geometry.blockLength(piece, block);
    this.limiter.take(length, now);
    if (connection.waitingSinceMs === NOT_WAITING) connection.waitingSinceMs = now;
    connection.askedAtMs = now;
    connection.outstanding.push({ piece, block, sentAtMs: now });
    connection.sayRequest(piece, block, length);
  }

  fillAll(): void {
    for (const connection of this.owner.connections) this.fill(connection);
  }

  /** What is needed first has changed: the quickest choose first. Those that let us wait have their turn at the next tick. */
  hurry(deadlines: readonly PieceDeadline[]): void {
    this.picker.setDeadlines(deadlines);
    for (const connection of quickestFirst(this.owner.connections, this.host.now())) if (!connection.late) this.fill(connection);
  }

  /** Blocks have become free: whoever has nothing to do may take them. Peers that let us wait have their turn at the next tick. */
  fillIdle(): void {
    for (const connection of this.owner.connections) if (connection.outstanding.length === 0 && !connection.late) this.fill(connection);
  }

  suggest(connection: PeerConnection, piece: number): void {
    if (piece >= this.geometry.pieceCount || !this.picker.isInteresting(piece)) return;
    if (connection.suggested.length >= SUGGESTED_MAX) connection.suggested.shift();
    connection.suggested.push(piece);
  }

  allowFast(connection: PeerConnection, piece: number): void {
    if (piece >= this.geometry.pieceCount || connection.have === null) return;
    connection.fastPieces ??= new Bitset(this.geometry.pieceCount);
    // Allowed does not mean had (BEP 6).
    if (connection.have.has(piece)) connection.fastPieces.add(piece);
    if (connection.peerChoking) this.fill(connection);
  }

  /** Choked: without BEP 6 all requests are void; with it each is rejected by name, or served. */
  choked(connection: PeerConnection): void {
    if (!connection.supportsFast) {
      this.dropRequests(connection);
      this.fillIdle();
    }
  }

  rejected(connection: PeerConnection, piece: number, block: number): void {
    const index = connection.indexOfOutstanding(piece, block);
    if (index < 0) return;
    connection.removeOutstanding(index);
    connection.fastPieces?.delete(piece);
    this.picker.blockLost(connection.slot, piece, block);
    // Who refuses though it has unchoked us is not asked again at once, or the two of us would go on for ever; others are.
    if (!connection.peerChoking) connection.late = true;
    this.fillIdle();
  }

  /** Of all pieces, or of one. */
  private dropRequests(connection: PeerConnection, only = -1): void {
    const kept = connection.outstanding.filter(({ piece }) => only >= 0 && piece !== only);
    for (const { piece, block } of connection.outstanding) {
      if (only >= 0 && piece !== only) continue;
      this.picker.blockLost(connection.slot, piece, block);
      this.endWriting(connection.slot, piece, block);
    }
    connection.outstanding.length = 0;
    connection.outstanding.push(...kept);
    if (connection.receiving !== null && !kept.includes(connection.receiving)) connection.receiving = null;
    if (kept.length === 0) connection.waitingSinceMs = NOT_WAITING;
  }

  // ---- taking --------------------------------------------------------------------------------------------------------------

  /** A slice of a block. Bytes that nobody asked for, or that another peer is already sending, are dropped and counted. */
  slice(connection: PeerConnection, head: PieceHead, body: Body, offset: number): void {
    if (offset === 0) connection.receiving = this.expected(connection, head);
    const request = connection.receiving;
    const last = offset + body.length === head.length;
    if (request === null) {
      this.traffic.wastedBytes += body.length;
      connection.countUnsolicited(body.length);
      return;
    }
    const number = request.piece * this.blocksPerPiece + request.block;
    const mine = this.writers.get(number) === connection.slot;
    if (mine) {
      if (!this.store.write(request.piece, head.begin + offset, body)) this.owner.onDiskBehind();
    } else this.traffic.wastedBytes += body.length;
    this.traffic.downloadedBytes += body.length;
    connection.down.add(body.length, this.host.now());
    if (last) this.blockDone(connection, request, mine);
  }

  private expected(connection: PeerConnection, head: PieceHead): OutstandingRequest | null {
    if (head.begin % BLOCK_BYTES !== 0 || head.piece >= this.geometry.pieceCount) return null;
    const block = head.begin / BLOCK_BYTES;
    const index = connection.indexOfOutstanding(head.piece, block);
    if (index < 0 || head.length !== this.geometry.blockLength(head.piece, block)) return null;
    const number = head.piece * this.blocksPerPiece + block;
    if (!this.writers.has(number) && this.picker.isMissing(head.piece, block)) this.writers.set(number, connection.slot);
    return connection.outstanding[index] as OutstandingRequest;
  }

  private blockDone(connection: PeerConnection, request: OutstandingRequest, written: boolean): void {
    const now = this.host.now();
    const { piece, block } = request;
    connection.receiving = null;
    connection.removeOutstanding(connection.outstanding.indexOf(request));
    connection.window.onBlock(now - request.sentAtMs, now);
    connection.waitingSinceMs = connection.outstanding.length > 0 ? now : NOT_WAITING;
    connection.snubbed = false;
    connection.late = false;
    if (written) this.endBlock(connection.slot, piece, block, true);
    else this.picker.blockLost(connection.slot, piece, block);
    this.fill(connection);
  }

  private endWriting(slot: number, piece: number, block: number): void {
    const number = piece * this.blocksPerPiece + block;
    if (this.writers.get(number) === slot) this.writers.delete(number);
  }

  // ---- sources that are no peers -------------------------------------------------------------------------------------------

  /** The source at that slot begins to bring a block. False: it is here, or somebody else is bringing it; its bytes are waste. */
  beginBlock(slot: number, piece: number, block: number): boolean {
    const number = piece * this.blocksPerPiece + block;
    if (this.writers.has(number) || !this.picker.isMissing(piece, block)) return false;
    this.writers.set(number, slot);
    return true;
  }

  /** Bytes of a block that was begun. */
  writeBlock(piece: number, offset: number, body: Body): void {
    if (!this.store.write(piece, offset, body)) this.owner.onDiskBehind();
  }

  /** A block that was begun has come, or will not be `whole`. */
  endBlock(slot: number, piece: number, block: number, whole: boolean): void {
    this.endWriting(slot, piece, block);
    if (!whole) return this.picker.blockLost(slot, piece, block);
    const outcome = this.picker.blockReceived(slot, piece, block);
    for (const other of outcome.others) this.cancel(other, piece, block);
    if (outcome.pieceDone) this.store.verify(piece, this);
  }

  private cancel(slot: number, piece: number, block: number): void {
    for (const connection of this.owner.connections) {
      if (connection.slot !== slot) continue;
      const index = connection.indexOfOutstanding(piece, block);
      if (index < 0 || connection.receiving === connection.outstanding[index]) return;
      connection.removeOutstanding(index);
      const length = this.geometry.blockLength(piece, block);
      connection.cancelledBytes += length;
      connection.sayCancel(piece, block, length);
      this.fill(connection);
      return;
    }
  }

  // ---- verifying -----------------------------------------------------------------------------------------------------------

  onVerified(piece: number, ok: boolean): void {
    if (this.stopped) return;
    if (!ok) return this.pieceFailed(piece);
    this.host.tap(BitTorrentEvent.pieceVerified, piece, 0, 0);
    this.picker.pieceVerified(piece);
    if (this.smartBan.remembers(piece)) {
      this.store.fingerprints(piece, new Verdict(this.smartBan, this.owner));
    }
    this.owner.onPieceVerified(piece);
  }

  private pieceFailed(piece: number): void {
    this.host.tap(BitTorrentEvent.pieceFailed, piece, 0, 0);
    const sources: number[] = [];
    for (let block = 0; block < this.geometry.blocksOf(piece); block++) sources.push(this.picker.blockSource(piece, block));
    if (!this.owner.findBadBlocks(piece, new BlockBlame(this, sources))) this.suspect(piece, sources);
  }

  /** Nobody can say which blocks are bad: all of them come again, and are compared. */
  suspect(piece: number, sources: readonly number[]): void {
    if (!this.stopped) this.store.fingerprints(piece, new Suspicion(this, sources));
  }

  /** These blocks are bad, whoever sent the others. */
  onBadBlocks(piece: number, blocks: readonly number[], sources: readonly number[]): void {
    if (this.stopped) return;
    for (const block of blocks) this.traffic.wastedBytes += this.geometry.blockLength(piece, block);
    this.picker.blocksFailed(piece, blocks);
    for (const slot of new Set(blocks.map((block) => sources[block] as number)))
      this.owner.onPoisoner(slot, `sent a bad block of piece ${piece}`);
    this.fillIdle();
  }

  /** The fingerprints of a failed piece are here: remember them, then fetch it again. */
  onSuspects(piece: number, fingerprints: readonly string[], sources: readonly number[]): void {
    if (this.stopped) return;
    this.traffic.wastedBytes += this.geometry.bytesOf(piece);
    this.store.discard(piece);
    this.picker.pieceFailed(piece);
    for (const connection of this.owner.connections) if (sources.includes(connection.slot)) connection.hashFailed = true;
    const only = sources.every((slot) => slot === sources[0]) ? (sources[0] as number) : -1;
    // One sender of the whole piece: nobody else can be to blame.
    if (only >= 0) this.owner.onPoisoner(only, `sent piece ${piece} and it failed its hash`);
    else this.smartBan.failed(piece, fingerprints, sources);
    this.fillIdle();
  }

  // ---- time ----------------------------------------------------------------------------------------------------------------

  /** Once a second: requests that take too long go back to the picker, silent peers are snubbed, interest is brought up to date. */
  tick(now: number): void {
    for (const connection of this.owner.connections) {
      if (connection.closed || connection.have === null) continue;
      if (connection.amInterested) this.updateInterest(connection);
      this.expire(connection, now);
      if (!connection.late) this.fill(connection);
    }
    this.tryLate();
  }

  /** Those that let us wait, in turn: the first of them would otherwise keep the others from showing that they are back. */
  private tryLate(): void {
    const late: PeerConnection[] = [];
    for (const connection of this.owner.connections) if (connection.late) late.push(connection);
    late.sort((a, b) => a.askedAtMs - b.askedAtMs || a.slot - b.slot);
    for (const connection of late) this.fill(connection);
  }

  private expire(connection: PeerConnection, now: number): void {
    const first = connection.outstanding[0];
    if (first === undefined) return;
    if (now - connection.waitingSinceMs > SNUB_AFTER_MS && !connection.snubbed) {
      connection.snubbed = true;
      this.host.tap(BitTorrentEvent.snubbed, connection.slot, 0, 0);
    }
    // Blocks keep coming, or their turn has not come: patience. Silence: others may have the blocks.
    const limitMs = connection.window.timeoutMs();
    if (now - Math.max(connection.waitingSinceMs, first.sentAtMs) < limitMs) return;
    connection.window.onTimeout();
    connection.late = true;
    for (const request of connection.outstanding.slice()) {
      if (connection.receiving === request || now - request.sentAtMs < limitMs) continue;
      this.callOff(connection, request);
    }
    this.fillIdle();
  }

  private callOff(connection: PeerConnection, request: OutstandingRequest): void {
    connection.removeOutstanding(connection.outstanding.indexOf(request));
    const length = this.geometry.blockLength(request.piece, request.block);
    this.picker.blockLost(connection.slot, request.piece, request.block);
    // Its late answer is not held against it.
    connection.cancelledBytes += length;
    connection.sayCancel(request.piece, request.block, length);
  }

  /** Lets go of everything: paused, failed or removed. */
  stop(): void {
    this.stopped = true;
    for (const connection of this.owner.connections) this.dropRequests(connection);
  }
}

/** The search for the bad blocks of a piece that has failed. */
class BlockBlame implements Blame {
  readonly sole: boolean;
  private readonly downloader: Downloader;
  private readonly sources: readonly number[];

  constructor(downloader: Downloader, sources: readonly number[]) {
    this.sole = sources.every((slot) => slot === sources[0]);
    this.downloader = downloader;
    this.sources = sources;
  }

  onVerdict(piece: number, badBlocks: readonly number[] | null): void {
    if (badBlocks === null) this.downloader.suspect(piece, this.sources);
    else this.downloader.onBadBlocks(piece, badBlocks, this.sources);
  }
}

/** Fingerprints of a piece that has failed, on their way. */
class Suspicion implements FingerprintOperation {
  private readonly downloader: Downloader;
  private readonly sources: readonly number[];

  constructor(downloader: Downloader, sources: readonly number[]) {
    this.downloader = downloader;
    this.sources = sources;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.downloader.onSuspects(piece, fingerprints, this.sources);
  }
}

/** Fingerprints of a piece that has passed after it had failed: they tell whose blocks were bad. */
class Verdict implements FingerprintOperation {
  private readonly smartBan: SmartBan;
  private readonly owner: DownloadOwner;

  constructor(smartBan: SmartBan, owner: DownloadOwner) {
    this.smartBan = smartBan;
    this.owner = owner;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    for (const slot of this.smartBan.passed(piece, fingerprints)) this.owner.onPoisoner(slot, `sent a bad block of piece ${piece}`);
  }
}
