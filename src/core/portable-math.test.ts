/** Portable logarithms and powers: right by known digits and by Math, the same bits everywhere, and sensible at every edge. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { exp, ln, log2, pow } from './portable-math.ts';
import { Random } from './random.ts';

const DRAWS = 20_000;
/** `Math` itself may be a unit or so off. */
const RELATIVE_MAX = 1e-15;
const EDGES = [0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -2.5, 5e-324, -5e-324, 1e300, -1e300, 2 ** 53, -(2 ** 53), 2 ** 53 - 1];
EDGES.push(Number.MAX_VALUE, Number.MIN_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN);

/** Rounded from 60 digits. */
const LOGARITHMS: readonly (readonly [x: number, ln: number, log2: number])[] = [
  [0.1, -2.3025850929940455, -3.321928094887362],
  [0.5, -Math.LN2, -1],
  [0.9999999, -1.0000000494736474e-7, -1.4426951122643492e-7],
  [1.0000001, 9.999999505838704e-8, 1.4426949695965583e-7],
  [1.5, 0.4054651081081644, 0.5849625007211562],
  [10, Math.LN10, 3.321928094887362],
  [123_456.789, 11.723646487185881, 16.913646648198387],
  [1e-300, -690.7755278982137, -996.5784284662087],
  [5e-324, -744.4400719213812, -1074],
  [1.7976931348623157e308, 709.782712893384, 1024],
];
const EXPONENTIALS: readonly (readonly [x: number, exp: number])[] = [
  [1e-10, 1.0000000001],
  [-0.25, 0.7788007830714049],
  [Math.LN2 / 2, Math.SQRT2],
  [1, Math.E],
  [10, 22026.465794806718],
  [-20, 2.061153622438558e-9],
  [100, 2.6881171418161356e43],
  [-100.5, 2.256340135917036e-44],
  [709.78, 1.7928227943945155e308],
  [-708, 3.307553003638408e-308],
  [-745, 5e-324],
];
const POWERS: readonly (readonly [x: number, y: number, power: number])[] = [
  [0.5, 0.5, Math.SQRT1_2],
  [2, 0.3333333333333333, 1.2599210498948732],
  [0.001, 2.9411764705882355, 1.5013107289081712e-9],
  [7, -13.5, 3.901004576489309e-12],
  [1.0000000001, 1e12, 2.6881393700484107e43],
  [0.9999999999999999, 1e18, 6.076124616751106e-49],
  [123.456, 78.9, 1.0478827916671325e165],
  [1e-300, 1.05, 1e-315],
  [3, -640, 4.3893173268735854e-306],
  [1e150, 2.05, 3.162277660168185e307],
  [0.1, 321, 1e-321],
];

test('known digits come out, to one unit in the last place', () => {
  for (const [x, natural, binary] of LOGARITHMS) {
    assertNear(ln(x), natural, 2.3e-16, `ln ${x}`);
    assertNear(log2(x), binary, 4.5e-16, `log2 ${x}`);
  }
  for (const [x, expected] of EXPONENTIALS) assertNear(exp(x), expected, 2.3e-16, `exp ${x}`);
  for (const [x, y, expected] of POWERS) assertNear(pow(x, y), expected, 2.3e-16, `pow ${x} ${y}`);
});

test('logarithms are those of Math over all doubles', () => {
  const random = new Random(1);
  for (let draw = 0; draw < DRAWS; draw++) {
    const x = draw % 2 === 0 ? anyPositive(random) : 0.5 + 1.5 * random.unit();
    assertNear(ln(x), Math.log(x), RELATIVE_MAX, `ln ${x}`);
    assertNear(log2(x), Math.log2(x), RELATIVE_MAX, `log2 ${x}`);
  }
});

test('powers of e are those of Math, over the whole range and where results are subnormal', () => {
  const random = new Random(2);
  for (let draw = 0; draw < DRAWS; draw++) {
    const x = draw % 2 === 0 ? -746 + 1457 * random.unit() : -2 + 4 * random.unit();
    assertNear(exp(x), Math.exp(x), RELATIVE_MAX, `exp ${x}`);
  }
});

