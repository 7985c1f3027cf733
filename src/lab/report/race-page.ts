/**
 * The race on one page: a table with the best of each column marked, small multiples of its curves, and what upkeep buys. One HTML file that needs
 * no network and no script, and prints on one sheet of A4 or A3 across. Owns no state.
 */

import type { ExperimentResult } from '../result.ts';
import { CurvePanel, TICK_FONT, yScaleOf } from './curve-panel.ts';
import { frontierPanel, type FrontierSystem } from './frontier-panel.ts';
import { seedsText } from './figure-words.ts';
import { Markup, markup } from './markup.ts';
import { dot } from './marks.ts';
import { formatGiven } from './number-text.ts';
import { RACE_STYLE } from './race-style.ts';
import { type RaceColumn, type RaceResults, raceTable } from './race-table.ts';
import { REPORT_STYLE } from './report-style.ts';
import { look, panelsOf, type Series } from './series.ts';
import { durationText } from './settings.ts';
import { widthOf } from './text-width.ts';
import { verdictIcon } from './verdict-look.ts';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/** Pixels of a small multiple, and of the picture that is as high as two of them. */
const SMALL = { width: 300, height: 196 };
const LARGE = { width: 450, height: 345 };

export function renderRacePage(results: RaceResults): string {
  const racers = racersOf(results.rest);
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kith">
<title>The race of structured overlays</title>
<style>${REPORT_STYLE}${RACE_STYLE}</style>
</head>
<body>
<main class="race">
<h1>The race of structured overlays</h1>
<p class="question">Who finds a key, how quickly, at what cost, and what becomes of it when nodes come, go, and fail? The same keys, ways, lives and failures for all.</p>
${table(results, racers)}
<div class="pictures">
<div class="multiples">
${smallMultiples(results)}</div>
${frontier(results, racers)}
</div>
${smallPrint(results)}
</main>
</body>
</html>
`.text;
}

/** How each racer looks, everywhere on the page. */
function racersOf(rest: ExperimentResult): readonly Series[] {
  return [...new Set(rest.curves.map(({ line }) => line))].map(
    (line, number): Series => ({ name: line, curve: '', line, ...look(number, null), points: [], published: [] }),
  );
}

function table(results: RaceResults, racers: readonly Series[]): Markup {
  const { columns, rows } = raceTable(results);
  const groups = [...new Set(columns.map(({ group }) => group))];
  const first = (index: number): string => (columns[index - 1]?.group === columns[index]?.group ? '' : ' first');
  const over = groups.map(
    (group) =>
      markup`<th class="first" scope="colgroup" colspan="${columns.filter((column) => column.group === group).length}">${group}</th>`,
  );
  const heads = columns.map(
    ({ heading, unit }: RaceColumn, index) => markup`<th scope="col" class="number${first(index)}">${heading}<small>${unit}</small></th>`,
  );
  const body = rows.map(({ racer, cells }, row) => {
    const values = cells.map(
      ({ text, best }, index) =>
        markup`<td class="number${first(index)}${best ? ' best' : ''}">${best ? markup`<span title="best">★</span> ` : ''}${text}</td>`,
    );
    return markup`<tr><th scope="row">${sample(racers[row] as Series)}${racer}</th>${values}</tr>\n`;
  });
  return markup`<div class="scroll" tabindex="0" role="region" aria-label="The table of the race"><table>
<thead><tr><th rowspan="2" scope="col">★ best</th>${over}</tr>
<tr>${heads}</tr></thead>
<tbody>
${body}</tbody></table></div>
`;
}

/** The table is the key of all pictures. */
function sample(series: Series): Markup {
  return markup`<svg class="kith-figure" viewBox="0 0 40 16" aria-hidden="true"><path class="line s${String(series.hue)} d${String(series.dash)}" d="M0 8H40"/>${dot(series, 20, 8, 4.5)}</svg>`;
}

interface Multiple {
  readonly of: keyof RaceResults;
  readonly curve: string;
  readonly title: string;
  readonly y: string;
  readonly x: string;
}

const MULTIPLES: readonly Multiple[] = [
  { of: 'rest', curve: 'hops', title: 'Hops', y: 'mean', x: 'nodes' },
  { of: 'rest', curve: 'median', title: 'Time', y: 'ms, median', x: 'nodes' },
  { of: 'rest', curve: 'contacts', title: 'State', y: 'contacts per node', x: 'nodes' },
  {
    of: 'churn',
    curve: 'unserved',
    title: 'Late under churn',
    y: 'part failed or later than 4 s',
    x: 'median lives an hour (1: 60 min; 6: 10 min)',
  },
  {
    of: 'churn',
    curve: 'traffic',
    title: 'Traffic under churn',
    y: 'bytes per node and second',
    x: 'median lives an hour (1: 60 min; 6: 10 min)',
  },
  { of: 'recovery', curve: 'unserved', title: 'After failures at once', y: 'part failed or later than 4 s', x: 'seconds since then' },
];

function smallMultiples(results: RaceResults): Markup[] {
  return MULTIPLES.map(({ of, curve, title, y, x }) => {
    const result = results[of];
    const panel = panelsOf(result).find(({ series }) => series.some((each) => each.curve === curve));
    if (panel === undefined) return markup``;
    const xs = [...new Set(panel.series.flatMap(({ points }) => points.map((point) => point.x)))];
    const [top, bottom] = [8, SMALL.height - 40];
    const ticks = yScaleOf(panel, { top, bottom }).ticks;
    const left = 12 + Math.max(0, ...ticks.map((tick) => widthOf(tick.label, TICK_FONT)));
    const frame = { left, right: SMALL.width - 4, top, bottom };
    const plot = new CurvePanel(panel, frame, { x: result.figure.x, xs, xTickLabels: true, labelWidth: 0 }).draw();
    return picture(title, y, x, SMALL, plot);
  });
}

function frontier({ frontier: result }: RaceResults, racers: readonly Series[]): Markup {
  const systems = [...new Set(result.plan.points.map(({ spec }) => spec.system))].map((system): FrontierSystem => {
    const lines = result.plan.points.filter(({ spec }) => spec.system === system).map(({ line }) => line);
    // Variants of a system begin with its name.
    const name = (lines[0] ?? system).split(',')[0] as string;
    const known = racers.find((racer) => racer.name.split(',')[0] === name);
    return { system, series: { ...(known ?? (racers[0] as Series)), name, dash: 0 } };
  });
  const frame = { left: 0, right: LARGE.width, top: 8, bottom: LARGE.height - 40 };
  const plot = frontierPanel(result, systems, frame);
  return picture(
    'What upkeep buys',
    'ms, median, failed as 4 s; a mark for each setting, a line along the best of each system',
    'bytes per node and second, all traffic',
    LARGE,
    plot,
  );
}

function picture(title: string, y: string, x: string, { width, height }: typeof SMALL, plot: Markup): Markup {
  return markup`<figure><h2>${title}<small>${y}</small></h2>
<svg class="kith-figure" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}: ${y}, over ${x}">${plot}<text class="small muted" x="${width / 2}" y="${height - 4}" text-anchor="middle">${x}</text></svg>
</figure>
`;
}

function smallPrint({ rest, churn, recovery, frontier: cost }: RaceResults): Markup {
  const claims = [rest, churn, recovery, cost].flatMap((result) =>
    result.claims.map(({ text, holds }) => {
      const sign = verdictIcon(holds === null ? 'inconclusive' : holds ? 'agrees' : 'disagrees');
      return markup`<li>${sign} ${text}</li>\n`;
    }),
  );
  const commits = [...new Set([rest, churn, recovery, cost].map(({ commit }) => commit))].join(', ');
  const again = rest.plan.effort === 'quick' ? 'kith lab race --quick' : 'kith lab race';
  return markup`<div class="small-print">
