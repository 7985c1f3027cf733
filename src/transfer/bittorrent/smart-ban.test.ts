import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SmartBan } from './smart-ban.ts';

test('only the peer whose block was bad is named, not all who contributed', () => {
  const bans = new SmartBan();
  bans.failed(7, ['a', 'b', 'BAD', 'd'], [1, 1, 2, 3]);
  assert.equal(bans.remembers(7), true);
  assert.deepEqual(bans.passed(7, ['a', 'b', 'c', 'd']), [2]);
  assert.equal(bans.remembers(7), false);
});

test('every failure of a piece counts, also of peers that have sent the same block again', () => {
  const bans = new SmartBan();
  bans.failed(7, ['BAD', 'b'], [1, 3]);
  bans.failed(7, ['a', 'WORSE'], [3, 2]);
  bans.failed(7, ['BAD', 'WORSE'], [1, 2]);
  assert.deepEqual(bans.passed(7, ['a', 'b']), [1, 2]);
});

test('a piece that passes at once accuses nobody', () => {
  assert.deepEqual(new SmartBan().passed(7, ['a']), []);
});

test('a peer that makes thousands of pieces fail costs bounded memory', () => {
  const bans = new SmartBan();
  for (let piece = 0; piece < 10_000; piece++) bans.failed(piece, ['x'], [1]);
  let remembered = 0;
  for (let piece = 0; piece < 10_000; piece++) if (bans.remembers(piece)) remembered++;
  assert.equal(remembered, 256);
  assert.equal(bans.remembers(9_999), true);
});
