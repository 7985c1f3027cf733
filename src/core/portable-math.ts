/**
 * Logarithms and powers that come out the same on every platform: `Math.log` and its kin may differ in the last bit from one engine to the
 * next, and one bit is another run. Made of + - * /, which IEEE 754 rounds exactly, and of the bits of a double. `ln`, `exp` and `pow` are
 * less than one unit in the last place from the truth, `log2` less than two. What they give at the edges is what `Math` gives.
 */

import { add, type DoubleDouble, divide, exactSum, multiply } from './double-double.ts';

const LN2: DoubleDouble = { high: Math.LN2, low: 2.3190468138462996e-17 };
/** ln 2 again, cut so that its product with any exponent is exact: the upper part has 21 bits. */
const LN2_TOP = 0.6931467056274414;
const LN2_REST = 4.7493250390316726e-7;
const ONE_BY_LN2 = Math.LOG2E;
const TWO_BY_LN2: DoubleDouble = { high: 2.8853900817779268, low: 4.0710547481862066e-17 };
const THIRD: DoubleDouble = { high: 0.3333333333333333, low: 1.850371707708594e-17 };
/** 1/5 to 1/27: what is left out is below 2^-70 of the sum, which a power with a large exponent can see. */
const ODD_RECIPROCALS = Float64Array.from({ length: 12 }, (_, index) => 1 / (5 + 2 * index));
/** 1/2! to 1/14!. */
const FACTORIAL_RECIPROCALS = Float64Array.from({ length: 13 }, (_, index) => 1 / factorial(index + 2));

const EXPONENT_BIAS = 1023;
const EXPONENT_MAX = 1023;
const EXPONENT_MIN = -1022;
const NORMAL_MIN = 2.2250738585072014e-308;
const TWO_54 = 0x40_0000_0000_0000;
/** Above it every double is an even integer. */
const TWO_53 = 0x20_0000_0000_0000;
const TWO_64 = 0x1_0000_0000_0000_0000;

/** exp(x) is Infinity above the one and 0 below the other. */
const EXP_MAX = 709.782712893384;
const EXP_MIN = -745.1332191019412;
/** The same for powers of two, a little wider: at the ends the scaling overflows or rounds to 0 by itself. */
const EXP2_MAX = 1024;
const EXP2_MIN = -1076;

/** Natural logarithm. */
export function ln(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return logarithmAtTheEdge(x);
  const { exponent, significand } = parts(x);
  return lnOf(significand, exponent);
}

/** Logarithm to the base 2; exact for powers of two. */
export function log2(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return logarithmAtTheEdge(x);
  const { exponent, significand } = parts(x);
  return exponent + lnOf(significand, 0) * ONE_BY_LN2;
}

/** e to the power of x. */
export function exp(x: number): number {
  if (x > EXP_MAX) return Number.POSITIVE_INFINITY;
  if (x < EXP_MIN) return 0;
  if (x !== x) return x;
  const exponent = Math.floor(x * ONE_BY_LN2 + 0.5);
  const rest = exactSum(x - exponent * LN2_TOP, -exponent * LN2_REST);
  return expOf(rest, exponent);
}

/** x to the power of y, with the special cases of `Math.pow`: a negative x has powers for whole y alone. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1;
  if (x !== x || y !== y) return Number.NaN;
  const size = Math.abs(x);
  if (size === 1 && Math.abs(y) === Number.POSITIVE_INFINITY) return Number.NaN;
  if (x < 0 && size < Number.POSITIVE_INFINITY && Math.floor(y) !== y) return Number.NaN;
  // -0 counts as negative: its odd powers are.
  const negative = (x < 0 || 1 / x < 0) && isOdd(y);
  return negative ? -powOf(size, y) : powOf(size, y);
}

function logarithmAtTheEdge(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  return x > 0 ? x : Number.NaN;
}

/** x = significand × 2^exponent with a significand from √½ to √2, for which the series is short. */
interface Parts {
  readonly exponent: number;
  readonly significand: number;
}

const scratch = new DataView(new ArrayBuffer(8));

