import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash } from '../../../test/search/fake-network.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { encodeBencode } from '../../wire/bencode.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { hashesView } from './search-view.ts';
import { fileOfTorrent } from './torrent-file.ts';

const SHA1 = hash(20, 1);
const FILE = { path: ['film.mkv'], length: 1000, pad: false, executable: false, symlink: null };

/** As much of metainfo as is looked at. `inside`: what its info dictionary has besides. */
function torrent(more: Partial<Metainfo> = {}, inside: readonly (readonly [string, Uint8Array])[] = []): Metainfo {
  return { files: [FILE], private: false, infoBytes: encodeBencode(new Map(inside)), ...more } as unknown as Metainfo;
}

function linked(bytes: number | null) {
  return { bytes, hashes: hashesView({ ...NO_HASHES, sha1: SHA1 }) };
}

test('the one file of a torrent is known by the hash that its link names, if it is as large as that says', () => {
  assert.deepEqual(fileOfTorrent(torrent(), linked(null)), { bytes: 1000, hashes: { ...NO_HASHES, sha1: SHA1 } });
  assert.deepEqual(fileOfTorrent(torrent(), linked(1000))?.bytes, 1000);
  assert.equal(fileOfTorrent(torrent(), linked(999)), null);
  assert.equal(fileOfTorrent(torrent(), null), null);
});

test('hashes of the info dictionary count more than those of a link, and one of a wrong length is none', () => {
  const [ed2k, other] = [hash(16, 2), hash(20, 3)];
  const file = fileOfTorrent(
    torrent({}, [
      ['ed2k', ed2k],
      ['sha1', other],
      ['tiger', hash(20, 4)],
    ]),
    linked(null),
  );
  assert.deepEqual(file?.hashes, { ...NO_HASHES, ed2k, sha1: other });
});

test('nobody is asked for several files, for a private torrent, or for padding', () => {
  const pad = { ...FILE, pad: true };
  assert.equal(fileOfTorrent(torrent({ files: [FILE, FILE] }), linked(null)), null);
  assert.equal(fileOfTorrent(torrent({ private: true }), linked(null)), null);
  assert.deepEqual(fileOfTorrent(torrent({ files: [FILE, pad] }), linked(null))?.bytes, 1000);
});
