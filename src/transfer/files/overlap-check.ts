/**
 * The search for the holder who lies, where the whole file is wrong and nothing tells which part: pieces are fetched once more from others, first a few
 * of each holder, then all of those who are suspected, one suspect after the other, until the whole is right. Owned by the download while it lasts.
 */

import { ByteRanges } from './byte-ranges.ts';
import type { Holder } from './holder.ts';

/** Whoever brought a piece; null: it was there before, from an earlier run. */
export type Giver = Holder | null;

/** Pieces of each holder that are compared at first. */
export const SAMPLES_PER_HOLDER = 3;
/** Rounds in which somebody else is suspected: each may fetch the file once more. */
export const SUSPICIONS_MAX = 6;

export interface OverlapField {
  readonly pieceCount: number;
  /** Who brought the version of that piece that counts now. */
  giversOf(piece: number): readonly Giver[];
  /** Those who could bring pieces, and have not been proven to lie. */
  readonly holders: readonly Holder[];
}

export class OverlapCheck {
  private readonly field: OverlapField;
  /** Not asked for anything in this round. */
  private suspects = new Set<Giver>();
  /** By holder, those with whom he disagrees, and with whom he agrees. */
  private readonly disputes = new Map<Giver, Set<Giver>>();
  private readonly agreements = new Map<Giver, Set<Giver>>();
  private round = 0;

  constructor(field: OverlapField) {
    this.field = field;
  }

  /** The pieces to fetch once more, now that the whole is known to be wrong; null: there is nobody left to suspect. */
  nextRound(): number[] | null {
    this.round++;
    if (this.round === 1 && this.field.holders.length > 1) {
      const samples = this.samples();
      if (samples.length > 0) return samples;
    }
    return this.suspectNext();
  }

  /** Two versions of a piece were compared. */
  compared(before: readonly Giver[], now: readonly Giver[], isSame: boolean): void {
    const table = isSame ? this.agreements : this.disputes;
    for (const one of before) {
      for (const other of now) {
        if (one === other) continue;
        add(table, one, other);
        add(table, other, one);
      }
    }
  }

  mayFetch(holder: Holder, piece: number): boolean {
    if (this.suspects.has(holder)) return false;
    // A sample is worth something only when it comes from somebody else.
    return this.round !== 1 || !this.sampledFrom.get(piece)?.includes(holder);
  }

  private readonly sampledFrom = new Map<number, readonly Giver[]>();

  private samples(): number[] {
    const byGiver = new Map<Giver, number[]>();
    for (let piece = 0; piece < this.field.pieceCount; piece++)
      for (const giver of this.field.giversOf(piece)) byGiver.set(giver, [...(byGiver.get(giver) ?? []), piece]);
    const chosen = new Set<number>();
    for (const pieces of byGiver.values()) {
      const step = Math.max(1, Math.floor(pieces.length / SAMPLES_PER_HOLDER));
      for (let at = Math.floor(step / 2); at < pieces.length; at += step) chosen.add(pieces[at] as number);
    }
    for (const piece of chosen) {
      const givers = this.field.giversOf(piece);
      if (this.field.holders.some((holder) => !givers.includes(holder))) this.sampledFrom.set(piece, givers);
    }
    return [...this.sampledFrom.keys()];
  }

  /** The next one is suspected, besides those who are already; and when nobody else would be left, he alone. */
  private suspectNext(): number[] | null {
    for (; this.round <= SUSPICIONS_MAX + 1; this.round++) {
      const suspect = this.mostDoubtful();
      if (suspect === undefined) return null;
      const others = this.field.holders.filter((holder) => holder !== suspect && !this.suspects.has(holder));
      if (others.length === 0) this.suspects = new Set();
      this.suspects.add(suspect);
      if (this.field.holders.every((holder) => this.suspects.has(holder))) return null;
      const pieces = this.piecesOf(this.suspects);
      if (pieces.length > 0) return pieces;
    }
    return null;
  }

  /** Who disagrees with most, agrees with fewest, and is not suspected yet; what nobody can be asked about any more comes before all. */
  private mostDoubtful(): Giver | undefined {
    const all = new Set<Giver>(this.field.holders);
    for (let piece = 0; piece < this.field.pieceCount; piece++) for (const giver of this.field.giversOf(piece)) all.add(giver);
    const open = [...all].filter((giver) => !this.suspects.has(giver));
    const doubt = (giver: Giver): number =>
      (this.disputes.get(giver)?.size ?? 0) * 1000 - (this.agreements.get(giver)?.size ?? 0) + (giver === null ? 0.5 : 0);
    return open.sort((a, b) => doubt(b) - doubt(a))[0];
  }

  private piecesOf(givers: ReadonlySet<Giver>): number[] {
    const pieces: number[] = [];
    for (let piece = 0; piece < this.field.pieceCount; piece++)
      if (this.field.giversOf(piece).some((giver) => givers.has(giver))) pieces.push(piece);
    return pieces;
  }
}

function add(table: Map<Giver, Set<Giver>>, one: Giver, other: Giver): void {
  const known = table.get(one);
  if (known === undefined) table.set(one, new Set([other]));
  else known.add(other);
}

/** The bytes of the pieces that a holder shall not be asked for. */
export function forbiddenBytes(check: OverlapCheck, holder: Holder, pieces: Iterable<number>, pieceBytes: number): ByteRanges {
  const forbidden = new ByteRanges();
  for (const piece of pieces) if (!check.mayFetch(holder, piece)) forbidden.add(piece * pieceBytes, (piece + 1) * pieceBytes);
  return forbidden;
}
