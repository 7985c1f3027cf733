/**
 * Which transfers are at work and which wait: at most so many downloads and seeds at once, in the order of the queue, and seeding ends at a
 * ratio or after a time. A pure function of what is; owns no state, touches nothing.
 */

export interface QueueRules {
  /** Downloads and seeds at work at once; 0: as many as there are. */
  readonly downloadsMax: number;
  readonly seedsMax: number;
  /** Seeding ends when so many times its size was sent, or after so long; 0: never. Each transfer may say otherwise. */
  readonly seedRatio: number;
  readonly seedMs: number;
  /** A download that has got nothing for so long keeps nobody waiting; 0: it always counts. */
  readonly stalledMs: number;
}

export interface QueueEntry {
  readonly key: string;
  /** Somebody has paused it, or it has failed: it takes no place. */
  readonly resting: boolean;
  /** All that is wanted is there. */
  readonly complete: boolean;
  /** Somebody wants it to seed on, whatever the rules say. */
  readonly seedsOn: boolean;
  readonly ratio: number;
  readonly seedingMs: number;
  /** At work, and nothing has come since; 0 where it is not at work. */
  readonly idleMs: number;
  /** Null: as the rules say; 0: never. */
  readonly seedRatio: number | null;
  readonly seedMs: number | null;
}

/** resting: asked to. finished: has seeded enough. */
export type QueueVerdict = 'work' | 'wait' | 'finished' | 'resting';

/** `entries` are in the order of the queue: who comes first is at work first. */
export function judgeQueue(entries: readonly QueueEntry[], rules: QueueRules): Map<string, QueueVerdict> {
  const verdicts = new Map<string, QueueVerdict>();
  const places = { downloads: placesOf(rules.downloadsMax), seeds: placesOf(rules.seedsMax) };
  for (const entry of entries) verdicts.set(entry.key, judge(entry, rules, places));
  return verdicts;
}

function judge(entry: QueueEntry, rules: QueueRules, places: { downloads: number; seeds: number }): QueueVerdict {
  if (entry.resting) return 'resting';
  if (entry.complete) {
    if (hasSeededEnough(entry, rules)) return 'finished';
    return places.seeds-- > 0 ? 'work' : 'wait';
  }
  // It goes on looking for peers, and whoever waits behind it may work.
  if (rules.stalledMs > 0 && entry.idleMs >= rules.stalledMs) return 'work';
  return places.downloads-- > 0 ? 'work' : 'wait';
}

function hasSeededEnough(entry: QueueEntry, rules: QueueRules): boolean {
  if (entry.seedsOn) return false;
  const ratioMax = entry.seedRatio ?? rules.seedRatio;
  const timeMax = entry.seedMs ?? rules.seedMs;
  return (ratioMax > 0 && entry.ratio >= ratioMax) || (timeMax > 0 && entry.seedingMs >= timeMax);
}

function placesOf(max: number): number {
  return max === 0 ? Number.POSITIVE_INFINITY : max;
}
