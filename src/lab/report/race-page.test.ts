import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleResult } from '../../../test/fixtures/sample-results.ts';
import { RUN_DEFAULTS, type RunSpec, type WorkloadSpec } from '../run-spec.ts';
import { renderRacePage } from './race-page.ts';
import { type RaceResults, raceTable } from './race-table.ts';

const WORK: WorkloadSpec = { kind: 'lookups', count: 10, perSecond: 1, warmUpMs: 60_000, style: 'iterative' };

type Values = Readonly<Record<string, readonly (readonly [x: number, mean: number])[]>>;

/** Each curve of each racer, without any spread. */
function resultOf(racers: Readonly<Record<string, Values>>, labels: Readonly<Record<string, string>> = {}): RaceResults['rest'] {
  const curves = Object.entries(racers).flatMap(([line, values]) =>
    Object.entries(values).map(([curve, points]) => ({ curve, line, points, spread: 0 })),
  );
  const names = [...new Set(curves.map(({ curve }) => curve))];
  const y = { label: 'hops', scale: 'linear' } as const;
  const spec = (nodes: number, line: string): RunSpec => ({
    ...RUN_DEFAULTS,
    system: line.split(',')[0] as string,
    nodes,
    failure: { share: 0.3, repairMs: 0 },
    workload: WORK,
  });
  return sampleResult({
    curves,
    spec,
    seeds: 2,
    figure: { x: y, y, panels: names.map((name) => ({ y: { ...y, label: labels[name] ?? name }, curves: [name] })) },
    claims: [{ text: 'It <b>holds</b>.', holds: true }],
  });
}

function results(names: readonly [string, string], recovered = 1): RaceResults {
  const [one, other] = names;
  const rest = (hops: number): Values => ({
    hops: [
      [64, 1],
      [256, hops],
    ],
    median: [
      [64, 100],
      [256, 200],
    ],
    stretch: [
      [64, 1],
      [256, 2],
    ],
    contacts: [
      [64, 10],
      [256, hops * 10],
    ],
    upkeep: [
      [64, 1],
      [256, 30.2],
    ],
  });
  const churn = (late: number): Values => ({
    unserved: [
      [0, 0],
      [1, late / 10],
      [6, late],
    ],
    failed: [
      [0, 0],
      [1, 0.01],
      [6, 0.02],
    ],
    wrong: [
      [0, 0],
      [1, 0.01],
      [6, 0.02],
    ],
    median: [
      [0, 10],
      [1, 20],
      [6, 30],
    ],
    traffic: [
      [0, 10],
      [1, 20],
      [6, 30],
    ],
  });
  const recovery = (seconds: number): Values => ({
    unserved: [
      [0, 0.2],
      [5, 0.4],
    ],
    recovery: [
      [0, seconds * 1000],
      [5, seconds * 1000],
    ],
    recovered: [
      [0, recovered],
      [5, recovered],
    ],
  });
  const cost: Values = {
    cost: [
      [18, 40],
      [72, 10],
    ],
    median: [
      [18, 200],
      [72, 900],
    ],
  };
  return {
    rest: resultOf({ [one]: rest(2), [other]: rest(3) }),
    churn: resultOf({ [one]: churn(0.5), [other]: churn(0.25) }),
    recovery: resultOf({ [one]: recovery(20), [other]: recovery(35) }),
    frontier: resultOf({ [`${one}, small`]: cost, [`${other}, small`]: cost }),
  };
}

test('the table has a row for each racer, and marks who is best in a column, but where all are alike', () => {
  const { columns, rows } = raceTable(results(['chord', 'pastry']));
  assert.deepEqual(
    rows.map(({ racer }) => racer),
    ['chord', 'pastry'],
  );
  const cell = (row: number, group: RegExp, heading: string): unknown =>
    rows[row]?.cells[columns.findIndex((column) => group.test(column.group) && column.heading === heading)];
  assert.deepEqual(cell(0, /256 nodes/, 'hops'), { text: '2.00', best: true });
  assert.deepEqual(cell(1, /256 nodes/, 'hops'), { text: '3.00', best: false });
  assert.deepEqual(cell(0, /256 nodes/, 'upkeep'), { text: '30', best: false });
  assert.deepEqual(cell(0, /within 10 min/, 'late'), { text: '50.0%', best: false });
  assert.deepEqual(cell(1, /within 10 min/, 'late'), { text: '25.0%', best: true });
  assert.deepEqual(cell(0, /30% fail/, 'late'), { text: '40.0%', best: false });
  assert.deepEqual(cell(1, /30% fail/, 'recovery'), { text: '35', best: false });
});

test('of a racer that did not recover in every run the table says at least', () => {
  const { rows } = raceTable(results(['chord', 'pastry'], 0.5));
  assert.deepEqual(rows[0]?.cells.at(-1), { text: '≥ 20', best: true });
});

test('what nobody measured is a dash, and the page is drawn all the same', () => {
  const whole = results(['chord', 'pastry']);
  const bare = { ...whole, churn: { ...whole.churn, curves: [] }, frontier: { ...whole.frontier, curves: [] } };
  const { columns, rows } = raceTable(bare);
  const late = columns.findIndex(({ group, heading }) => /within 10 min/.test(group) && heading === 'late');
  assert.deepEqual(rows[0]?.cells[late], { text: '–', best: false });
  assert.match(renderRacePage(bare), /<h2>What upkeep buys/);
});

test('the page has the table, six small multiples, the frontier and the set-up, in one file that fetches and runs nothing', () => {
  const html = renderRacePage(results(['chord', 'pastry']));
  assert.equal(html.match(/<figure>/g)?.length, 7);
  assert.match(html, /seeds 1, 2/);
  assert.match(html, /✓ It &lt;b&gt;holds&lt;\/b&gt;\./);
  assert.doesNotMatch(html, /<(?:script|link|img|iframe|object)\b|\s(?:src|href|on\w+)=|url\(|@import|NaN/);
  assert.match(html, /Content-Security-Policy" content="default-src 'none'/);
  assert.equal(html, renderRacePage(results(['chord', 'pastry'])));
});

test('names are text, whatever they hold', () => {
  const html = renderRacePage(results(['<script>', '"><img>']));
  assert.doesNotMatch(html, /<script|<img/);
});
