import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chordPathLength, fullRace, race, sampleResult } from '../../../test/fixtures/sample-results.ts';
import { experiment } from '../experiment.ts';
import { panelsOf } from './series.ts';

test('without panels all curves share one, each with a look of its own', () => {
  const [panel, ...more] = panelsOf(chordPathLength());
  assert.equal(more.length, 0);
  assert.deepEqual(
    panel?.series.map(({ name, hue, mark, dash }) => [name, hue, mark, dash]),
    [
      ['mean', 0, 0, 0],
      ['1st percentile', 1, 1, 1],
      ['99th percentile', 2, 2, 2],
    ],
  );
});

test('a system looks the same in every panel', () => {
  const looks = race()
    .curves.slice(0, 4)
    .map((_, index) => [index, index, index]);
  for (const { series } of panelsOf(race()))
    assert.deepEqual(
      series.map(({ hue, mark, dash }) => [hue, mark, dash]),
      looks,
    );
});

test('where a panel has several curves of each line, the dash tells curves and the hue lines', () => {
  const times = panelsOf(fullRace()).find(({ series }) => series.length === 8)?.series ?? [];
  assert.deepEqual(
    times.map(({ hue, dash }) => [hue, dash]),
    [0, 1, 2, 3].flatMap((line) => [
      [line, 0],
      [line, 1],
    ]),
  );
});

test('up to 36 series no two look alike', () => {
  const lines = Array.from({ length: 36 }, (_, index) => ({
    curve: 'hops',
    line: `system ${index}`,
    points: [[1, index] as const],
    spread: 0,
  }));
  const looks = panelsOf(sampleResult({ curves: lines })).flatMap(({ series }) =>
    series.map(({ hue, mark, dash }) => `${hue} ${mark} ${dash}`),
  );
  assert.equal(new Set(looks).size, 36);
});

test('curves with an axis of their own get a panel, in the order of the curves', () => {
  const { figure } = experiment({
    title: 'Race',
    question: 'Who is first?',
    source: { paper: 'race', where: 'here' },
    base: { system: 'chord', nodes: 64, workload: { kind: 'keys', keys: 1 } },
    vary: { label: 'nodes', values: [64], set: (spec) => spec },
    seeds: 1,
    y: { label: 'hops' },
    curves: [
      { name: 'hops', of: 'hops', statistic: 'mean' },
      { name: 'median', of: 'tookMs', statistic: 'p50', y: { label: 'time (ms)', scale: 'log' } },
      { name: 'worst', of: 'tookMs', statistic: 'max', y: { label: 'time (ms)', scale: 'log' } },
    ],
  });
  assert.deepEqual(figure.panels, [
    { y: { label: 'hops', scale: 'linear' }, curves: ['hops'] },
    { y: { label: 'time (ms)', scale: 'log' }, curves: ['median', 'worst'] },
  ]);
});

test('over each of several panels stands its axis, and its curve where that says more', () => {
  assert.deepEqual(
    panelsOf(fullRace()).map((panel) => panel.heading),
    [
      'path length (hops)',
      'lookup time (ms)',
      'upkeep (bytes a second and node)',
      'failed lookups, part of lookups that failed',
      'contacts per node',
    ],
  );
});

test('a curve that no panel names is drawn all the same, on the axis of the figure', () => {
  const { figure, ...rest } = race();
  const panels = panelsOf({ ...rest, figure: { ...figure, panels: (figure.panels ?? []).slice(0, 1) } });
  assert.deepEqual(
    panels.map(({ y, series }) => [y.label, series.length]),
    [
      ['path length (hops)', 4],
      ['path length (hops)', 8],
    ],
  );
});
