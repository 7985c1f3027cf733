/** Random connected graphs of routers, and how many hops it takes from each to each. Owns no state. */

import type { Random } from '../core/random.ts';

/** Links of each router, on average: what GT-ITM's sample topologies have in a stub domain (8 routers, each pair with a chance of 0.42). */
const DEGREE = 3;

/** Numbers of the neighbours of each router. */
export type RouterGraph = readonly number[][];

export function emptyGraph(routers: number): RouterGraph {
  return Array.from({ length: routers }, () => []);
}

/**
 * Connects the routers from `first` on: first into a tree, each to a random one before it, and then random pairs that are not yet linked,
 * until routers have three links on average or all have all. Where GT-ITM throws graphs away until one is connected, this one always is.
 */
export function connectAtRandom(graph: RouterGraph, first: number, count: number, random: Random): void {
  const pairs = (count * (count - 1)) / 2;
  let missing = Math.min(pairs, Math.round((count * DEGREE) / 2));
  for (let router = 1; router < count; router++, missing--) link(graph, first + router, first + random.below(router));
  while (missing > 0) {
    const [a, b] = [first + random.below(count), first + random.below(count)];
    if (a !== b && link(graph, a, b)) missing--;
  }
}

/** False when they are linked already. */
export function link(graph: RouterGraph, a: number, b: number): boolean {
  const [ofA, ofB] = [graph[a] as number[], graph[b] as number[]];
  if (ofA.includes(b)) return false;
  ofA.push(b);
  ofB.push(a);
  return true;
}

/** Hops from each to each of a connected graph, row by row: a breadth-first search from every router. */
export function hopsBetweenAll(graph: RouterGraph): Uint16Array {
  const routers = graph.length;
  const hops = new Uint16Array(routers * routers);
  const queue = new Uint32Array(routers);
  for (let from = 0; from < routers; from++) {
    const row = hops.subarray(from * routers, (from + 1) * routers);
    queue[0] = from;
    for (let head = 0, tail = 1; head < tail; head++) {
      const router = queue[head] as number;
      for (const next of graph[router] as number[]) {
        // 0 hops: not reached yet, unless it is where the search began.
        if (next === from || row[next] !== 0) continue;
        row[next] = (row[router] as number) + 1;
        queue[tail++] = next;
      }
    }
  }
  return hops;
}
