/** Searches that do not know where to go: what each promises of its way, and that links outlive those who go. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codecLaws } from '../../../test/codec-laws.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { ListedFiles } from '../../wire/listed-files.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { NO_HASHES, NO_TAGS } from '../../wire/shared-file.ts';
import { graphOf } from './graphs.ts';
import { hit, Mode, query, type UnstructuredMessage, unstructuredCodec } from './messages.ts';
import { Unstructured } from './unstructured.ts';
import { UNSTRUCTURED_DEFAULTS, type UnstructuredOptions } from './unstructured-options.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 10);

codecLaws(unstructuredCodec, (random) => unstructuredCodec.random(random));

interface Sent {
  readonly from: number;
  readonly to: number;
  readonly message: UnstructuredMessage;
}

interface Net {
  readonly world: World;
  readonly nodes: SimNode<Unstructured>[];
  /** Every datagram so far. */
  readonly sent: Sent[];
}

function net(edges: readonly (readonly [number, number])[], options: Partial<UnstructuredOptions> = {}, seed = 1): Net {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 10, maxMs: 100 } });
  const count = 1 + Math.max(...edges.flat());
  const nodes = Array.from({ length: count }, (_, index) =>
    world.addNode((host) => new Unstructured(host, filesOf(index), { ...UNSTRUCTURED_DEFAULTS, links: 0, ...options })),
  );
  for (const [index, { host, protocol }] of nodes.entries()) {
    const others = edges.flatMap(([a, b]) => (a === index ? [b] : b === index ? [a] : []));
    protocol.neighbours.take(others.map((other) => host.peer((nodes[other] as SimNode).endpoint)));
  }
  const sent: Sent[] = [];
  // All that is sent in this world is of this family.
  world.watcher = { onMessage: (from, to, _bytes, message) => void sent.push({ from, to, message: message as UnstructuredMessage }) };
  return { world, nodes, sent };
}

/** One file each, found by its own number or by `shared`. */
function filesOf(index: number): ListedFiles {
  const hashes = { ...NO_HASHES, sha1: new Random(index).fill(new Uint8Array(20)) };
  const file = { id: 1, folder: '', bytes: 100, modifiedMs: 0, kind: 'audio', tags: NO_TAGS, hashes } as const;
  return new ListedFiles([{ ...file, name: `shared n${index}.mp3` }]);
}

function search({ world, nodes }: Net, from: number, words: string[], ms = 20_000): SearchHit[] {
  const hits: SearchHit[] = [];
  nodes[from]?.protocol.search(words, { onHit: (found) => void hits.push(found), onSearchEnd: () => undefined });
  world.runFor(ms);
  return hits;
}

function queries({ sent }: Net): (Sent & { readonly message: Extract<UnstructuredMessage, { tag: 1 }> })[] {
  return sent.flatMap(({ message, ...way }) => (message.tag === query.tag ? [{ ...way, message }] : []));
}

const LINE = Array.from({ length: 9 }, (_, index) => [index, index + 1] as const);
const RING = [...LINE, [9, 0] as const];

test('a flood reaches whoever is within its hops, and nobody beyond', () => {
  const names = search(net(LINE, { ttl: 4 }), 0, ['shared']).map(({ name }) => name);
  assert.deepEqual(names.sort(), ['shared n1.mp3', 'shared n2.mp3', 'shared n3.mp3', 'shared n4.mp3']);
});

test('a flood is passed on once by each node, to all links but the one that it came by', () => {
  forSeeds(SEEDS, (seed) => {
    const edges = graphOf('scale-free', 60, 4, new Random(seed));
    const made = net(edges, { ttl: 50 }, seed);
    const hits = search(made, 0, ['shared']);
    assert.equal(new Set(hits.map(({ name }) => name)).size, 59);
    const degree = (node: number): number => edges.filter(([a, b]) => a === node || b === node).length;
    // The origin sends to all of its links, each other node to all but one.
    const expected = degree(0) + made.nodes.slice(1).reduce((sum, node) => sum + degree(node.index) - 1, 0);
    assert.equal(queries(made).length, expected);
    assert.ok(queries(made).every(({ from, to }) => edges.some(([a, b]) => (a === from && b === to) || (a === to && b === from))));
  });
});

test('a growing flood goes no further than it must', () => {
  const made = net(LINE, { style: 'ring', ttl: 8, ringMs: 2_000 });
  assert.equal(search(made, 0, ['n3'])[0]?.name, 'shared n3.mp3');
  assert.equal(Math.max(...queries(made).map(({ to }) => to)), 3);
  assert.equal(search(net(LINE, { style: 'ring', ttl: 2 }), 0, ['n3']).length, 0);
});

test('a walker never goes back where it came from, as long as there is another way', () => {
  const made = net(RING, { style: 'walk', walkers: 1, walkTtl: 30, hitsWanted: 99 });
  search(made, 0, ['nothing']);
  const way = queries(made).map(({ to }) => to);
  assert.equal(way.length, 30);
  for (let step = 2; step < 9; step++) assert.notEqual(way[step], way[step - 2], way.join(' '));
});

test('walkers stop when the origin has what it wants', () => {
  const made = net(RING, { style: 'walk', walkers: 1, walkTtl: 1_000, checkSteps: 4, hitsWanted: 1 });
  search(made, 0, ['shared'], 60_000);
  assert.ok(queries(made).length <= 4, String(queries(made).length));
});

