/** Which titles and sizes a filter lets through, and that no pattern makes it slow. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FeedFilter, wants } from './feed-filter.ts';

const ALL: FeedFilter = { include: [], exclude: [], bytesMin: null, bytesMax: null };

function lets(filter: Partial<FeedFilter>, title: string, contentBytes: number | null = null): boolean {
  return wants({ ...ALL, ...filter }, { guid: 'g', title, link: 'l', contentBytes });
}

test('all words of a pattern have to occur, in any order and case, and one of several patterns has to match', () => {
  assert.ok(lets({}, 'anything'));
  assert.ok(lets({ include: ['amd64 DEBIAN'] }, 'debian-13.1-amd64-netinst'));
  assert.ok(!lets({ include: ['debian arm64'] }, 'debian-13.1-amd64'));
  assert.ok(lets({ include: ['ubuntu', 'debian'] }, 'debian-13.1'));
  assert.ok(!lets({ include: ['debian'], exclude: ['netinst', 'beta 2'] }, 'debian-13-netinst'));
  assert.ok(lets({ include: ['debian'], exclude: ['beta 2'] }, 'debian beta 1'));
});

test('a star is any text within the order of its word, and everything else is itself', () => {
  assert.ok(lets({ include: ['s01e*1080p'] }, 'Show S01E07 x264 1080p'));
  assert.ok(!lets({ include: ['1080p*s01e'] }, 'Show S01E07 x264 1080p'));
  assert.ok(lets({ include: ['a.b'] }, 'xa.bx'));
  assert.ok(!lets({ include: ['a.b'] }, 'axb'));
  assert.ok(lets({ include: ['(a+)+$'] }, 'has (a+)+$ in it'));
});

test('sizes are bounds for who says his size', () => {
  const filter = { bytesMin: 10, bytesMax: 20 };
  assert.deepEqual(
    [9, 10, 20, 21, null].map((bytes) => lets(filter, 'a', bytes)),
    [false, true, true, false, true],
  );
});

test('no pattern makes a title slow', () => {
  const began = performance.now();
  assert.ok(!lets({ include: [`${'a*'.repeat(99)}b`] }, 'a'.repeat(500)));
  for (let round = 0; round < 2000; round++) lets({ include: [`${'*a'.repeat(100)}b`] }, 'a'.repeat(500));
  assert.ok(performance.now() - began < 2000);
});
