/**
 * Axes: where a value lies in pixels, and which values get a tick. A logarithmic axis has no zero; when there are such values it gets a lane of
 * its own for them at the low end, with a tick that says 0. Owns the layout of one axis.
 */

import { log2 } from '../../core/portable-math.ts';
import type { AxisLook } from '../experiment.ts';
import { exponentOf, linearTickLabels, powerOfTen, tickLabel } from './number-text.ts';

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export interface Scale {
  /** Pixels of a finite value. */
  at(value: number): number;
  readonly ticks: readonly Tick[];
  /** Between the ticks of a logarithmic axis with rounded ends, without labels. */
  readonly minor: readonly number[];
  /** Where the lane of what has no logarithm ends and the axis begins; null without one. */
  readonly laneEnd: number | null;
}

export interface AxisSpace {
  /** Pixels of the low and the high end; on an upright axis the low end is the larger. */
  readonly from: number;
  readonly to: number;
  /** Room that a tick with this label takes. */
  readonly roomOf: (label: string) => number;
  /** A tick at each value, when there is room: so a reader sees what was run. */
  readonly atValues: boolean;
  /** The ends of the axis are ticks; else they are the smallest and the largest value. */
  readonly rounded: boolean;
}

/** Pixels of the lane for zero. */
const LANE = 26;
const TICKS_MAX = 8;
/** A linear axis begins at 0 when that costs less than so much of it. */
const ZERO_SHARE = 0.5;
/** Values that differ by a smaller part of themselves are one value: their ticks could not be counted. */
const SAME_SHARE = 1e-9;
/** No measure has larger or smaller values, and steps and powers of ten stay finite with these. */
const SIZE_MAX = 1e100;
const SIZE_MIN = 1e-100;

/** What has a place on an axis: no NaN (JSON: null), nothing infinite. */
export function isDrawable(value: number | null): value is number {
  if (value === null || !Number.isFinite(value)) return false;
  const size = Math.abs(value);
  return size === 0 || (size >= SIZE_MIN && size <= SIZE_MAX);
}

/** Values that cannot be drawn are left out; without any the axis goes from 0 to 1, or from 1 to 10. */
export function scaleOf(scale: AxisLook['scale'], values: readonly number[], space: AxisSpace): Scale {
  const drawable = [...new Set(values.filter(isDrawable))].sort((a, b) => a - b);
  return scale === 'log' ? logScale(drawable, space) : linearScale(drawable, space);
}

function linearScale(values: readonly number[], space: AxisSpace): Scale {
  let low = values[0] ?? 0;
  let high = values.at(-1) ?? 1;
  if (space.rounded && low > 0 && low <= high * ZERO_SHARE) low = 0;
  if (space.rounded && high < 0 && high >= low * ZERO_SHARE) high = 0;
  if (high - low <= Math.abs(high) * SAME_SHARE) [low, high] = around(high, space.rounded);
  const step = fittingStep(low, high, space);
  if (space.rounded) {
    low = Math.floor(low / step) * step;
    high = Math.ceil(high / step) * step;
  }
  const at = (value: number): number => space.from + ((value - low) / (high - low)) * (space.to - space.from);
  const own = space.atValues ? ticksAt(values, values.map(tickLabel), at) : [];
  if (own.length > 0 && fit(own, space)) return { at, ticks: own, minor: [], laneEnd: null };
  const round = multiplesOf(step, low, high);
  return { at, ticks: ticksAt(round, linearTickLabels(round, step), at), minor: [], laneEnd: null };
}

/** An axis for one value alone. */
function around(value: number, rounded: boolean): [low: number, high: number] {
  if (value === 0) return [0, 1];
  return rounded ? [Math.min(0, value * 2), Math.max(0, value * 2)] : [value - Math.abs(value) / 2, value + Math.abs(value) / 2];
}

/** The smallest of 1, 2, 5 times a power of ten whose labels do not touch. */
function fittingStep(low: number, high: number, space: AxisSpace): number {
  const length = Math.abs(space.to - space.from);
  for (let exponent = exponentOf(high - low) - 2; ; exponent++) {
    for (const digit of [1, 2, 5]) {
      const step = digit * powerOfTen(exponent);
      if ((high - low) / step > TICKS_MAX) continue;
      const ticks = multiplesOf(step, low, high);
      const room = Math.max(...linearTickLabels(ticks, step).map(space.roomOf), 0);
      if (ticks.length <= 2 || room <= (step / (high - low)) * length) return step;
    }
  }
}

