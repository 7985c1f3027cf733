/** Medians and a Markdown table for the reports of the benchmarks. */

export function median(values: readonly number[]): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** A number with as many decimals as it deserves, or a dash when it was not measured. */
export function show(value: number, decimals = 0): string {
  return Number.isNaN(value) ? '–' : value.toFixed(decimals);
}

/** `median (least–greatest)`. */
export function showRange(values: readonly number[], decimals = 0): string {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return '–';
  return `${show(median(known), decimals)} (${show(Math.min(...known), decimals)}–${show(Math.max(...known), decimals)})`;
}

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
