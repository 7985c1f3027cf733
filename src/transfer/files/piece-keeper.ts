/**
 * The pieces of one download while its store is open: takes what holders bring, has whole pieces checked and kept, and finds out whose bytes were wrong
 * where a tree can tell. Owns what is gathered; owned by the download, which makes another one for another store.
 */

import type { Body, FingerprintOperation, Store, VerifyOperation } from '../../core/host.ts';
import type { ByteRange } from '../../wire/http-range.ts';
import { BlameBook } from './blame-book.ts';
import { ByteRanges } from './byte-ranges.ts';
import { type Given, Gathering } from './gathering.ts';
import type { Holder } from './holder.ts';
import type { Giver } from './overlap-check.ts';

export interface KeeperOwner {
  onPieceKept(piece: number): void;
  /** A piece has to come again. */
  onPieceLost(piece: number): void;
  /** Proof that he brought wrong bytes. */
  onPoisoner(holder: Holder, why: string): void;
  /** The disk is behind: nothing more until `onStoreDrain`. */
  onDiskBehind(): void;
}

export class PieceKeeper implements VerifyOperation {
  readonly store: Store;
  readonly pieceBytes: number;
  readonly fileBytes: number;
  readonly pieceCount: number;
  /** A tree vouches for each piece. */
  readonly isTreed: boolean;
  /** What need not be asked for: kept, or gathered, or being checked. */
  readonly done = new ByteRanges();
  readonly blame = new BlameBook();
  private readonly owner: KeeperOwner;
  private readonly gatherings = new Map<number, Gathering>();
  /** Who brought the pieces that are kept, since this was made. */
  private readonly given = new Map<number, readonly Given[]>();
  /** Pieces that failed though several had brought them: one alone shall, none of these if there are others. */
  private readonly lone = new Map<number, readonly Holder[]>();

  constructor(store: Store, fileBytes: number, pieceBytes: number, isTreed: boolean, owner: KeeperOwner) {
    this.store = store;
    this.fileBytes = fileBytes;
    this.pieceBytes = pieceBytes;
    this.pieceCount = Math.ceil(fileBytes / pieceBytes);
    this.isTreed = isTreed;
    this.owner = owner;
    for (const { begin, end } of this.kept().ranges()) this.done.add(begin, end);
  }

  get isComplete(): boolean {
    return this.store.have.full;
  }

  /** Bytes of pieces that are kept. */
  get keptBytes(): number {
    const { have } = this.store;
    const last = this.pieceCount - 1;
    const short = last >= 0 && have.has(last) ? this.pieceCount * this.pieceBytes - this.fileBytes : 0;
    return have.count * this.pieceBytes - short;
  }

  /** The bytes of pieces that are kept. */
  kept(): ByteRanges {
    const ranges = new ByteRanges();
    for (let piece = 0; piece < this.pieceCount; piece++) {
      const { begin, end } = this.rangeOf(piece);
      if (this.store.have.has(piece)) ranges.add(begin, end);
    }
    return ranges;
  }

  rangeOf(piece: number): ByteRange {
    return { begin: piece * this.pieceBytes, end: Math.min(this.fileBytes, (piece + 1) * this.pieceBytes) };
  }

  giversOf(piece: number): readonly Giver[] {
    const given = this.given.get(piece);
    return given === undefined ? [null] : [...new Set(given.map(({ holder }) => holder))];
  }

  /** Who brought the bytes of [begin, end), where all of them are kept; else null. */
  giversWithin(begin: number, end: number): Giver[] | null {
    const givers = new Set<Giver>();
    for (let piece = Math.floor(begin / this.pieceBytes); piece * this.pieceBytes < end; piece++) {
      if (!this.store.have.has(piece)) return null;
      for (const giver of this.giversOf(piece)) givers.add(giver);
    }
    return [...givers];
  }

  // ---- what holders bring ----------------------------------------------------------------------------------------------------

  take(holder: Holder, at: number, body: Body): void {
    const end = Math.min(this.fileBytes, at + body.length);
    for (let from = at; from < end; ) {
      const piece = Math.floor(from / this.pieceBytes);
      const to = Math.min(end, (piece + 1) * this.pieceBytes);
      this.takeInto(piece, holder, at, body, { begin: from, end: to });
      from = to;
    }
  }

