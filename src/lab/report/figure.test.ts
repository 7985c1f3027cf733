import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import {
  chordChurn,
  chordPathLength,
  chordVirtualNodes,
  fullRace,
  race,
  raceAtOneSize,
  sampleResult,
} from '../../../test/fixtures/sample-results.ts';
import { xmlFault } from '../../../test/fixtures/well-formed.ts';
import type { ExperimentResult } from '../result.ts';
import { renderFigure, renderNarrowFigure } from './figure.ts';

const SAMPLES = { chordChurn, chordPathLength, chordVirtualNodes, fullRace, race, raceAtOneSize };
/** Of all samples one after the other. When a figure is meant to look different, look at it, and put the new one here. */
const DRAWN = '4d0d686fd3a632a02ae7e00bd7d75f5beff35a08dba9173a454005a6f735191d';

const LINEAR = { x: { label: 'x', scale: 'linear' }, y: { label: 'y', scale: 'linear' } } as const;
const LOG = { x: { label: 'x', scale: 'log' }, y: { label: 'y', scale: 'log' } } as const;

test('figures are the same byte for byte on every machine', () => {
  const hash = createHash('sha256');
  for (const sample of Object.values(SAMPLES)) hash.update(renderFigure(sample()));
  assert.equal(hash.digest('hex'), DRAWN);
});

for (const [name, sample] of Object.entries(SAMPLES)) {
  test(`${name}: both figures are well-formed, and everything in them lies on the paper`, () => {
    for (const svg of [renderFigure(sample()), renderNarrowFigure(sample())]) {
      assert.equal(xmlFault(svg), null);
      assertOnPaper(svg);
    }
  });
}

test('a figure says what it shows without being seen', () => {
  const svg = renderFigure(chordPathLength());
  assert.match(svg, /^<svg [^>]*role="img" aria-labelledby="kith-figure-title" aria-describedby="kith-figure-desc"/);
  assert.match(svg, /<title id="kith-figure-title">Path length<\/title>/);
  assert.match(svg, /<desc id="kith-figure-desc">How many nodes .*mean: from 1\.\d+ at 8 to 6\.\d+ at 16,384 \(nodes\)/);
});

test('a figure says what is a line and what a mark, in how many seeds, and what came of it', () => {
  const text = textOf(renderFigure(chordPathLength()));
  for (const words of [
    'kith: mean and 95% band over 10 seeds',
    'published: Chord, SIGCOMM 2001, figure 10',
    'disagrees with Chord, SIGCOMM 2001, figure 10: agrees only at 23 of 24 points',
    'chord-path-length, seeds 1 to 10, kith 6e8de7bcf477',
  ]) {
    assert.ok(text.includes(words), `${words}\nnot in\n${text}`);
  }
});

test('each published point has a ring, its band a whisker, and one that disagrees a cross', () => {
  assert.equal(count(renderFigure(chordChurn()), 'class="ring"'), 4 + 1);
  assert.equal(count(renderFigure(chordChurn()), 'class="whisker"'), 4);
  assert.equal(count(renderFigure(chordPathLength()), 'class="cross"'), 1 + 1);
});

test('names of lines that would take too much room stand in the key', () => {
  const long = 'a name so long that it would leave no room for the line itself';
  const result = sampleResult({
    curves: [long, 'b'].map((curve) => ({
      curve,
      points: [
        [8, 1],
        [16, 2],
      ],
      spread: 0,
    })),
  });
  assert.equal(count(renderFigure(result), 'class="leader'), 0);
  assert.ok(textOf(renderFigure(result)).includes(long));
  assert.equal(count(renderFigure(chordPathLength()), 'class="leader'), 3);
});

test('a title may be anything', () => {
  const nasty = '<script>alert(1)</script>"\'&]]>\0\u202e</svg> ${x} https://a.example';
  const { plan, source, ...rest } = chordPathLength();
  const svg = renderFigure({
    ...rest,
    title: nasty,
    question: `${nasty}?`,
    source: { ...source, paper: nasty },
    plan: { ...plan, experiment: nasty },
  });
  assert.equal(xmlFault(svg), null);
  assert.ok(!svg.includes('<script') && !svg.includes('</svg> '), 'markup of the title got in');
});

