/**
 * Whom a leaf set may take behind the last of a side that has room. Anybody at all is behind it, round the ring; right is only who follows it without a
 * gap, and that follows from what a neighbour says of its own leaves. Owns no state.
 */

import { equalIds, type Id160 } from '../../core/id160.ts';
import { inOpen } from '../../core/ring.ts';
import { isClockwise } from '../../core/ring-distance.ts';

export interface Ends {
  readonly larger: boolean;
  readonly smaller: boolean;
}

export const NO_END: Ends = { larger: false, smaller: false };
export const LARGER_END: Ends = { larger: true, smaller: false };
export const SMALLER_END: Ends = { larger: false, smaller: true };
export const BOTH_ENDS: Ends = { larger: true, smaller: true };

/** What a node says of its leaves, nearest first. */
export interface Sides<T extends Id160 = Id160> {
  readonly smaller: readonly T[];
  readonly larger: readonly T[];
}

/** Whoever said so is alone, or its leaves reach round the ring: it knows everybody. */
export function isWhole({ smaller, larger }: Sides): boolean {
  const last = larger.at(-1);
  return last === undefined ? smaller.length === 0 : smaller.some((id) => equalIds(id, last));
}

/** It should be among the leaves of who said so, lying between it and the last of them, and is not: it may have died, or have just come. */
export function isPassedOver(id: Id160, speaker: Id160, { smaller, larger }: Sides): boolean {
  const isWithin =
    (larger.length > 0 && inOpen(id, speaker, larger.at(-1) as Id160)) ||
    (smaller.length > 0 && inOpen(id, smaller.at(-1) as Id160, speaker));
  return isWithin && !larger.some((leaf) => equalIds(leaf, id)) && !smaller.some((leaf) => equalIds(leaf, id));
}

/** The end for who said it: next to us, on the side on which it is nearer. */
export function endOfSpeaker(self: Id160, speaker: Id160, said: Sides): Ends {
  if (isWhole(said)) return BOTH_ENDS;
  return isClockwise(self, speaker) ? LARGER_END : SMALLER_END;
}

/** The end for one of its larger leaves, or of its smaller ones: the way to it may lead past us. */
export function endOfNamed(self: Id160, speaker: Id160, named: Id160, isLarger: boolean, said: Sides): Ends {
  if (isWhole(said)) return BOTH_ENDS;
  const passesUs = isLarger ? inOpen(self, speaker, named) : inOpen(self, named, speaker);
  // Away from us and past us again: round the whole ring.
  if (isClockwise(self, speaker) === isLarger) return passesUs ? NO_END : isLarger ? LARGER_END : SMALLER_END;
  return passesUs === isLarger ? LARGER_END : SMALLER_END;
}
