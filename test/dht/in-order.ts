/** When the nodes of an overlay, by what they say of their neighbours, are linked as they should be. Owns no state. */

import type { PointStatus } from '../../src/node/overlay.ts';

/** Of all points, sorted by id, the first thing that is wrong; empty when nothing is. */
type InOrder = (points: readonly PointStatus[]) => string;

const IN_ORDER: Readonly<Record<string, InOrder>> = {
  chord: eachFollowsTheOneBefore,
  pastry: eachHasItsLeaves,
  kelips: eachKnowsItsGroup,
  tapestry: linksAndPointersBackAreAlike,
};

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

/** Everybody whom a node names is there, and says that it is named; who has no first digit in common is missed by nobody. */
function linksAndPointersBackAreAlike(points: readonly PointStatus[]): string {
  const byId = new Map(points.map((point) => [point.id, point]));
  const names = (point: PointStatus, isLink: boolean): string[] =>
    point.neighbours.filter(({ role }) => isLink === (role !== 'pointer back')).map(({ id }) => id);
  for (const point of points) {
    for (const isLink of [true, false]) {
      const wrong = names(point, isLink).find((id) => !names(byId.get(id) ?? { ...point, neighbours: [] }, !isLink).includes(point.id));
      if (wrong !== undefined)
        return `${point.id} ${isLink ? 'has a link to' : 'thinks that it is known to'} ${wrong}, which says otherwise`;
    }
    const firstDigits = new Set(names(point, true).map((id) => id[0]));
    const missed = points.find(({ id }) => id[0] !== point.id[0] && !firstDigits.has(id[0]));
    if (missed !== undefined) return `${point.id} knows nobody whose id begins as ${missed.id}`;
  }
  return '';
}

/** Of `dht join`. */
const KELIPS_GROUPS = 8;

/** Copies of a key lie at neighbours on a circle of points; Kelips has one for each affinity group. */
export function circleOf(overlay: string, id: string): number {
  return overlay === 'kelips' ? Number.parseInt(id.slice(-8), 16) % KELIPS_GROUPS : 0;
}

/** 8 groups, by the last digits of the id, and of each other group three contacts or all its members. */
function eachKnowsItsGroup(points: readonly PointStatus[]): string {
  const groupOf = ({ id }: { readonly id: string }): number => circleOf('kelips', id);
  const wrong = points.find((point) =>
    Array.from({ length: KELIPS_GROUPS }).some((_, group) => {
      const members = points.filter((other) => other !== point && groupOf(other) === group);
      const known = new Set(point.neighbours.filter((other) => groupOf(other) === group).map(({ id }) => id));
      const living = members.filter(({ id }) => known.has(id)).length;
      if (group !== groupOf(point) && members.length > 3) return living < 3;
      return living < members.length || known.size > members.length;
    }),
  );
  return wrong === undefined ? '' : `another view of the groups: ${JSON.stringify(wrong)}`;
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
