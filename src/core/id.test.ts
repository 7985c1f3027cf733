import assert from 'node:assert/strict';
import test from 'node:test';
import { type Id, ID_BITS, IdSlab } from './id.ts';
import { Random } from './random.ts';

const SEED = 21;
const RING = 1n << 160n;

/** A slab with ids that share prefixes of all lengths, so that every word takes part. */
function world(): { slab: IdSlab; random: Random; pick: () => Id; value: (id: Id) => bigint } {
  const slab = new IdSlab(1);
  const random = new Random(SEED);
  const ids = Array.from({ length: 200 }, () => slab.random(random));
  for (let round = 0; round < 200; round++) {
    const id = slab.alloc();
    slab.addPowerOfTwo(ids[random.below(200)] as Id, random.below(ID_BITS), id);
    ids.push(id);
  }
  return { slab, random, pick: () => ids[random.below(ids.length)] as Id, value: (id) => BigInt(`0x${slab.hex(id)}`) };
}

test('ids compare as big numbers do, by order and by XOR', () => {
  const { slab, pick, value } = world();
  for (let round = 0; round < 5000; round++) {
    const [a, b, target] = [pick(), pick(), pick()];
    const sign = (x: bigint, y: bigint): number => (x < y ? -1 : x > y ? 1 : 0);
    assert.equal(slab.compare(a, b), sign(value(a), value(b)), `seed ${SEED} round ${round}`);
    assert.equal(slab.compareXor(target, a, b), sign(value(a) ^ value(target), value(b) ^ value(target)), `seed ${SEED} round ${round}`);
    const distance = value(a) ^ value(b);
    assert.equal(slab.prefixBits(a, b), distance === 0n ? 160 : 160 - distance.toString(2).length);
  }
});

test('Chord, figure 4: ring intervals wrap, and an interval from a to a goes all round', () => {
  const { slab, pick, value } = world();
  for (let round = 0; round < 5000; round++) {
    const [x, a, b] = [pick(), pick(), pick()];
    const span = (value(b) - value(a) + RING) % RING || RING;
    const offset = (value(x) - value(a) + RING) % RING || RING;
    assert.equal(slab.inOO(x, a, b), offset < span, `seed ${SEED} round ${round}`);
    assert.equal(slab.inOC(x, a, b), offset <= span, `seed ${SEED} round ${round}`);
    assert.equal(slab.inOO(x, a, a), x !== a && !slab.equal(x, a));
    assert.ok(slab.inOC(x, a, a));
  }
});

test('powers of two carry through all words and round the ring', () => {
  const { slab, random, pick, value } = world();
  const into = slab.alloc();
  for (let round = 0; round < 2000; round++) {
    const [a, exponent] = [pick(), random.below(ID_BITS)];
    slab.addPowerOfTwo(a, exponent, into);
    assert.equal(value(into), (value(a) + (1n << BigInt(exponent))) % RING, `seed ${SEED} round ${round}`);
  }
  const last = slab.fromBytes(new Uint8Array(20).fill(0xff));
  slab.addPowerOfTwo(last, 0, into);
  assert.equal(value(into), 0n);
});

test('bytes go in and come out, bits are counted from the top', () => {
  const slab = new IdSlab();
  const bytes = new Random(SEED).fill(new Uint8Array(20));
  const id = slab.fromBytes(bytes);
  assert.deepEqual(slab.toBytes(id), bytes);
  const bits = Array.from({ length: ID_BITS }, (_, index) => slab.bit(id, index)).join('');
  assert.equal(BigInt(`0b${bits}`), BigInt(`0x${slab.hex(id)}`));
});

test('a freed row is used again and starts at zero', () => {
  const slab = new IdSlab(1);
  const first = slab.random(new Random(SEED));
  slab.free(first);
  assert.equal(slab.size, 0);
  assert.equal(slab.alloc(), first);
  assert.equal(slab.hex(first), '0'.repeat(40));
});
