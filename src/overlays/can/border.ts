/** What lies next to a zone and is nobody's, as far as a node knows: a neighbour that it has not heard of, or one that is dead. Pure. */

import { type Point, SIDE, type Zone } from './zone.ts';

/** A box of points, from `lows` on, `sizes` wide. */
interface Box {
  readonly lows: readonly number[];
  readonly sizes: readonly number[];
}

/** Sums of powers of ½ are exact down to this. */
const EXACTLY_ALL = 1 - 2 ** -50;

/** A point next to the zone that is in none of the others; null: all are. */
export function uncoveredPoint(zone: Zone, others: readonly Zone[]): Point | null {
  for (let dim = 0; dim < zone.dims; dim++) {
    const size = zone.size(dim);
    if (size === SIDE) continue;
    for (const step of [-1, size]) {
      const lows = zone.lows.map((low, other) => (other === dim ? (low + step) & (SIDE - 1) : low));
      const sizes = zone.lows.map((_, other) => (other === dim ? 1 : zone.size(other)));
      const face: Box = { lows, sizes };
      const touching = others.filter((other) => share(face, other) > 0);
      if (touching.reduce((sum, other) => sum + share(face, other), 0) >= EXACTLY_ALL) continue;
      const point = gapIn(face, touching);
      if (point !== null) return point;
    }
  }
  return null;
}

/** The part of the box that is in the zone, 0 to 1; both are made of halves, so that it is exact. */
function share(box: Box, zone: Zone): number {
  let part = 1;
  for (let dim = 0; dim < zone.dims; dim++) {
    const low = box.lows[dim] as number;
    const size = box.sizes[dim] as number;
    const from = Math.max(low, zone.lows[dim] as number);
    const to = Math.min(low + size, (zone.lows[dim] as number) + zone.size(dim));
    if (to <= from) return 0;
    part *= (to - from) / size;
  }
  return part;
}

/** Halves the box along its longest side until a piece is in nobody's zone, or all are in one. */
function gapIn(box: Box, zones: readonly Zone[]): Point | null {
  const touching = zones.filter((zone) => share(box, zone) > 0);
  if (touching.length === 0) return box.lows;
  if (touching.some((zone) => share(box, zone) === 1)) return null;
  const dim = box.sizes.indexOf(Math.max(...box.sizes));
  const half = (box.sizes[dim] as number) / 2;
  const halved = (from: number): Box => ({
    lows: box.lows.map((low, other) => (other === dim ? low + from : low)),
    sizes: box.sizes.map((size, other) => (other === dim ? half : size)),
  });
  return gapIn(halved(0), touching) ?? gapIn(halved(half), touching);
}
