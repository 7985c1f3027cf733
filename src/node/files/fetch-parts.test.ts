import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitset } from '../../core/bitset.ts';
import { ByteRanges } from '../../transfer/files/byte-ranges.ts';
import type { Holder, PieceKeeper } from '../../transfer/files/index.ts';
import { partsOf } from './fetch-parts.ts';

test('who has not said what he has counts for every part, others for the parts that they have whole', () => {
  const have = new Bitset(3);
  have.add(1);
  const rangeOf = (piece: number) => ({ begin: piece * 100, end: Math.min(250, (piece + 1) * 100) });
  const keeper = { pieceCount: 3, pieceBytes: 100, fileBytes: 250, store: { have }, rangeOf } as unknown as PieceKeeper;
  const holders = [null, new ByteRanges([{ begin: 50, end: 250 }])].map((available) => ({ available }) as Holder);
  const { count, bytes, have: there, bits, availability } = partsOf(keeper, holders);
  assert.deepEqual([count, bytes, there, [...bits], [...availability]], [3, 100, 1, [0b0100_0000], [1, 2, 2]]);
});
