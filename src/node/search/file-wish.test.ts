import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FakeNetwork, hash } from '../../../test/search/fake-network.ts';
import { base32Of } from '../../core/base32.ts';
import { hexOf } from '../../core/hex.ts';
import { parseMagnet } from '../../wire/magnet.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { fileBesideTorrent, fileWishOf } from './file-wish.ts';
import { Searches } from './searches.ts';

const SHA1 = hash(20, 1);
const URN = `urn:sha1:${base32Of(SHA1)}`;
const BTIH = `urn:btih:${'ab'.repeat(20)}`;

test('a number is a row of the last search, with its holders', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kith-wish-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const network = new FakeNetwork();
  const searches = new Searches(folder, () => [network]);
  searches.start({ words: 'walrus' });
  network.finds({ hashes: { ...NO_HASHES, sha1: SHA1 } });
  searches.close();
  const wish = fileWishOf('1', folder);
  assert.deepEqual([wish?.name, wish?.bytes, wish?.hits.length], ['walrus polka.mp3', 1000, 1]);
  assert.deepEqual(wish?.hashes, { ...NO_HASHES, sha1: SHA1 });
  assert.throws(() => fileWishOf('2', folder), /There is no row 2/);
});

test('a magnet link of other networks is a file with its hashes, its size and its addresses', () => {
  const link = `magnet:?xt=${URN}&xt=urn:ed2k:${hexOf(hash(16, 2))}&dn=a.mp3&xl=77&xs=http://1.2.3.4:6346/uri-res/N2R?${URN}`;
  const wish = fileWishOf(link, '/nowhere');
  assert.deepEqual([wish?.name, wish?.bytes, wish?.sources.length], ['a.mp3', 77, 1]);
  assert.deepEqual(wish?.hashes, { ...NO_HASHES, sha1: SHA1, ed2k: hash(16, 2) });
});

test('an ed2k link is a file with its hash', () => {
  const wish = fileWishOf(`ed2k://|file|a%20b.iso|12345|${hexOf(hash(16, 3)).toUpperCase()}|h=ABC|/`, '/nowhere');
  assert.deepEqual([wish?.name, wish?.bytes, wish?.hashes.ed2k], ['a b.iso', 12_345, hash(16, 3)]);
});

test('what names a torrent is left to BitTorrent, which is told what other networks know it by', () => {
  for (const link of [`magnet:?xt=${BTIH}&xt=${URN}`, 'film.torrent', 'ab'.repeat(20), 'magnet:?xt=nonsense', 'magnet:?xt=urn:x:1']) {
    assert.equal(fileWishOf(link, '/nowhere'), null, link);
  }
  assert.deepEqual(fileBesideTorrent(parseMagnet(`magnet:?xt=${BTIH}&xt=${URN}&xl=5`))?.hashes.sha1, SHA1);
  assert.equal(fileBesideTorrent(parseMagnet(`magnet:?xt=${BTIH}`)), null);
});
