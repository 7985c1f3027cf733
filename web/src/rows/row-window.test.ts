import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rowWindow, scrollFor, topOf } from './row-window.ts';

const [VIEW, ROW, ROWS] = [500, 36, 10_000];

test('wherever it is scrolled to, all that is seen is drawn, and little else', () => {
  for (let scrollTop = 0; scrollTop <= ROWS * ROW - VIEW; scrollTop += 7) {
    const { first, end } = rowWindow(scrollTop, VIEW, ROW, ROWS);
    assert.ok(first * ROW <= scrollTop && (end * ROW >= scrollTop + VIEW || end === ROWS), `at ${scrollTop}: ${first} to ${end}`);
    assert.ok(end - first < 60, `at ${scrollTop}: ${end - first} rows`);
  }
});

test('few rows, or none, are all drawn; a place behind the end draws what there is', () => {
  assert.deepEqual(rowWindow(0, VIEW, ROW, 3), { first: 0, end: 3 });
  assert.deepEqual(rowWindow(0, VIEW, ROW, 0), { first: 0, end: 0 });
  const { first, end } = rowWindow(100_000, VIEW, ROW, 3);
  assert.ok(first <= end && end === 3);
});

test('a row that is seen whole moves nothing; others come to the nearer edge', () => {
  assert.equal(scrollFor(3, 0, VIEW, ROW), 0);
  assert.equal(scrollFor(20, 0, VIEW, ROW), 21 * ROW - VIEW);
  assert.equal(scrollFor(2, 400, VIEW, ROW), 2 * ROW);
});

test('below a row that is opened all that is seen is drawn too, wherever it is scrolled to', () => {
  const opened = { row: 100, height: 900 };
  const bottom = ROWS * ROW + opened.height - VIEW;
  for (let scrollTop = 0; scrollTop <= bottom; scrollTop += 11) {
    const { first, end } = rowWindow(scrollTop, VIEW, ROW, ROWS, opened);
    // What stands below the opened row is seen wherever the row is drawn.
    const begins = first > opened.row ? topOf(first, ROW, opened) : first * ROW;
    assert.ok(begins <= scrollTop && (topOf(end, ROW, opened) >= scrollTop + VIEW || end === ROWS), `at ${scrollTop}: ${first} to ${end}`);
    const isSeen = scrollTop + VIEW > 101 * ROW && scrollTop < 101 * ROW + opened.height;
    assert.ok(!isSeen || (first <= opened.row && opened.row < end), `at ${scrollTop} it is seen and not drawn`);
  }
});

test('a row behind one that is opened is scrolled to where it really is', () => {
  const opened = { row: 3, height: 300 };
  assert.equal(scrollFor(20, 0, VIEW, ROW, opened), 21 * ROW + 300 - VIEW);
  assert.equal(scrollFor(2, 400, VIEW, ROW, opened), 2 * ROW);
});
