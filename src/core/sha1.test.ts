import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { latin1Bytes } from './bytes.ts';
import { hexOf } from './hex.ts';
import { Random } from './random.ts';
import { Sha1, sha1 } from './sha1.ts';

const SEED = 11;

for (const [text, hash] of [
  ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
] as const) {
  test(`FIPS 180: the hash of ${JSON.stringify(text)}`, () => assert.equal(hexOf(sha1(latin1Bytes(text))), hash));
}

test('any input in any parts gives the hash that the platform computes', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 500; round++) {
    const bytes = random.fill(new Uint8Array(random.below(400)));
    const hash = new Sha1();
    for (let at = 0; at < bytes.length; ) {
      const stop = Math.min(bytes.length, at + 1 + random.below(150));
      hash.update(bytes, at, stop);
      at = stop;
    }
    assert.deepEqual(hash.digest(), new Uint8Array(createHash('sha1').update(bytes).digest()), `seed ${SEED} round ${round}`);
  }
});
