import assert from 'node:assert/strict';
import test from 'node:test';
import { Bitset } from './bitset.ts';
import { Random } from './random.ts';

const SEED = 3;

test('bits lie as BEP 3 has them: the high bit of the first byte is index 0', () => {
  const bits = new Bitset(10);
  assert.ok(bits.add(0) && bits.add(9) && !bits.add(9));
  assert.deepEqual(bits.bytes, Uint8Array.of(0x80, 0x40));
});

test('a full set has no spare bits set', () => {
  for (const length of [0, 1, 7, 8, 9, 160]) {
    const bits = new Bitset(length);
    bits.fill();
    assert.ok(bits.full && bits.count === length);
    assert.deepEqual(bits.bytes, new Bitset(length, bits.bytes.slice()).bytes);
    const spare = bits.bytes.length * 8 - length;
    if (spare > 0) assert.equal((bits.bytes[bits.bytes.length - 1] as number) & ((1 << spare) - 1), 0);
  }
});

test('whatever is added and deleted, it agrees with a set of numbers', () => {
  const random = new Random(SEED);
  const bits = new Bitset(77);
  const set = new Set<number>();
  for (let round = 0; round < 5000; round++) {
    const index = random.below(77);
    if (random.chance(0.5)) {
      assert.equal(bits.add(index), !set.has(index));
      set.add(index);
    } else assert.equal(bits.delete(index), set.delete(index));
    assert.equal(bits.count, set.size, `seed ${SEED} round ${round}`);
    assert.equal(bits.has(index), set.has(index));
  }
  assert.equal(bits.copy().count, set.size);
  assert.throws(() => new Bitset(9, new Uint8Array(1)), /9 bits need 2 bytes/);
});
