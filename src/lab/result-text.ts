/** Plans, runs and results back from the JSON they were written as; what is none of them is null. Owns no state. */

import type { ExperimentResult, Plan, RunRecord } from './result.ts';

/** A line of `runs.ndjson`. */
export interface StoredRun extends RunRecord {
  /** Of which sources it comes. */
  readonly commit: string;
  /** On the machine that did it; says how long others will take, and nothing else depends on it. */
  readonly tookMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

export function parsePlan(text: string): Plan | null {
  const value = parsed(text);
  return isPlan(value) ? value : null;
}

export function parseStoredRun(line: string): StoredRun | null {
  const value = parsed(line);
  if (!isObject(value)) return null;
  const { x, line: name, seed, trace, events, virtualMs, measures, commit, tookMs } = value;
  const numbers = [x, seed, events, virtualMs, tookMs].every((each) => typeof each === 'number');
  if (!numbers || ![name, trace, commit].every((each) => typeof each === 'string')) return null;
  // The check has just been made, field by field.
  return isObject(measures) && Object.values(measures).every(isDistribution) ? (value as unknown as StoredRun) : null;
}

/** What was not measured is NaN again, which JSON had to write as null. */
export function parseResult(text: string): ExperimentResult | null {
  const value = parsed(text);
  if (!isObject(value) || value['v'] !== 1 || !isPlan(value['plan'])) return null;
  const lists = ['curves', 'comparisons', 'claims', 'runs', 'deviations'].every((field) => Array.isArray(value[field]));
  if (!lists || !['source', 'figure', 'verdict'].every((field) => isObject(value[field]))) return null;
  // Written by this program in this version: its outline was checked, the rest is taken at its word.
  const result = value as unknown as ExperimentResult;
  return {
    ...result,
    curves: result.curves.map((curve) => ({ ...curve, points: curve.points.map(unmeasured) })),
    comparisons: result.comparisons.map((each) => ({ ...each, ours: unmeasured(each.ours) })),
  };
}

function unmeasured<T extends ExperimentResult['curves'][number]['points'][number]>(point: T): T {
  const number = (value: number | null): number => value ?? Number.NaN;
  return {
    ...point,
    mean: number(point.mean),
    low: number(point.low),
    high: number(point.high),
    perSeed: point.perSeed.map(number),
  };
}

function isPlan(value: unknown): value is Plan {
  if (!isObject(value) || value['v'] !== 1 || typeof value['experiment'] !== 'string') return false;
  const { effort, seeds, points, overrides } = value;
  if ((effort !== 'full' && effort !== 'quick') || !isObject(overrides)) return false;
  if (!Array.isArray(seeds) || !seeds.every((seed) => typeof seed === 'number')) return false;
  return Array.isArray(points) && points.every(isPoint);
}

function isPoint(value: unknown): boolean {
  if (!isObject(value) || typeof value['x'] !== 'number' || typeof value['line'] !== 'string') return false;
  const { spec } = value;
  return isObject(spec) && typeof spec['system'] === 'string' && typeof spec['nodes'] === 'number' && isObject(spec['workload']);
}

function isDistribution(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { values, counts } = value;
  return Array.isArray(values) && Array.isArray(counts) && values.length === counts.length;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
