/** The columns of the list of transfers: what each shows and how it sorts. Owns no state. */

import { formatBytes, formatRate, formatSeconds } from '../api/views.ts';
import type { ListRow } from './list-row.ts';

export interface Column {
  readonly name: ColumnName;
  readonly title: string;
  readonly numeric: boolean;
  /** What it sorts by. */
  readonly value: (row: ListRow) => number | string;
  readonly text: (row: ListRow) => string;
}

export type ColumnName = 'number' | 'name' | 'size' | 'done' | 'state' | 'down' | 'up' | 'peers' | 'ratio' | 'left' | 'added';

/** A column of rates with nothing in it is quieter than one of zeros. */
const NOTHING = '–';

export const COLUMNS: readonly [Column, ...Column[]] = [
  { name: 'number', title: '#', numeric: true, value: ({ number }) => number, text: ({ word }) => word },
  { name: 'name', title: 'Name', numeric: false, value: ({ name }) => name, text: ({ name }) => name },
  numeric(
    'done',
    'Done',
    ({ done }) => done,
    (done) => `${Math.floor(done * 100)}%`,
  ),
  { name: 'state', title: 'State', numeric: false, value: ({ state }) => state, text: ({ state }) => state },
  numeric(
    'size',
    'Size',
    ({ bytes }) => bytes,
    (bytes) => (bytes === 0 ? NOTHING : formatBytes(bytes)),
  ),
  numeric('down', 'Down', ({ downloadRate }) => downloadRate, rateText),
  numeric('up', 'Up', ({ uploadRate }) => uploadRate, rateText),
  numeric('left', 'Left', ({ leftMs }) => leftMs ?? Number.POSITIVE_INFINITY, leftText),
  { name: 'peers', title: 'Peers', numeric: true, value: ({ others }) => others, text: ({ othersText }) => othersText },
  {
    name: 'ratio',
    title: 'Ratio',
    numeric: true,
    value: ({ ratio }) => ratio ?? -1,
    text: ({ ratio }) => (ratio === null ? NOTHING : ratio.toFixed(2)),
  },
  numeric('added', 'Added', ({ addedAtMs }) => addedAtMs, dayText),
];

function numeric(name: ColumnName, title: string, value: (row: ListRow) => number, text: (value: number) => string): Column {
  return { name, title, numeric: true, value, text: (row) => text(value(row)) };
}

export function rateText(bytesPerSecond: number): string {
  return bytesPerSecond === 0 ? NOTHING : formatRate(bytesPerSecond);
}

function leftText(ms: number): string {
  return Number.isFinite(ms) ? formatSeconds(ms / 1000) : NOTHING;
}

/** `2026-03-01`, by the clock of who reads it. */
function dayText(ms: number): string {
  const date = new Date(ms);
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
