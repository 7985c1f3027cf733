/** What a receiver keeps, passes on and says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reordering } from './reordering.ts';

const ROOM = 1000;
const bytes = (length: number): Uint8Array => new Uint8Array(length);

test('the selective ack of BEP 29: the first bit is ack + 2, the lowest of its byte', () => {
  const reordering = new Reordering(0xfffe);
  for (const sequence of [0, 1, 7, 8, 33]) assert.equal(reordering.place(sequence, bytes(1), false, ROOM), 'early');
  assert.deepEqual([...(reordering.selective() ?? [])], [0b10000011, 0b1, 0, 0, 0b10, 0, 0, 0]);
  assert.equal(reordering.place(0xffff, bytes(1), false, ROOM), 'next');
  assert.deepEqual([reordering.takeNext()?.length, reordering.takeNext()?.length, reordering.takeNext()], [1, 1, null]);
  assert.equal(reordering.ack, 1);
  assert.deepEqual([...(reordering.selective() ?? [])], [0b110000, 0, 0, 0b1000000]);
});

test('early packets do not take the room of the one that they wait for', () => {
  const reordering = new Reordering(0);
  for (let sequence = 2; sequence < 12; sequence++) assert.equal(reordering.place(sequence, bytes(100), false, ROOM), 'early');
  assert.equal(reordering.place(12, bytes(100), false, ROOM), 'refused');
  assert.equal(reordering.place(1, bytes(100), false, ROOM), 'next');
});

test('what came before, what is too far ahead and what follows the end is not taken', () => {
  const reordering = new Reordering(10);
  assert.equal(reordering.place(10, bytes(1), false, ROOM), 'old');
  assert.equal(reordering.place(9000, bytes(1), false, ROOM), 'refused');
  assert.equal(reordering.place(13, bytes(0), true, ROOM), 'early');
  assert.equal(reordering.place(13, bytes(0), true, ROOM), 'old');
  assert.equal(reordering.place(14, bytes(1), false, ROOM), 'refused');
  assert.equal(reordering.place(12, bytes(0), true, ROOM), 'refused', 'there is one end');
  assert.equal(reordering.complete, false);
  for (const sequence of [11, 12]) reordering.place(sequence, bytes(1), false, ROOM);
  while (reordering.takeNext() !== null);
  assert.equal(reordering.complete, true);
});
