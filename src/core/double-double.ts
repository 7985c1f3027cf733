/**
 * Numbers of about 106 bits as the exact sum of two doubles (Dekker, "A floating-point technique for extending the available precision",
 * 1971), for the few places where 53 bits are not enough on the way. Only + - * /, so every platform gives the same bits.
 */

/** `low` is at most half a unit in the last place of `high`. */
export interface DoubleDouble {
  readonly high: number;
  readonly low: number;
}

/** 2^27 + 1: cuts a double into two halves of 26 bits (Veltkamp). Overflows above 2^996; nobody here goes near. */
const SPLITTER = 134_217_729;

/** a + b without error. */
export function exactSum(a: number, b: number): DoubleDouble {
  const high = a + b;
  const ofB = high - a;
  return { high, low: a - (high - ofB) + (b - ofB) };
}

/** a × b without error, unless the low part falls below the smallest double. */
export function exactProduct(a: number, b: number): DoubleDouble {
  const high = a * b;
  const cutA = a * SPLITTER;
  const cutB = b * SPLITTER;
  const topA = cutA - (cutA - a);
  const topB = cutB - (cutB - b);
  const restA = a - topA;
  const restB = b - topB;
  return { high, low: topA * topB - high + topA * restB + restA * topB + restA * restB };
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = exactSum(a.high, b.high);
  return exactSum(sum.high, sum.low + (a.low + b.low));
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = exactProduct(a.high, b.high);
  return exactSum(product.high, product.low + (a.high * b.low + a.low * b.high));
}

export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const quotient = a.high / b.high;
  const back = exactProduct(quotient, b.high);
  const rest = a.high - back.high - back.low + a.low - quotient * b.low;
  return exactSum(quotient, rest / b.high);
}
