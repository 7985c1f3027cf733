import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BLOCK_BYTES, PieceGeometry } from './block.ts';

test('the blocks of all pieces add up to the content, and none is empty', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000_000 }), fc.integer({ min: 1_000, max: 200_000 }), (totalBytes, pieceBytes) => {
      const geometry = new PieceGeometry(totalBytes, pieceBytes);
      let sum = 0;
      for (let piece = 0; piece < geometry.pieceCount; piece++) {
        let pieceSum = 0;
        for (let block = 0; block < geometry.blocksOf(piece); block++) {
          const length = geometry.blockLength(piece, block);
          assert.ok(length > 0 && length <= BLOCK_BYTES);
          pieceSum += length;
        }
        assert.equal(pieceSum, geometry.bytesOf(piece));
        sum += pieceSum;
      }
      assert.equal(sum, totalBytes);
    }),
    { numRuns: 50 },
  );
});

test('content without bytes and pieces without bytes are refused', () => {
  assert.throws(() => new PieceGeometry(0, 16_384), /at least 1 byte/);
  assert.throws(() => new PieceGeometry(1, 0), /at least 1 byte/);
});
