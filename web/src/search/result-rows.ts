/** The rows of one search as a page has them: changes taken in as they come, and put into an order. Owns no state. */

import type { SearchChange, SearchRowView } from '../api/views.ts';

export type RowOrder = 'ranked' | 'arrived';
export type Rows = ReadonlyMap<number, SearchRowView>;

/** Rows that have turned out to be part of another are gone: the other has their holders. */
export function withChange(rows: Rows, { rows: changed, joined }: SearchChange): Rows {
  const all = new Map(rows);
  for (const row of changed) all.set(row.number, row);
  for (const { number } of joined) all.delete(number);
  return all;
}

/** As it is shown in its place after it has become part of another. */
export function goneRow(row: SearchRowView): SearchRowView {
  return { ...row, holders: 0, free: 0, networks: [] };
}

/** Ranked as `kith search --ranked` does it: those with most holders first; of equals, those with free places, then in order of arrival. */
export function inOrder(rows: Rows, order: RowOrder): readonly SearchRowView[] {
  const list = [...rows.values()].sort((a, b) => a.number - b.number);
  return order === 'arrived' ? list : list.sort((a, b) => b.holders - a.holders || b.free - a.free || a.number - b.number);
}

/** The row so many further on; from before the first or from behind the last where none is active. */
export function stepped(list: readonly SearchRowView[], active: number, by: number): number {
  const at = list.findIndex(({ number }) => number === active);
  const from = at >= 0 ? at : by > 0 ? -1 : list.length;
  return list[Math.min(list.length - 1, Math.max(0, from + by))]?.number ?? 0;
}
