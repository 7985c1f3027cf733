import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlaySystemOf, SYSTEMS, systemOf } from './index.ts';

test('every system is found by its name, and has options', () => {
  for (const system of SYSTEMS) {
    assert.equal(systemOf(system.name), system);
    assert.ok(Object.keys(system.defaults).length > 0);
  }
});

test('a name that no system has is refused with the one that was meant, or with all there are', () => {
  assert.throws(() => systemOf('chrod'), { name: 'RangeError', message: /got "chrod": did you mean chord\?$/ });
  assert.throws(() => overlaySystemOf('bittorrent'), /^RangeError: a system of chord.* expected, got "bittorrent"$/);
});