function multiplesOf(step: number, low: number, high: number): number[] {
  const ticks: number[] = [];
  // So little of a step cannot be seen, and is far more than what rounding adds up to.
  for (let count = Math.ceil(low / step - 1e-6); count * step <= high + step * 1e-6; count++) ticks.push(count * step);
  return ticks;
}

function logScale(all: readonly number[], space: AxisSpace): Scale {
  const values = all.filter((value) => value > 0);
  const lane = values.length < all.length;
  const direction = space.to > space.from ? 1 : -1;
  const from = space.from + (lane ? LANE * direction : 0);
  const [low, high] = logDomain(values, space.rounded);
  const length = log2(high) - log2(low);
  const at = (value: number): number =>
    value > 0 ? from + ((log2(value) - log2(low)) / length) * (space.to - from) : space.from + (LANE / 3) * direction;
  const zero = lane ? ticksAt([0], [(all[0] as number) < 0 ? '≤ 0' : '0'], at) : [];
  const candidates = [...(space.atValues ? [values] : []), ...logTicks(values, low, high)].filter(
    (each) => each.length >= Math.min(2, values.length),
  );
  const ticks = candidates.map((each) => [...zero, ...ticksAt(each, each.map(tickLabel), at)]).find((each) => fit(each, space)) ?? zero;
  return { at, ticks, minor: space.rounded ? minorOf(low, high).map(at) : [], laneEnd: lane ? from : null };
}

/** Ends on 1, 2 or 5 times a power of ten when rounded. One value alone gets room on both sides. */
function logDomain(values: readonly number[], rounded: boolean): [low: number, high: number] {
  let low = values[0] ?? 1;
  let high = values.at(-1) ?? 10;
  if (high <= low * (1 + SAME_SHARE) && !rounded) return [low / 2, high * 2];
  if (!rounded) return [low, high];
  low = niceBelow(low);
  high = niceAbove(high);
  return low === high ? [niceBelow(low * 0.9), niceAbove(high * 1.1)] : [low, high];
}

function niceBelow(value: number): number {
  const power = powerOfTen(exponentOf(value));
  return ([5, 2].find((digit) => digit * power <= value) ?? 1) * power;
}

function niceAbove(value: number): number {
  const power = powerOfTen(exponentOf(value));
  return ([1, 2, 5].find((digit) => digit * power >= value) ?? 10) * power;
}

/** From many ticks to few. Powers of two where only such values were run, else 1-2-5 and powers of ten. */
function logTicks(values: readonly number[], low: number, high: number): number[][] {
  const strides = [1, 2, 3, 4, 6, 8, 12, 24, 48, 96];
  if (values.length > 0 && values.every((value) => Number.isInteger(log2(value)))) {
    const exponents = range(log2(values[0] as number), log2(values.at(-1) as number));
    return strides.map((stride) => exponents.filter((_, index) => index % stride === 0).map((exponent) => twoTo(exponent)));
  }
  const decades = range(exponentOf(low), exponentOf(high));
  const within = (value: number): boolean => value >= low && value <= high;
  return [
    ...[
      [1, 2, 5],
      [1, 3],
    ].map((digits) => decades.flatMap((exponent) => digits.map((digit) => digit * powerOfTen(exponent))).filter(within)),
    ...strides.map((stride) =>
      decades
        .filter((_, index) => index % stride === 0)
        .map(powerOfTen)
        .filter(within),
    ),
    [low, high],
  ];
}

/** 2 to 9 times each power of ten, as long as they can be told apart. */
function minorOf(low: number, high: number): number[] {
  const decades = range(exponentOf(low), exponentOf(high));
  if (decades.length > 6) return [];
  return decades
    .flatMap((exponent) => range(1, 9).map((digit) => digit * powerOfTen(exponent)))
    .filter((value) => value >= low && value <= high);
}

function ticksAt(values: readonly number[], labels: readonly string[], at: (value: number) => number): Tick[] {
  return values.map((value, index) => ({ at: at(value), label: labels[index] as string }));
}

/** No label touches the next. */
function fit(ticks: readonly Tick[], { roomOf }: AxisSpace): boolean {
  return ticks.every((tick, index) => {
    const next = ticks[index + 1];
    return next === undefined || Math.abs(next.at - tick.at) >= (roomOf(tick.label) + roomOf(next.label)) / 2;
  });
}

function twoTo(exponent: number): number {
  let power = 1;
  for (let count = 0; count < Math.abs(exponent); count++) power *= 2;
  return exponent < 0 ? 1 / power : power;
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
