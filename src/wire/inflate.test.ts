import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, deflateSync, inflateSync } from 'node:zlib';
import { FUZZ_INPUTS, SEED } from '../../test/codec-laws.ts';
import { mutate } from '../../test/mutate.ts';
import { concatBytes } from '../core/bytes.ts';
import { MalformedMessage } from '../core/codec.ts';
import { Random } from '../core/random.ts';
import { Deflater, deflate } from './deflate.ts';
import { Inflater, inflate } from './inflate.ts';

const MIB = 1 << 20;

/** Bit tables, text that repeats itself, and noise. */
function sample(random: Random): Uint8Array {
  const bytes = new Uint8Array(random.below(random.chance(0.1) ? 200_000 : 3_000));
  if (random.chance(0.3)) return random.fill(bytes);
  if (random.chance(0.5)) for (let bits = random.below(300); bits > 0; bits--) bytes[random.below(bytes.length)] = 1 << random.below(8);
  else for (let at = 0; at < bytes.length; at++) bytes[at] = 97 + random.below(1 + random.below(12));
  return bytes;
}

/** All that comes out of pieces of a stream. */
function inChunks(stream: Uint8Array, random: Random): Uint8Array {
  const inflater = new Inflater();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < stream.length; ) {
    const end = Math.min(stream.length, at + 1 + random.below(random.chance(0.5) ? 3 : 5_000));
    const piece = stream.slice(at, end);
    for (let used = 0; ; ) {
      used = inflater.run(piece, used, piece.length);
      const output = inflater.take();
      if (output.length === 0 && used === piece.length) break;
      parts.push(output.slice());
    }
    piece.fill(0xe7);
    at = end;
  }
  return concatBytes(parts);
}

test('what is deflated, zlib inflates; and what zlib deflates, by any strategy, comes out the same', () => {
  const random = new Random(SEED, 1);
  const strategies = [constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_HUFFMAN_ONLY, constants.Z_RLE];
  for (let round = 0; round < 300; round++) {
    const bytes = sample(random);
    const small = deflate(bytes);
    assert.deepEqual(new Uint8Array(inflateSync(small)), bytes, `seed ${SEED}, round ${round}`);
    assert.deepEqual(inflate(small, bytes.length), bytes);
    const strategy = strategies[round % strategies.length] as number;
    const theirs = new Uint8Array(deflateSync(bytes, { level: round % 10, strategy }));
    assert.deepEqual(inflate(theirs, bytes.length), bytes, `seed ${SEED}, round ${round}`);
    assert.deepEqual(inChunks(theirs, random), bytes);
  }
});

test('a stream in pieces has all of each piece behind it, whatever chunks it comes in, and ends right', () => {
  const random = new Random(SEED, 2);
  for (let round = 0; round < 30; round++) {
    const deflater = new Deflater();
    const pieces = Array.from({ length: 12 }, () => sample(random));
    const parts = pieces.map((piece) => deflater.push(piece));
    assert.deepEqual(inChunks(concatBytes(parts), random), concatBytes(pieces), `seed ${SEED}, round ${round}`);
    const whole = concatBytes([...parts, deflater.end(new Uint8Array(3))]);
    assert.deepEqual(new Uint8Array(inflateSync(whole)), concatBytes([...pieces, new Uint8Array(3)]));
  }
});

test('a sparse table of 128 KiB takes less than two', () => {
  const random = new Random(SEED, 3);
  const table = new Uint8Array(131_072);
  for (let bit = 0; bit < 100; bit++) table[random.below(table.length)] = 1 << random.below(8);
  const { length } = deflate(table);
  assert.ok(length < 2_048, `${length} bytes`);
});

test('a bomb is cut off at the bound, having held no more than that', () => {
  const bomb = new Uint8Array(deflateSync(new Uint8Array(64 * MIB)));
  assert.throws(() => inflate(bomb, MIB), MalformedMessage);
  const inflater = new Inflater();
  inflater.run(bomb, 0, bomb.length);
  assert.ok(inflater.take().length <= 65_536);
});

test(`every truncation and ${FUZZ_INPUTS} mutations inflate or throw MalformedMessage`, () => {
  const random = new Random(SEED, 4);
  const pool = Array.from({ length: 40 }, (_, round) => {
    const bytes = sample(random).subarray(0, 2_000);
    return round % 2 === 0 ? deflate(bytes) : new Uint8Array(deflateSync(bytes, { level: round % 10 }));
  });
  const survives = (bytes: Uint8Array): void => {
    try {
      inflate(bytes, MIB);
    } catch (error) {
      assert.ok(error instanceof MalformedMessage, `seed ${SEED}: ${String(error)}`);
    }
  };
  for (const bytes of pool) {
    for (let length = 0; length < bytes.length; length += 7) assert.throws(() => inflate(bytes.subarray(0, length), MIB), MalformedMessage);
  }
  for (let input = 0; input < FUZZ_INPUTS; input++) survives(mutate(pool, random));
});

test('a wrong checksum, an unknown method and bytes behind the end are told', () => {
  const stream = deflate(new Uint8Array(100));
  const wrong = stream.slice();
  wrong[wrong.length - 1] = (wrong[wrong.length - 1] as number) ^ 1;
  assert.throws(() => inflate(wrong, MIB), /checksum/);
  assert.throws(() => inflate(Uint8Array.of(0x79, 0x9c, 0, 0), MIB), /zlib stream expected/);
  assert.throws(() => inflate(concatBytes([stream, Uint8Array.of(0)]), MIB), /behind a zlib stream/);
});
