/**
 * What one round of gossip tells, and whom (IPTPS 2003, section 2): a ration of each kind, half of it fresh, chosen evenly; targets nearer by, the
 * more likely. Owns no state; all chance is the node's.
 */

import type { Contact } from '../../core/contact.ts';
import type { Random } from '../../core/random.ts';
import { type Entries, RTT_UNKNOWN } from './entries.ts';

/** Somebody of whom nothing is known counts as so far away. */
const RTT_GUESS_MS = 100;
/** Draws for each place of a ration before it stays empty. */
const DRAWS = 4;
/** Scratch of `drawTargets`: a network of 100,000 nodes has 1,000 entries in each. */
let weights = new Float64Array(1024);

/** Rows of entries that were told on fewer than so many times since their heartbeat grew. Owns the scratch in which they lie: of a thousand entries nearly all may be fresh. */
export class FreshRows {
  private rows = new Int32Array(1024);

  /** Rows move, so that these live as long as one event. */
  of(entries: Entries, freshTimes: number): ArrayLike<number> {
    if (this.rows.length < entries.length) this.rows = new Int32Array(2 * entries.length);
    const { rows } = this;
    let count = 0;
    for (let row = 0; row < entries.length; row++) if (entries.timesTold(row) < freshTimes) rows[count++] = row;
    return rows.subarray(0, count);
  }
}

/** Half of the ration of the fresh ones, the rest of all, so that what the fresh leave is for the others. */
export function drawRows(random: Random, count: number, fresh: ArrayLike<number>, ration: number): number[] {
  const drawn = draw(random, fresh, Math.ceil(ration / 2));
  for (let attempts = 0; attempts < DRAWS * ration && drawn.length < Math.min(ration, count); attempts++) {
    const row = random.below(count);
    if (!drawn.includes(row)) drawn.push(row);
  }
  return drawn;
}

/** Different ones, each as likely as any other. */
export function draw<T>(random: Random, from: ArrayLike<T>, count: number): T[] {
  if (from.length <= count) return Array.from(from);
  const drawn: number[] = [];
  while (drawn.length < count) {
    const index = random.below(from.length);
    if (!drawn.includes(index)) drawn.push(index);
  }
  return drawn.map((index) => from[index] as T);
}

/** Different nodes, each with a chance of one over the square of its distance (spatial gossip: Kempe, Kleinberg, Demers 2001). */
export function drawTargets(random: Random, entries: Entries, count: number): Contact[] {
  const { contacts, length } = entries;
  if (weights.length < length) weights = new Float64Array(2 * length);
  let sum = 0;
  for (let row = 0; row < length; row++) {
    const measured = entries.rttMs(row);
    const rttMs = measured === RTT_UNKNOWN ? RTT_GUESS_MS : Math.max(1, measured);
    const weight = 1 / (rttMs * rttMs);
    weights[row] = weight;
    sum += weight;
  }
  const drawn: Contact[] = [];
  for (let left = Math.min(count, length); left > 0; left--) {
    let ticket = random.unit() * sum;
    let row = 0;
    while (row < length - 1 && (ticket -= weights[row] as number) >= 0) row++;
    // Rounding may end at one that is drawn already: it is passed over, and one target fewer is no harm.
    if (weights[row] === 0) continue;
    drawn.push(contacts[row] as Contact);
    sum -= weights[row] as number;
    weights[row] = 0;
  }
  return drawn;
}

/** One of those that have not been measured; null when all are. */
export function drawUnmeasured(random: Random, entries: Entries): Contact | null {
  const rows: number[] = [];
  for (let row = 0; row < entries.length; row++) if (entries.rttMs(row) === RTT_UNKNOWN) rows.push(row);
  const row = rows[rows.length === 0 ? 0 : random.below(rows.length)];
  return row === undefined ? null : (entries.contacts[row] as Contact);
}

/** Who was not heard of for longest, and is forgotten next; null when there is nobody. */
export function stalest(entries: Entries): Contact | null {
  let oldest = 0;
  for (let row = 1; row < entries.length; row++) if (entries.heardAtMs(row) < entries.heardAtMs(oldest)) oldest = row;
  return entries.contacts[oldest] ?? null;
}
