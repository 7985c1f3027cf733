import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chordChurn, chordPathLength, sampleResult } from '../../../test/fixtures/sample-results.ts';
import { renderCsv } from './csv.ts';

test('there is a header and a row for each point of each curve, ended by CR LF', () => {
  const lines = renderCsv(chordPathLength()).split('\r\n');
  assert.equal(lines.length, 1 + 3 * 8 + 1);
  assert.equal(lines.at(-1), '');
  assert.equal(lines[0], 'curve,line,x,mean,low,high,seeds,published,published_low,published_high,difference_percent,tolerance,agreement');
  assert.match(lines[9] as string, /^1st percentile,,8,1,1,1,10,1,,,0,0,agrees$/);
});

test('numbers come with all their digits, a published band too', () => {
  const { curves } = chordChurn();
  const [, row] = renderCsv(chordChurn()).split('\r\n') as [string, string];
  const cells = row.split(',');
  assert.equal(Number(cells[3]), curves[0]?.points[0]?.mean);
  assert.deepEqual(cells.slice(7, 10), ['0.003', '0.0003', '0.0055']);
});

test('quotes, commas and line ends are quoted as RFC 4180 says', () => {
  const csv = renderCsv(sampleResult({ curves: [{ curve: 'a "b", c\r\nd', line: ' e ', points: [[8, 1]], spread: 0 }] }));
  assert.equal(csv.slice(csv.indexOf('\r\n') + 2), '"a ""b"", c\r\nd", e ,8,1,1,1,10,,,,,,\r\n');
});

test('no name is a formula to a spreadsheet', () => {
  for (const name of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', ' =1', '＝1', '|calc']) {
    const csv = renderCsv(sampleResult({ curves: [{ curve: name, points: [[8, 1]], spread: 0 }] }));
    assert.match(csv.slice(csv.indexOf('\r\n') + 2), /^"?'/, name);
  }
  const negative = renderCsv(sampleResult({ curves: [{ curve: 'a', points: [[-8, -1]], spread: 0 }] }));
  assert.ok(negative.includes('a,,-8,-1,-1,-1,'), 'a negative number stays one');
});

test('what was not measured is an empty cell', () => {
  const csv = renderCsv(sampleResult({ curves: [{ curve: 'a', points: [[8, Number.NaN]], spread: 0 }] }));
  assert.ok(csv.endsWith('a,,8,,,,0,,,,,,\r\n'), csv);
  assert.equal(renderCsv(sampleResult({ curves: [] })).split('\r\n').length, 2);
});
