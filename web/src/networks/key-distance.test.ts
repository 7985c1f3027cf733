import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceText } from './key-distance.ts';

const id = (head: string): string => head.padEnd(40, '0');

test('on a ring it is the nearer way round', () => {
  assert.equal(distanceText('ring', id('4'), id('8')), '25% of the ring before the key');
  assert.equal(distanceText('ring', id('8'), id('4')), '25% of the ring behind the key');
  assert.equal(distanceText('ring', id('f'), id('1')), '13% of the ring before the key');
  assert.equal(distanceText('ring', id('a'), id('a')), '0% of the ring before the key');
});

test('in a tree of bits and a mesh of digits it is what both begin with', () => {
  assert.equal(distanceText('trie', id('ab8'), id('abf')), "its first 9 bits are the key's");
  assert.equal(distanceText('trie', id('8'), id('c')), "its first bit is the key's");
  assert.equal(distanceText('trie', id('a'), id('a')), "its first 160 bits are the key's");
  assert.equal(distanceText('mesh', id('ab8'), id('abf')), "its first 2 digits are the key's");
  assert.equal(distanceText('star', id('1'), id('2')), '');
});
