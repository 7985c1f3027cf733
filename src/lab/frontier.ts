/** Which of many settings of a system are worth their cost: the lower hull of points of cost and delay, as Li et al. (INFOCOM 2005) draw it. Owns no state. */

export interface Setting {
  /** On the axis as it is drawn: where that is logarithmic, the logarithm. */
  readonly x: number;
  readonly y: number;
}

/**
 * The corners of the hull from the cheapest point to the lowest, by x: no other setting lies below the lines between them, and each costs more
 * than the one before and is lower. Empty without points.
 */
export function lowerHull<S extends Setting>(settings: readonly S[]): S[] {
  const sorted = settings.toSorted((a, b) => a.x - b.x || a.y - b.y);
  const hull: S[] = [];
  let lowest = Number.POSITIVE_INFINITY;
  for (const next of sorted) {
    // What costs more and is no lower is no choice.
    if (!(next.y < lowest)) continue;
    lowest = next.y;
    while (hull.length >= 2 && turn(hull[hull.length - 2] as S, hull[hull.length - 1] as S, next) <= 0) hull.pop();
    hull.push(next);
  }
  return hull;
}

/** Above 0 when the way from a over b to c turns left: b is below the line from a to c. */
function turn(a: Setting, b: Setting, c: Setting): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
