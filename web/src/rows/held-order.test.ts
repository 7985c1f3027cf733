import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeldOrder } from './held-order.ts';

interface Row {
  readonly key: string;
  readonly rate: number;
}

/** Rows by their keys, ordered by rate; what has left has a rate of -1. */
function world() {
  const order = new HeldOrder<Row>({ keyOf: ({ key }) => key, gone: (row) => ({ ...row, rate: -1 }) });
  const wish = {};
  return (rates: Readonly<Record<string, number>>, isHeld: boolean, as: object = wish): string[] => {
    const rows = Object.entries(rates).map(([key, rate]) => ({ key, rate }));
    const fresh = rows.toSorted((a, b) => b.rate - a.rate);
    return order.rows(fresh, (key) => rows.find((row) => row.key === key), isHeld, as).map(({ key, rate }) => `${key}${rate}`);
  };
}

test('while somebody points at rows they keep their places, with the values that they have now', () => {
  const show = world();
  assert.deepEqual(show({ a: 3, b: 2, c: 1 }, false), ['a3', 'b2', 'c1']);
  assert.deepEqual(show({ a: 0, b: 2, c: 9 }, true), ['a0', 'b2', 'c9']);
  assert.deepEqual(show({ a: 0, b: 2, c: 9 }, false), ['c9', 'b2', 'a0']);
});

test('who leaves meanwhile keeps his place, and who comes gets one behind all, until it is let go', () => {
  const show = world();
  show({ a: 3, b: 2 }, false);
  assert.deepEqual(show({ b: 2, d: 9 }, true), ['a-1', 'b2', 'd9']);
  assert.deepEqual(show({ b: 2, d: 9, e: 99 }, true), ['a-1', 'b2', 'd9', 'e99']);
  assert.deepEqual(show({ b: 2, d: 9, e: 99 }, false), ['e99', 'd9', 'b2']);
});

test('who sorts or filters anew, while the rows are held, gets what he asked for', () => {
  const show = world();
  show({ a: 3, b: 2 }, false);
  assert.deepEqual(show({ a: 1, b: 2 }, true, { other: true }), ['b2', 'a1']);
});
