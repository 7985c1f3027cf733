/** What was tapped on one host: a count an event and the last few of them. Owns its rows; whoever watches hands it in as the tap. */

import { eventName, formatEvent, knownEvents } from './events.ts';

/** Events kept when nothing else is asked for: enough to see what led up to a failure. */
export const EVENTS_KEPT = 256;

const EVENT_NUMBER_MAX = 1023;

export class EventLog {
  private readonly capacity: number;
  /** How often each event came, by number; what lies beyond the catalogue is counted in the last place. */
  private readonly counts = new Float64Array(EVENT_NUMBER_MAX + 1);
  private readonly times: Float64Array;
  /** Four numbers a row: event, a, b, c. */
  private readonly rows: Float64Array;
  private recorded = 0;

  constructor(capacity: number = EVENTS_KEPT) {
    if (!(capacity >= 1)) throw new RangeError(`an event log keeps at least one event, not ${capacity}`);
    this.capacity = Math.floor(capacity);
    this.times = new Float64Array(this.capacity);
    this.rows = new Float64Array(this.capacity * 4);
  }

  /** Events seen since the start, kept or not. */
  get total(): number {
    return this.recorded;
  }

  record(timeMs: number, event: number, a: number, b: number, c: number): void {
    this.counts[Math.min(event, EVENT_NUMBER_MAX)]! += 1;
    const at = this.recorded % this.capacity;
    this.times[at] = timeMs;
    this.rows[at * 4] = event;
    this.rows[at * 4 + 1] = a;
    this.rows[at * 4 + 2] = b;
    this.rows[at * 4 + 3] = c;
    this.recorded++;
  }

  count(event: number): number {
    return this.counts[Math.min(event, EVENT_NUMBER_MAX)] as number;
  }

  /** Counts by name, without those that never came; plain data for JSON and tables. */
  summary(): Record<string, number> {
    const result: Record<string, number> = {};
    for (const event of knownEvents()) if (this.count(event) > 0) result[eventName(event)] = this.count(event);
    return result;
  }

  /** The last events, oldest first, each with its time in milliseconds. */
  lines(): string[] {
    const kept = Math.min(this.recorded, this.capacity);
    const lines: string[] = [];
    for (let nth = this.recorded - kept; nth < this.recorded; nth++) {
      const at = nth % this.capacity;
      const [event, a, b, c] = this.rows.subarray(at * 4, at * 4 + 4) as unknown as [number, number, number, number];
      lines.push(`${(this.times[at] as number).toFixed(1)} ${formatEvent(event, a, b, c)}`);
    }
    return lines;
  }
}
