/**
 * Places for networks in which some serve the others: in the middle what all depend on, around it those who serve, around those the ones whom they
 * serve, each near his own. For the eye alone. Owns no state.
 */

import { rimSpot, sunflower } from './graph-layout.ts';

const TURN = 2 * Math.PI;
const MIDDLE = 0.5;
/** Of those that serve: on a circle while they fit on it, then all over its disc. */
const INNER_RADIUS = 0.24;
const INNER_ON_CIRCLE_MAX = 36;
const DISC_SHARE = 0.27 / 0.46;
const OUTER_RADIUS_MIN = 0.36;
const RADIUS_MAX = 0.47;
/** Between two rings, and between two nodes of a ring, while there is room. */
const RING_GAP = 0.03;
const NODE_GAP = 0.022;
const RINGS_MAX = 14;

/** Evenly on as many rings as they need between two radii, the outermost first. */
export function ringSpots(count: number, radiusMin: number, radiusMax = RADIUS_MAX): Float32Array {
  const spots = new Float32Array(2 * count);
  const radii = radiiFor(count, radiusMin, radiusMax);
  const sum = radii.reduce((total, radius) => total + radius, 0);
  let [node, given] = [0, 0];
  for (const [ring, radius] of radii.entries()) {
    given += radius;
    const last = ring === radii.length - 1 ? count : Math.round((count * given) / sum);
    const [first, onRing] = [node, last - node];
    for (; node < last; node++) put(spots, node, (node - first + ring / 2) / onRing, radius);
  }
  return spots;
}

/** `serves` by node; `links`: both ends of each. */
export function tierSpots(serves: readonly boolean[], links: Uint32Array): Float32Array {
  const spots = new Float32Array(2 * serves.length);
  const inner = numbersWhere(serves, true);
  const turns = new Float64Array(serves.length);
  const disc = sunflower(inner.map((_, place) => place));
  for (const [place, node] of inner.entries()) {
    if (inner.length <= INNER_ON_CIRCLE_MAX) {
      turns[node] = place / inner.length;
      put(spots, node, place / inner.length, inner.length === 1 ? 0 : INNER_RADIUS);
    } else {
      const [x, y] = [((disc[2 * place] as number) - 0.5) * DISC_SHARE, ((disc[2 * place + 1] as number) - 0.5) * DISC_SHARE];
      turns[node] = (Math.atan2(x, -y) / TURN + 1) % 1;
      spots.set([MIDDLE + x, MIDDLE + y], 2 * node);
    }
  }
  placeAround(spots, serves, firstServers(serves, links), turns);
  return spots;
}

/** Where the node of that number goes, who came when all others had their places. */
export function lateSpot(number: number, isServing: boolean): readonly [number, number] {
  return rimSpot(number, isServing ? (INNER_RADIUS + OUTER_RADIUS_MIN) / 2 : undefined);
}

/** In the order of those who serve them, so that each lies outside of his own. */
function placeAround(spots: Float32Array, serves: readonly boolean[], servers: Int32Array, turns: Float64Array): void {
  const outer = numbersWhere(serves, false);
  const turnOf = (node: number): number => turns[servers[node] as number] ?? 0;
  outer.sort((a, b) => turnOf(a) - turnOf(b) || (servers[a] as number) - (servers[b] as number) || a - b);
  const radii = radiiFor(outer.length, OUTER_RADIUS_MIN, RADIUS_MAX);
  // The first ones lie around the first server, half before and half after it.
  const first = outer.filter((node) => servers[node] === servers[outer[0] as number]).length;
  for (const [place, node] of outer.entries()) {
    put(spots, node, (place - (first - 1) / 2) / outer.length, radii[place % radii.length] as number);
  }
}

/** By node, the first of those who serve that it is linked to; -1: none. */
function firstServers(serves: readonly boolean[], links: Uint32Array): Int32Array {
  const servers = new Int32Array(serves.length).fill(-1);
  for (let at = 0; at < links.length; at += 2) {
    for (const [node, other] of [
      [links[at] as number, links[at + 1] as number],
      [links[at + 1] as number, links[at] as number],
    ] as const) {
      if (serves[other] === true && servers[node] === -1) servers[node] = other;
    }
  }
  return servers;
}

function numbersWhere(values: readonly boolean[], value: boolean): number[] {
  return values.flatMap((each, number) => (each === value ? [number] : []));
}

/** From outside to inside: as few rings as there is room on, each the nearer to the next the more there are. */
function radiiFor(count: number, radiusMin: number, radiusMax: number): number[] {
  for (let rings = 1; ; rings++) {
    const gap = rings === 1 ? RING_GAP : Math.min(RING_GAP, (radiusMax - radiusMin) / (rings - 1));
    const radii = Array.from({ length: rings }, (_, ring) => radiusMax - ring * gap);
    const room = radii.reduce((sum, radius) => sum + (TURN * radius) / Math.min(NODE_GAP, gap), 0);
    if (room >= count || rings === RINGS_MAX) return radii;
  }
}

/** `turn` from 0 to 1, clockwise from the top. */
function put(spots: Float32Array, node: number, turn: number, radius: number): void {
  spots[2 * node] = MIDDLE + radius * Math.sin(turn * TURN);
  spots[2 * node + 1] = MIDDLE - radius * Math.cos(turn * TURN);
}
