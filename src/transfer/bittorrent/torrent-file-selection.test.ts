import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bitset } from '../../core/bitset.ts';
import type { Metainfo } from './metainfo.ts';
import { TorrentFileSelection } from './torrent-file-selection.ts';

/** Pieces of 10 bytes. A file of negative length is padding. */
function selection(...lengths: number[]): TorrentFileSelection {
  const files = lengths.map((length, index) => ({
    path: [`${index}`],
    length: Math.abs(length),
    pad: length < 0,
    executable: false,
    symlink: null,
  }));
  const totalBytes = files.reduce((sum, file) => sum + file.length, 0);
  return new TorrentFileSelection({ files, totalBytes, pieceBytes: 10, pieceCount: Math.ceil(totalBytes / 10) } as unknown as Metainfo);
}

test('all files are wanted at first', () => {
  const all = selection(15, 10);
  assert.deepEqual([...all.piecePriorities()], [4, 4, 4]);
  assert.equal(all.wantedBytes(), 25);
});

test('a piece that a wanted file touches is wanted whole, whoever else is in it', () => {
  const some = selection(15, 10, 20);
  some.selectOnly([1]);
  assert.deepEqual([...some.piecePriorities()], [0, 4, 4, 0, 0]);
  assert.deepEqual(some.files, [false, true, false]);
  assert.equal(some.wantedBytes(), 20);
  const have = new Bitset(5);
  for (const piece of [0, 2]) have.add(piece);
  assert.equal(some.haveBytes(have), 10);
});

test('padding and empty files want nothing', () => {
  const some = selection(10, -10, 0, 3);
  some.selectOnly([1, 2]);
  assert.equal(some.wantedBytes(), 0);
  some.selectOnly([3]);
  assert.deepEqual([...some.piecePriorities()], [0, 0, 4]);
  assert.equal(some.wantedBytes(), 3);
});

test('indices that do not exist are ignored, null wants all again', () => {
  const some = selection(10, 10);
  some.selectOnly([1, 77, -1]);
  assert.deepEqual([...some.piecePriorities()], [0, 4]);
  some.selectOnly(null);
  assert.deepEqual([...some.piecePriorities()], [4, 4]);
});
