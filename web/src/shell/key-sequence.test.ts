import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeySequence, nameOfKey } from './key-sequence.ts';

const KNOWN = ['g t', 'g i', 'j', '?', 'Control+k', 'Space'];

test('a key stands for itself, or for the beginning of two', () => {
  const keys = new KeySequence(KNOWN);
  assert.equal(keys.press('j', 0), 'j');
  assert.equal(keys.press('g', 1), null);
  assert.equal(keys.press('t', 2), 'g t');
  assert.equal(keys.press('t', 3), null);
});

test('what does not go on after the first key is looked at by itself no more, and after a while the first is forgotten', () => {
  const keys = new KeySequence(KNOWN);
  keys.press('g', 0);
  assert.equal(keys.press('x', 1), null);
  assert.equal(keys.press('t', 2), null);
  keys.press('g', 10);
  assert.equal(keys.press('t', 2_000), null);
});

test('names of keys are those of the help, on every system', () => {
  const key = (name: string, held: object = {}): string => nameOfKey({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...held });
  assert.deepEqual(
    [key(' '), key('?'), key('K', { ctrlKey: true }), key('k', { metaKey: true })],
    ['Space', '?', 'Control+k', 'Control+k'],
  );
});
