/** Which of many rows of one height are to be drawn; owns no state. */

/** Beyond what is seen, so that a wheel's turn shows no gap. */
const SPARE_ROWS = 12;

export interface RowWindow {
  readonly first: number;
  /** The row behind the last. */
  readonly end: number;
}

export function rowWindow(scrollTop: number, viewHeight: number, rowHeight: number, rows: number): RowWindow {
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE_ROWS);
  const end = Math.min(rows, Math.ceil((scrollTop + viewHeight) / rowHeight) + SPARE_ROWS);
  return { first: Math.min(first, end), end };
}

/** Where to scroll so that a row is seen whole; the present place when it is. */
export function scrollFor(row: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + viewHeight ? top + rowHeight - viewHeight : scrollTop;
}
