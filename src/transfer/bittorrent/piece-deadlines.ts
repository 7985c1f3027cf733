/** Pieces that are needed by a certain time, as a player of a stream needs them; earliest first. Owned by the picker. */

/** More than a player looks ahead; the latest ones are forgotten at the bound. */
export const DEADLINES_MAX = 1024;

export interface PieceDeadline {
  readonly piece: number;
  readonly atMs: number;
}

export class PieceDeadlines {
  /** Earliest first. Read only for everybody else. */
  readonly list: PieceDeadline[] = [];

  set(piece: number, atMs: number): void {
    this.delete(piece);
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.list[middle] as PieceDeadline).atMs <= atMs) low = middle + 1;
      else high = middle;
    }
    this.list.splice(low, 0, { piece, atMs });
    if (this.list.length > DEADLINES_MAX) this.list.pop();
  }

  delete(piece: number): void {
    const index = this.list.findIndex((deadline) => deadline.piece === piece);
    if (index >= 0) this.list.splice(index, 1);
  }
}
