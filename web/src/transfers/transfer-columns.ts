/** The columns of the list of transfers: what each shows and how it sorts. Owns no state. */

import { formatBytes, formatRate, formatSeconds, type TransferView } from '../api/views.ts';

export interface Column {
  readonly name: ColumnName;
  readonly title: string;
  readonly numeric: boolean;
  /** What it sorts by. */
  readonly value: (transfer: TransferView) => number | string;
  readonly text: (transfer: TransferView) => string;
}

export type ColumnName = 'number' | 'name' | 'size' | 'done' | 'state' | 'down' | 'up' | 'peers' | 'ratio' | 'left' | 'added';

/** A column of rates with nothing in it is quieter than one of zeros. */
const NOTHING = '–';

export const COLUMNS: readonly [Column, ...Column[]] = [
  numeric('number', '#', ({ number }) => number, String),
  { name: 'name', title: 'Name', numeric: false, value: ({ name }) => name, text: ({ name }) => name },
  numeric('done', 'Done', doneOf, (done) => `${Math.floor(done * 100)}%`),
  { name: 'state', title: 'State', numeric: false, value: ({ state }) => state, text: ({ state }) => state },
  numeric('size', 'Size', sizeOf, (bytes) => (bytes === 0 ? NOTHING : formatBytes(bytes))),
  numeric('down', 'Down', ({ downloadRate }) => downloadRate, rateText),
  numeric('up', 'Up', ({ uploadRate }) => uploadRate, rateText),
  numeric('left', 'Left', ({ leftMs }) => leftMs ?? Number.POSITIVE_INFINITY, leftText),
  numeric('peers', 'Peers', ({ peers }) => peers, String),
  numeric(
    'ratio',
    'Ratio',
    ({ ratio }) => ratio,
    (ratio) => ratio.toFixed(2),
  ),
  numeric('added', 'Added', ({ addedAtMs }) => addedAtMs, dayText),
];

/** From 0 to 1; while it is checked, how far that is. */
export function doneOf({ state, wantedBytes, haveBytes, checkedBytes }: TransferView): number {
  if (wantedBytes === 0) return 0;
  return Math.min(1, (state === 'checking' ? checkedBytes : haveBytes) / wantedBytes);
}

function sizeOf({ wantedBytes, totalBytes }: TransferView): number {
  return wantedBytes || totalBytes;
}

function numeric(name: ColumnName, title: string, value: (transfer: TransferView) => number, text: (value: number) => string): Column {
  return { name, title, numeric: true, value, text: (transfer) => text(value(transfer)) };
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
