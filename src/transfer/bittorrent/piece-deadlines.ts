/** Pieces that are needed by a certain time, as a player of a stream needs them; earliest first. Owned by the picker. */

/** More than a player looks ahead; the latest ones are left out at the bound. */
export const DEADLINES_MAX = 1024;

export interface PieceDeadline {
  readonly piece: number;
  /** Of the host's clock. */
  readonly atMs: number;
}

export class PieceDeadlines {
  /** Earliest first. Read only for everybody else. */
  list: readonly PieceDeadline[] = [];

  /** In any order, a piece once. */
  replace(deadlines: readonly PieceDeadline[]): void {
    this.list = deadlines.toSorted((a, b) => a.atMs - b.atMs || a.piece - b.piece).slice(0, DEADLINES_MAX);
  }

  /** The earliest that is needed by then and for which `applies` holds; -1 when there is none. */
  first(atMs: number, applies: (piece: number) => boolean): number {
    for (const deadline of this.list) {
      if (deadline.atMs > atMs) break;
      if (applies(deadline.piece)) return deadline.piece;
    }
    return -1;
  }

  delete(piece: number): void {
    if (this.list.some((deadline) => deadline.piece === piece)) this.list = this.list.filter((deadline) => deadline.piece !== piece);
  }
}
