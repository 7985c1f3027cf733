import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../node/failure.ts';
import { torrentOfFiles } from '../../lab/swarm-world.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { chooseFile } from './choose-file.ts';

function torrent(...files: readonly (readonly [path: string, length: number])[]): Metainfo {
  const metainfo = torrentOfFiles(
    files.map(([, length]) => length),
    16_384,
  );
  return { ...metainfo, files: metainfo.files.map((file, index) => ({ ...file, path: (files[index]?.[0] ?? '').split('/') })) };
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error.kind;
  }
  return 'none';
}

const ALBUM = torrent(['a/art.iso', 900], ['a/1.mkv', 300], ['a/b/2.MP4', 500], ['a/c/2.MP4', 400], ['a/5', 700]);

test('the largest file that players play is played, of those that the link selects', () => {
  assert.equal(chooseFile(ALBUM, null, null), 2);
  assert.equal(chooseFile(ALBUM, null, [0, 1, 3]), 3);
  assert.equal(chooseFile(torrent(['film', 100]), null, null), 0, 'a single file is played whatever its name is');
  assert.equal(
    refusal(() => chooseFile(torrent(['a/x.txt', 1], ['a/y.iso', 2]), null, null)),
    'not-found',
  );
});

test('a file is named by its number, its name, or the end of its path', () => {
  assert.deepEqual(
    ['4', '1.mkv', 'b/2.MP4', 'art.iso', '5'].map((wish) => chooseFile(ALBUM, wish, null)),
    [3, 1, 2, 0, 4],
  );
  for (const wish of ['6', '2.MP4', 'MP4', '2.mp4', ''])
    assert.equal(
      refusal(() => chooseFile(ALBUM, wish, null)),
      'usage',
      wish,
    );
});
