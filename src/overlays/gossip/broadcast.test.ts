import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { Broadcast } from './broadcast.ts';
import { BROADCAST_DEFAULTS, type BroadcastOptions } from './broadcast-options.ts';

const ROUND_MS = BROADCAST_DEFAULTS.roundMs;
const SEEDS = Number(process.env.KITH_SEEDS ?? 5);

interface Crowd {
  readonly world: World;
  readonly nodes: SimNode<Broadcast>[];
  /** How often each node was handed each payload, by node and first byte. */
  readonly heard: Map<number, number>[];
}

function crowd(count: number, seed: number, options: Partial<BroadcastOptions> = {}, loss = 0): Crowd {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 10, maxMs: 60 }, faults: { loss } });
  const nodes: SimNode<Broadcast>[] = [];
  const heard: Map<number, number>[] = [];
  for (let index = 0; index < count; index++) {
    const join = nodes.slice(0, 1).map(({ endpoint }) => endpoint);
    const own = new Map<number, number>();
    const onBroadcast = ([first = 0]: Uint8Array): void => void own.set(first, (own.get(first) ?? 0) + 1);
    heard.push(own);
    nodes.push(world.addNode((host) => new Broadcast(host, { ...BROADCAST_DEFAULTS, ...options, join }, { onBroadcast })));
    world.runFor(100);
  }
  world.runFor(6 * ROUND_MS);
  return { world, nodes, heard };
}

function say({ world, nodes }: Crowd, from: number, what: number): void {
  (nodes[from] as SimNode<Broadcast>).protocol.broadcast(Uint8Array.of(what));
  world.runFor(10_000);
}

function duplicates({ nodes }: Crowd): number {
  return nodes.reduce((sum, { protocol }) => sum + protocol.tree.duplicates, 0);
}

test('HyParView: links are symmetric, views are full, and nobody is in both', () => {
  const { nodes } = crowd(100, 1);
  for (const node of nodes) {
    const { active, passive } = node.protocol.membership;
    assert.ok(active.size >= 2 && active.size <= BROADCAST_DEFAULTS.activeSize, `${active.size} neighbours`);
    assert.ok([...active].every((peer) => !passive.has(peer)));
    for (const other of nodes) {
      const isMine = active.has(node.host.peer(other.endpoint));
      assert.equal(other.protocol.membership.active.has(other.host.peer(node.endpoint)), isMine);
    }
  }
});

test('Plumtree: every node hears every broadcast once; after the first, the eager links are a tree and nothing comes twice', () => {
  const all = crowd(100, 2, { mixRounds: 0 });
  say(all, 0, 1);
  const afterFirst = duplicates(all);
  for (let what = 2; what < 12; what++) say(all, 0, what);
  for (const [index, own] of all.heard.entries()) {
    for (let what = 1; what < 12; what++) assert.equal(own.get(what), index === 0 ? undefined : 1, `node ${index}, broadcast ${what}`);
  }
  assert.ok(duplicates(all) - afterFirst < 30, `${duplicates(all) - afterFirst} copies of ten broadcasts among 100 nodes`);
  const eager = all.nodes.reduce((sum, { protocol }) => sum + protocol.tree.eager.size, 0) / 2;
  assert.ok(eager >= 99 && eager <= 104, `${eager} eager links`);
});

test('SRDS 2007: a flood over the same links sends each node about three more copies', () => {
  const all = crowd(100, 3, { floods: true });
  for (let what = 1; what < 6; what++) say(all, 0, what);
  const redundancy = duplicates(all) / (5 * (all.nodes.length - 1));
  assert.ok(redundancy > 2 && redundancy < 4, `${redundancy} copies too many a node`);
});

test('after half of all nodes crashed at once, those that are left hear every broadcast, over a tree that has mended itself', () => {
  forSeeds(SEEDS, (seed) => {
    const all = crowd(80, seed);
    say(all, 0, 1);
    const order = new Random(seed, 3).shuffle([...all.nodes.keys()].slice(1));
    const dead = new Set(order.slice(0, 40));
    for (const index of dead) all.world.crash(all.nodes[index] as SimNode<Broadcast>, 'power');
    all.world.runFor(12 * ROUND_MS);
    for (let what = 2; what < 8; what++) say(all, 0, what);
    for (const [index, own] of all.heard.entries()) {
      if (dead.has(index) || index === 0) continue;
      for (let what = 2; what < 8; what++) assert.equal(own.get(what), 1, `node ${index}, broadcast ${what}`);
    }
  });
});

test('with a tenth of all datagrams lost, what is lost is announced until it has come to everybody', () => {
  forSeeds(SEEDS, (seed) => {
    const all = crowd(40, seed, {}, 0.1);
    for (let what = 1; what < 11; what++) say(all, what % 7, what);
    all.world.runFor(6 * ROUND_MS);
    for (let what = 1; what < 11; what++) {
      for (const [index, own] of all.heard.entries())
        if (index !== what % 7) assert.equal(own.get(what), 1, `node ${index}, broadcast ${what}`);
    }
  });
});

test('two halves that were parted for two minutes become one network again, though the views of both are full', () => {
  forSeeds(SEEDS, (seed) => {
    const all = crowd(60, seed);
    const { world, nodes, heard } = all;
    world.partition(nodes.slice(0, 30));
    world.runFor(12 * ROUND_MS);
    world.heal();
    world.runFor(30 * ROUND_MS);
    say(all, 3, 1);
    world.runFor(6 * ROUND_MS);
    for (const [index, own] of heard.entries()) if (index !== 3) assert.equal(own.get(1), 1, `node ${index}`);
  });
});

test('three that know only each other, and somebody among many whose views are full, come to be neighbours of those', () => {
  forSeeds(SEEDS, (seed) => {
    const { world, nodes, heard } = crowd(40, seed);
    const alone: SimNode<Broadcast>[] = [];
    let heardAlone = 0;
    for (let count = 0; count < 3; count++) {
      const join = alone.slice(0, 1).map(({ endpoint }) => endpoint);
      const onBroadcast = (): void => void heardAlone++;
      alone.push(world.addNode((host) => new Broadcast(host, { ...BROADCAST_DEFAULTS, join }, { onBroadcast })));
      world.runFor(100);
    }
    world.runFor(3 * ROUND_MS);
    for (const node of alone) node.protocol.membership.passive.add(node.host.peer((nodes[7] as SimNode<Broadcast>).endpoint));
    world.runFor(30 * ROUND_MS);
    alone[0]?.protocol.broadcast(Uint8Array.of(77));
    world.runFor(10_000);
    assert.equal(heardAlone, 2);
    assert.ok(heard.every((own) => own.get(77) === 1));
  });
});

test('a stranger cannot put a broadcast into the tree, nor get one out of it', () => {
  const all = crowd(10, 4);
  const { world, nodes, heard } = all;
  const [first] = nodes as [SimNode<Broadcast>];
  const stranger = world.addNode((host) => new Broadcast(host, { ...BROADCAST_DEFAULTS, roundMs: 1e9 }));
  world.runFor(1);
  stranger.protocol.membership.active.add(stranger.host.peer(first.endpoint));
  stranger.protocol.tree.onNeighbour(stranger.host.peer(first.endpoint), true);
  stranger.protocol.broadcast(Uint8Array.of(99));
  world.runFor(5_000);
  assert.ok(heard.every((own) => !own.has(99)));
});