function parts(x: number): Parts {
  const subnormal = x < NORMAL_MIN;
  scratch.setFloat64(0, subnormal ? x * TWO_54 : x);
  const upper = scratch.getUint32(0);
  scratch.setUint32(0, (upper & 0xf_ffff) | (EXPONENT_BIAS << 20));
  const significand = scratch.getFloat64(0);
  const exponent = (upper >>> 20) - EXPONENT_BIAS - (subnormal ? 54 : 0);
  if (significand > Math.SQRT2) return { exponent: exponent + 1, significand: significand / 2 };
  return { exponent, significand };
}

/**
 * ln(x × 2^exponent). With f = x − 1 and s = f / (2 + f), ln(1 + f) = 2 (s + s³/3 + s⁵/5 + …) and 2s = f − f²/2 + s f²/2: in this form f,
 * which is exact, is the largest term, and roundings touch only what is small beside it (K. C. Ng's arrangement in fdlibm).
 */
function lnOf(x: number, exponent: number): number {
  const f = x - 1;
  const half = 0.5 * f * f;
  const s = f / (2 + f);
  const u = s * s;
  const series = u * (2 / 3 + u * 2 * seriesFromFifth(u));
  return exponent * LN2_TOP - (half - (s * (half + series) + exponent * LN2_REST) - f);
}

/** 1/5 + u/7 + u²/9 + … */
function seriesFromFifth(u: number): number {
  return polynomial(ODD_RECIPROCALS, u);
}

/** e^rest × 2^exponent for |rest| ≤ 0.35, by Taylor's series; 1 comes last, so that the largest rounding is the only one that counts. */
function expOf({ high, low }: DoubleDouble, exponent: number): number {
  return scale(1 + (high + (low + high * high * polynomial(FACTORIAL_RECIPROCALS, high))), exponent);
}

/** c₀ + c₁ x + c₂ x² + … */
function polynomial(coefficients: Float64Array, x: number): number {
  let sum = 0;
  for (let power = coefficients.length - 1; power >= 0; power--) sum = sum * x + (coefficients[power] as number);
  return sum;
}

/** x × 2^exponent for x between ½ and 2; rounded once where the result is subnormal. */
function scale(x: number, exponent: number): number {
  if (exponent > EXPONENT_MAX) return x * powerOfTwo(exponent - 1) * 2;
  if (exponent < EXPONENT_MIN) return x * powerOfTwo(exponent + 100) * powerOfTwo(-100);
  return x * powerOfTwo(exponent);
}

function powerOfTwo(exponent: number): number {
  scratch.setUint32(0, (exponent + EXPONENT_BIAS) << 20);
  scratch.setUint32(4, 0);
  return scratch.getFloat64(0);
}

/** x ≥ 0, y ≠ 0: 2^(y log₂ x), whose exponent can need ten bits more than a double has. */
function powOf(x: number, y: number): number {
  if (x === 0) return y > 0 ? 0 : Number.POSITIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return y > 0 ? x : 0;
  // The next double to 1 has a logarithm of 2^-53 / ln 2: with such a y every power but that of 1 is beyond the range already.
  const bounded = Math.max(-TWO_64, Math.min(TWO_64, y));
  const power = multiply(log2InFull(x), { high: bounded, low: 0 });
  if (power.high > EXP2_MAX) return Number.POSITIVE_INFINITY;
  if (power.high < EXP2_MIN) return 0;
  const whole = Math.floor(power.high + 0.5);
  return expOf(multiply(exactSum(power.high - whole, power.low), LN2), whole);
}

/** log₂ x within 2^-65 or so of its size. */
function log2InFull(x: number): DoubleDouble {
  const { exponent, significand } = parts(x);
  const s = divide({ high: significand - 1, low: 0 }, exactSum(significand, 1));
  const u = multiply(s, s);
  // From the second term of the series on, 53 bits are enough.
  const series = add(multiply(u, THIRD), { high: u.high * u.high * seriesFromFifth(u.high), low: 0 });
  const sum = add(s, multiply(s, series));
  return add({ high: exponent, low: 0 }, multiply(sum, TWO_BY_LN2));
}

function isOdd(y: number): boolean {
  return Math.abs(y) < TWO_53 && Math.floor(y) === y && Math.floor(y / 2) * 2 !== y;
}

function factorial(n: number): number {
  return n <= 1 ? 1 : n * factorial(n - 1);
}
