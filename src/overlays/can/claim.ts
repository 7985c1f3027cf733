/**
 * Who says that a zone is its own. Of any two who claim a point, by a takeover of one who was not dead or after a partition, one gives way, the same
 * everywhere: claims have one order, so that each point ends with one owner. Owns no state.
 */

import { u32, u8 } from '../../core/fields.ts';
import type { Id160 } from '../../core/id160.ts';
import { record } from '../../core/message.ts';
import { compareIds } from '../../core/ring.ts';
import { DEPTH_MAX, type Zone, zone } from './zone.ts';

export interface Claim {
  readonly zone: Zone;
  /** How often it was taken over from somebody who seemed dead: who had it before such a takeover, and lives, has the better claim. */
  readonly takeovers: number;
  /** How often it was handed on by its owner: the one that it was given to has the better claim. */
  readonly version: number;
  /** The volume of who took it over, as the depth of a zone that large: of several the smallest has the better claim (section 3.2). */
  readonly rank: number;
}

export const claim = record({ zone, takeovers: u32, version: u32, rank: u8 });

/** A zone that was nobody's, as far as it could be seen, and nothing is known of who had it before: any other claim is better. */
const TAKEOVERS_UNKNOWN = 1 << 16;
const TAKEOVERS_MAX = 0xffff_ffff;

/** Of one zone and the same claim, several nodes are its peers (section 3.5). */
export function sameClaim(a: Claim, b: Claim): boolean {
  return a.zone.code === b.zone.code && a.takeovers === b.takeovers && a.version === b.version && a.rank === b.rank;
}

/** Whether the first gives a better right to what both have in common. */
export function isBetter(a: Claim, of: Id160, b: Claim, other: Id160): boolean {
  if (a.takeovers !== b.takeovers) return a.takeovers < b.takeovers;
  if (a.version !== b.version) return a.version > b.version;
  if (a.rank !== b.rank) return a.rank > b.rank;
  return compareIds(of, other) < 0;
}

/** The whole space, by who founds it. */
export function founded(whole: Zone): Claim {
  return { zone: whole, takeovers: 0, version: 1, rank: 0 };
}

/** A part of a claim, or all of it, as it is handed on. */
export function handedOn(from: Claim, part: Zone): Claim {
  return { ...from, zone: part, version: from.version + 1 };
}

export function takenOver(from: Claim, part: Zone, rank: number): Claim {
  return { zone: part, takeovers: Math.min(from.takeovers + 1, TAKEOVERS_MAX), version: from.version, rank };
}

export function foundEmpty(part: Zone, rank: number): Claim {
  return { zone: part, takeovers: TAKEOVERS_UNKNOWN, version: 0, rank };
}

/** Two halves as one zone: no better than the worse of the two. */
export function merged(a: Claim, b: Claim): Claim {
  const parent = a.zone.parent;
  if (parent === null) throw new RangeError('two halves expected, got the whole space');
  const { takeovers } = a.takeovers > b.takeovers ? a : b;
  return { zone: parent, takeovers, version: Math.max(a.version, b.version), rank: Math.min(a.rank, b.rank) };
}

/** The volume of all of them, as a part of the space. */
export function volumeOf(claims: readonly Claim[]): number {
  return claims.reduce((sum, { zone: { depth } }) => sum + 1 / 2 ** depth, 0);
}

/** The depth of the largest zone that is no larger than the volume. */
export function rankOf(volume: number): number {
  let depth = 0;
  for (let size = 1; size > volume && depth < DEPTH_MAX; size /= 2) depth++;
  return depth;
}
