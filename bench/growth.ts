/** Whether a measure grows: the slope of its second half by least squares, beside how far that slope may be chance. */

import { median } from './statistics.ts';

/** Standard errors that a slope is away from none before it is called growth. */
const ERRORS_MIN = 3;
/** Of its level, in half a session: less is told, and nothing to worry about. */
const RISE_SHARE_MIN = 0.01;

export interface Growth {
  readonly level: number;
  /** Of the fitted line from the beginning of the second half to its end. */
  readonly rise: number;
  /** Standard error of that rise. */
  readonly noise: number;
  readonly grows: boolean;
}

/** Values at even distances in time. */
export function growthOf(values: readonly number[]): Growth {
  const half = values.slice(values.length >> 1);
  const last = half.length - 1;
  const middle = last / 2;
  const mean = half.reduce((sum, value) => sum + value, 0) / half.length;
  let [across, along] = [0, 0];
  half.forEach((value, at) => {
    across += (at - middle) ** 2;
    along += (at - middle) * (value - mean);
  });
  const slope = along / across;
  const left = half.reduce((sum, value, at) => sum + (value - mean - slope * (at - middle)) ** 2, 0);
  const [rise, noise] = [slope * last, Math.sqrt(left / (half.length - 2) / across) * last];
  const level = median(half);
  return { level, rise, noise, grows: rise > ERRORS_MIN * noise && rise > RISE_SHARE_MIN * level };
}
