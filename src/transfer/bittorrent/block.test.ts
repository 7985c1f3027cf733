import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AlignedPieces } from '../../core/aligned-pieces.ts';
import { Bitset } from '../../core/bitset.ts';
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

test('pieces that end with their files add up to the files, and what may be asked for has the padding too', () => {
  const lengths = [70_000, 16_384, 5, 200_000];
  const common = { path: ['f'], executable: false, symlink: null };
  const files = lengths.flatMap((length) => [
    { ...common, length, pad: false },
    { ...common, length: (65_536 - (length % 65_536)) % 65_536, pad: true },
  ]);
  const totalBytes = files.reduce((sum, { length }) => sum + length, 0);
  const geometry = new PieceGeometry(totalBytes, 65_536, new AlignedPieces(files, 65_536));
  const pieces = Array.from({ length: geometry.pieceCount }, (_, piece) => piece);
  assert.deepEqual(
    pieces.map((piece) => geometry.bytesOf(piece)),
    [65_536, 4_464, 16_384, 5, 65_536, 65_536, 65_536, 3_392],
  );
  assert.equal(geometry.contentBytes, 286_389);
  assert.ok(pieces.every((piece) => geometry.paddedBytesOf(piece) === 65_536));
  const some = new Bitset(geometry.pieceCount);
  for (const piece of [0, 1, 3, 7]) some.add(piece);
  assert.equal(geometry.bytesOfAll(some), 65_536 + 4_464 + 5 + 3_392);
});

test('content without bytes and pieces without bytes are refused', () => {
  assert.throws(() => new PieceGeometry(0, 16_384), /at least 1 byte/);
  assert.throws(() => new PieceGeometry(1, 0), /at least 1 byte/);
});
