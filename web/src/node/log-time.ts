/** The time of a line of a log, as the reader writes times. */
export function logTime(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });
}
