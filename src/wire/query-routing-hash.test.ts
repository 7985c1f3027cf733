import assert from 'node:assert/strict';
import { test } from 'node:test';
import { queryPrefixes, querySlot } from './query-routing-hash.ts';

test('QRP: the vectors of its text, and the slots that gtk-gnutella sets', () => {
  const slots: Readonly<Record<number, Readonly<Record<string, number>>>> = {
    10: { ol2j34lj: 318, asdfas23: 503, a3f: 767, '3nja9': 581 },
    13: { '': 0, eb: 6791, ebc: 7082, ebck: 6698, ebckl: 3179, ebcklm: 3235, ebcklme: 6438, ebcklmen: 1062, ebcklmenq: 3527 },
    14: { zebra: 9065, Quilt: 8133, anthem: 8405, notes: 5933, mp3: 7248, txt: 6962 },
    16: { n: 65_003, nd: 54_193, ndf: 4_953, ndfl: 58_201 },
  };
  for (const [bits, words] of Object.entries(slots)) {
    for (const [word, slot] of Object.entries(words)) assert.equal(querySlot(word, Number(bits)), slot, `${word} of ${bits} bits`);
  }
});

test('a word is in a table with its beginnings of four letters and more', () => {
  assert.deepEqual(queryPrefixes('anthem'), ['anthem', 'anthe', 'anth']);
  assert.deepEqual(queryPrefixes('mp3'), ['mp3']);
});
