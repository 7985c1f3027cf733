import assert from 'node:assert/strict';
import test from 'node:test';
import { Random } from '../../core/random.ts';
import {
  addPowerOfTwo,
  bytesOfId,
  compareIds,
  distanceBits,
  equalIds,
  idOfBytes,
  inHalfOpen,
  inOpen,
  mapKeyOf,
  RingId,
  ringId,
} from './ring-id.ts';

const SEED = Number(process.env['KITH_SEED'] ?? 7);
const ROUNDS = 3000;
const SPAN = 1n << 160n;

function big(id: RingId): bigint {
  return BigInt(`0x${id.hex}`);
}

/** Random ids of which many are equal, adjacent, or differ in one word only. */
function ids(random: Random, count: number): RingId[] {
  const edges = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
  const word = (): number => (random.chance(0.6) ? (edges[random.below(edges.length)] as number) : random.u32());
  return Array.from({ length: count }, () => new RingId(word(), word(), word(), word(), word()));
}

test('ids compare, add and measure as the numbers that they are (seed in KITH_SEED)', () => {
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b] = ids(random, 2) as [RingId, RingId];
    const said = `seed ${SEED}: ${a.hex} ${b.hex}`;
    assert.equal(Math.sign(compareIds(a, b)), big(a) < big(b) ? -1 : big(a) > big(b) ? 1 : 0, said);
    assert.equal(equalIds(a, b), big(a) === big(b), said);
    assert.equal(mapKeyOf(a) === mapKeyOf(b), big(a) === big(b), said);
    assert.equal(distanceBits(a, b), ((big(b) - big(a) + SPAN) % SPAN).toString(2).replace(/^0/, '').length, said);
    const exponent = random.below(160);
    assert.equal(big(addPowerOfTwo(a, exponent)), (big(a) + (1n << BigInt(exponent))) % SPAN, `${said} ${exponent}`);
    assert.deepEqual(idOfBytes(bytesOfId(a)), a);
  }
});

test('figure 1: intervals go clockwise, over zero too, and from a point to itself they are the whole ring', () => {
  const random = new Random(SEED, 1);
  for (let round = 0; round < ROUNDS; round++) {
    const [x, a, b] = ids(random, 3) as [RingId, RingId, RingId];
    const way = (from: RingId, to: RingId): bigint => (big(to) - big(from) + SPAN) % SPAN;
    const whole = way(a, b) === 0n ? SPAN : way(a, b);
    const said = `seed ${SEED}: ${x.hex} in ${a.hex} to ${b.hex}`;
    assert.equal(inOpen(x, a, b), way(a, x) > 0n && way(a, x) < whole, said);
    assert.equal(inHalfOpen(x, a, b), (way(a, x) > 0n && way(a, x) <= whole) || equalIds(x, b), said);
  }
});

test('an id takes 20 bytes in a message, the highest first', () => {
  const id = new RingId(1, 2, 3, 4, 0xffff_fffe);
  assert.equal(ringId.fixedBytes, 20);
  assert.equal(id.hex, '00000001000000020000000300000004fffffffe');
});
