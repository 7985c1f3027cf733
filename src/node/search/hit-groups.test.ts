import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hash, hitOf } from '../../../test/search/fake-network.ts';
import { Random } from '../../core/random.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { GROUPS_MAX, HitGroups, HOLDERS_MAX, nameOf, networksOf } from './hit-groups.ts';

const SHA1 = hash(20, 1);
const TIGER = hash(24, 2);
const ED2K = hash(16, 3);

test('hits with one hash are one file, whatever they are called and wherever they were found', () => {
  const groups = new HitGroups();
  groups.add(hitOf({ at: 1, name: 'a.mp3', hashes: { ...NO_HASHES, sha1: SHA1 } }));
  groups.add(hitOf({ at: 2, name: 'b.mp3', hashes: { ...NO_HASHES, sha1: SHA1 }, network: 'gnutella2' }));
  groups.add(hitOf({ at: 3, name: 'b.mp3', hashes: { ...NO_HASHES, sha1: SHA1 }, network: 'gnutella2' }));
  const [group] = groups.ranked();
  assert.equal(groups.count, 1);
  assert.equal(nameOf(group as never), 'b.mp3');
  assert.deepEqual(
    [...networksOf(group as never)],
    [
      ['gnutella', 1],
      ['gnutella2', 2],
    ],
  );
});

test('a hit with hashes of two groups joins them under the smaller number, and the larger one still leads there', () => {
  const groups = new HitGroups();
  groups.add(hitOf({ at: 1, hashes: { ...NO_HASHES, sha1: SHA1 } }));
  groups.add(hitOf({ at: 2, name: 'other' }));
  groups.add(hitOf({ at: 3, hashes: { ...NO_HASHES, ed2k: ED2K }, network: 'fasttrack' }));
  const before = groups.sequence;
  groups.add(hitOf({ at: 4, hashes: { ...NO_HASHES, sha1: SHA1, ed2k: ED2K } }));
  assert.equal(groups.count, 2);
  assert.equal(groups.byNumber(3)?.number, 1);
  assert.deepEqual(
    groups.byNumber(1)?.hits.map(({ holder }) => holder.endpoint?.[3]),
    [1, 4, 3],
  );
  assert.deepEqual(groups.joinedAfter(before), [{ number: 3, into: 1 }]);
  assert.deepEqual(
    groups.changedAfter(before).map(({ number }) => number),
    [1],
  );
});

test('joins go over several steps, in any order of arrival', () => {
  const chain = [{ sha1: SHA1 }, { tiger: TIGER }, { ed2k: ED2K }, { sha1: SHA1, tiger: TIGER }, { tiger: TIGER, ed2k: ED2K }];
  for (let seed = 1; seed <= 50; seed++) {
    const groups = new HitGroups();
    for (const [at, hashes] of new Random(seed).shuffle([...chain.entries()]))
      groups.add(hitOf({ at, hashes: { ...NO_HASHES, ...hashes } }));
    assert.deepEqual([groups.count, groups.ranked()[0]?.hits.length, groups.byNumber(1)?.number], [1, 5, 1], `seed ${seed}`);
  }
});

test('who puts the hash of one file beside that of another does not make them one', () => {
  const groups = new HitGroups();
  groups.add(hitOf({ at: 1, hashes: { ...NO_HASHES, sha1: SHA1, tiger: TIGER } }));
  groups.add(hitOf({ at: 2, hashes: { ...NO_HASHES, sha1: hash(20, 9), ed2k: ED2K } }));
  groups.add(hitOf({ at: 66, hashes: { ...NO_HASHES, sha1: SHA1, ed2k: ED2K } }));
  assert.equal(groups.count, 2);
  assert.deepEqual(
    groups.byNumber(1)?.hits.map(({ holder }) => holder.endpoint?.[3]),
    [1, 66],
  );
  assert.deepEqual(groups.byNumber(2)?.hits.length, 1);
});

test('files of different size are different files, whatever their hash', () => {
  const groups = new HitGroups();
  groups.add(hitOf({ at: 1, hashes: { ...NO_HASHES, uu: hash(20, 4) } }));
  groups.add(hitOf({ at: 2, bytes: 1001, hashes: { ...NO_HASHES, uu: hash(20, 4) } }));
  assert.equal(groups.count, 2);
});

test('without a hash name and size tell files of one network apart, and say nothing of another', () => {
  const groups = new HitGroups();
  groups.add(hitOf({ at: 1, network: 'napster' }));
  groups.add(hitOf({ at: 2, network: 'napster', name: 'WALRUS POLKA.mp3' }));
  groups.add(hitOf({ at: 3, network: 'gnutella' }));
  groups.add(hitOf({ at: 4, network: 'napster', bytes: 7 }));
  assert.deepEqual(
    groups.ranked().map(({ hits }) => hits.length),
    [2, 1, 1],
  );
});

test('a holder counts once, and most holders come first', () => {
  const groups = new HitGroups();
  const [rare, common] = [
    { ...NO_HASHES, sha1: SHA1 },
    { ...NO_HASHES, sha1: hash(20, 5) },
  ];
  assert.equal(groups.add(hitOf({ at: 1, hashes: rare })), 'new');
  assert.equal(groups.add(hitOf({ at: 1, hashes: rare, name: 'copy.mp3' })), 'known');
  for (const at of [2, 3]) groups.add(hitOf({ at, hashes: common }));
  assert.deepEqual(
    groups.ranked().map(({ number }) => number),
    [2, 1],
  );
});

test('of a flood only so much is kept', () => {
  const groups = new HitGroups();
  for (let index = 0; index < GROUPS_MAX + 10; index++) groups.add(hitOf({ name: `spam ${index}` }));
  assert.equal(groups.count, GROUPS_MAX);
  assert.equal(groups.add(hitOf({ name: 'spam more' })), 'full');
  const crowd = new HitGroups();
  for (let at = 0; at < HOLDERS_MAX + 10; at++) crowd.add(hitOf({ at, hashes: { ...NO_HASHES, sha1: SHA1 } }));
  assert.equal(crowd.byNumber(1)?.hits.length, HOLDERS_MAX);
});
