import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Peer } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { CYCLON_DEFAULTS, Cyclon } from './cyclon.ts';

const ROUND_MS = CYCLON_DEFAULTS.roundMs;
const SEEDS = Number(process.env.KITH_SEEDS ?? 5);

/** Each knows the first alone: a star, the worst way to begin. */
function star(count: number, seed: number): { world: World; nodes: SimNode<Cyclon>[] } {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 10, maxMs: 100 } });
  const nodes: SimNode<Cyclon>[] = [];
  for (let index = 0; index < count; index++) {
    const join = nodes.length === 0 ? [] : [(nodes[0] as SimNode<Cyclon>).endpoint];
    nodes.push(world.addNode((host) => new Cyclon(host, { ...CYCLON_DEFAULTS, join })));
  }
  return { world, nodes };
}

function indexOf(world: World, nodes: readonly SimNode<Cyclon>[], node: SimNode<Cyclon>, peer: Peer): number {
  return nodes.findIndex(({ endpoint }) => node.host.peer(endpoint) === peer || world.addresses.peer(endpoint) === peer);
}

function reached(world: World, nodes: readonly SimNode<Cyclon>[], from: number): number {
  const seen = new Set([from]);
  const left = [from];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const node = nodes[at] as SimNode<Cyclon>;
    for (const peer of node.protocol.peers) {
      const other = indexOf(world, nodes, node, peer);
      if (other < 0 || seen.has(other)) continue;
      seen.add(other);
      left.push(other);
    }
  }
  return seen.size;
}

test('from a star, views fill up and every node is known to about as many others', () => {
  const { world, nodes } = star(200, 1);
  world.runFor(60 * ROUND_MS);
  const known = new Array<number>(nodes.length).fill(0);
  for (const node of nodes) {
    // Who is in the middle of a shuffle has a place free.
    assert.ok(node.protocol.peers.length >= CYCLON_DEFAULTS.viewSize - 1);
    assert.equal(new Set(node.protocol.peers).size, node.protocol.peers.length);
    for (const peer of node.protocol.peers) (known[indexOf(world, nodes, node, peer)] as number)++;
  }
  assert.ok(Math.min(...known) >= 8 && Math.max(...known) <= 32, `from ${Math.min(...known)} to ${Math.max(...known)}`);
});

test('after six tenths have crashed the rest is one network, and the dead are forgotten', () => {
  forSeeds(SEEDS, (seed) => {
    const { world, nodes } = star(100, seed);
    world.runFor(50 * ROUND_MS);
    const order = new Random(seed, 3).shuffle([...nodes.keys()]);
    for (const index of order.slice(0, 60)) world.crash(nodes[index] as SimNode<Cyclon>, 'power');
    world.runFor(60 * ROUND_MS);
    const alive = order.slice(60).map((index) => nodes[index] as SimNode<Cyclon>);
    assert.equal(reached(world, alive, 0), alive.length);
    for (const node of alive) for (const peer of node.protocol.peers) assert.ok(indexOf(world, alive, node, peer) >= 0);
  });
});
