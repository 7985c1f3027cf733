/** When the nodes of an overlay, by what they say of their neighbours, are linked as they should be. Owns no state. */

import type { PointStatus } from '../../src/node/overlay.ts';

/** Of all points, sorted by id, the first thing that is wrong; empty when nothing is. */
type InOrder = (points: readonly PointStatus[]) => string;

const IN_ORDER: Readonly<Record<string, InOrder>> = { chord: eachFollowsTheOneBefore, pastry: eachHasItsLeaves };

/** What `--successors` is when nobody says it. */
const LEAVES_A_SIDE = 8;

export function complaintAbout(overlay: string, points: readonly PointStatus[]): string {
  const outside = points.find(({ state }) => state !== 'member');
  if (outside !== undefined) return `no member: ${JSON.stringify(outside)}`;
  const inOrder = IN_ORDER[overlay];
  if (inOrder === undefined) throw new Error(`nothing is known of the order of ${overlay}`);
  return inOrder(points);
}

function eachFollowsTheOneBefore(points: readonly PointStatus[]): string {
  const wrong = points.find(
    ({ neighbours }, index) => neighbours.find(({ role }) => role === 'successor')?.id !== points[(index + 1) % points.length]?.id,
  );
  return wrong === undefined ? '' : `another successor: ${JSON.stringify(wrong)}`;
}

/** The nearest on either side are those of the order; as many as the node keeps, or as there are. */
function eachHasItsLeaves(points: readonly PointStatus[]): string {
  for (const [index, point] of points.entries()) {
    for (const [role, step] of [
      ['larger leaf', 1],
      ['smaller leaf', -1],
    ] as const) {
      const leaves = point.neighbours.filter((neighbour) => neighbour.role === role).map(({ id }) => id);
      const count = Math.min(LEAVES_A_SIDE, points.length - 1);
      const right = Array.from({ length: count }, (_, behind) => points.at((index + step * (behind + 1)) % points.length)?.id);
      if (leaves.length !== count || leaves.some((id, behind) => id !== right[behind]))
        return `${role}s of ${point.id}: ${leaves.join(', ')}`;
    }
  }
  return '';
}
