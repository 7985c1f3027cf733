/**
 * What one run measured, by name: each a distribution of numbers, kept exactly as the values that came and how often. Scenarios fill a
 * `Meter`; runs travel between threads and into result folders as plain `Measures`. Owns the values of one run.
 */

import type { Statistic } from './experiment.ts';

/** Sorted values and how often each came; parallel. Counts of whole things have few values, latencies as many as there are samples. */
export interface Distribution {
  readonly values: readonly number[];
  readonly counts: readonly number[];
}

export type Measures = Readonly<Record<string, Distribution>>;

export class Meter {
  private readonly counts = new Map<string, Map<number, number>>();

  add(measure: string, value: number, times = 1): void {
    let counts = this.counts.get(measure);
    if (counts === undefined) this.counts.set(measure, (counts = new Map()));
    counts.set(value, (counts.get(value) ?? 0) + times);
  }

  measures(): Measures {
    const entries = [...this.counts].map(([name, counts]): [string, Distribution] => {
      const values = [...counts.keys()].sort((a, b) => a - b);
      return [name, { values, counts: values.map((value) => counts.get(value) as number) }];
    });
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** NaN of a distribution without values. `x` is that of the point, which `share` asks for. Percentiles are exact: the smallest value that at least so many are at or below (nearest rank). */
export function statisticOf({ values, counts }: Distribution, statistic: Statistic, x = Number.NaN): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return Number.NaN;
  switch (statistic) {
    case 'total':
      return sumOf(values, counts);
    case 'mean':
    case 'rate':
      return sumOf(values, counts) / total;
    case 'share':
      return (counts[values.indexOf(x)] ?? 0) / total;
    case 'min':
      return values[0] as number;
    case 'max':
      return values[values.length - 1] as number;
    default:
      return percentile(values, counts, total, Number(statistic.slice(1)));
  }
}

function sumOf(values: readonly number[], counts: readonly number[]): number {
  return values.reduce((sum, value, index) => sum + value * (counts[index] as number), 0);
}

function percentile(values: readonly number[], counts: readonly number[], total: number, percent: number): number {
  const rank = Math.max(1, Math.ceil((total * percent) / 100));
  let seen = 0;
  for (const [index, count] of counts.entries()) {
    seen += count;
    if (seen >= rank) return values[index] as number;
  }
  return Number.NaN;
}
