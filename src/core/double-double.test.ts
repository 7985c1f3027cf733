/** Double-double arithmetic, held against rational numbers of unbounded length. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, type DoubleDouble, divide, exactProduct, exactSum, multiply } from './double-double.ts';
import { Random } from './random.ts';

const DRAWS = 5000;
/** Everything here is a whole multiple of 2^-SCALE. */
const SCALE = 400n;
/** Of 2^106, what the last steps round away. */
const PRECISION = 100n;

test('a sum and a product of two doubles lose nothing', () => {
  const random = new Random(1);
  for (let draw = 0; draw < DRAWS; draw++) {
    const [a, b] = [anyDouble(random), anyDouble(random)];
    assert.equal(scaled(exactSum(a, b)), scaled(a) + scaled(b), `${a} + ${b}`);
    assert.equal(scaled(exactProduct(a, b)) << SCALE, scaled(a) * scaled(b), `${a} × ${b}`);
  }
});

test('sums, products and quotients of pairs keep a hundred bits', () => {
  const random = new Random(2);
  for (let draw = 0; draw < DRAWS; draw++) {
    const [a, b] = [anyPair(random), anyPair(random)];
    const what = `${a.high} + ${a.low} and ${b.high} + ${b.low}`;
    // What cancels is lost in any sum; with one sign nothing does.
    if (a.high > 0 === b.high > 0) assertClose(scaled(add(a, b)), scaled(a) + scaled(b), what);
    assertClose(scaled(multiply(a, b)) << SCALE, scaled(a) * scaled(b), what);
    assertClose(scaled(divide(a, b)) * scaled(b), scaled(a) << SCALE, what);
  }
});

/** ±1 × 2^±20 with 53 random bits. */
function anyDouble(random: Random): number {
  return (random.chance(0.5) ? 1 : -1) * (0.5 + random.unit() / 2) * 2 ** (random.below(41) - 20);
}

function anyPair(random: Random): DoubleDouble {
  const high = anyDouble(random);
  return exactSum(high, high * (random.unit() - 0.5) * 2 ** -53);
}

function scaled(value: number | DoubleDouble): bigint {
  if (typeof value !== 'number') return scaled(value.high) + scaled(value.low);
  // Whole after the first step: the smallest bit of any value here is above 2^-200.
  return BigInt(value * 2 ** 200) << (SCALE - 200n);
}

function assertClose(ours: bigint, truth: bigint, what: string): void {
  const error = ours > truth ? ours - truth : truth - ours;
  const size = truth < 0n ? -truth : truth;
  assert.ok(error << PRECISION <= size, what);
}