test('points without a value are gaps, and are counted in a note', () => {
  const points = [1, 2, 3, 4, 5].map((x) => [x, x === 3 ? Number.NaN : x] as const);
  const svg = renderFigure(sampleResult({ figure: LINEAR, curves: [{ curve: 'a', points, spread: 0.1 }] }));
  assert.equal(/class="line s0 d0" d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)?.length, 2);
  assert.equal(count(svg, '<path class="band h0"'), 2 + 1);
  assert.ok(textOf(svg).includes('One point was not measured, and is left out.'));
});

test('a result that was read from JSON, where NaN is null, is the same figure', () => {
  const result = sampleResult({
    figure: LINEAR,
    curves: [
      {
        curve: 'a',
        points: [
          [1, 1],
          [2, Number.NaN],
          [3, 4],
        ],
        spread: 0.1,
      },
    ],
  });
  const stored = JSON.parse(JSON.stringify(result)) as ExperimentResult; // What was just written.
  assert.equal(renderFigure(stored), renderFigure(result));
});

test('zeros on a logarithmic axis are drawn in the lane for zero, with a note', () => {
  const svg = renderFigure(chordVirtualNodes());
  assert.equal(count(svg, 'class="lane"'), 1);
  assert.match(textOf(svg), /A logarithmic axis has no 0: .*\(keys on a node\)/);
  assert.equal(count(renderFigure(chordPathLength()), 'class="lane"'), 0);
});

test('one x in several lines is a row for each line', () => {
  const text = textOf(renderFigure(raceAtOneSize()));
  assert.equal(count(text, 'kelips'), 3);
  assert.ok(text.includes('nodes: 1024'));
});

test('no curves, no points, no values, one point, one seed, a thousand points, and very large and small ones are all drawn', () => {
  const many = Array.from({ length: 1000 }, (_, index) => [index, (index * 7919) % 100] as const);
  const cases: readonly (readonly (readonly [x: number, y: number])[])[] = [
    [],
    [[8, Number.NaN]],
    [[8, 3]],
    [[0, 0]],
    [
      [-1, -5],
      [1, 5],
    ],
    many,
    [
      [1, 1e-300],
      [2, 1e300],
      [3, Number.POSITIVE_INFINITY],
    ],
    [
      [1e-9, 1e-9],
      [1e9, 1e9],
    ],
    [
      [5, 100],
      [6, 100],
    ],
  ];
  for (const points of cases) {
    for (const figure of [LINEAR, LOG]) {
      for (const seeds of [1, 5]) {
        const svg = renderFigure(sampleResult({ figure, seeds, curves: [{ curve: 'a', points, spread: 0.05 }] }));
        assert.equal(xmlFault(svg), null);
        assert.ok(!/NaN|Infinity|undefined/.test(svg.replace(/<metadata.*<\/metadata>/, '')), `${points.slice(0, 3)}`);
        assertOnPaper(svg);
      }
    }
  }
  assert.ok(textOf(renderFigure(sampleResult({ curves: [] }))).includes('Nothing was measured.'));
});

test('with one seed there is no band, and the figure does not speak of one', () => {
  const svg = renderFigure(
    sampleResult({
      seeds: 1,
      curves: [
        {
          curve: 'a',
          points: [
            [8, 1],
            [16, 2],
          ],
          spread: 0.1,
        },
      ],
    }),
  );
  assert.ok(textOf(svg).includes('kith: one seed') && !textOf(svg).includes('band'));
});

function textOf(svg: string): string {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]).join('\n');
}

function count(text: string, what: string): number {
  return text.split(what).length - 1;
}

/** Absolute places of marks and texts, none outside the viewBox. */
function assertOnPaper(svg: string): void {
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) as unknown as [string, string, string];
  const places = [
    ...[...svg.matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map((match) => [Number(match[1]), Number(match[2])] as const),
    ...[...svg.matchAll(/<text[^>]* x="(-?[\d.]+)" y="(-?[\d.]+)"/g)].map((match) => [Number(match[1]), Number(match[2])] as const),
  ];
  assert.ok(places.length > 0, 'expected something that is drawn');
  for (const [x, y] of places)
    assert.ok(x >= 0 && x <= Number(width) && y >= 0 && y <= Number(height), `${x} ${y} outside ${width} ${height}`);
}
