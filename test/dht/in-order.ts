/** When the nodes of an overlay, by what they say of their neighbours, are linked as they should be. Owns no state. */

import type { PointStatus } from '../../src/node/overlay.ts';

/** Of all points, sorted by id, the first thing that is wrong; empty when nothing is. */
type InOrder = (points: readonly PointStatus[]) => string;

const IN_ORDER: Readonly<Record<string, InOrder>> = { chord: eachFollowsTheOneBefore };

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
