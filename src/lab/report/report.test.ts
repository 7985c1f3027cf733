import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chordChurn, chordPathLength, fullRace, race, sampleResult } from '../../../test/fixtures/sample-results.ts';
import type { ExperimentResult } from '../result.ts';
import { renderFigure } from './figure.ts';
import { renderReport } from './report.ts';

const NASTY = '"><script>alert(1)</script><img src=https://a.example/x onerror=alert(2)>&\'';

function reportOf(result: ExperimentResult): string {
  return renderReport(result, renderFigure(result));
}

test('nothing in a report is fetched, runs or leads elsewhere', () => {
  for (const result of [chordPathLength(), fullRace(), nasty()]) {
    const html = reportOf(result);
    const tags = [...html.matchAll(/<[a-z!/][^>]*>/gi)].map((match) => match[0]);
    for (const tag of tags) {
      assert.doesNotMatch(tag, /^<\/?(?:script|link|img|image|iframe|object|embed|base|form|a|use|foreignObject)\b/i);
      assert.doesNotMatch(tag, /\s(?:src|href|xlink:href|srcset|action|style|on\w+)\s*=/i);
    }
    for (const [, style] of html.matchAll(/<style>([\s\S]*?)<\/style>/g)) assert.doesNotMatch(style as string, /url\(|@import|expression/i);
    assert.match(html, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline';/);
  }
});

test('whatever a result says is text, wherever it stands', () => {
  const html = reportOf(nasty());
  assert.ok(!html.includes('<script') && !html.includes('<img'), 'markup of a result got in');
  assert.ok(count(html, '&lt;script&gt;') >= 15, `${count(html, '&lt;script&gt;')} places`);
});

test('the verdict comes first, in a word, a sign and a sentence, before question, figure and points', () => {
  const html = reportOf(chordPathLength());
  assert.match(
    html,
    /<div class="verdict disagrees"><span class="icon" aria-hidden="true">✗<\/span><div><p><strong>Disagrees<\/strong> with Chord/,
  );
  const order = [
    '<h1>',
    'class="verdict ',
    'class="question"',
    '<figure>',
    '<h2>Claims',
    '<h2>Every point',
    '<h2>Where the',
    '<h2>Source',
    '<h2>Set-up',
    '<h2>Run it',
  ];
  const places = order.map((mark) => html.indexOf(mark));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok((places[0] as number) > 0);
});

test('each verdict has its word', () => {
  const result = chordChurn();
  for (const [agreement, word] of [
    ['agrees', 'Agrees'],
    ['disagrees', 'Disagrees'],
    ['inconclusive', 'Inconclusive'],
    ['measured', 'Measured'],
  ] as const) {
    const html = reportOf({ ...result, verdict: { ...result.verdict, agreement, sentence: 'it is so' } });
    assert.ok(html.includes(`<strong>${word}</strong>: it is so.`), word);
  }
});

test('every point has a row: ours, its band, what is published, the difference and whether it agrees', () => {
  const html = reportOf(chordChurn());
  const row = /<tr><th scope="row" class="number">0\.02<\/th>.*<\/tr>/.exec(html)?.[0] ?? '';
  const cells = [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/g)].map((match) => (match[1] as string).replace(/<[^>]*>/g, ''));
  assert.deepEqual(cells, ['0.02', '0.008973', '0.008048 to 0.009897', '0.0095 (0.0073 to 0.0117)', '−5.5%', '± 0.00019', '✓ agrees']);
});

test('tables are made to be heard: captions, scopes, groups, and a box that the keyboard reaches', () => {
  const html = reportOf(chordPathLength());
  assert.equal(count(html, '<table>'), 1 + 1 + 1);
  assert.equal(count(html, '<caption>'), 3);
  assert.equal(count(html, 'scope="rowgroup"'), 3);
  assert.ok(count(html, 'scope="row"') > 3 * 8);
  for (const [, id] of html.matchAll(/<div class="scroll[^"]*" role="region" aria-labelledby="([^"]+)" tabindex="0">/g)) {
    assert.equal(count(html, ` id="${id}"`), 1, id);
  }
});

test('where nothing is published, the lines stand side by side, a table for each unit', () => {
  const html = reportOf(race());
  assert.ok(html.includes('<h2>Every point</h2>'));
  assert.doesNotMatch(html, />published<|>tolerance</);
  assert.equal(count(html, '<th scope="col" class="number">kelips</th>'), 3);
  assert.equal(count(reportOf(fullRace()), '<th scope="col" class="number">kelips</th>'), 6);
  assert.match(
    html,
    /<th scope="row" class="number">1024<\/th>(?:<td class="number"><span class="ours">[\d.]+<\/span><br><span class="muted">[^<]+ to [^<]+<\/span><\/td>){4}<\/tr>/,
  );
});

test('claims are told apart by sign and word', () => {
  const html = reportOf(race());
  for (const words of ['✓</span> holds</span>', '✗</span> fails</span>', '?</span> not told</span>'])
    assert.equal(count(html, words), 1, words);
});

test('a report says how to do it again, from which sources, with which traces', () => {
  const result = chordPathLength();
  const html = reportOf(result);
  for (const words of [
    'kith lab run chord-path-length --seeds 10',
    'kith lab rerun figure.svg',
    result.commit,
    result.runs[79]?.trace as string,
  ]) {
    assert.ok(html.includes(words), words);
  }
});

test('the quick form says that it is one', () => {
  const { plan, ...rest } = chordPathLength();
  assert.match(reportOf({ ...rest, plan: { ...plan, effort: 'quick' } }), /class="verdict[^>]*>.*Quick form: fewer values/);
});

test('each element has an id of its own, though the figure is there twice', () => {
  const ids = [...reportOf(fullRace()).matchAll(/\sid="([^"]*)"/g)].map((match) => match[1]);
  assert.equal(new Set(ids).size, ids.length);
});

test('a result without anything in it has a report', () => {
  const html = reportOf(sampleResult({ curves: [] }));
  assert.ok(html.includes('Nothing was measured.'));
  assert.doesNotMatch(html, /NaN|undefined/);
});

/** Says something evil in every field that is text. */
function nasty(): ExperimentResult {
  const result = sampleResult({
    curves: [NASTY, 'b'].flatMap((curve) =>
      [NASTY, 'l'].map((line) => ({
        curve,
        line,
        points: [
          [8, 1],
          [16, 2],
        ],
        spread: 0.1,
      })),
    ),
    published: [{ curve: NASTY, line: NASTY, points: [[8, 1]], relative: 0.1 }],
  });
  const { plan, figure } = result;
  return {
    ...result,
    title: NASTY,
    question: NASTY,
    source: { paper: NASTY, where: NASTY, trust: NASTY },
    deviations: [NASTY],
    claims: [{ text: NASTY, holds: true }],
    commit: NASTY,
    figure: { x: { ...figure.x, label: NASTY }, y: { ...figure.y, label: NASTY } },
    plan: {
      ...plan,
      experiment: NASTY,
      overrides: { [NASTY]: NASTY },
      points: plan.points.map((point) => ({ ...point, spec: { ...point.spec, system: NASTY } })),
    },
    verdict: { ...result.verdict, sentence: NASTY },
    runs: result.runs.map((run) => ({ ...run, trace: NASTY })),
  };
}

function count(text: string, what: string): number {
  return text.split(what).length - 1;
}
