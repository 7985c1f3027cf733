/**
 * Places for the nodes of a graph whose links are all that there is to go by: neighbours attract each other, all others push away (Fruchterman and
 * Reingold 1991). For the eye alone: nothing that a run decides depends on it. Owns no state.
 */

import { Random } from '../../core/random.ts';

/** Of the circle in which they lie, whose middle is that of a square with sides of 1. */
const RADIUS = 0.46;
const GOLDEN_TURN = 2.399963229728653;
/** So much work is a fraction of a second, whatever the size. */
const PAIRS_MAX = 8_000_000;
const ROUNDS_MAX = 150;
const ROUNDS_MIN = 12;
/** Up to so many all push away all others; of more, so many that are drawn stand for them. */
const ALL_PAIRS_MAX = 600;
const DRAWN = 24;
/** Who stands so near, in ideal distances squared, pushes no harder: one that was drawn stands for many. */
const NEAREST = 0.02;

/** x and y by node. `links`: both ends of each. */
export function graphSpots(count: number, links: Uint32Array): Float32Array {
  const spots = sunflower(breadthFirst(count, links));
  const ideal = RADIUS * Math.sqrt(Math.PI / Math.max(1, count));
  const pairs = count * (count <= ALL_PAIRS_MAX ? count : DRAWN) + links.length;
  const random = new Random(count);
  const rounds = Math.max(ROUNDS_MIN, Math.min(ROUNDS_MAX, Math.floor(PAIRS_MAX / Math.max(1, pairs))));
  for (let round = 0; round < rounds; round++) {
    const furthest = 0.1 * (1 - round / rounds) + 0.002;
    relax(spots, links, ideal, furthest, random);
  }
  fill(spots);
  return spots;
}

/** Whoever lies further out than so many others is moved to where as much of the circle lies within: nowhere is it more crowded than elsewhere. */
function fill(spots: Float32Array): void {
  const count = spots.length / 2;
  const [middleX, middleY] = [mean(spots, 0), mean(spots, 1)];
  const far = Float64Array.from({ length: count }, (_, node) => {
    return Math.hypot((spots[2 * node] as number) - middleX, (spots[2 * node + 1] as number) - middleY);
  });
  const farOf = (node: number): number => far[node] as number;
  const fromInside = Array.from({ length: count }, (_, node) => node).sort((a, b) => farOf(a) - farOf(b) || a - b);
  for (const [place, node] of fromInside.entries()) {
    const scale = farOf(node) === 0 ? 0 : (RADIUS * Math.sqrt((place + 0.5) / count)) / farOf(node);
    spots[2 * node] = 0.5 + ((spots[2 * node] as number) - middleX) * scale;
    spots[2 * node + 1] = 0.5 + ((spots[2 * node + 1] as number) - middleY) * scale;
  }
}

/** Of every other number from there. */
function mean(spots: Float32Array, from: number): number {
  let sum = 0;
  for (let at = from; at < spots.length; at += 2) sum += spots[at] as number;
  return sum / Math.max(1, spots.length / 2);
}

/** Evenly in a circle, the first in the middle. */
export function sunflower(order: readonly number[]): Float32Array {
  const spots = new Float32Array(2 * order.length);
  for (const [place, node] of order.entries()) {
    const radius = RADIUS * Math.sqrt((place + 0.5) / order.length);
    spots[2 * node] = 0.5 + radius * Math.cos(place * GOLDEN_TURN);
    spots[2 * node + 1] = 0.5 + radius * Math.sin(place * GOLDEN_TURN);
  }
  return spots;
}

/** Whoever comes later has a place at the rim, each beside none of the last. */
export function rimSpot(number: number, radius = 0.49): readonly [number, number] {
  return [0.5 + radius * Math.cos(number * GOLDEN_TURN), 0.5 + radius * Math.sin(number * GOLDEN_TURN)];
}

function relax(spots: Float32Array, links: Uint32Array, ideal: number, furthest: number, random: Random): void {
  const count = spots.length / 2;
  const moves = new Float32Array(spots.length);
  repel(spots, moves, ideal, random);
  for (let at = 0; at < links.length; at += 2) {
    const [a, b] = [links[at] as number, links[at + 1] as number];
    const [dx, dy] = [(spots[2 * b] as number) - (spots[2 * a] as number), (spots[2 * b + 1] as number) - (spots[2 * a + 1] as number)];
    const pull = Math.sqrt(dx * dx + dy * dy) / ideal;
    add(moves, a, dx * pull, dy * pull);
    add(moves, b, -dx * pull, -dy * pull);
  }
  for (let node = 0; node < count; node++) {
    const [dx, dy] = [moves[2 * node] as number, moves[2 * node + 1] as number];
    const far = Math.sqrt(dx * dx + dy * dy);
    const scale = far > furthest ? furthest / far : 1;
    const [x, y] = [(spots[2 * node] as number) + dx * scale - 0.5, (spots[2 * node + 1] as number) + dy * scale - 0.5];
    const out = Math.sqrt(x * x + y * y);
    const inside = out > RADIUS ? RADIUS / out : 1;
    spots[2 * node] = 0.5 + x * inside;
    spots[2 * node + 1] = 0.5 + y * inside;
  }
}

/** By all others, or by some that are drawn anew each time and stand for all (Gove 2019). */
function repel(spots: Float32Array, moves: Float32Array, ideal: number, random: Random): void {
  const count = spots.length / 2;
  const looked = Math.min(count, count <= ALL_PAIRS_MAX ? count : DRAWN);
  const weight = (ideal * ideal * count) / looked;
  for (let node = 0; node < count; node++) {
    const [x, y] = [spots[2 * node] as number, spots[2 * node + 1] as number];
    for (let place = 0; place < looked; place++) {
      const other = looked === count ? place : random.below(count);
      if (other === node) continue;
      const [dx, dy] = [x - (spots[2 * other] as number), y - (spots[2 * other + 1] as number)];
      const square = Math.max(ideal * ideal * NEAREST, dx * dx + dy * dy);
      add(moves, node, (dx * weight) / square, (dy * weight) / square);
    }
  }
}

function add(moves: Float32Array, node: number, dx: number, dy: number): void {
  moves[2 * node] = (moves[2 * node] as number) + dx;
  moves[2 * node + 1] = (moves[2 * node + 1] as number) + dy;
}

/** From the one with most links on, so that those who are near each other begin near each other. */
function breadthFirst(count: number, links: Uint32Array): number[] {
  const neighbours: number[][] = Array.from({ length: count }, () => []);
  for (let at = 0; at < links.length; at += 2) {
    neighbours[links[at] as number]?.push(links[at + 1] as number);
    neighbours[links[at + 1] as number]?.push(links[at] as number);
  }
  const byDegree = Array.from({ length: count }, (_, node) => node);
  byDegree.sort((a, b) => (neighbours[b]?.length ?? 0) - (neighbours[a]?.length ?? 0) || a - b);
  // A set is gone through in the order of insertion, while it grows.
  const order = new Set<number>();
  for (const start of byDegree) {
    if (order.has(start)) continue;
    order.add(start);
    for (const node of order) for (const other of neighbours[node] ?? []) order.add(other);
  }
  return [...order];
}