  private takeInto(piece: number, holder: Holder, at: number, body: Body, part: ByteRange): void {
    if (this.store.have.has(piece)) return;
    const gathering = this.gatherings.get(piece) ?? new Gathering(piece, this.rangeOf(piece).begin, this.rangeOf(piece).end);
    if (gathering.verifying) return;
    this.gatherings.set(piece, gathering);
    const offset = piece * this.pieceBytes;
    for (const { begin, end } of gathering.missing(part.begin, part.end)) {
      const slice = begin === at && end === at + body.length ? body : body.subarray(begin - at, end - at);
      if (!this.store.write(piece, begin - offset, slice)) this.owner.onDiskBehind();
      gathering.add(holder, begin, end);
      this.done.add(begin, end);
    }
    if (!gathering.isWhole) return;
    gathering.verifying = true;
    this.store.verify(piece, this);
  }

  /** The range of a piece that one alone has to bring, and he may; null: there is none. It is his from now on. */
  claimLone(holder: Holder, others: readonly Holder[]): ByteRange | null {
    for (const [piece, suspects] of this.lone) {
      const isBetterElsewhere = suspects.includes(holder) && others.some((other) => !suspects.includes(other));
      const range = this.rangeOf(piece);
      if (isBetterElsewhere || this.done.has(range.begin, range.end)) continue;
      this.done.add(range.begin, range.end);
      return range;
    }
    return null;
  }

  /** Those pieces are asked for whole and one by one: for all others they are none of their business. */
  get loneRanges(): ByteRanges {
    const ranges = new ByteRanges();
    for (const piece of this.lone.keys()) ranges.add(this.rangeOf(piece).begin, this.rangeOf(piece).end);
    return ranges;
  }

  /** He who was to bring the piece alone has stopped. */
  abandonLone(range: ByteRange): void {
    const piece = Math.floor(range.begin / this.pieceBytes);
    if (!this.lone.has(piece) || this.store.have.has(piece) || this.gatherings.get(piece)?.verifying === true) return;
    this.lose(piece);
  }

  /** What he has brought of pieces that are not whole is thrown away. */
  discardOf(holder: Holder): void {
    for (const [piece, gathering] of [...this.gatherings]) if (!gathering.verifying && gathering.givers.includes(holder)) this.lose(piece);
  }

  /** A piece that nobody could check has to come once more. */
  forget(piece: number): void {
    this.store.forget(piece);
    this.given.delete(piece);
    this.lose(piece);
  }

  // ---- what the disk says ----------------------------------------------------------------------------------------------------

  onVerified(piece: number, ok: boolean): void {
    const gathering = this.gatherings.get(piece);
    if (gathering === undefined) return;
    if (!ok) return this.failed(gathering);
    this.gatherings.delete(piece);
    this.lone.delete(piece);
    this.given.set(piece, gathering.given);
    if (this.isTreed && this.blame.remembers(piece)) this.store.fingerprints(piece, new Verdict(this));
    this.owner.onPieceKept(piece);
  }

  private failed(gathering: Gathering): void {
    const { piece, givers, given } = gathering;
    const [giver] = givers;
    if (this.isTreed && givers.length === 1 && giver !== undefined) {
      this.lose(piece);
      this.owner.onPoisoner(giver, `sent a wrong piece ${piece}`);
    } else if (this.isTreed) this.store.fingerprints(piece, new Suspicion(this, given));
    else this.lose(piece);
  }

  /** Several had a part in it: the next version tells whose was wrong. */
  onSuspects(piece: number, fingerprints: readonly string[], given: readonly Given[]): void {
    this.blame.add(piece, fingerprints, given);
    this.lone.set(piece, [...new Set(given.map(({ holder }) => holder))]);
    this.lose(piece);
  }

  onVerdict(piece: number, fingerprints: readonly string[]): void {
    const guilty = this.blame.others(piece, this.rangeOf(piece).begin, fingerprints);
    this.blame.forget(piece);
    for (const holder of guilty) this.owner.onPoisoner(holder, `sent wrong bytes of piece ${piece}`);
  }

  /** Those who brought the version that counts, block by block, for whoever compares versions. */
  givenOf(piece: number): readonly Given[] {
    return this.given.get(piece) ?? [];
  }

  private lose(piece: number): void {
    this.store.discard(piece);
    this.gatherings.delete(piece);
    const { begin, end } = this.rangeOf(piece);
    this.done.remove(begin, end);
    this.owner.onPieceLost(piece);
  }
}

class Suspicion implements FingerprintOperation {
  private readonly keeper: PieceKeeper;
  private readonly given: readonly Given[];

  constructor(keeper: PieceKeeper, given: readonly Given[]) {
    this.keeper = keeper;
    this.given = given;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.keeper.onSuspects(piece, fingerprints, this.given);
  }
}

class Verdict implements FingerprintOperation {
  private readonly keeper: PieceKeeper;

  constructor(keeper: PieceKeeper) {
    this.keeper = keeper;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.keeper.onVerdict(piece, fingerprints);
  }
}
