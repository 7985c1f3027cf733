/**
 * Fetches the piece layers of a torrent of BitTorrent v2 from peers (BEP 52): a magnet link gives the roots of files alone, and without
 * the hashes of pieces nothing that comes could be checked. Every answer is held against the root by its uncles. Pure bookkeeping over
 * connection slots; the hash exchange sends and receives.
 */

import type { AlignedFile } from '../../core/aligned-pieces.ts';
import { equalBytes } from '../../core/bytes.ts';
import { climb, merkleHeight, merkleRoot, merkleWidth } from '../../core/merkle.ts';
import { SHA256_BYTES } from '../../core/sha256.ts';
import type { HashRange } from './hash-messages.ts';
import { type MetainfoV2, rootAt } from './metainfo.ts';

/** Hashes asked for at once, as BEP 52 advises. */
const HASHES_ASKED_MAX = 512;
/** Ranges asked of one peer at once. */
const PIPELINE_MAX = 4;
/** A range that has not come by then is asked of one more peer: hashes are small, and a crowd of silent peers must not be waited for in turn. */
const COPY_AFTER_MS = 1_000;
/** An answer is not waited for any longer. */
const TIMEOUT_MS = 5_000;
/** A peer that rejects or is silent is asked for the same range again after this: it may be fetching it itself. */
const REFUSED_PAUSE_MS = 10_000;

/** One range: who was asked and when, and whether it is here. */
interface Part {
  readonly file: AlignedFile;
  readonly range: HashRange;
  readonly asked: Map<number, number>;
  lastAskedMs: number;
  done: boolean;
  /** Who has refused it or let it time out, and until when they are left alone. */
  readonly refusals: Map<number, number>;
}

export type LayerOutcome = 'done' | 'taken' | 'ignored' | 'wrong';

export class LayerDownload {
  /** The roots of all pieces, as far as they are known. */
  readonly pieceRoots: Uint8Array;
  private readonly parts: Part[] = [];
  private readonly pending = new Map<number, number>();
  private missing = 0;
  /** No part before this one is missing. */
  private firstMissing = 0;

  constructor({ pieces, roots }: Pick<MetainfoV2, 'pieces' | 'roots'>) {
    const last = pieces.files[pieces.files.length - 1];
    this.pieceRoots = new Uint8Array(last === undefined ? 0 : (last.firstPiece + last.pieceCount) * SHA256_BYTES);
    for (const file of pieces.files) {
      const root = rootAt(roots, file.file);
      if (file.pieceCount === 1) this.pieceRoots.set(root, file.firstPiece * SHA256_BYTES);
      else this.plan(file, root, pieces.pieceLayer);
    }
    this.missing = this.parts.length;
  }

  private plan(file: AlignedFile, root: Uint8Array, base: number): void {
    const count = Math.min(HASHES_ASKED_MAX, merkleWidth(file.pieceCount));
    const proofLayers = file.height - base - 1;
    for (let index = 0; index < file.pieceCount; index += count) {
      const range = { root, base, index, count, proofLayers };
      this.parts.push({ file, range, asked: new Map(), lastAskedMs: 0, done: false, refusals: new Map() });
    }
  }

  /** The next range to ask of this peer, marked as asked; null for none. */
  next(slot: number, now: number): HashRange | null {
    const pending = this.pending.get(slot) ?? 0;
    if (pending >= PIPELINE_MAX) return null;
    for (let at = this.firstMissing; at < this.parts.length; at++) {
      const part = this.parts[at] as Part;
      if (part.done || part.asked.has(slot) || (part.refusals.get(slot) ?? 0) > now) continue;
      if (part.asked.size > 0 && now - part.lastAskedMs < COPY_AFTER_MS) continue;
      part.asked.set(slot, now);
      part.lastAskedMs = now;
      this.pending.set(slot, pending + 1);
      return part.range;
    }
    return null;
  }

  /** An answer has come. `wrong`: it does not lead to the root, and the peer has sent it in bad faith. */
  received(slot: number, range: HashRange, hashes: Uint8Array): LayerOutcome {
    const part = this.asked(slot, range);
    if (part === null) return 'ignored';
    this.release(part, slot);
    const { file } = part;
    const count = Math.min(range.count, file.pieceCount - range.index);
    const nodes = hashes.subarray(0, count * SHA256_BYTES);
    if (!leadsToRoot(file, range, nodes, hashes)) return 'wrong';
    this.pieceRoots.set(nodes, (file.firstPiece + range.index) * SHA256_BYTES);
    part.done = true;
    for (const other of [...part.asked.keys()]) this.release(part, other);
    this.missing--;
    while (this.parts[this.firstMissing]?.done === true) this.firstMissing++;
    return this.missing === 0 ? 'done' : 'taken';
  }

  rejected(slot: number, range: HashRange, now: number): void {
    const part = this.asked(slot, range);
    if (part !== null) this.refuse(part, slot, now);
  }

  /** Gives up on requests that take too long; call about once a second. */
  expire(now: number): void {
    for (const part of this.parts) {
      for (const [slot, askedAtMs] of [...part.asked]) if (now - askedAtMs >= TIMEOUT_MS) this.refuse(part, slot, now);
    }
  }

  removePeer(slot: number): void {
    for (const part of this.parts) {
      part.refusals.delete(slot);
      part.asked.delete(slot);
    }
    this.pending.delete(slot);
  }

  private refuse(part: Part, slot: number, now: number): void {
    part.refusals.set(slot, now + REFUSED_PAUSE_MS);
    this.release(part, slot);
  }

  private release(part: Part, slot: number): void {
    if (part.asked.delete(slot)) this.pending.set(slot, (this.pending.get(slot) ?? 1) - 1);
  }

  private asked(slot: number, range: HashRange): Part | null {
    const part = this.parts.find((candidate) => candidate.asked.has(slot) && sameRange(candidate.range, range));
    return part ?? null;
  }
}

/**
 * Whether hashes of a range, which the uncles follow, belong to the root. `nodes` are those within the file: what stands for the
 * filling is known and is not taken from the peer.
 */
function leadsToRoot(file: AlignedFile, range: HashRange, nodes: Uint8Array, hashes: Uint8Array): boolean {
  const top = range.base + merkleHeight(range.count);
  const uncleCount = file.height - top;
  if (hashes.length !== (range.count + uncleCount) * SHA256_BYTES) return false;
  const uncles = hashes.subarray(range.count * SHA256_BYTES);
  return equalBytes(climb(merkleRoot(nodes, range.base, range.count), range.index / range.count, uncles), range.root);
}

export function sameRange(a: HashRange, b: HashRange): boolean {
  const sameNumbers = a.base === b.base && a.index === b.index && a.count === b.count && a.proofLayers === b.proofLayers;
  return sameNumbers && equalBytes(a.root, b.root);
}
