/**
 * Rows stay where they are while somebody points at them, whatever becomes of their values: else one moves away between the press of a button and its
 * release, and another is hit. Who leaves the list keeps his place, who comes gets one behind the others. Owns the order that is held.
 */

export interface Kept<Row> {
  readonly keyOf: (row: Row) => string | number;
  /** Of one that has left. */
  readonly gone: (row: Row) => Row;
}

export class HeldOrder<Row> {
  readonly #kept: Kept<Row>;
  #shown: readonly Row[] = [];
  #wish: unknown = null;

  constructor(kept: Kept<Row>) {
    this.#kept = kept;
  }

  /**
   * The rows to show. `fresh`: those that are wanted, in the order that is wished for; `find`: as it is now, also one that is wanted no more, or undefined
   * when it has left. A new `wish` of how to filter and to sort is followed at once: somebody has just made it.
   */
  rows(fresh: readonly Row[], find: (key: string | number) => Row | undefined, isHeld: boolean, wish: unknown): readonly Row[] {
    this.#shown = isHeld && wish === this.#wish ? this.#inPlace(fresh, find) : fresh;
    this.#wish = wish;
    return this.#shown;
  }

  #inPlace(fresh: readonly Row[], find: (key: string | number) => Row | undefined): readonly Row[] {
    const { keyOf, gone } = this.#kept;
    const places = new Set(this.#shown.map(keyOf));
    return [...this.#shown.map((row) => find(keyOf(row)) ?? gone(row)), ...fresh.filter((row) => !places.has(keyOf(row)))];
  }
}