test('a walker whose origin is gone ends, and so does one whose origin does not answer for itself', () => {
  const made = net(RING, { style: 'walk', walkers: 1, walkTtl: 1_000, checkSteps: 4, hitsWanted: 99 });
  search(made, 0, ['nothing'], 100);
  made.world.crash(made.nodes[0] as SimNode, 'power');
  const walking = made.nodes.slice(1);
  const { search: number } = queries(made)[0]?.message ?? { search: 0 };
  for (let times = 0; times < 20; times++) {
    const forged = { tag: 4, search: number, walker: 0, wanted: true } as const;
    for (const { endpoint } of walking) {
      const liar = made.nodes[5] as SimNode<Unstructured>;
      liar.host.send(liar.host.peer(endpoint), unstructuredCodec, forged);
    }
    made.world.runFor(500);
  }
  assert.ok(queries(made).length <= 4, String(queries(made).length));
});

test('percolation finds what was left on walks, at a part of the messages of a flood (Sarshar et al., 2004)', () => {
  let found = 0;
  forSeeds(SEEDS, (seed) => {
    const edges = graphOf('scale-free', 400, 4, new Random(seed));
    const flooded = net(edges, { ttl: 20 }, seed);
    search(flooded, 0, ['n399']);
    const percolated = net(edges, { style: 'percolate', percolation: 0.15 }, seed);
    for (const { protocol } of percolated.nodes) protocol.plant();
    percolated.world.runFor(5_000);
    const [named] = search(percolated, 0, ['n399']);
    if (named !== undefined) found++;
    assert.deepEqual(named?.holder.endpoint ?? null, named === undefined ? null : percolated.nodes[399]?.endpoint);
    assert.ok(queries(percolated).length < queries(flooded).length / 3);
  });
  assert.ok(found >= 0.8 * SEEDS, `${found} of ${SEEDS}`);
});

test('a rumour reaches most with a part of the messages of a flood', () => {
  const edges = graphOf('random', 300, 8, new Random(3));
  const flooded = net(edges, { ttl: 20 });
  search(flooded, 0, ['shared']);
  const told = net(edges, { style: 'gossip', fanout: 3, ttl: 20 });
  const reached = new Set(search(told, 0, ['shared']).map(({ name }) => name)).size;
  assert.ok(reached > 250, String(reached));
  assert.ok(queries(told).length < queries(flooded).length / 2);
});

test('newcomers find links by walks, those of the dead are replaced, and all that live stay in one piece', () => {
  forSeeds(SEEDS, (seed) => {
    const world = new World({ seed, latency: { kind: 'uniform', minMs: 10, maxMs: 100 }, faults: { loss: 0.02 } });
    const nodes: SimNode<Unstructured>[] = [];
    for (let index = 0; index < 60; index++) {
      const join = nodes.slice(-3).map(({ endpoint }) => endpoint);
      nodes.push(world.addNode((host) => new Unstructured(host, filesOf(index), { ...UNSTRUCTURED_DEFAULTS, join, pingMs: 5_000 })));
      world.runFor(500);
    }
    world.runFor(60_000);
    for (const node of nodes.slice(10, 30)) world.crash(node, 'power');
    world.runFor(120_000);
    const living = nodes.filter(({ host }) => host.running);
    assert.equal(living.length, 40);
    world.faults = {};
    for (const { protocol } of living) assert.ok(protocol.neighbours.count >= 2, world.describe());
    assert.equal(new Set(search({ world, nodes, sent: [] }, 0, ['shared']).map(({ name }) => name)).size, 39, world.describe());
    for (const node of living) world.leave(node);
    for (const { host } of living) assert.equal(host.timersPending, 0);
  });
});

test('one query makes a node send no more than a few answers and one message a link', () => {
  const made = net(RING, { ttl: 7 });
  for (let holder = 0; holder < 10; holder++) made.nodes[holder]?.protocol.plant();
  made.world.runFor(5_000);
  made.sent.length = 0;
  const liar = made.nodes[0] as SimNode<Unstructured>;
  const target = made.nodes[1] as SimNode;
  const origin = (made.nodes[4] as SimNode).endpoint;
  const asked = { tag: query.tag, search: 5, round: 0, mode: Mode.flood, walker: 0, ttl: 1, hops: 0, origin, words: 'shared' } as const;
  for (let times = 0; times < 50; times++) liar.host.send(liar.host.peer(target.endpoint), unstructuredCodec, asked);
  made.world.runFor(2_000);
  const answers = made.sent.filter(({ from, message }) => from === 1 && message.tag === hit.tag);
  assert.ok(answers.length >= 1 && answers.length <= 9, String(answers.length));
});

test('graphs have the links that were asked for, and those without scale have hubs', () => {
  for (const kind of ['random', 'scale-free'] as const) {
    const edges = graphOf(kind, 2_000, 4, new Random(7));
    assert.ok(Math.abs(edges.length - 4_000) < 50, `${kind}: ${edges.length}`);
    const degrees = new Array<number>(2_000).fill(0);
    for (const [a, b] of edges) for (const node of [a, b]) degrees[node] = (degrees[node] ?? 0) + 1;
    const most = Math.max(...degrees);
    assert.ok(kind === 'random' ? most < 25 : most > 60, `${kind}: ${most}`);
    assert.ok(Math.min(...degrees) > 0);
  }
});