test('powers are those of Math, for large exponents too', () => {
  const random = new Random(3);
  for (let draw = 0; draw < DRAWS; draw++) {
    const wide = draw % 2 === 0;
    const x = wide ? anyPositive(random) : 0.6 + random.unit();
    const y = (random.unit() - 0.5) * (wide ? 4 : 3000);
    assertNear(pow(x, y), Math.pow(x, y), RELATIVE_MAX, `pow ${x} ${y}`);
  }
});

test('what is exact comes out exact: logarithms of powers of two, and whole powers', () => {
  for (let exponent = -1074; exponent <= 1023; exponent++) assert.equal(log2(pow(2, exponent)), exponent);
  for (let exponent = 0; exponent <= 22; exponent++) assert.equal(pow(10, exponent), Number(`1e${exponent}`));
  for (let base = -30; base <= 30; base++) {
    for (let exponent = 1; Math.abs(base) ** exponent <= 2 ** 53 && exponent <= 60; exponent++) {
      assert.equal(pow(base, exponent), Number(BigInt(base) ** BigInt(exponent)), `${base} to the ${exponent}`);
    }
  }
});

test('at the edges they give what Math gives, signs of zero included', () => {
  for (const x of EDGES) {
    assert.ok(Object.is(ln(x), Math.log(x)) || near(ln(x), Math.log(x), RELATIVE_MAX), `ln ${x} is ${ln(x)}`);
    assert.ok(Object.is(log2(x), Math.log2(x)) || near(log2(x), Math.log2(x), RELATIVE_MAX), `log2 ${x} is ${log2(x)}`);
    assert.ok(Object.is(exp(x), Math.exp(x)) || near(exp(x), Math.exp(x), RELATIVE_MAX), `exp ${x} is ${exp(x)}`);
    for (const y of EDGES) {
      const [ours, theirs] = [pow(x, y), Math.pow(x, y)];
      assert.ok(Object.is(ours, theirs) || (theirs !== 0 && near(ours, theirs, RELATIVE_MAX)), `pow ${x} ${y} is ${ours}, not ${theirs}`);
    }
  }
});

test('the last finite argument of exp is told from the first that overflows, and 0 from the smallest double', () => {
  assert.ok(exp(709.782712893384) < Number.POSITIVE_INFINITY);
  assert.equal(exp(709.7827128933841), Number.POSITIVE_INFINITY);
  assert.equal(exp(-745.1332191019411), 5e-324);
  assert.equal(exp(-745.1332191019412), 0);
  assert.equal(pow(2, -1074), 5e-324);
  assert.equal(pow(2, -1075), 0);
  assert.equal(pow(2, 1024), Number.POSITIVE_INFINITY);
});

test('the bits of 80,000 results are the ones that every platform must give', () => {
  const random = new Random(4);
  const results = new DataView(new ArrayBuffer(8 * 4 * DRAWS));
  for (let draw = 0; draw < DRAWS; draw++) {
    const x = anyPositive(random);
    const values = [
      ln(x),
      log2(0.5 + random.unit()),
      exp(1400 * (random.unit() - 0.5)),
      pow(4 * random.unit(), 40 * (random.unit() - 0.5)),
    ];
    for (const [index, value] of values.entries()) results.setFloat64(8 * (4 * draw + index), value);
  }
  assert.equal(createHash('sha256').update(results).digest('hex'), '03f90eb095e85cf79200d49c75880238899c58ec773916fb8ffc054f664e9689');
});

/** Any positive finite double, each pattern of bits as likely as another. */
function anyPositive(random: Random): number {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setUint32(0, random.below(0x7ff0_0000));
  bits.setUint32(4, random.u32());
  return bits.getFloat64(0) || 1;
}

function near(ours: number, theirs: number, relative: number): boolean {
  // One step of the smallest double is allowed where results are subnormal.
  return Math.abs(ours - theirs) <= Math.max(relative * Math.abs(theirs), 5e-324);
}

function assertNear(ours: number, theirs: number, relative: number, what: string): void {
  assert.ok(Object.is(ours, theirs) || near(ours, theirs, relative), `${what} is ${ours}, not ${theirs}`);
}
