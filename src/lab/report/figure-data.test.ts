import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chordPathLength, race, sampleResult } from '../../../test/fixtures/sample-results.ts';
import { mutate } from '../../../test/mutate.ts';
import { Random } from '../../core/index.ts';
import { forSeeds } from '../../sim/index.ts';
import { renderFigure } from './figure.ts';
import { type FigureData, NotAFigure, readFigure } from './figure-data.ts';
import { renderReport } from './report.ts';

test('plan, commit and traces come back from a figure, and from a report', () => {
  for (const result of [chordPathLength(), race()]) {
    const { plan, commit, runs } = result;
    const svg = renderFigure(result);
    const wanted = { v: 1, plan, commit, traces: runs.map(({ x, line, seed, trace }) => ({ x, line, seed, trace })) };
    assert.deepEqual(readFigure(svg), wanted);
    assert.deepEqual(readFigure(renderReport(result, svg)), wanted);
  }
});

test('names that look like markup or are not ASCII come back too, and are plain ASCII in the file', () => {
  const line = '</metadata><script>]]>&amp;\u2028ü 中 😀\ud800"\\';
  const svg = renderFigure(sampleResult({ curves: [{ curve: 'a', line, points: [[8, 1]], spread: 0 }] }));
  assert.equal(readFigure(svg).plan.points[0]?.line, line);
  assert.match(svg, /<metadata id="kith">[\x20-\x25\x27-\x3b\x3d\x3f-\x7e]*<\/metadata>/);
});

test('what is no figure of kith is refused, saying what is missing', () => {
  const refusals: readonly (readonly [text: string, why: RegExp])[] = [
    ['', /there is none here/],
    ['<svg xmlns="http://www.w3.org/2000/svg"><metadata id="other">{}</metadata></svg>', /there is none here/],
    ['<svg><metadata id="kith">{"v":1</metadata></svg>', /damaged/],
    ['<svg><metadata id="kith">[1]</metadata></svg>', /version 1, got no object/],
    ['<svg><metadata id="kith">{"v":2}</metadata></svg>', /version 1, got 2/],
    ['<svg><metadata id="kith">{"v":1}</metadata></svg>', /plan of version 1/],
    ['x'.repeat((32 << 20) + 1), /at most 33554432 characters/],
  ];
  for (const [text, why] of refusals) {
    assert.throws(
      () => readFigure(text),
      (error) => error instanceof NotAFigure && why.test(error.message),
      text.slice(0, 80),
    );
  }
});

test('a figure whose metadata breaks one rule is refused', () => {
  const { plan, commit, traces } = readFigure(renderFigure(chordPathLength()));
  const broken: readonly object[] = [
    { plan: { ...plan, experiment: '../../etc/passwd' } },
    { plan: { ...plan, experiment: 'a\\b' } },
    { plan: { ...plan, experiment: '.hidden' } },
    { plan: { ...plan, experiment: 'a\nb' } },
    { plan: { ...plan, experiment: 'a'.repeat(201) } },
    { plan: { ...plan, effort: 'some' } },
    { plan: { ...plan, seeds: [1.5] } },
    { plan: { ...plan, seeds: Array.from({ length: 1001 }, (_, index) => index) } },
    { plan: { ...plan, points: [{ x: '1', line: '', spec: {} }] } },
    { plan: { ...plan, points: [{ x: 1, line: '', spec: [] }] } },
    { plan: { ...plan, overrides: { nodes: 1 } } },
    { plan: { ...plan, ownScenario: false } },
    { commit: 1 },
    { traces: [{ x: 1, line: '', seed: 1, trace: 'not hex' }] },
    { traces: {} },
  ];
  for (const change of broken) {
    const json = JSON.stringify({ v: 1, plan, commit, traces, ...change }).replaceAll('<', '\\u003c');
    assert.throws(() => readFigure(`<svg><metadata id="kith">${json}</metadata></svg>`), NotAFigure, JSON.stringify(change).slice(0, 200));
  }
});

test('a damaged figure is read as what it says, or refused, and nothing else', () => {
  const svg = renderFigure(
    sampleResult({
      seeds: 2,
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
  const metadata = svg.slice(svg.indexOf('<metadata'), svg.indexOf('</metadata>') + '</metadata>'.length);
  const pool = [Buffer.from(metadata, 'latin1')];
  forSeeds(5000, (seed) => {
    const damaged = Buffer.from(mutate(pool, new Random(seed))).toString('latin1');
    try {
      assertShape(readFigure(damaged));
    } catch (error) {
      assert.ok(error instanceof NotAFigure, `${String(error)}\n${damaged.slice(0, 500)}`);
    }
  });
});

function assertShape({ v, plan, commit, traces }: FigureData): void {
  assert.equal(v, 1);
  assert.equal(typeof commit, 'string');
  assert.match(plan.experiment, /^[^./\\\s][^/\\]*$/);
  for (const { x, line } of [...plan.points, ...traces]) assert.ok(Number.isFinite(x) && typeof line === 'string');
}
