/** Draws from the standard distributions, the same on every platform. Owns no state. */

import { ln } from '../core/portable-math.ts';
import type { Random } from '../core/random.ts';

/** Exponential with mean 1; at most 53 ln 2, about 36.7. */
export function exponential(random: Random): number {
  return -ln(positiveUnit(random));
}

/** Uniform in (0, 1]: what a logarithm or a quotient can take. */
export function positiveUnit(random: Random): number {
  return 1 - random.unit();
}

/** Normal with mean 0 and deviation 1 (Marsaglia and Bray's polar method, 1964; the second of its pair is not used). */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.unit() - 1;
    const y = 2 * random.unit() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square);
  }
}

/** Gamma with scale 1 and a shape of at least 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000). */
export function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const root = 1 + c * x;
    const v = root * root * root;
    if (v > 0 && ln(positiveUnit(random)) < 0.5 * x * x + d * (1 - v + ln(v))) return d * v;
  }
}
