/** Pictures of networks: every node has a place of its own inside of the square, and those who belong together lie together. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { graphSpots } from './graph-layout.ts';
import { ringSpots, tierSpots } from './tier-layout.ts';

function far(spots: Float32Array, a: number, b: number): number {
  return Math.hypot((spots[2 * a] ?? 0) - (spots[2 * b] ?? 0), (spots[2 * a + 1] ?? 0) - (spots[2 * b + 1] ?? 0));
}

/** As many random links as there are nodes, twice, and no node without any. */
function drawnLinks(count: number, seed: number): Uint32Array {
  const random = new Random(seed);
  const ends: number[] = [];
  for (let node = 1; node < count; node++) for (let link = 0; link < 2; link++) ends.push(node, random.below(node));
  return Uint32Array.from(ends);
}

function assertPlaces(spots: Float32Array, count: number): void {
  assert.equal(spots.length, 2 * count);
  assert.ok(spots.every((value) => value >= 0 && value <= 1));
  assert.equal(new Set(Array.from({ length: count }, (_, node) => `${spots[2 * node]} ${spots[2 * node + 1]}`)).size, count);
}

for (const count of [1, 2, 60, 2_000]) {
  test(`${count} nodes of a graph have places of their own, the same each time`, () => {
    const links = drawnLinks(count, 1);
    const spots = graphSpots(count, links);
    assertPlaces(spots, count);
    assert.deepEqual(graphSpots(count, links), spots);
  });

  test(`${count} nodes on rings have places of their own`, () => assertPlaces(ringSpots(count, 0.2), count));
}

test('in a picture of a graph those who are linked are nearer to each other than others', () => {
  for (const count of [100, 1_000]) {
    const links = drawnLinks(count, 2);
    const spots = graphSpots(count, links);
    let [linked, others] = [0, 0];
    for (let at = 0; at < links.length; at += 2) {
      linked += far(spots, links[at] ?? 0, links[at + 1] ?? 0);
      others += far(spots, links[at] ?? 0, (7 * at + 13) % count);
    }
    assert.ok(linked < 0.75 * others, `${count} nodes: ${linked} against ${others}`);
  }
});

test('two halves of a graph that are linked by nothing are told apart', () => {
  const half = drawnLinks(40, 3);
  const links = Uint32Array.from([...half, ...half.map((node) => node + 40)]);
  const spots = graphSpots(80, links);
  let [within, between] = [0, 0];
  for (let node = 0; node < 39; node++) {
    within += far(spots, node, node + 1);
    between += far(spots, node, node + 40);
  }
  assert.ok(within < between, `${within} within, ${between} between`);
});

test('who serves lies inside, and whom it serves outside of it, nearer to it than to the others', () => {
  for (const servers of [5, 80]) {
    const count = servers * 9;
    const serves = Array.from({ length: count }, (_, node) => node < servers);
    const ends: number[] = [];
    for (let node = servers; node < count; node++) ends.push(node, node % servers);
    const spots = tierSpots(serves, Uint32Array.from(ends));
    assertPlaces(spots, count);
    const fromMiddle = (node: number): number => Math.hypot((spots[2 * node] ?? 0) - 0.5, (spots[2 * node + 1] ?? 0) - 0.5);
    const [inner, outer] = [Array.from({ length: servers }, (_, node) => node), serves.flatMap((is, node) => (is ? [] : [node]))];
    assert.ok(Math.max(...inner.map(fromMiddle)) < Math.min(...outer.map(fromMiddle)));
    const own = outer.reduce((sum, node) => sum + far(spots, node, node % servers), 0);
    const across = outer.reduce((sum, node) => sum + far(spots, node, (node + (servers >> 1)) % servers), 0);
    assert.ok(own < 0.75 * across, `${servers} servers: ${own} against ${across}`);
  }
});
