import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askOf, NO_WISH, searchLine } from './search-wish.ts';

test('what is filled in is what the node is asked, and what is not is left out', () => {
  const wish = {
    ...NO_WISH,
    words: ' walrus -live ',
    kind: 'audio',
    minSize: '3MB',
    maxBitRate: '320',
    enough: '2000',
    networks: ['napster'] as const,
  };
  assert.deepEqual(askOf(wish), {
    words: 'walrus -live',
    kind: 'audio',
    bytesMin: 3_000_000,
    bitRateMax: 320,
    enough: 2000,
    networks: ['napster'],
  });
  assert.deepEqual(askOf({ ...NO_WISH, words: 'a' }), { words: 'a' });
});

test('a size or a bit rate that is none is said', () => {
  assert.throws(() => askOf({ ...NO_WISH, minSize: 'large' }), /large is no size/);
  assert.throws(() => askOf({ ...NO_WISH, minBitRate: '1.5' }), RangeError);
});

test('the command asks for the same, and a word that must not be there is no option by accident', () => {
  const wish = { ...NO_WISH, words: "it's -live --in", minSize: '3MB', enough: '500', networks: ['gnutella', 'napster'] as const };
  assert.equal(searchLine(wish), "kith search 'it'\\''s' --not live --not -in --min-size 3MB --enough 500 --in gnutella,napster");
});
