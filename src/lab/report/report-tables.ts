/** The tables of a report, made to be heard as well as seen: captions, scopes, a group of rows for each series. Owns no state. */

import type { ExperimentResult } from '../result.ts';
import { type Markup, markup, NOTHING } from './markup.ts';
import { formatGiven, formatPercent, formatTolerance, formatValue } from './number-text.ts';
import { differenceOf, type PointRow, pointRowsOf } from './point-rows.ts';
import { isDrawable } from './scale.ts';
import { panelsOf } from './series.ts';
import { durationText, settingsOf } from './settings.ts';
import { verdictIcon } from './verdict-look.ts';

/** The rest is in the figure and in result.json: a browser lays out no hundred thousand rows. */
const TRACES_SHOWN_MAX = 2000;

interface Column {
  readonly name: string;
  readonly of: (row: PointRow) => Markup;
}

/** More lines than this side by side are too wide; they follow one another. */
const SIDE_BY_SIDE_MAX = 6;

interface SeriesRows {
  readonly name: string;
  readonly rows: readonly PointRow[];
}

/** A table for each panel of the figure: what is in one table has one unit. Lines with nothing published have one for each curve. */
export function pointTables(result: ExperimentResult): Markup[] {
  const rows = pointRowsOf(result);
  const x = result.figure.x.label;
  return panelsOf(result)
    .flatMap(({ heading, series }) => {
      const shown = series.map((each) => ({ ...each, rows: rows.filter((row) => row.curve === each.curve && row.line === each.line) }));
      const compared = shown.some((each) => each.rows.some((row) => row.comparison !== null));
      const curves = [...new Set(series.map((each) => each.curve))];
      const lines = new Set(series.map((each) => each.line));
      if (compared || lines.size === 1) return [{ of: heading, shown, beside: false }];
      return curves.map((curve) => {
        const ofCurve = shown.filter((each) => each.curve === curve).map((each) => ({ ...each, name: each.line }));
        return { of: curves.length === 1 ? heading : `${heading}, ${curve}`, shown: ofCurve, beside: ofCurve.length <= SIDE_BY_SIDE_MAX };
      });
    })
    .map(({ of, shown, beside }, index) => {
      const caption = markup`<caption><span id="points-${String(index)}">${of}, by ${x}</span></caption>`;
      const inside = beside ? sideBySide(shown, x) : oneAfterTheOther(shown, x);
      return inBox(markup`<table>\n${caption}\n${inside}</table>`, `points-${index}`, false);
    });
}

/** A column for each line, so that they can be compared; where something is published, that comes first. */
function sideBySide(shown: readonly SeriesRows[], x: string): Markup {
  const xs = [...new Set(shown.flatMap(({ rows }) => rows.map((row) => row.ours.x)))];
  const heads = shown.map(({ name }) => markup`<th scope="col" class="number">${name}</th>`);
  const rows = xs.map((at) => {
    const cells = shown.map(({ rows }) => {
      const ours = rows.find((row) => row.ours.x === at)?.ours;
      if (ours === undefined) return number('', '–');
      const band = ours.low === ours.high ? NOTHING : markup`<br><span class="muted">${bandText(ours.low, ours.high)}</span>`;
      return markup`<td class="number"><span class="ours">${formatValue(ours.mean)}</span>${band}</td>`;
    });
    return markup`<tr><th scope="row" class="number">${formatGiven(at)}</th>${cells}</tr>\n`;
  });
  return markup`<thead><tr><th scope="col" class="number">${x}</th>${heads}</tr></thead>\n<tbody>\n${rows}</tbody>\n`;
}

function oneAfterTheOther(shown: readonly SeriesRows[], x: string): Markup {
  const columns = columnsOf(shown.flatMap((each) => each.rows));
  const heads = columns.map(({ name }) => markup`<th scope="col" class="number">${name}</th>`);
  const groups = shown.map(({ name, rows }) => {
    const head =
      shown.length === 1 ? NOTHING : markup`<tr><th scope="rowgroup" colspan="${String(columns.length + 1)}">${name}</th></tr>\n`;
    return markup`<tbody>\n${head}${rows.map((row) => pointRow(row, columns))}</tbody>\n`;
  });
  return markup`<thead><tr><th scope="col" class="number">${x}</th>${heads}</tr></thead>\n${groups}`;
}

