/**
 * Fetches the info dictionary from peers (BEP 9): which piece to ask of whom, and whom to blame when the whole has another hash.
 * Pure bookkeeping over connection slots; the extension protocol sends and receives.
 */

import { equalBytes } from '../../core/bytes.ts';
import { sha1 } from '../../core/sha1.ts';
import { METADATA_BYTES_MAX, METADATA_PIECE_BYTES, metadataPieceBytes } from './metadata-messages.ts';

/** Pieces asked of one peer at once. */
const PIPELINE_MAX = 4;
/** A piece that has not come by then is asked of somebody else. */
const REQUEST_TIMEOUT_MS = 5_000;
/** A peer that rejects is asked again after this: it may be fetching the metadata itself. */
const REJECTED_PAUSE_MS = 10_000;
/** Broken promises (timeouts, rejects) after which a peer is not asked any more. */
const FAILURES_MAX = 5;

interface MetadataPeer {
  readonly slot: number;
  readonly totalBytes: number;
  failures: number;
  pausedUntilMs: number;
  pending: number;
}

interface MetadataPiece {
  data: Uint8Array | null;
  /** Who sent it, or who was asked; -1 nobody. */
  slot: number;
  askedAtMs: number;
}

export interface MetadataOutcome {
  /** The info dictionary, once it is whole and its hash is right. */
  readonly infoBytes: Uint8Array | null;
  /** Peers that are proven to have sent wrong data. */
  readonly blamed: readonly number[];
}

const NOTHING: MetadataOutcome = { infoBytes: null, blamed: [] };
const NOBODY = -1;

export class MetadataDownload {
  private readonly infoHash: Uint8Array;
  private readonly peers = new Map<number, MetadataPeer>();
  /** The size being tried. Sizes are claims: all peers that make the same one are asked together, the most frequent first. */
  private totalBytes = 0;
  private pieces: MetadataPiece[] = [];
  /** Sizes that were fetched whole and failed the hash with pieces of several peers; tried again only from one peer at a time. */
  private soleSlot = NOBODY;

  constructor(infoHash: Uint8Array) {
    this.infoHash = infoHash;
  }

  addPeer(slot: number, totalBytes: number): void {
    if (totalBytes < 1 || totalBytes > METADATA_BYTES_MAX || this.peers.has(slot)) return;
    this.peers.set(slot, { slot, totalBytes, failures: 0, pausedUntilMs: 0, pending: 0 });
    if (this.totalBytes === 0) this.begin(totalBytes);
  }

  removePeer(slot: number): void {
    this.peers.delete(slot);
    for (const piece of this.pieces) if (piece.data === null && piece.slot === slot) piece.slot = NOBODY;
    if (this.soleSlot === slot) this.chooseSole();
    this.reconsiderSize();
  }

  /** Memory is bounded by what has arrived: pieces are kept as they come and joined once. */
  private begin(totalBytes: number): void {
    this.totalBytes = totalBytes;
    this.pieces = [];
    for (let at = 0; at < totalBytes; at += METADATA_PIECE_BYTES) this.pieces.push({ data: null, slot: NOBODY, askedAtMs: 0 });
    for (const peer of this.peers.values()) peer.pending = 0;
  }

  /** Nobody usable is left who claims the size being tried: go on with the size that most of the others claim. */
  private reconsiderSize(): void {
    const votes = new Map<number, number>();
    for (const peer of this.peers.values()) {
      if (peer.failures >= FAILURES_MAX) continue;
      if (peer.totalBytes === this.totalBytes) return;
      votes.set(peer.totalBytes, (votes.get(peer.totalBytes) ?? 0) + 1);
    }
    let best = 0;
    for (const [size, count] of votes) if (best === 0 || count > (votes.get(best) as number)) best = size;
    if (best !== 0) this.begin(best);
    else if (this.peers.size === 0) this.totalBytes = 0;
  }

  /** The next piece to ask of this peer, marked as asked; -1 for none. */
  next(slot: number, now: number): number {
    const peer = this.peers.get(slot);
    if (peer === undefined || peer.totalBytes !== this.totalBytes || peer.pending >= PIPELINE_MAX) return -1;
    if (peer.failures >= FAILURES_MAX || now < peer.pausedUntilMs) return -1;
    if (this.soleSlot !== NOBODY && this.soleSlot !== slot) return -1;
    const index = this.pieces.findIndex((piece) => piece.data === null && piece.slot === NOBODY);
    if (index < 0) return -1;
    const piece = this.pieces[index] as MetadataPiece;
    piece.slot = slot;
    piece.askedAtMs = now;
    peer.pending++;
    return index;
  }

  /** A piece has come. One that was not asked of this peer, or that belongs to another size, is ignored. */
  received(slot: number, index: number, totalBytes: number, data: Uint8Array): MetadataOutcome {
    const piece = this.pieces[index];
    if (piece === undefined || piece.data !== null || piece.slot !== slot || totalBytes !== this.totalBytes) return NOTHING;
    if (data.length !== metadataPieceBytes(totalBytes, index)) return NOTHING;
    piece.data = data;
    this.settle(slot);
    return this.pieces.every((each) => each.data !== null) ? this.judge() : NOTHING;
  }

  rejected(slot: number, index: number, now: number): void {
    const piece = this.pieces[index];
    if (piece === undefined || piece.data !== null || piece.slot !== slot) return;
    piece.slot = NOBODY;
    this.settle(slot);
    this.fail(slot, now);
  }

  /** Gives up on requests that take too long. */
  expire(now: number): void {
    for (const piece of this.pieces) {
      if (piece.data !== null || piece.slot === NOBODY || now - piece.askedAtMs < REQUEST_TIMEOUT_MS) continue;
      const { slot } = piece;
      piece.slot = NOBODY;
      this.settle(slot);
      this.fail(slot, now);
    }
  }

  private settle(slot: number): void {
    const peer = this.peers.get(slot);
    if (peer !== undefined) peer.pending = Math.max(0, peer.pending - 1);
  }

  private fail(slot: number, now: number): void {
    const peer = this.peers.get(slot);
    if (peer === undefined) return;
    peer.failures++;
    peer.pausedUntilMs = now + REJECTED_PAUSE_MS;
    if (peer.failures < FAILURES_MAX) return;
    if (this.soleSlot === slot) this.chooseSole();
    this.reconsiderSize();
  }

  /** All pieces are here. With the right hash that is it; otherwise whoever sent all of it lied, and several are tried singly. */
  private judge(): MetadataOutcome {
    const infoBytes = new Uint8Array(this.totalBytes);
    for (const [index, piece] of this.pieces.entries()) infoBytes.set(piece.data as Uint8Array, index * METADATA_PIECE_BYTES);
    if (equalBytes(sha1(infoBytes), this.infoHash)) return { infoBytes, blamed: [] };
    const senders = new Set(this.pieces.map((piece) => piece.slot));
    const blamed = senders.size === 1 ? [...senders] : [];
    for (const slot of blamed) this.peers.delete(slot);
    this.begin(this.totalBytes);
    if (blamed.length === 0 || this.soleSlot !== NOBODY) this.chooseSole();
    this.reconsiderSize();
    return { infoBytes: null, blamed };
  }

  private chooseSole(): void {
    this.soleSlot = NOBODY;
    for (const peer of this.peers.values()) {
      if (peer.totalBytes !== this.totalBytes || peer.failures >= FAILURES_MAX) continue;
      this.soleSlot = peer.slot;
      for (const piece of this.pieces) if (piece.slot !== peer.slot) Object.assign(piece, { data: null, slot: NOBODY });
      return;
    }
  }
}