<p><b>Measures.</b> Time: from question to owner, the dead waited for. Stretch: that time over the direct round trip to the owner, median. State: entries that a node keeps about others. Upkeep: bytes that a node sends without any lookups; traffic: with them; headers of UDP and IP included. Late: not the owner within 4 s. Failed: nobody, or somebody else (wrong). Recovery: until of two windows of 5 s in a row 99% as many lookups are served within 4 s as before; ≥: not in every run. ★ as far as the digits tell.</p>
<p><b>Nobody comes or goes:</b> ${setUp(rest)} <b>Churn:</b> ${setUp(churn)} Exponential lives, crashes, a newcomer a second later. <b>Failures:</b> ${setUp(recovery)} <b>What upkeep buys:</b> ${setUp(cost)} Lives of one hour on average.</p>
<p>Ways: generated, with the median (156 ms) and mean (178 ms) round trip of the King data set. The code that is measured is that which runs on sockets. Parameters are each system’s defaults, not tuned to one another. Sources of kith ${commits}. Again: <code>${again}</code></p>
${claims.length > 0 ? markup`<ul role="list">\n${claims}</ul>\n` : ''}</div>
`;
}

/** `1,024 nodes, 3000 lookups after 30 min; seeds 1 to 3.` */
function setUp({ plan }: ExperimentResult): string {
  const specs = plan.points.map(({ spec }) => spec);
  const sizes = [...new Set(specs.map(({ nodes }) => nodes))].map(formatGiven).join(', ');
  const work = specs[0]?.workload;
  const asked =
    work?.kind === 'lookups'
      ? `${formatGiven(work.count)} lookups after ${durationText(work.warmUpMs)}`
      : work?.kind === 'recovery'
        ? `${formatGiven(work.perSecond)} lookups a second for ${durationText(work.beforeMs)} before and ${durationText(work.afterMs)} after`
        : '';
  return `${sizes} nodes, ${asked}; ${seedsText(plan.seeds)}.`;
}
