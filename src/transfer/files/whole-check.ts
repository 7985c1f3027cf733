/**
 * The check of a file that is all there: by its hashes, and where they do not fit and no tree tells why, by fetching pieces once more until they do.
 * Owns the rounds; owned by the download.
 */

import type { FingerprintOperation, MatchOperation } from '../../core/host.ts';
import type { FileHashes } from '../../wire/shared-file.ts';
import type { ByteRanges } from './byte-ranges.ts';
import type { Holder } from './holder.ts';
import { forbiddenBytes, type Giver, OverlapCheck } from './overlap-check.ts';
import type { PieceKeeper } from './piece-keeper.ts';

export interface WholeOwner {
  /** Those who could bring pieces. */
  readonly trusted: readonly Holder[];
  onWholeRight(): void;
  /** Pieces are to be fetched once more: `resume` when all are there. */
  onRound(): void;
  /** It is not what the hashes say, and everything came from him: or from an earlier run, and from nobody. */
  onSoleGiver(holder: Holder | null): void;
  /** The parts are right by the tree, and the whole is wrong by another hash; or nobody is left to suspect. */
  onContradiction(): void;
  onPoisoner(holder: Holder, why: string): void;
}

export class WholeCheck implements MatchOperation {
  /** The file is being hashed, or versions are being compared. */
  isAtWork = false;
  private readonly keeper: PieceKeeper;
  private readonly hashes: FileHashes | null;
  private readonly owner: WholeOwner;
  private overlap: OverlapCheck | null = null;
  /** Pieces that come once more in this round, with who brought them before, and what those looked like. */
  private readonly again = new Map<number, { readonly givers: readonly Giver[]; fingerprints: readonly string[] }>();
  private awaited = 0;

  /** `hashes`: those that the whole is held to; null: none is known that the pieces are not held to already. */
  constructor(keeper: PieceKeeper, hashes: FileHashes | null, owner: WholeOwner) {
    this.keeper = keeper;
    this.hashes = hashes;
    this.owner = owner;
  }

  /** All is there, for the first time or once more. */
  resume(): void {
    if (this.isAtWork) return;
    if (this.hashes === null) return this.owner.onWholeRight();
    this.isAtWork = true;
    if (this.again.size === 0) return this.keeper.store.match(this.hashes, this);
    this.awaited = this.again.size;
    for (const piece of this.again.keys()) this.keeper.store.fingerprints(piece, new Comparison(this));
  }

  /** Bytes that he shall not be asked for in this round; null: whatever is missing. */
  forbiddenTo(holder: Holder): ByteRanges | null {
    return this.overlap === null ? null : forbiddenBytes(this.overlap, holder, this.again.keys(), this.keeper.pieceBytes);
  }

  onMatched(matches: boolean): void {
    this.isAtWork = false;
    if (!matches) return this.keeper.isTreed ? this.owner.onContradiction() : this.nextRound();
    const doubted = [...this.keeper.blame.doubted];
    this.awaited = doubted.length;
    this.isAtWork = true;
    for (const piece of doubted) this.keeper.store.fingerprints(piece, new Proof(this));
    if (doubted.length === 0) this.owner.onWholeRight();
  }

  private nextRound(): void {
    const { keeper, owner } = this;
    this.again.clear();
    this.overlap ??= new OverlapCheck({
      pieceCount: keeper.pieceCount,
      giversOf: (piece) => keeper.giversOf(piece),
      get holders() {
        return owner.trusted;
      },
    });
    const pieces = this.overlap.nextRound();
    if (pieces === null) return this.giveUp();
    this.isAtWork = true;
    this.awaited = pieces.length;
    for (const piece of pieces) keeper.store.fingerprints(piece, new Remembering(this));
  }

  /** Nobody is left to suspect. */
  private giveUp(): void {
    const givers = new Set<Giver>();
    for (let piece = 0; piece < this.keeper.pieceCount; piece++) for (const giver of this.keeper.giversOf(piece)) givers.add(giver);
    const [only] = givers;
    this.overlap = null;
    this.keeper.blame.clear();
    if (givers.size === 1 && only !== undefined) this.owner.onSoleGiver(only);
    else this.owner.onContradiction();
  }

  // ---- comparing ---------------------------------------------------------------------------------------------------------------

  /** What a piece looks like that is to come once more. */
  onRemembered(piece: number, fingerprints: readonly string[]): void {
    this.again.set(piece, { givers: this.keeper.giversOf(piece), fingerprints });
    this.keeper.blame.add(piece, fingerprints, this.keeper.givenOf(piece));
    if (--this.awaited > 0) return;
    this.isAtWork = false;
    for (const each of this.again.keys()) this.keeper.forget(each);
    this.owner.onRound();
  }

  onCompared(piece: number, fingerprints: readonly string[]): void {
    const before = this.again.get(piece);
    if (before !== undefined) {
      const isSame = before.fingerprints.every((fingerprint, block) => fingerprint === fingerprints[block]);
      this.overlap?.compared(before.givers, this.keeper.giversOf(piece), isSame);
    }
    if (--this.awaited > 0) return;
    this.again.clear();
    this.keeper.store.match(this.hashes as FileHashes, this);
  }

  /** The piece is right, as the whole is. */
  onProof(piece: number, fingerprints: readonly string[]): void {
    for (const holder of this.keeper.blame.others(piece, this.keeper.rangeOf(piece).begin, fingerprints))
      this.owner.onPoisoner(holder, `sent wrong bytes of piece ${piece}`);
    if (--this.awaited > 0) return;
    this.isAtWork = false;
    this.owner.onWholeRight();
  }
}

class Remembering implements FingerprintOperation {
  private readonly check: WholeCheck;

  constructor(check: WholeCheck) {
    this.check = check;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.check.onRemembered(piece, fingerprints);
  }
}

class Comparison implements FingerprintOperation {
  private readonly check: WholeCheck;

  constructor(check: WholeCheck) {
    this.check = check;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.check.onCompared(piece, fingerprints);
  }
}

class Proof implements FingerprintOperation {
  private readonly check: WholeCheck;

  constructor(check: WholeCheck) {
    this.check = check;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.check.onProof(piece, fingerprints);
  }
}
