import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { concatBytes, equalBytes } from '../core/bytes.ts';
import { Random } from '../core/random.ts';
import { zlibCompression } from './compression.ts';

/** Text, noise and repetition, as messages are. */
function pieces(random: Random): Uint8Array[] {
  return Array.from({ length: 1 + random.below(20) }, () => {
    const bytes = new Uint8Array(random.below(random.chance(0.1) ? 60_000 : 3_000));
    if (random.chance(0.4)) return random.fill(bytes);
    return bytes.map((_, at) => (random.chance(0.05) ? random.below(256) : 97 + (at % 23)));
  });
}

test('zlib reads the pieces of a stream as one, each as soon as it is there', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const deflater = zlibCompression.deflater();
    const plain: Uint8Array[] = [];
    const sent: Uint8Array[] = [];
    for (const piece of pieces(random)) {
      plain.push(piece);
      sent.push(deflater.push(piece));
      const read = inflateSync(concatBytes(sent), { finishFlush: constants.Z_SYNC_FLUSH });
      assert.ok(equalBytes(read, concatBytes(plain)), `seed ${seed}`);
    }
  }
});

test('a stream of zlib, or of ours, is read as one in whatever pieces it comes', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const random = new Random(seed);
    const plain = pieces(random);
    const deflater = zlibCompression.deflater();
    const whole = deflateSync(concatBytes(plain), { level: random.below(10), finishFlush: constants.Z_SYNC_FLUSH });
    for (const stream of [whole, concatBytes(plain.map((piece) => deflater.push(piece)))]) {
      const inflater = zlibCompression.inflater();
      const read: Uint8Array[] = [];
      for (let at = 0; at < stream.length; ) {
        const end = Math.min(stream.length, at + 1 + random.below(600));
        read.push(inflater.push(stream.subarray(at, end)) as Uint8Array);
        at = end;
      }
      assert.ok(equalBytes(concatBytes(read), concatBytes(plain)), `seed ${seed}`);
    }
  }
});

test('what repeats from piece to piece is sent once', () => {
  const deflater = zlibCompression.deflater();
  const noise = new Random(1).fill(new Uint8Array(2_000));
  const first = deflater.push(noise).length;
  assert.ok(first > 2_000 && deflater.push(noise).length < 100);
});

test('no stream, or one that holds too much, is none', () => {
  assert.equal(zlibCompression.inflate(Uint8Array.of(1, 2, 3), 100), null);
  assert.equal(zlibCompression.inflater().push(new Uint8Array(10)), null);
  const bomb = zlibCompression.deflate(new Uint8Array(1 << 20));
  assert.equal(zlibCompression.inflate(bomb, 1_000), null);
  assert.equal(zlibCompression.inflate(bomb, 1 << 20)?.length, 1 << 20);
});

test('hostile bytes in the middle of a stream end it, and nothing else', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = new Random(seed);
    const stream = zlibCompression.deflate(concatBytes(pieces(random)));
    for (let count = 1 + random.below(5); count > 0; count--) stream[random.below(stream.length)] = random.below(256);
    const inflater = zlibCompression.inflater();
    for (let at = 0; at < stream.length; at += 512) if (inflater.push(stream.subarray(at, at + 512)) === null) break;
  }
});
