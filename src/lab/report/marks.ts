/** What stands at a point of a figure: our dot, the published ring, whiskers, and the cross beside a point that missed. Owns no state. */

import type { Comparison } from '../result.ts';
import { coordinate, type Markup, markup, NOTHING } from './markup.ts';
import { markPath } from './figure-style.ts';
import type { Series } from './series.ts';

const DOT_RADIUS = 3.2;
const RING_RADIUS = 6;
/** Half the bar at the end of a whisker. */
const WHISKER_CAP = 4;
const CROSS_REACH = 3.5;
const CROSS_OFFSET = 11;

export function dot({ hue, mark }: Pick<Series, 'hue' | 'mark'>, x: number, y: number, radius = DOT_RADIUS): Markup {
  return markup`<path class="dot h${String(hue)}" d="${markPath(mark, x, y, radius)}"/>`;
}

/** Hollow, so that our dot shows inside; the cross says that the point disagrees. */
export function ring(mark: number, x: number, y: number, agreement: Comparison['agreement']): Markup {
  const shape = markup`<path class="ring" d="${markPath(mark, x, y, RING_RADIUS)}"/>`;
  return agreement === 'disagrees' ? markup`${shape}${cross(x + CROSS_OFFSET, y - CROSS_OFFSET / 2)}` : shape;
}

export function cross(x: number, y: number): Markup {
  const [left, right, top, bottom] = [x - CROSS_REACH, x + CROSS_REACH, y - CROSS_REACH, y + CROSS_REACH];
  return markup`<path class="cross" d="M${left} ${top}L${right} ${bottom}M${left} ${bottom}L${right} ${top}"/>`;
}

/** From one end to the other with a bar at both; `hue` is null for what is published. Nothing when the ends are one. */
export function whisker(hue: number | null, from: readonly [x: number, y: number], to: readonly [x: number, y: number]): Markup {
  const upright = coordinate(from[0]) === coordinate(to[0]);
  if (upright && coordinate(from[1]) === coordinate(to[1])) return NOTHING;
  const [dx, dy] = upright ? [WHISKER_CAP, 0] : [0, WHISKER_CAP];
  const bar = ([x, y]: readonly [number, number]): Markup => markup`M${x - dx} ${y - dy}L${x + dx} ${y + dy}`;
  const colour = hue === null ? '' : ` s${hue}`;
  return markup`<path class="whisker${colour}" d="M${from[0]} ${from[1]}L${to[0]} ${to[1]}${bar(from)}${bar(to)}"/>`;
}
