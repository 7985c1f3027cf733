import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test from 'node:test';
import { latin1Bytes } from './bytes.ts';
import { hexOf } from './hex.ts';
import { Random } from './random.ts';
import { Sha256, sha256 } from './sha256.ts';

const SEED = 12;

for (const [text, hash] of [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
] as const) {
  test(`FIPS 180: the SHA-256 of ${JSON.stringify(text)}`, () => assert.equal(hexOf(sha256(latin1Bytes(text))), hash));
}

test('any input in any parts gives the hash that the platform computes', () => {
  const random = new Random(SEED);
  for (let round = 0; round < 500; round++) {
    const bytes = random.fill(new Uint8Array(random.below(400)));
    const hash = new Sha256();
    for (let at = 0; at < bytes.length; ) {
      const stop = Math.min(bytes.length, at + 1 + random.below(150));
      hash.update(bytes, at, stop);
      at = stop;
    }
    assert.deepEqual(hash.digest(), new Uint8Array(createHash('sha256').update(bytes).digest()), `seed ${SEED} round ${round}`);
  }
});
