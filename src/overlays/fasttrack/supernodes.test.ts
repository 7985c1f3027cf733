import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAST_ELECTION, type Network, network, sharedFile } from '../../../test/fasttrack/worlds.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import type { ListedFiles } from '../../wire/listed-files.ts';
import type { FastTrackNode } from './fasttrack-node.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 12);

/** Everybody shares a file named after himself, `file7 common.mp3`. */
function crowd({ world, add, nodes }: Network, count: number, everyMs: number): void {
  for (let index = 0; index < count; index++) {
    add('auto', [`file${nodes.length} common.mp3`]);
    world.runFor(everyMs);
  }
}

function running({ nodes }: Network): SimNode<FastTrackNode>[] {
  return nodes.filter(({ host }) => host.running);
}

/** Ordinary nodes without a supernode. */
function orphans(net: Network): SimNode<FastTrackNode>[] {
  return running(net).filter(({ protocol }) => protocol.supernode === null && !protocol.parent.isAttached);
}

test('a supernode dies, and within a minute its children search again', () => {
  forSeeds(SEEDS, (seed) => {
    const net = network({}, { seed, faults: { loss: 0.05 } });
    const { world, add, search } = net;
    const supernodes = [add('supernode'), add('supernode'), add('supernode')];
    crowd(net, 15, 500);
    world.runFor(60_000);
    const first = supernodes[0] as (typeof supernodes)[0];
    const lost = net.nodes.filter(
      ({ protocol }) => protocol.parent.isAttached && protocol.parent.endpoint?.join() === first.endpoint.join(),
    );
    const how = ['kill', 'power', 'leave'][seed % 3];
    if (how === 'leave') world.leave(first);
    else world.crash(first, how as 'kill' | 'power');
    const found = lost.map((node) => search(node, 'common'));
    world.runFor(60_000);
    assert.deepEqual(orphans(net), [], `${how}, ${lost.length} children`);
    // What was asked at that very moment was asked again; by now everything is back in an index.
    for (const finder of found) assert.ok(finder.hits.length > 0, `${how}: no hits`);
    const again = lost.map((node) => search(node, 'common'));
    world.runFor(10_000);
    for (const finder of again) assert.equal(finder.hits.length, 14, how);
  });
});

test('a crowded supernode promotes children that can be reached, and everybody has a place', () => {
  forSeeds(Math.ceil(SEEDS / 4), (seed) => {
    const net = network({ childrenMax: 10, linksMin: 8, fanOut: 8, election: FAST_ELECTION }, { seed, publicAddresses: true });
    const { world, add } = net;
    add('supernode');
    for (let index = 0; index < 60; index++) {
      // Every third is behind a NAT, and would be no use as a supernode.
      add('auto', [`file${index}.mp3`], {}, index % 3 === 0 ? { nat: { kind: 'port-restricted' } } : {});
      world.runFor(1_000);
    }
    world.runFor(6 * 60_000);
    assert.deepEqual(orphans(net).length, 0);
    const count = net.supernodes.length;
    // 61 nodes, places for ten each, promoted at eight.
    assert.ok(count >= 6 && count <= 20, `${count} supernodes`);
    for (const { index } of net.supernodes) assert.ok(index === 0 || (index - 1) % 3 !== 0, `node ${index} is behind a NAT`);
  });
});

test('when most have gone, supernodes that nobody needs step down, and the ratio settles again', () => {
  forSeeds(Math.ceil(SEEDS / 4), (seed) => {
    const net = network({ childrenMax: 10, linksMin: 8, election: FAST_ELECTION }, { seed });
    const { world, add } = net;
    add('supernode');
    crowd(net, 60, 500);
    world.runFor(5 * 60_000);
    const before = net.supernodes.length;
    for (const node of net.nodes.filter(({ protocol, index }) => protocol.supernode === null && index % 8 !== 0)) world.leave(node);
    world.runFor(15 * 60_000);
    const left = running(net).length;
    assert.ok(net.supernodes.length < before, `${before} supernodes before, ${net.supernodes.length} after`);
    assert.ok(net.supernodes.length <= Math.ceil(left / 3), `${net.supernodes.length} supernodes for ${left}`);
    assert.equal(orphans(net).length, 0);
  });
});

test('a search floods no further than it may, and everybody is asked once', () => {
  const net = network({ fanOut: 4, floodTtl: 2, linksMin: 8, linksMax: 12, childrenMax: 20 });
  const { world, add, search } = net;
  for (let index = 0; index < 40; index++) {
    add('supernode', ['common.mp3']);
    world.runFor(1_000);
  }
  const asker = add('ordinary');
  world.runFor(3 * 60_000);
  const passed = (): number => net.supernodes.reduce((sum, { protocol }) => sum + (protocol.supernode?.flood.passed ?? 0), 0);
  const before = passed();
  const found = search(asker, 'common');
  world.runFor(10_000);
  // Four are asked, and each of them asks four others.
  assert.ok(passed() - before <= 4 + 16, `${passed() - before} queries`);
  assert.ok(found.hits.length > 5 && found.hits.length <= 1 + 4 + 16, `${found.hits.length} hits`);
  assert.equal(new Set(found.hits.map(({ holder }) => holder.endpoint?.join())).size, found.hits.length);
});

test('recall is whole when the flood spans all supernodes', () => {
  const net = network({ fanOut: 60, floodTtl: 3, linksMin: 30, linksMax: 60 });
  const { world, add, search } = net;
  for (let index = 0; index < 20; index++) add('supernode');
  crowd(net, 60, 100);
  world.runFor(3 * 60_000);
  const found = search(net.nodes[50] as SimNode<FastTrackNode>, 'common', { limit: 200 });
  world.runFor(15_000);
  assert.equal(found.hits.length, 59);
});

