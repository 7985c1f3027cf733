/**
 * Numbers as people read them, the same on every machine: no locale, only what ECMAScript defines to the last digit (`toFixed`,
 * `toExponential`). Owns no state.
 */

/** Figures that a reader can compare: hops of 2.959 beside 2.961. */
const DIGITS = 4;
const PLAIN_MIN = 1e-4;
const PLAIN_MAX = 1e9;
/** From here on a tick says 100k. */
const SHORT_FROM = 1e5;
const GROUP_FROM = 10_000;
const MINUS = '\u2212';
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const PREFIXES = [
  { letter: 'T', factor: 1e12 },
  { letter: 'G', factor: 1e9 },
  { letter: 'M', factor: 1e6 },
  { letter: 'k', factor: 1e3 },
];

/** `2.959`, `16,384`, `0.00300`, `1.234×10⁻⁷`; a dash for what is no number. */
export function formatValue(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < PLAIN_MIN || size >= PLAIN_MAX) return powerText(value, DIGITS - 1);
  if (Number.isInteger(value)) return grouped(value.toFixed(0));
  return grouped(value.toFixed(Math.max(0, DIGITS - 1 - exponentOf(value))));
}

/** What somebody else gave, with the digits that they gave: `2.959`, `0.003`, `16,384`. */
export function formatGiven(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  return size !== 0 && (size < PLAIN_MIN || size >= 1e15) ? powerText(value) : grouped(String(value));
}

/** A distance, of which nobody needs more than two digits: `0.089`, `0.00006`. */
export function formatTolerance(value: number): string {
  return formatGiven(Number(value.toPrecision(2)));
}

/** `+1.3%`, `−0.4%`, `0.0%`. */
export function formatPercent(share: number): string {
  const digits = (Math.abs(share) * 100).toFixed(1);
  if (Number(digits) === 0) return '0.0%';
  return `${share < 0 ? MINUS : '+'}${grouped(digits)}%`;
}

/** One label for each tick of a linear axis: all with the same decimals and the same prefix. */
export function linearTickLabels(ticks: readonly number[], step: number): string[] {
  const largest = Math.max(...ticks.map(Math.abs));
  if (largest >= 1e15 || largest < PLAIN_MIN) return ticks.map((tick) => (tick === 0 ? '0' : powerText(tick, 1)));
  const prefix = largest >= SHORT_FROM ? PREFIXES.find(({ factor }) => factor <= largest) : undefined;
  const factor = prefix?.factor ?? 1;
  const decimals = decimalsOf(step / factor);
  return ticks.map((tick) => (tick === 0 ? '0' : grouped((tick / factor).toFixed(decimals)) + (prefix?.letter ?? '')));
}

/** For itself, exactly: a tick of a logarithmic axis, or at a value that was run. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < PLAIN_MIN || size >= 1e15) return powerText(value, 2);
  const prefix = size >= SHORT_FROM ? PREFIXES.find(({ factor }) => factor <= size) : undefined;
  if (prefix !== undefined && (size / prefix.factor) * 10 === Math.floor((size / prefix.factor) * 10)) {
    return sign(value) + String(size / prefix.factor) + prefix.letter;
  }
  return grouped(String(value));
}

/** The power of ten at or below the value's size. */
export function exponentOf(value: number): number {
  return Number(value.toExponential().split('e')[1]);
}

/** Exactly what the literal means; `Math.pow` need not be. */
export function powerOfTen(exponent: number): number {
  return Number(`1e${exponent}`);
}

/** Digits after the point that tell multiples of the step apart. */
function decimalsOf(step: number): number {
  const exponent = exponentOf(step);
  // 2.5 needs one more than its power of ten.
  const exact = Number.isInteger(Number((step / powerOfTen(exponent)).toFixed(6)));
  return Math.min(20, Math.max(0, -exponent + (exact ? 0 : 1)));
}

/** With as many decimals as the number has when none are given. */
function powerText(value: number, decimals?: number): string {
  const [mantissa, exponent] = Math.abs(value).toExponential(decimals).split('e') as [string, string];
  const power = `10${[...String(Number(exponent))].map((digit) => (digit === '-' ? '⁻' : SUPERSCRIPTS[Number(digit)])).join('')}`;
  return sign(value) + (Number(mantissa) === 1 && Math.abs(value) === powerOfTen(Number(exponent)) ? power : `${mantissa}×${power}`);
}

function sign(value: number): string {
  return value < 0 ? MINUS : '';
}

/** `12843` as `12,843`; four digits stay together, so that years and ports look as they do. */
function grouped(digits: string): string {
  const [whole, fraction] = digits.replace('-', '').split('.') as [string, string | undefined];
  const long = Number(whole) >= GROUP_FROM ? whole.replace(/(?<=\d)(?=(?:\d{3})+$)/g, ',') : whole;
  return (digits.startsWith('-') ? MINUS : '') + long + (fraction === undefined ? '' : `.${fraction}`);
}
