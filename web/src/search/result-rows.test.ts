import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchChange, SearchRowView } from '../api/views.ts';
import { inOrder, stepped, withChange } from './result-rows.ts';

/** As much of a row as is looked at here. */
function row(number: number, holders: number, free: number): SearchRowView {
  return { number, holders, free } as SearchRowView;
}

function change(rows: readonly SearchRowView[], joined: SearchChange['joined'] = []): SearchChange {
  return { search: {} as SearchChange['search'], rows, joined };
}

const numbers = (rows: readonly SearchRowView[]): number[] => rows.map(({ number }) => number);

test('rows that changed replace what they were, and one that became part of another is gone', () => {
  const first = withChange(new Map(), change([row(1, 1, 1), row(2, 1, 1)]));
  const second = withChange(first, change([row(1, 2, 2)], [{ number: 2, into: 1 }]));
  assert.deepEqual([...second.values()], [row(1, 2, 2)]);
  assert.equal(first.size, 2);
});

test('most holders come first, of equals those with free places, then the earlier; or all as they came', () => {
  const rows = withChange(new Map(), change([row(4, 1, 1), row(1, 1, 0), row(2, 3, 0), row(3, 1, 1)]));
  assert.deepEqual(numbers(inOrder(rows, 'ranked')), [2, 3, 4, 1]);
  assert.deepEqual(numbers(inOrder(rows, 'arrived')), [1, 2, 3, 4]);
});

test('steps go along the order that is shown, begin at either end, and stop there', () => {
  const list = [row(7, 3, 0), row(2, 2, 0), row(5, 1, 0)];
  assert.deepEqual(
    [stepped(list, 0, 1), stepped(list, 0, -1), stepped(list, 7, 1), stepped(list, 5, 1), stepped([], 0, 1)],
    [7, 5, 2, 5, 0],
  );
});
