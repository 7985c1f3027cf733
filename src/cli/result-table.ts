/** What an experiment came to, as lines for a terminal: every point beside the published one, the claims, the verdict; owns no state. */

import { formatGiven, formatValue } from '../lab/report/number-text.ts';
import type { Agreement, ClaimResult, Comparison, CurvePoint, CurveResult, ExperimentResult, Verdict } from '../lab/result.ts';
import type { Console } from './console.ts';

const BAR_CELLS = 24;
/** Where the published value is on the bar. */
const PUBLISHED_MARK = '│';

const SIGNS: Readonly<Record<Verdict['agreement'], readonly [sign: string, color: string]>> = {
  agrees: ['✓', '32'],
  disagrees: ['✗', '31'],
  inconclusive: ['?', '33'],
  measured: ['·', '36'],
};

export function resultLines(console: Console, result: ExperimentResult): string[] {
  const { title, question, source, claims, verdict } = result;
  const trust = source.trust === 'as published' ? '' : ` (${source.trust})`;
  return [
    console.strong(title),
    question,
    console.dim(`${source.paper}, ${source.where}${trust}`),
    ...curveTables(console, result),
    ...(claims.length > 0 ? ['', ...claims.map((claim) => claimLine(console, claim))] : []),
    '',
    verdictLine(console, verdict),
  ];
}

export function verdictLine(console: Console, { agreement, sentence }: Verdict): string {
  return `${painted(console, agreement)} ${console.strong(sentence)}`;
}

/** Without colour, for stdout. */
export function signOf(agreement: Verdict['agreement']): string {
  return SIGNS[agreement][0];
}

function painted(console: Console, agreement: Verdict['agreement']): string {
  const [sign, color] = SIGNS[agreement];
  return console.paint(color, sign);
}

function claimLine(console: Console, { text, holds }: ClaimResult): string {
  const agreement: Agreement = holds === null ? 'inconclusive' : holds ? 'agrees' : 'disagrees';
  return `  ${painted(console, agreement)} ${text}${holds === null ? console.dim(' (not told by these points)') : ''}`;
}

/** Lines without published points stand side by side; a curve that has some, or is alone, has a table with all that there is to say. */
function curveTables(console: Console, result: ExperimentResult): string[] {
  const { curves, comparisons } = result;
  const several = curves.length > 1;
  const names = [...new Set(curves.map(({ curve }) => curve))];
  return names.flatMap((name) => {
    const lines = curves.filter(({ curve }) => curve === name);
    if (lines.length > 1 && !comparisons.some(({ curve }) => curve === name)) return ['', ...linesTable(console, result, name, lines)];
    return lines.flatMap((line) => ['', ...(several ? [console.strong(headingOf(line))] : []), ...curveTable(console, result, line)]);
  });
}

function headingOf({ line, curve }: CurveResult): string {
  return line === '' ? curve : `${line}: ${curve}`;
}

function unitOf({ figure }: ExperimentResult, curve: string): string {
  return (figure.panels?.find((panel) => panel.curves.includes(curve))?.y ?? figure.y).label;
}

/** A row for each x, a column for each line. */
function linesTable(console: Console, result: ExperimentResult, curve: string, lines: readonly CurveResult[]): string[] {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))];
  const meanAt = ({ points }: CurveResult, x: number): string => formatValue(points.find((point) => point.x === x)?.mean ?? null);
  const rows = xs.map((x) => [formatGiven(x), ...lines.map((line) => meanAt(line, x))]);
  const [head = '', ...body] = laidOut([[result.figure.x.label, ...lines.map(({ line }) => line)], ...rows]);
  const unit = unitOf(result, curve);
  return [console.strong(unit === curve ? curve : `${curve}, ${unit}`), `  ${console.dim(head)}`, ...body.map((row) => `  ${row}`)];
}

/** A row for each x: our mean, its band, a bar with the published value on it, and whether they agree. */
function curveTable(console: Console, result: ExperimentResult, { curve, line, points }: CurveResult): string[] {
  const published = result.comparisons.filter((each) => each.curve === curve && each.line === line);
  const largest = Math.max(0, ...points.map(({ mean }) => (Number.isFinite(mean) ? mean : 0)), ...published.map((each) => each.published));
  const besides = points.map(({ x }) => published.find((each) => each.x === x));
  const title = [result.figure.x.label, unitOf(result, curve), '95% band', '', ...(published.length > 0 ? ['published', '±'] : [])];
  const [head = '', ...rows] = laidOut([title, ...points.map((point, index) => cellsOf(point, besides[index], largest))], [BAND, BAR]);
  return [
    `  ${console.dim(head)}`,
    ...rows.map((row, index) => {
      const beside = besides[index];
      return `  ${row}${beside === undefined ? '' : `  ${painted(console, beside.agreement)}`}`;
    }),
  ];
}

/** Columns of a table of points that stand to the left; numbers stand to the right. */
const BAND = 2;
const BAR = 3;

function laidOut(rows: readonly (readonly string[])[], left: readonly number[] = []): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => (left.includes(column) ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number)))
      .join('  ')
      .trimEnd(),
  );
}

function cellsOf({ x, mean, low, high }: CurvePoint, beside: Comparison | undefined, largest: number): string[] {
  const band = low === high ? '' : `${formatValue(low)} … ${formatValue(high)}`;
  const cells = [formatGiven(x), formatValue(mean), band, barOf(mean, beside?.published ?? null, largest)];
  return beside === undefined ? cells : [...cells, formatGiven(beside.published), formatValue(beside.toleranceAbsolute)];
}

function barOf(mean: number, published: number | null, largest: number): string {
  const cellOf = (value: number): number => (largest > 0 && value > 0 ? Math.round((value / largest) * BAR_CELLS) : 0);
  const bar = Array.from('█'.repeat(cellOf(mean)).padEnd(BAR_CELLS));
  if (published !== null) bar[Math.max(0, cellOf(published) - 1)] = PUBLISHED_MARK;
  return bar.join('').trimEnd();
}