function columnsOf(rows: readonly PointRow[]): Column[] {
  const compared = rows.some((row) => row.comparison !== null);
  return [
    { name: 'kith', of: (row) => number('ours', formatValue(row.ours.mean)) },
    { name: '95% band', of: (row) => number('', bandText(row.ours.low, row.ours.high)) },
    ...(compared ? [{ name: 'published', of: (row: PointRow) => number('', publishedText(row)) }] : []),
    ...(compared
      ? [
          { name: 'difference', of: (row: PointRow) => number('', differenceText(row)) },
          { name: 'tolerance', of: (row: PointRow) => number('', toleranceText(row)) },
          { name: 'result', of: agreementCell },
        ]
      : []),
  ];
}

function pointRow(row: PointRow, columns: readonly Column[]): Markup {
  return markup`<tr><th scope="row" class="number">${formatGiven(row.ours.x)}</th>${columns.map(({ of }) => of(row))}</tr>\n`;
}

function number(look: string, text: string): Markup {
  return markup`<td class="number ${look}">${text}</td>`;
}

function agreementCell({ comparison }: PointRow): Markup {
  if (comparison === null) return number('', '–');
  const { agreement } = comparison;
  return markup`<td class="number"><span class="chip ${agreement}"><span aria-hidden="true">${verdictIcon(agreement)}</span> ${agreement}</span></td>`;
}

function bandText(low: number, high: number): string {
  if (!isDrawable(low) || !isDrawable(high)) return '–';
  return low === high ? 'none' : `${formatValue(low)} to ${formatValue(high)}`;
}

function publishedText({ comparison }: PointRow): string {
  if (comparison === null) return '–';
  const { published, publishedLow: low, publishedHigh: high } = comparison;
  return formatGiven(published) + (low === null || high === null ? '' : ` (${formatGiven(low)} to ${formatGiven(high)})`);
}

/** Of a published 0 there is no part: the difference itself. */
function differenceText(row: PointRow): string {
  const share = differenceOf(row);
  if (share !== null) return formatPercent(share);
  return row.comparison?.published === 0 && isDrawable(row.ours.mean) ? formatValue(row.ours.mean) : '–';
}

function toleranceText({ comparison }: PointRow): string {
  return comparison === null ? '–' : `± ${formatTolerance(comparison.toleranceAbsolute)}`;
}

export function settingsTable({ plan }: ExperimentResult): Markup {
  const rows = settingsOf(plan).map(({ name, value }) => markup`<tr><th scope="row">${name}</th><td>${value}</td></tr>\n`);
  const table = markup`<table>
<caption><span id="settings">What every run had</span></caption>
<thead><tr><th scope="col">setting</th><th scope="col">value</th></tr></thead>
<tbody>
${rows}</tbody></table>`;
  return inBox(table, 'settings', false);
}

export function traceTable({ runs, figure }: ExperimentResult): Markup {
  const lines = runs.some((run) => run.line !== '');
  const rows = runs.slice(0, TRACES_SHOWN_MAX).map((run) => {
    const line = lines ? markup`<td>${run.line}</td>` : NOTHING;
    return markup`<tr>${line}<td class="number">${formatGiven(run.x)}</td><td class="number">${String(run.seed)}</td><td><code>${run.trace}</code></td>${number('', formatGiven(run.events))}${number('', durationText(run.virtualMs))}</tr>\n`;
  });
  const rest = runs.length - rows.length;
  const table = markup`<table>
<caption><span id="traces">Trace of every run${rest > 0 ? `, without ${rest} more` : ''}</span></caption>
<thead><tr>${lines ? markup`<th scope="col">line</th>` : NOTHING}<th scope="col" class="number">${figure.x.label}</th><th scope="col" class="number">seed</th><th scope="col">trace</th><th scope="col" class="number">events</th><th scope="col" class="number">virtual time</th></tr></thead>
<tbody>
${rows}</tbody></table>`;
  return inBox(table, 'traces', true);
}

/** What is too wide scrolls in a box of its own, which the keyboard can reach and a screen reader can name. */
function inBox(table: Markup, captionId: string, tall: boolean): Markup {
  return markup`<div class="scroll${tall ? ' tall' : ''}" role="region" aria-labelledby="${captionId}" tabindex="0">${table}</div>\n`;
}
