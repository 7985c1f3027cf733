/** When the nodes of an overlay, by what they say of their neighbours, are linked as they should be. Owns no state. */

import type { PointStatus } from '../../src/node/overlay.ts';

/** Of all points, sorted by id, the first thing that is wrong; empty when nothing is. */
type InOrder = (points: readonly PointStatus[]) => string;

const IN_ORDER: Readonly<Record<string, InOrder>> = { chord: eachFollowsTheOneBefore, kelips: eachKnowsItsGroup };

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

/** Of `kelips-overlay.ts`: 2 groups, by the last digits of the id. */
function eachKnowsItsGroup(points: readonly PointStatus[]): string {
  const groupOf = ({ id }: { readonly id: string }): number => Number.parseInt(id.slice(-8), 16) % 2;
  const wrong = points.find((point) => {
    const members = points.filter((other) => other !== point && groupOf(other) === groupOf(point)).map(({ id }) => id);
    const view = point.neighbours.filter(({ role }) => role === 'member of its group').map(({ id }) => id);
    return view.length !== members.length || members.some((id) => !view.includes(id));
  });
  return wrong === undefined ? '' : `another view of its group: ${JSON.stringify(wrong)}`;
}
