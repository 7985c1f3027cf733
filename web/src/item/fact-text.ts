/** How facts of one of the list are written. Owns no state. */

/** By the clock of who reads it. */
export function dayAndTime(ms: number): string {
  return new Date(ms).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}
