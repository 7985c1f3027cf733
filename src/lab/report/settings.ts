/**
 * The set-up of a plan as people read it: every setting once, with its unit, and what it depends on where it is not the same in all runs. Works on
 * any RunSpec, so that a new kind of network or workload needs nothing here. Owns no state.
 */

import type { Plan } from '../result.ts';
import { formatGiven } from './number-text.ts';

export interface Setting {
  /** `network, mean`. */
  readonly name: string;
  /** `50 ms`; of several runs `8, 16, 64`, or `chord: 4; pastry: 16`. */
  readonly value: string;
}

const VALUES_SHOWN_MAX = 12;

export function settingsOf({ points }: Plan): Setting[] {
  const flat = points.map(({ x, line, spec }) => ({ x, line, settings: new Map(flatten(spec, [])) }));
  const names = [...new Set(flat.flatMap(({ settings }) => [...settings.keys()]))].sort((a, b) => placeOf(a) - placeOf(b));
  return names.map((name) => {
    const values = flat.map(({ x, line, settings }) => ({ x, line, value: settings.get(name) ?? 'none' }));
    return { name, value: valueText(values) };
  });
}

/** What a run is about comes first, whatever the order in which the spec was put together. */
const FIRST = ['system', 'options', 'nodes', 'workload', 'start', 'join every', 'network', 'loss', 'nat', 'failure', 'churn'];

function placeOf(name: string): number {
  const place = FIRST.indexOf(name.split(', ')[0] as string);
  return place < 0 ? FIRST.length : place;
}

interface Value {
  readonly x: number;
  readonly line: string;
  readonly value: string;
}

function valueText(values: readonly Value[]): string {
  const distinct = [...new Set(values.map(({ value }) => value))];
  if (distinct.length === 1) return distinct[0] as string;
  const byX = oneEach(values, ({ x }) => x);
  if (byX !== null)
    return listed(
      byX.map(([, value]) => value),
      ', ',
    );
  const byLine = oneEach(values, ({ line }) => line);
  if (byLine !== null)
    return listed(
      byLine.map(([line, value]) => (line === value ? value : `${line}: ${value}`)),
      '; ',
    );
  return `${distinct.length} different values, in the plan below`;
}

/** The value for each x, or each line, when that alone decides it. */
function oneEach<K>(values: readonly Value[], keyOf: (value: Value) => K): [K, string][] | null {
  const found = new Map<K, string>();
  for (const each of values) {
    const known = found.get(keyOf(each));
    if (known !== undefined && known !== each.value) return null;
    found.set(keyOf(each), each.value);
  }
  return [...found];
}

function listed(values: readonly string[], between: string): string {
  if (values.length <= VALUES_SHOWN_MAX) return values.join(between);
  return `${values.slice(0, VALUES_SHOWN_MAX - 1).join(between)}${between}… (${values.length} values)`;
}

function flatten(value: unknown, path: readonly string[]): [name: string, value: string][] {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.entries(value).flatMap(([key, inner]) => flatten(inner, key === 'kind' ? path : [...path, key]));
  }
  return [[nameOf(path), textOf(value, path.at(-1) ?? '')]];
}

/** Units at the ends of names, the longer first. */
const UNITS: readonly (readonly [ending: RegExp, unit: string])[] = [
  [/BytesPerSecond$/, ' bytes a second'],
  [/PerSecond$/, ' a second'],
  [/Bytes$/, ' bytes'],
  [/Ms$/, ' ms'],
];
/** Names that are nothing but a unit. */
const BARE: Readonly<Record<string, readonly [name: string, unit: string]>> = {
  ms: ['time', ' ms'],
  perSecond: ['rate', ' a second'],
};

function nameOf(path: readonly string[]): string {
  return path
    .map((key) => {
      const bare = BARE[key];
      if (bare !== undefined) return bare[0];
      const ending = UNITS.find(([unit]) => unit.test(key))?.[0];
      return (ending === undefined ? key : key.replace(ending, '')).replace(/(?<=[a-z\d])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    })
    .join(', ');
}

function textOf(value: unknown, key: string): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return `${value.length} ${value.length === 1 ? 'entry' : 'entries'}, in the plan below`;
  if (typeof value === 'string') return value;
  if (typeof value !== 'number') return 'none';
  const unit = BARE[key]?.[1] ?? UNITS.find(([ending]) => ending.test(key))?.[1] ?? '';
  return unit === ' ms' ? durationText(value) : formatGiven(value) + unit;
}

const DURATIONS: readonly (readonly [unit: string, ms: number])[] = [
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** In the largest unit of which it is a whole number: `200 ms`, `30 s`, `10 min`. */
export function durationText(ms: number): string {
  const [unit, size] = DURATIONS.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${formatGiven(ms / size)} ${unit}`;
}
