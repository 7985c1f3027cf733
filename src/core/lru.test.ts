import assert from 'node:assert/strict';
import test from 'node:test';
import { Lru } from './lru.ts';

test('what has not been used for longest goes first, and is handed back', () => {
  const lru = new Lru<string, number>(2);
  assert.equal(lru.set('a', 1), null);
  assert.equal(lru.set('b', 2), null);
  assert.equal(lru.get('a'), 1);
  assert.deepEqual(lru.set('c', 3), ['b', 2]);
  assert.deepEqual(
    [...lru],
    [
      ['a', 1],
      ['c', 3],
    ],
  );
});

test('a look is no use, a replacement is', () => {
  const lru = new Lru<string, number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  assert.equal(lru.peek('a'), 1);
  assert.deepEqual(lru.set('c', 3), ['a', 1]);
  assert.equal(lru.set('b', 4), null);
  assert.deepEqual(lru.set('d', 5), ['c', 3]);
  assert.equal(lru.get('a'), undefined);
  assert.equal(lru.delete('b') && !lru.has('b') && lru.size === 1, true);
});

test('undefined is a value like any other, and there is no empty bound', () => {
  const lru = new Lru<string, undefined>(2);
  lru.set('a', undefined);
  lru.set('b', undefined);
  lru.get('a');
  assert.deepEqual(lru.set('c', undefined), ['b', undefined]);
  assert.throws(() => new Lru(0), RangeError);
});
