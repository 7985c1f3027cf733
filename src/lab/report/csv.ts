/** The points of a result for spreadsheets and statistics programs: RFC 4180, a header, a row for each point of each curve. Owns no state. */

import type { ExperimentResult } from '../result.ts';
import { differenceOf, type PointRow, pointRowsOf } from './point-rows.ts';

const COLUMNS: readonly (readonly [name: string, of: (row: PointRow) => string | number | null])[] = [
  ['curve', (row) => row.curve],
  ['line', (row) => row.line],
  ['x', (row) => row.ours.x],
  ['mean', (row) => row.ours.mean],
  ['low', (row) => row.ours.low],
  ['high', (row) => row.ours.high],
  ['seeds', (row) => row.ours.perSeed.filter(Number.isFinite).length],
  ['published', (row) => row.comparison?.published ?? null],
  ['published_low', (row) => row.comparison?.publishedLow ?? null],
  ['published_high', (row) => row.comparison?.publishedHigh ?? null],
  ['difference_percent', (row) => percentOf(differenceOf(row))],
  ['tolerance', (row) => row.comparison?.toleranceAbsolute ?? null],
  ['agreement', (row) => row.comparison?.agreement ?? null],
];

/** Numbers with all their digits and a point, lines ended by CR LF. What is no number is an empty cell. */
export function renderCsv(result: ExperimentResult): string {
  const header = COLUMNS.map(([name]) => name);
  const rows = pointRowsOf(result).map((row) => COLUMNS.map(([, of]) => cell(of(row))));
  return [header, ...rows].map((cells) => `${cells.join(',')}\r\n`).join('');
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  return quoted(harmless(value));
}

/** Spreadsheets run text that begins like a formula, also after spaces; an apostrophe makes it text (OWASP, CSV injection). */
function harmless(text: string): string {
  return /^\s*[=+\-@\t\r|％＝＋－＠]/.test(text) ? `'${text}` : text;
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function percentOf(share: number | null): number | null {
  return share === null ? null : share * 100;
}
