import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeNetwork, hash } from '../../../test/search/fake-network.ts';
import { NO_HASHES } from '../../wire/shared-file.ts';
import { sizedWish } from './sized-wish.ts';

const HASHES = { ...NO_HASHES, sha1: hash(20, 1) };
const WISH = { name: 'walrus.mp3', bytes: null, hashes: HASHES, hits: [], sources: [] };
const never = new AbortController().signal;

test('a size that the link tells is believed, and nobody is asked', async () => {
  const network = new FakeNetwork();
  assert.equal((await sizedWish({ ...WISH, bytes: 7 }, [network], never)).bytes, 7);
  assert.equal(network.asked.length, 0);
});

test('a size that is not told is what most holders say, and they are holders from then on', async () => {
  const network = new FakeNetwork();
  const sizing = sizedWish(WISH, [network], never);
  network.finds({ hashes: HASHES, at: 1, bytes: 5 });
  for (const at of [2, 3]) network.finds({ hashes: HASHES, at, bytes: 1000 });
  network.ends();
  const { bytes, hits } = await sizing;
  assert.deepEqual([bytes, hits.length], [1000, 2]);
});

test('when nobody has it that is said, and whether anybody could be asked', async () => {
  const network = new FakeNetwork();
  const sizing = sizedWish(WISH, [network], never);
  network.ends();
  await assert.rejects(sizing, { kind: 'not-found' });
  await assert.rejects(sizedWish(WISH, [], never), { kind: 'unreachable' });
});
