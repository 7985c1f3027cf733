/** Which of many rows of one height are to be drawn, one of which may have something below it that has another; owns no state. */

/** Rows beyond what is seen; what is drawn changes once in so many, and then all of it. */
const STEP_ROWS = 8;

export interface RowWindow {
  readonly first: number;
  /** The row behind the last. */
  readonly end: number;
}

/** What stands below one row, and how high it is in CSS pixels. */
export interface Opened {
  /** -1: none is. */
  readonly row: number;
  readonly height: number;
}

export const NOTHING_OPENED: Opened = { row: -1, height: 0 };

export function rowWindow(scrollTop: number, viewHeight: number, rowHeight: number, rows: number, opened = NOTHING_OPENED): RowWindow {
  const seen = Math.ceil(viewHeight / rowHeight) + 1;
  const below = (opened.row + 1) * rowHeight;
  // As if nothing stood between: what is drawn too much behind it does no harm.
  const top = opened.row < 0 || scrollTop <= below ? scrollTop : Math.max(below, scrollTop - opened.height);
  const first = Math.max(0, (Math.floor(top / rowHeight / STEP_ROWS) - 1) * STEP_ROWS);
  // Of one size wherever it stands: then rows are only filled anew, none made.
  const end = Math.min(rows, first + seen + 3 * STEP_ROWS);
  return { first: Math.min(first, end), end };
}

/** Where a row begins. */
export function topOf(row: number, rowHeight: number, opened = NOTHING_OPENED): number {
  return row * rowHeight + (opened.row >= 0 && row > opened.row ? opened.height : 0);
}

/** Where to scroll so that a row is seen whole; the present place when it is. `viewHeight`: of what rows are seen through, without what covers them. */
export function scrollFor(row: number, scrollTop: number, viewHeight: number, rowHeight: number, opened = NOTHING_OPENED): number {
  const top = topOf(row, rowHeight, opened);
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + viewHeight ? top + rowHeight - viewHeight : scrollTop;
}
