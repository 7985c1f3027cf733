/**
 * The report of a result: one HTML file that needs no network and no script, the verdict first and everything that it rests on below. It can be
 * mailed, printed, and put on any server. Owns no state.
 */

import type { ExperimentResult } from '../result.ts';
import { runAgain } from './commands.ts';
import { renderNarrowFigure } from './figure.ts';
import { seedsText } from './figure-words.ts';
import { Markup, markup, NOTHING } from './markup.ts';
import { formatGiven } from './number-text.ts';
import { REPORT_STYLE } from './report-style.ts';
import { pointTables, settingsTable, traceTable } from './report-tables.ts';
import { durationText } from './settings.ts';
import { verdictIcon, verdictWord } from './verdict-look.ts';

/** Nothing is fetched, and nothing runs; styles stand in the file. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
/** A plan of thousands of points is left to result.json. */
const PLAN_CHARS_MAX = 1 << 20;

/** `svg` is what `renderFigure` made of the same result; it stands in the file as it is. */
export function renderReport(result: ExperimentResult, svg: string): string {
  const { title, question, verdict, source } = result;
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(POLICY)}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="kith">
<title>${verdictWord(verdict.agreement)}: ${title}</title>
<style>${REPORT_STYLE}</style>
</head>
<body>
<main>
<p class="eyebrow">kith lab, ${source.paper}, ${source.where}</p>
<h1>${title}</h1>
${verdictBox(result)}
<p class="question">${question}</p>
${figures(result, svg)}
${claims(result)}
<h2>${result.comparisons.length > 0 ? 'Every point beside what is published' : 'Every point'}</h2>
${pointTables(result)}
${deviations(result)}
${sourceList(result)}
${setUp(result)}
${again(result)}
</main>
</body>
</html>
`.text;
}

function verdictBox({ verdict, plan }: ExperimentResult): Markup {
  const { agreement, sentence } = verdict;
  const quick =
    plan.effort === 'quick' ? markup`<p>Quick form: fewer values, fewer seeds or smaller runs than the experiment asks for.</p>` : NOTHING;
  return markup`<div class="verdict ${agreement}"><span class="icon" aria-hidden="true">${verdictIcon(agreement)}</span><div><p>${asSentence(verdictWord(agreement), sentence)}</p>${quick}</div></div>`;
}

/** The same figure twice, of which a screen shows one: on a phone the wide one would be too small to read. */
function figures(result: ExperimentResult, svg: string): Markup {
  return markup`<figure>
<div class="wide">${new Markup(svg)}</div>
<div class="narrow">${new Markup(renderNarrowFigure(result))}</div>
</figure>`;
}

function claims({ claims }: ExperimentResult): Markup {
  if (claims.length === 0) return NOTHING;
  const items = claims.map(({ text, holds }) => {
    const agreement = holds === null ? 'inconclusive' : holds ? 'agrees' : 'disagrees';
    const word = holds === null ? 'not told' : holds ? 'holds' : 'fails';
    return markup`<li><span class="chip ${agreement}"><span aria-hidden="true">${verdictIcon(agreement)}</span> ${word}</span> <span>${text}</span></li>\n`;
  });
  return markup`<h2>Claims</h2>
<ul class="claims" role="list">
${items}</ul>`;
}

function deviations({ deviations }: ExperimentResult): Markup {
  if (deviations.length === 0) return NOTHING;
  return markup`<h2>Where the set-up differs</h2>
<ul>
${deviations.map((each) => markup`<li>${each}</li>\n`)}</ul>`;
}

function sourceList({ source }: ExperimentResult): Markup {
  return markup`<h2>Source</h2>
<dl>
<dt>What is held against</dt><dd>${source.paper}, ${source.where}</dd>
<dt>How its numbers are known</dt><dd>${source.trust}</dd>
</dl>`;
}

function setUp(result: ExperimentResult): Markup {
  const { plan, runs } = result;
  const json = JSON.stringify(plan, null, 2);
  const whole = json.length <= PLAN_CHARS_MAX ? json : JSON.stringify({ ...plan, points: plan.points.slice(0, 1) }, null, 2);
  const cut =
    json.length <= PLAN_CHARS_MAX ? NOTHING : markup`<p>Only the first of ${String(plan.points.length)} points; result.json has all.</p>`;
  return markup`<h2>Set-up</h2>
<dl>
<dt>Experiment</dt><dd>${plan.experiment}, ${plan.effort} form</dd>
<dt>Seeds</dt><dd>${seedsText(plan.seeds)}</dd>
<dt>Runs</dt><dd>${formatGiven(runs.length)}, with ${formatGiven(sum(runs.map((run) => run.events)))} events in ${durationText(sum(runs.map((run) => run.virtualMs)))} of virtual time</dd>
${Object.entries(plan.overrides).map(([name, value]) => markup`<dt>Laid over it</dt><dd>${name} = ${value}</dd>\n`)}</dl>
${settingsTable(result)}<details><summary>The whole plan as JSON</summary>
${cut}<pre tabindex="0" role="region" aria-label="The plan as JSON"><code>${whole}</code></pre>
</details>`;
}

function again(result: ExperimentResult): Markup {
  return markup`<h2>Run it again</h2>
<pre tabindex="0" role="region" aria-label="Command that runs the experiment"><code>${runAgain(result.plan)}</code></pre>
<p>Or let kith say whether it comes out the same, event by event, from the figure alone:</p>
<pre tabindex="0" role="region" aria-label="Command that runs the figure again"><code>kith lab rerun figure.svg</code></pre>
<dl>
<dt>Sources of kith</dt><dd><code>${result.commit}</code></dd>
</dl>
<details><summary>Traces: a hash over every event of each run</summary>
${traceTable(result)}</details>`;
}

/** The word in bold; a sentence that begins with it does not say it twice. */
function asSentence(word: string, sentence: string): Markup {
  const rest = sentence.startsWith(word.toLowerCase()) ? sentence.slice(word.length) : `: ${sentence}`;
  return markup`<strong>${word}</strong>${rest}.`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
