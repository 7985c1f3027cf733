import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { concatBytes, equalBytes } from '../core/bytes.ts';
import { hexOf } from '../core/hex.ts';
import { sha1 } from '../core/sha1.ts';
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
  for (let seed = 1; seed <= 30; seed++) {
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
  for (let seed = 1; seed <= 12; seed++) {
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
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed);
    const stream = zlibCompression.deflate(concatBytes(pieces(random)));
    for (let count = 1 + random.below(5); count > 0; count--) stream[random.below(stream.length)] = random.below(256);
    const inflater = zlibCompression.inflater();
    for (let at = 0; at < stream.length; at += 512) if (inflater.push(stream.subarray(at, at + 512)) === null) break;
  }
});

test('what any strategy of zlib deflates comes out the same, and what is deflated here, zlib inflates', () => {
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];
  for (let seed = 1; seed <= 80; seed++) {
    const plain = pieces(new Random(seed))[0] as Uint8Array;
    const theirs = new Uint8Array(deflateSync(plain, { level: seed % 10, strategy: strategies[seed % 4] as number }));
    assert.ok(equalBytes(zlibCompression.inflate(theirs, plain.length) as Uint8Array, plain), `seed ${seed}`);
    assert.ok(equalBytes(inflateSync(zlibCompression.deflate(plain)), plain), `seed ${seed}`);
  }
});

test('a stream that is cut off, goes on or has another checksum is none', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const plain = new Random(seed).fill(new Uint8Array(seed)).map((byte) => byte & 7);
    const stream = zlibCompression.deflate(plain);
    const wrong = stream.slice();
    wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 1;
    const longer = concatBytes([stream, Uint8Array.of(0)]);
    const shorter = Array.from({ length: stream.length }, (_, length) => stream.subarray(0, length));
    for (const each of [wrong, longer, ...shorter])
      assert.equal(zlibCompression.inflate(each, 1_000), null, `seed ${seed}, ${each.length}`);
  }
});

test('who goes on behind the end of his stream is not kept for ever', () => {
  const inflater = zlibCompression.inflater();
  assert.equal(inflater.push(zlibCompression.deflate(new Uint8Array(100)))?.length, 100);
  const noise = new Random(1).fill(new Uint8Array(1_024));
  let taken = 0;
  while (inflater.push(noise) !== null) assert.ok(++taken <= 128, 'at most 128 KiB');
});

test('the bytes are the same on every machine', () => {
  const deflater = zlibCompression.deflater();
  const all = pieces(new Random(7));
  const bytes = concatBytes([zlibCompression.deflate(concatBytes(all)), ...all.map((piece) => deflater.push(piece))]);
  assert.equal(hexOf(sha1(bytes)), 'e13296c72a792dc4559a30e38f8be71ea2111771');
});
