/** Which range a holder is asked for next: the largest gap, shared with whoever works towards it; and at the end the rest of the slowest. Owns no state. */

import type { ByteRange } from '../../wire/http-range.ts';
import { ByteRanges } from './byte-ranges.ts';

/** A range at a time is as long as this takes, so that what is asked for stays close to what is known. */
const RANGE_MS = 8_000;
const RANGE_BYTES_MIN = 256 * 1024;
export const RANGE_BYTES_MAX = 32 << 20;
/** Less is not worth another request. */
const STEAL_BYTES_MIN = 64 * 1024;
/** What is over sooner than this is waited for. */
const STEAL_MS_MIN = 1_500;
/** One who has just been asked is not judged yet. */
const TRIAL_MS = 3_000;
const STEAL_ALIGN_BYTES = 16 * 1024;
const TRIAL_BYTES = 1 << 20;
/** Who has sent nothing yet may turn out to be of this kind, in bytes a second. */
const UNKNOWN_RATE = 64 * 1024;

export interface PlanField {
  readonly fileBytes: number;
  readonly pieceBytes: number;
  /** What need not be asked for: there, or coming. */
  readonly done: ByteRanges;
}

/** What somebody has been asked for and not yet brought. */
export interface Running {
  readonly at: number;
  readonly end: number;
  /** Bytes a second. */
  readonly rate: number;
  readonly sinceMs: number;
}

export interface Candidate {
  readonly rate: number;
  readonly isOpenEnded: boolean;
  /** What he has; null: all. */
  readonly available: ByteRanges | null;
  /** What he shall not be asked for. */
  readonly forbidden: ByteRanges;
  /** No more at a time. */
  readonly rangeBytesMax: number;
  /** From 0 to 1: how far into the gap, where others fetch the file too and could pass on what we have not got. */
  readonly spread: number;
}

/** Null: all that he could bring is there, or being brought. */
export function planRange(field: PlanField, running: readonly Running[], candidate: Candidate): ByteRange | null {
  const taken = new ByteRanges(field.done.ranges());
  for (const { at, end } of running) taken.add(at, end);
  const gap = largest(openTo(candidate, taken, field.fileBytes));
  if (gap === null) return null;
  const usual = Math.min(RANGE_BYTES_MAX, Math.max(RANGE_BYTES_MIN, (candidate.rate * RANGE_MS) / 1000));
  const wanted = candidate.isOpenEnded ? field.fileBytes : Math.min(candidate.rangeBytesMax, usual);
  const middle = alignedUp(gap.begin + (gap.end - gap.begin) / 2, field.pieceBytes);
  const spreadTo = alignedUp(gap.begin + (candidate.spread * (gap.end - gap.begin)) / 2, field.pieceBytes);
  const isApproached = running.some(({ end }) => end === gap.begin);
  const begin =
    isApproached && gap.end - gap.begin > RANGE_BYTES_MIN && middle < gap.end ? middle : spreadTo < gap.end ? spreadTo : gap.begin;
  return { begin, end: Math.min(gap.end, alignedUp(begin + wanted, field.pieceBytes)) };
}

/** Whose rest is better brought by somebody faster, and from where on; null: nobody's. */
export function planSteal(
  field: PlanField,
  running: readonly Running[],
  candidate: Candidate,
  now: number,
): { victim: number; range: ByteRange } | null {
  const own = candidate.rate > 0 ? candidate.rate : UNKNOWN_RATE;
  let best: { victim: number; range: ByteRange } | null = null;
  let longestMs = STEAL_MS_MIN;
  for (const [victim, { at, end, rate: known, sinceMs }] of running.entries()) {
    const isNew = now - sinceMs < TRIAL_MS;
    // Of one who has just begun, and has a lot before him, half is taken: he may be as good.
    if (isNew && end - at < TRIAL_BYTES) continue;
    const rate = isNew && known === 0 ? own : known;
    const restMs = ((end - at) * 1000) / Math.max(1, rate);
    if (end - at < STEAL_BYTES_MIN && rate > 0) continue;
    if (restMs <= longestMs || (own < rate / 2 && end - at < RANGE_BYTES_MIN)) continue;
    const share = ((end - at) * own) / (own + rate);
    const begin = Math.max(at, alignedUp(end - share, STEAL_ALIGN_BYTES));
    const range = largest(
      openTo(
        candidate,
        new ByteRanges([
          { begin: 0, end: begin },
          { begin: end, end: field.fileBytes },
        ]),
        field.fileBytes,
      ),
    );
    // Only a piece at the very end can be taken off: the victim goes on up to there.
    if (range === null || range.end !== end) continue;
    longestMs = restMs;
    best = { victim, range };
  }
  return best;
}

function* openTo({ available, forbidden }: Candidate, taken: ByteRanges, fileBytes: number): Generator<ByteRange> {
  for (const gap of taken.gaps(0, fileBytes)) {
    for (const has of available === null ? [gap] : available.within(gap.begin, gap.end)) {
      yield* forbidden.gaps(has.begin, has.end);
    }
  }
}

function largest(ranges: Iterable<ByteRange>): ByteRange | null {
  let best: ByteRange | null = null;
  for (const range of ranges) if (best === null || range.end - range.begin > best.end - best.begin) best = range;
  return best;
}

function alignedUp(place: number, unit: number): number {
  return Math.ceil(place / unit) * unit;
}
