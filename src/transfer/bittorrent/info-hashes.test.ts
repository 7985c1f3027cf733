import assert from 'node:assert/strict';
import { test } from 'node:test';
import { treeTorrent } from '../../../test/bittorrent/tree-torrent.ts';
import { torrentOf } from '../../lab/swarm-world.ts';
import { hexOf } from '../../core/hex.ts';
import { InfoHashes } from './info-hashes.ts';
import type { MetainfoV2 } from './metainfo.ts';

const HYBRID = treeTorrent([100_000], 65_536, 'hybrid');
const V2 = treeTorrent([100_000], 65_536, 2);
const cut = (bytes: Uint8Array): Uint8Array => bytes.slice(0, 20);
const v2Of = ({ v2 }: { v2: MetainfoV2 | null }): Uint8Array => v2?.infoHash as Uint8Array;
const hexes = (hashes: readonly Uint8Array[]): string[] => hashes.map((hash) => hexOf(hash));

test('a link to one half accepts the hybrid, and then knows both', () => {
  for (const hashes of [new InfoHashes(HYBRID.infoHash, null), new InfoHashes(cut(v2Of(HYBRID)), v2Of(HYBRID))]) {
    assert.equal(hashes.onWire.length, 1);
    assert.ok(hashes.match(HYBRID.infoBytes));
    hashes.learn(HYBRID);
    assert.deepEqual(hexes(hashes.onWire), hexes([HYBRID.infoHash, cut(v2Of(HYBRID))]));
    assert.ok(hashes.hybrid);
  }
});

test('with both halves named, both have to be right', () => {
  assert.ok(new InfoHashes(HYBRID.infoHash, v2Of(HYBRID)).match(HYBRID.infoBytes));
  assert.equal(new InfoHashes(HYBRID.infoHash, v2Of(V2)).match(HYBRID.infoBytes), false);
  assert.equal(new InfoHashes(V2.infoHash, v2Of(HYBRID)).match(HYBRID.infoBytes), false);
});

test('20 bytes that somebody wrote down may be the beginning of those of v2', () => {
  const hashes = new InfoHashes(cut(v2Of(V2)), null);
  assert.ok(hashes.match(V2.infoBytes));
  hashes.learn(V2);
  assert.equal(hashes.v1, null);
  assert.deepEqual(hexes(hashes.onWire), hexes([V2.infoHash]));
});

test('other bytes are not what was asked for', () => {
  const other = torrentOf(3, 16_384).infoBytes;
  for (const hashes of [new InfoHashes(V2.infoHash, v2Of(V2)), new InfoHashes(HYBRID.infoHash, null)])
    assert.equal(hashes.match(other), false);
});

test('a peer is greeted by v1, unless it was named by v2', () => {
  const hashes = new InfoHashes(HYBRID.infoHash, v2Of(HYBRID));
  assert.equal(hexOf(hashes.greeting(false)), hexOf(HYBRID.infoHash));
  assert.equal(hexOf(hashes.greeting(true)), hexOf(cut(v2Of(HYBRID))));
  const only = new InfoHashes(V2.infoHash, v2Of(V2));
  assert.equal(hexOf(only.greeting(false)), hexOf(V2.infoHash));
});
