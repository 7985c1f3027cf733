import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexOf } from '../../core/hex.ts';
import { FastTrackCipher } from './cipher.ts';

/** Made by the code of giFT-FastTrack: the first 32 bytes, and a check over all up to 5,000. */
const VECTORS: readonly (readonly [seed: number, type: number, first: string, check: number])[] = [
  [0x1, 0x01, 'fb5b402f3831bca78f16c0dcf7162019a42cfde90b7cc7d9ae0b58a783e112d2', 0x543fa33b],
  [0x12345678, 0x01, '32752834a02b082ff66f4f0a7c3a63d348cbc8a5fcaf96c5e8e6755b92d76ab9', 0xd3dca7d7],
  [0x1, 0x09, 'd49325b7a51f3791606dbd7ba66d1513acb2e0d72b3a8b5e612bf491ce2a2c71', 0xc84a59b6],
  [0x12345678, 0x09, 'd0642c753657eb654dbed927cf72f4dabb55ece5a69fedc5c71a64c66c45ae4e', 0xab0f81cb],
];
const STREAM_BYTES = 5000;
const SHOWN_BYTES = 32;

function keystream(seed: number, type: number): Uint8Array {
  const bytes = new Uint8Array(STREAM_BYTES);
  new FastTrackCipher(seed, type).transform(bytes, 0, STREAM_BYTES, bytes, 0);
  return bytes;
}

test("giFT-FastTrack's crypt: the keystream of types 01 and 09 is that of the reference for 5,000 bytes", () => {
  for (const [seed, type, first, check] of VECTORS) {
    const stream = keystream(seed, type);
    assert.equal(hexOf(stream, 0, SHOWN_BYTES), first, `seed ${seed} type ${type}`);
    let hash = 0;
    for (const byte of stream.subarray(SHOWN_BYTES)) hash = (Math.imul(hash, 31) + byte) >>> 0;
    assert.equal(hash, check, `seed ${seed} type ${type}`);
  }
});

test('a stream is the same in whatever parts it goes through, and the same cipher turns it back', () => {
  const whole = keystream(7, 0x09);
  const parts = new Uint8Array(STREAM_BYTES);
  const cipher = new FastTrackCipher(7);
  for (let at = 0, length = 1; at < STREAM_BYTES; length = (length * 5 + 3) % 97) {
    const end = Math.min(STREAM_BYTES, at + length + 1);
    cipher.transform(parts, at, end, parts, at);
    at = end;
  }
  assert.deepEqual(parts, whole);
  new FastTrackCipher(7).transform(parts, 0, STREAM_BYTES, parts, 0);
  assert.ok(parts.every((byte) => byte === 0));
});
