/**
 * One attempt at the info dictionary (BEP 9), by all peers that claim the same size for it: which piece to ask of whom, and whom to
 * blame when the whole has another hash. Owned by the metadata download.
 */

import type { InfoHashes } from './info-hashes.ts';
import { METADATA_PIECE_BYTES, metadataPieceBytes } from './metadata-messages.ts';

/** Pieces asked of one peer at once. */
const PIPELINE_MAX = 4;
/** A piece that has not come by then is asked of somebody else. */
const REQUEST_TIMEOUT_MS = 5_000;
/** A peer that rejects or is silent is asked again after this: it may be fetching the metadata itself. */
const FAILURE_PAUSE_MS = 10_000;
/** Broken promises after which a peer is not asked any more. */
const FAILURES_MAX = 5;
const NOBODY = -1;

export interface MetadataOutcome {
  /** The info dictionary, once it is whole and its hash is right. */
  readonly infoBytes: Uint8Array | null;
  /** Peers that are proven to have sent wrong data. */
  readonly blamed: readonly number[];
}

export const NO_OUTCOME: MetadataOutcome = { infoBytes: null, blamed: [] };

interface MetadataPeer {
  readonly slot: number;
  failures: number;
  pausedUntilMs: number;
  pending: number;
}

interface MetadataPiece {
  data: Uint8Array | null;
  /** Who sent it, or who was asked; NOBODY for neither. */
  slot: number;
  askedAtMs: number;
}

export class MetadataAttempt {
  readonly totalBytes: number;
  private readonly wanted: InfoHashes;
  private readonly peers = new Map<number, MetadataPeer>();
  /** Pieces are kept as they come and joined once: a claimed size costs no memory before it is delivered. */
  private readonly pieces: MetadataPiece[] = [];
  private missing = 0;
  /** Once the pieces of several peers had another hash together, one peer at a time is asked for all of them. */
  private soleSlot = NOBODY;

  constructor(wanted: InfoHashes, totalBytes: number) {
    this.wanted = wanted;
    this.totalBytes = totalBytes;
    this.startOver();
  }

  addPeer(slot: number): void {
    this.peers.set(slot, { slot, failures: 0, pausedUntilMs: 0, pending: 0 });
  }

  removePeer(slot: number): void {
    this.peers.delete(slot);
    for (const piece of this.pieces) if (piece.data === null && piece.slot === slot) piece.slot = NOBODY;
    if (this.soleSlot === slot) this.chooseSole();
  }

  /** Peers that may still be asked. */
  get usablePeers(): number {
    let usable = 0;
    for (const peer of this.peers.values()) if (peer.failures < FAILURES_MAX) usable++;
    return usable;
  }

  /** The next piece to ask of this peer, marked as asked; -1 for none. */
  next(slot: number, now: number): number {
    const peer = this.peers.get(slot);
    if (peer === undefined || peer.pending >= PIPELINE_MAX || peer.failures >= FAILURES_MAX || now < peer.pausedUntilMs) return -1;
    if (this.soleSlot !== NOBODY && this.soleSlot !== slot) return -1;
    const index = this.pieces.findIndex((piece) => piece.data === null && piece.slot === NOBODY);
    if (index < 0) return -1;
    Object.assign(this.pieces[index] as MetadataPiece, { slot, askedAtMs: now });
    peer.pending++;
    return index;
  }

  /** A piece has come. One that was not asked of this peer is ignored. */
  received(slot: number, index: number, data: Uint8Array): MetadataOutcome {
    const piece = this.askedPiece(slot, index);
    if (piece === null || data.length !== metadataPieceBytes(this.totalBytes, index)) return NO_OUTCOME;
    piece.data = data;
    this.settle(slot);
    return --this.missing === 0 ? this.judge() : NO_OUTCOME;
  }

  rejected(slot: number, index: number, now: number): void {
    const piece = this.askedPiece(slot, index);
    if (piece !== null) this.fail(piece, now);
  }

  /** Gives up on requests that take too long. */
  expire(now: number): void {
    for (const piece of this.pieces) {
      if (piece.data === null && piece.slot !== NOBODY && now - piece.askedAtMs >= REQUEST_TIMEOUT_MS) this.fail(piece, now);
    }
  }

  private askedPiece(slot: number, index: number): MetadataPiece | null {
    const piece = this.pieces[index];
    return piece !== undefined && piece.data === null && piece.slot === slot ? piece : null;
  }

  private settle(slot: number): MetadataPeer | undefined {
    const peer = this.peers.get(slot);
    if (peer !== undefined) peer.pending--;
    return peer;
  }

  private fail(piece: MetadataPiece, now: number): void {
    const { slot } = piece;
    piece.slot = NOBODY;
    const peer = this.settle(slot);
    if (peer === undefined) return;
    // Several requests that time out together are one broken promise.
    if (now >= peer.pausedUntilMs) peer.failures++;
    peer.pausedUntilMs = now + FAILURE_PAUSE_MS;
    if (peer.failures >= FAILURES_MAX && this.soleSlot === slot) this.chooseSole();
  }

  /** All pieces are here. With the right hash that is it; otherwise who sent all of it lied, and of several each is tried alone. */
  private judge(): MetadataOutcome {
    const infoBytes = new Uint8Array(this.totalBytes);
    for (const [index, piece] of this.pieces.entries()) infoBytes.set(piece.data as Uint8Array, index * METADATA_PIECE_BYTES);
    if (this.wanted.match(infoBytes)) return { infoBytes, blamed: [] };
    const senders = new Set(this.pieces.map((piece) => piece.slot));
    const blamed = senders.size === 1 ? [...senders] : [];
    for (const slot of blamed) this.peers.delete(slot);
    this.startOver();
    if (blamed.length === 0 || this.soleSlot !== NOBODY) this.chooseSole();
    return { infoBytes: null, blamed };
  }

  private startOver(): void {
    this.pieces.length = 0;
    for (let at = 0; at < this.totalBytes; at += METADATA_PIECE_BYTES) this.pieces.push({ data: null, slot: NOBODY, askedAtMs: 0 });
    this.missing = this.pieces.length;
    for (const peer of this.peers.values()) peer.pending = 0;
  }

  private chooseSole(): void {
    this.soleSlot = NOBODY;
    for (const peer of this.peers.values()) {
      if (peer.failures >= FAILURES_MAX) continue;
      this.soleSlot = peer.slot;
      this.startOver();
      return;
    }
  }
}
