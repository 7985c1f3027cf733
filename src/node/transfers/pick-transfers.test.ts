import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../failure.ts';
import { pickTransfers } from './pick-transfers.ts';

const LIST = [
  { number: 1, infoHash: `aaaa1${'0'.repeat(35)}`, infoHashV2: null, name: 'Film one' },
  { number: 2, infoHash: `aaaa2${'0'.repeat(35)}`, infoHashV2: `beef${'1'.repeat(60)}`, name: 'Film two' },
  { number: 3, infoHash: `1234${'0'.repeat(36)}`, infoHashV2: null, name: 'Film' },
];

function numbers(...words: string[]): number[] {
  return pickTransfers(LIST, words).map(({ number }) => number);
}

function failure(word: string): Failure {
  try {
    numbers(word);
  } catch (error) {
    return error as Failure;
  }
  throw new Error(`${word} was found`);
}

test('a transfer is meant by its number, the beginning of either hash, or a part of its name', () => {
  assert.deepEqual(numbers('2', 'AAAA1', 'beef'), [2, 1]);
  assert.deepEqual(numbers('ONE'), [1]);
  assert.deepEqual(numbers('1234'), [3]);
});

test('a whole name is meant before a part of others', () => {
  assert.deepEqual(numbers('Film'), [3]);
});

test('what could be several is refused with their numbers: exit code 2', () => {
  const { kind, why } = failure('film ');
  assert.deepEqual([kind, why], ['usage', '1: Film one (aaaa1000), 2: Film two (aaaa2000).']);
  assert.equal(failure('aaaa').kind, 'usage');
});

test('what means nothing is not found, and three digits of a hash are too few', () => {
  for (const word of ['9', 'aaa', 'nothing', '']) assert.equal(failure(word).kind, 'not-found', word);
  assert.match(failure('9').why, /from 1 to 3/);
});