test('an hour of churn: nobody is long without a supernode, and searches go on', () => {
  forSeeds(Math.ceil(SEEDS / 6), (seed) => {
    const net = network({ childrenMax: 12, linksMin: 8, fanOut: 10, election: FAST_ELECTION }, { seed, faults: { loss: 0.02 } });
    const { world, add, search } = net;
    const anchor = add('supernode');
    crowd(net, 50, 2_000);
    world.runFor(3 * 60_000);
    let [asked, empty, late] = [0, 0, 0];
    for (let minute = 0; minute < 60; minute++) {
      const present = running(net).filter((node) => node !== anchor);
      const one = present[(minute * 7 + seed) % present.length] as SimNode<FastTrackNode>;
      if (minute % 3 === 0) world.crash(one, 'power');
      else world.leave(one);
      add('auto', [`file${net.nodes.length} common.mp3`]);
      world.runFor(60_000);
      const old = orphans(net).filter(({ protocol }) => world.now - protocol.parent.orphanSinceMs > 60_000);
      late += old.length;
      const searcher = running(net).at(-2) as SimNode<FastTrackNode>;
      const found = search(searcher, 'common');
      world.runFor(8_000);
      asked++;
      if (found.hits.length === 0) empty++;
    }
    assert.deepEqual([asked, empty, late], [60, 0, 0]);
  });
});

test('the network is the same in both modes of the simulator', () => {
  const traces = (['reference', 'bytes'] as const).map((mode) => {
    const net = network({ childrenMax: 6, linksMin: 6, election: FAST_ELECTION }, { seed: 5, mode, faults: { loss: 0.05 } });
    net.add('supernode', ['walrus.mp3']);
    crowd(net, 20, 1_000);
    net.world.runFor(120_000);
    const found = net.search(net.nodes[9] as SimNode<FastTrackNode>, 'common');
    net.world.runFor(10_000);
    return [net.world.traceHash(), found.hits.length, net.supernodes.length];
  });
  assert.deepEqual(traces[1], traces[0]);
});

test('a supernode that nobody can reach steps down, and finds its place under another', () => {
  const net = network({ election: { ...FAST_ELECTION, unreachedMs: 60_000 } }, { publicAddresses: true });
  const { world, add } = net;
  add('supernode');
  add('supernode');
  const hidden = add('auto', [], {}, { nat: { kind: 'port-restricted' } });
  const open = add('auto');
  world.runFor(30_000);
  // It believes that it has been dialled, as a node may whose router has just been changed.
  hidden.protocol.reachedMs = world.now;
  for (const { protocol } of [hidden, open]) protocol.onPromotion();
  assert.deepEqual([hidden.protocol.supernode !== null, open.protocol.supernode !== null], [true, true]);
  world.runFor(50_000);
  assert.ok(
    net.supernodes.every(({ protocol }) =>
      protocol.supernode?.nodesFor(99).every(({ endpoint }) => endpoint.join() !== hidden.endpoint.join()),
    ),
  );
  world.runFor(60_000);
  assert.deepEqual([hidden.protocol.supernode, hidden.protocol.parent.isAttached], [null, true]);
});

test('children hear how large the network is, roughly', () => {
  const net = network({ linksMin: 6, linksMax: 12, childrenMax: 10 });
  const { world, add } = net;
  for (let index = 0; index < 40; index++) {
    add('supernode');
    world.runFor(500);
  }
  for (let index = 0; index < 120; index++) add('ordinary', [`one ${index}.mp3`, `two ${index}.mp3`]);
  world.runFor(12 * 60_000);
  const told = net.nodes.flatMap(({ protocol }) => (protocol.supernode === null && protocol.stats !== null ? [protocol.stats] : []));
  assert.equal(told.length, 120);
  for (const { users, files } of told) {
    assert.ok(users > 160 / 1.7 && users < 160 * 1.7, `${users} users of 160`);
    assert.ok(files > 240 / 1.7 && files < 240 * 1.7, `${files} files of 240`);
  }
});

test('when the only supernode has died, its children that could be supernodes rise', () => {
  const net = network({ election: FAST_ELECTION, nodesMax: 50 });
  const { world, add } = net;
  const first = add('supernode');
  const able = [add('auto'), add('auto')];
  world.runFor(60_000);
  world.crash(first, 'power');
  world.runFor(3 * 60_000);
  assert.ok(able.every(({ protocol }) => protocol.supernode !== null));
  const late = add('auto', [], { nodes: able.map(({ endpoint }) => endpoint) });
  world.runFor(60_000);
  assert.ok(late.protocol.parent.isAttached);
});

test('who is told of a supernode when he knew none is under it at once, and tells it of new files at once', () => {
  const { world, add, search } = network();
  const supernode = add('supernode');
  const newcomer = add('ordinary', ['old walrus.mp3'], { nodes: [] });
  const asker = add('ordinary', [], { nodes: [supernode.endpoint] });
  world.runFor(20_000);
  assert.equal(newcomer.protocol.parent.isAttached, false);
  newcomer.protocol.addNodes([supernode.endpoint]);
  // A datagram there and back, a dial, and the handshake.
  world.runFor(1_200);
  assert.ok(newcomer.protocol.parent.isAttached);
  (newcomer.protocol.files as ListedFiles).add(sharedFile('new walrus.mp3', 2));
  newcomer.protocol.tellFiles();
  world.runFor(500);
  const found = search(asker, 'walrus');
  world.runFor(10_000);
  assert.deepEqual(found.names, ['new walrus.mp3', 'old walrus.mp3']);
});
