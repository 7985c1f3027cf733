/** Random graphs of routers: connected, as dense as they should be, and with the hops that another algorithm finds. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../core/random.ts';
import { forSeeds } from '../sim/seeds.ts';
import { connectAtRandom, emptyGraph, hopsBetweenAll, type RouterGraph } from './router-graph.ts';

function randomGraph(routers: number, seed: number): RouterGraph {
  const graph = emptyGraph(routers);
  connectAtRandom(graph, 0, routers, new Random(seed));
  return graph;
}

/** Floyd and Warshall's algorithm. */
function hopsByRelaxing(graph: RouterGraph): number[][] {
  const hops = graph.map((neighbours, from) => graph.map((_, to) => (from === to ? 0 : neighbours.includes(to) ? 1 : Infinity)));
  for (const [over, row] of hops.entries()) {
    for (const from of hops) for (const [to, rest] of row.entries()) from[to] = Math.min(from[to] as number, (from[over] as number) + rest);
  }
  return hops;
}

test('hops between all routers are the shortest, and everybody is reached', () => {
  forSeeds(20, (seed) => {
    const graph = randomGraph(1 + ((seed * 7) % 40), seed);
    const expected = hopsByRelaxing(graph).flat();
    assert.deepEqual([...hopsBetweenAll(graph)], expected);
    assert.ok(expected.every((hops) => hops < graph.length));
  });
});

test('routers have three links on average, or all that there can be', () => {
  forSeeds(20, (seed) => {
    const links = (routers: number): number => randomGraph(routers, seed).flat().length / 2;
    assert.deepEqual([1, 2, 3, 4, 8, 100].map(links), [0, 1, 3, 6, 12, 150]);
    for (const [router, neighbours] of randomGraph(30, seed).entries()) {
      assert.equal(new Set(neighbours).size, neighbours.length);
      assert.ok(!neighbours.includes(router));
    }
  });
});
