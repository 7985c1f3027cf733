import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEED } from '../../test/codec-laws.ts';
import { hexOf } from './hex.ts';
import { Random } from './random.ts';
import { Rc4 } from './rc4.ts';

/** RFC 6229: keys 01 02 03 … of so many bytes, and 16 bytes of keystream at offset 0 and at 1024. */
const VECTORS: readonly (readonly [keyBytes: number, atStart: string, at1024: string])[] = [
  [5, 'b2396305f03dc027ccc3524a0a1118a8', '30abbcc7c20b01609f23ee2d5f6bb7df'],
  [16, '9ac7cc9a609d1ef7b2932899cde41b97', 'bdf0324e6083dcc6d3cedd3ca8c53c16'],
];

function keystream(keyBytes: number, dropBytes: number, length: number): Uint8Array {
  const key = Uint8Array.from({ length: keyBytes }, (_, index) => index + 1);
  const bytes = new Uint8Array(length);
  new Rc4(key, dropBytes).transform(bytes, 0, length, bytes, 0);
  return bytes;
}

test('the keystream is that of RFC 6229, at its start and after the first 1024 bytes', () => {
  for (const [keyBytes, atStart, at1024] of VECTORS) {
    assert.equal(hexOf(keystream(keyBytes, 0, 16)), atStart);
    assert.equal(hexOf(keystream(keyBytes, 1024, 16)), at1024);
  }
});

test('a stream may be transformed in whatever pieces, in place or into another buffer', () => {
  const random = new Random(SEED);
  const whole = keystream(20, 0, 5000);
  for (let round = 0; round < 100; round++) {
    const cipher = new Rc4(
      Uint8Array.from({ length: 20 }, (_, index) => index + 1),
      0,
    );
    const pieces = new Uint8Array(5000);
    for (let at = 0; at < pieces.length; ) {
      const end = Math.min(pieces.length, at + random.below(random.chance(0.5) ? 10 : 1000));
      if (random.chance(0.5)) cipher.transform(pieces, at, end, pieces, at);
      else cipher.transform(new Uint8Array(end - at), 0, end - at, pieces, at);
      at = end;
    }
    assert.deepEqual(pieces, whole, `KITH_SEED=${SEED}, round ${round}`);
  }
});
