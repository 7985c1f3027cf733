/** Which of many rows of one height are to be drawn; owns no state. */

/** Rows beyond what is seen; what is drawn changes once in so many, and then all of it. */
const STEP_ROWS = 8;

export interface RowWindow {
  readonly first: number;
  /** The row behind the last. */
  readonly end: number;
}

export function rowWindow(scrollTop: number, viewHeight: number, rowHeight: number, rows: number): RowWindow {
  const seen = Math.ceil(viewHeight / rowHeight) + 1;
  const first = Math.max(0, (Math.floor(scrollTop / rowHeight / STEP_ROWS) - 1) * STEP_ROWS);
  // Of one size wherever it stands: then rows are only filled anew, none made.
  const end = Math.min(rows, first + seen + 3 * STEP_ROWS);
  return { first: Math.min(first, end), end };
}

/** Where to scroll so that a row is seen whole; the present place when it is. */
export function scrollFor(row: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + viewHeight ? top + rowHeight - viewHeight : scrollTop;
}
