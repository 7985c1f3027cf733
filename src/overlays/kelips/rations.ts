/**
 * What one round of gossip tells, and whom (IPTPS 2003, section 2): a ration of each kind, half of it fresh, chosen evenly; targets nearer by, the
 * more likely. Owns nothing; all chance is the node's.
 */

import type { Contact } from '../../core/contact.ts';
import type { Random } from '../../core/random.ts';
import { type Entries, RTT_UNKNOWN } from './entries.ts';

/** Somebody of whom nothing is known counts as so far away. */
const RTT_GUESS_MS = 100;
/** Draws for each place of a ration before it stays empty. */
const DRAWS = 4;

/** A row of some entries: rows move, so that these live as long as one event. */
export interface Told {
  readonly entries: Entries;
  readonly row: number;
}

/** Those that were told on fewer than so many times since their heartbeat grew. */
export function freshOf(all: readonly Entries[], freshTimes: number): Told[] {
  const fresh: Told[] = [];
  for (const entries of all) {
    for (let row = 0; row < entries.length; row++) if (entries.timesTold(row) < freshTimes) fresh.push({ entries, row });
  }
  return fresh;
}

/** Half of the ration of the fresh ones, the rest of all, so that what the fresh leave is for the others. */
export function drawEntries(random: Random, all: readonly Entries[], fresh: readonly Told[], ration: number): Told[] {
  const total = all.reduce((sum, entries) => sum + entries.length, 0);
  const drawn = draw(random, fresh, Math.ceil(ration / 2));
  for (let attempts = 0; attempts < DRAWS * ration && drawn.length < Math.min(ration, total); attempts++) {
    const told = rowAt(all, random.below(total));
    if (!drawn.some(({ entries, row }) => entries === told.entries && row === told.row)) drawn.push(told);
  }
  return drawn;
}

function rowAt(all: readonly Entries[], index: number): Told {
  let left = index;
  for (const entries of all) {
    if (left < entries.length) return { entries, row: left };
    left -= entries.length;
  }
  throw new RangeError(`no row ${index}`);
}

/** Different ones, each as likely as any other. */
export function draw<T>(random: Random, from: readonly T[], count: number): T[] {
  if (from.length <= count) return [...from];
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(random.below(from.length));
  return Array.from(drawn, (index) => from[index] as T);
}

/** Different nodes, each with a chance of one over the square of its distance (spatial gossip: Kempe, Kleinberg, Demers 2001). */
export function drawTargets(random: Random, all: readonly Entries[], count: number): Contact[] {
  const contacts: Contact[] = [];
  const weights: number[] = [];
  let sum = 0;
  for (const entries of all) {
    for (const [row, contact] of entries.contacts.entries()) {
      const rttMs = Math.max(1, entries.rttMs(row) === RTT_UNKNOWN ? RTT_GUESS_MS : entries.rttMs(row));
      contacts.push(contact);
      weights.push(1 / (rttMs * rttMs));
      sum += weights.at(-1) as number;
    }
  }
  const drawn: Contact[] = [];
  for (let left = Math.min(count, contacts.length); left > 0; left--) {
    let ticket = random.unit() * sum;
    let index = 0;
    while (index < contacts.length - 1 && (ticket -= weights[index] as number) >= 0) index++;
    // Rounding may end at one that is drawn already: it is passed over, and one target fewer is no harm.
    if (weights[index] === 0) continue;
    drawn.push(contacts[index] as Contact);
    sum -= weights[index] as number;
    weights[index] = 0;
  }
  return drawn;
}
