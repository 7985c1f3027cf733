/** The model of Chord against an oracle of few lines, and its explanations against what the nodes really do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { bytesOfId, idOfBytes } from '../../overlays/chord/index.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { World } from '../../sim/world.ts';
import type { LookupOutcome } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { completeOptions } from '../system-options.ts';
import { ChordNetwork, chord } from './chord-model.ts';

const QUIET: SystemOptions = { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 };
const LIVELY: SystemOptions = { roundMs: 1000, successors: 4, fingersPerRound: 4 };

interface Scene {
  readonly world: World;
  readonly network: ChordNetwork;
  readonly random: Random;
}

function sceneOf(nodes: number, options: SystemOptions, seed = 1): Scene {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 60 } });
  const network = new ChordNetwork(world, completeOptions('chord', chord.defaults, options), seed);
  network.addIdeal(nodes);
  world.runFor(1);
  return { world, network, random: new Random(seed, 99) };
}

function randomKey({ random }: Scene): Uint8Array {
  return random.fill(new Uint8Array(20));
}

function hexOf(key: Uint8Array): string {
  return idOfBytes(key).hex;
}

/** By the definition, from every node's state: the first member at or after the key, or the first of all. */
function ownerByDefinition({ network }: Scene, key: Uint8Array): number {
  const points = network.live.flatMap((node) => (network.nodes[node]?.protocol.units ?? []).map((unit) => ({ node, unit })));
  const members = points.filter(({ unit }) => unit.isMember).sort((a, b) => (a.unit.self.hex < b.unit.self.hex ? -1 : 1));
  return (members.find(({ unit }) => unit.self.hex >= hexOf(key)) ?? members[0])?.node ?? -1;
}

function lookup({ world, network }: Scene, node: number, key: Uint8Array): LookupOutcome {
  const got: LookupOutcome[] = [];
  network.lookup(node, key, 'iterative', (outcome) => void got.push(outcome));
  world.runUntil(() => got.length > 0, 60_000);
  assert.equal(got.length, 1);
  return got[0] as LookupOutcome;
}

test('the owner of a key is the one of the definition, whoever comes, fails, leaves or loses the ring', () => {
  forSeeds(6, (seed) => {
    const scene = sceneOf(12, { ...LIVELY, units: 1 + (seed % 3), successors: 3 }, seed);
    const { world, network, random } = scene;
    for (let turn = 0; turn < 60; turn++) {
      const node = network.live[random.below(network.live.length)] as number;
      const dice = random.below(4);
      if (dice < 2) network.join();
      else if (network.live.length > 3) {
        if (dice === 2) network.crash(node);
        else network.leave(node, () => {});
      }
      world.runFor(random.unit() * 3000);
      for (let count = 0; count < 20; count++) {
        const key = randomKey(scene);
        assert.equal(network.ownerOf(key), ownerByDefinition(scene, key), `key ${hexOf(key)} in turn ${turn}`);
      }
    }
  });
});

test('a point itself belongs to its node, and what lies behind it to the next', () => {
  const { network } = sceneOf(30, QUIET);
  const ring = network.members.all;
  for (const [index, unit] of ring.entries()) {
    const own = bytesOfId(unit.self);
    assert.equal(network.ownerOf(own), network.numberOf(unit.self));
    own[19] = ((own[19] as number) + 1) & 0xff;
    assert.equal(network.ownerOf(own), network.numberOf((ring[(index + 1) % ring.length] ?? unit).self));
  }
});

test('nodes have the numbers in which they were made, and places that the seed decides', () => {
  const [one, same, other] = [sceneOf(20, QUIET, 4), sceneOf(20, QUIET, 4), sceneOf(20, QUIET, 5)].map(({ network }) =>
    network.nodes.map((node) => node.protocol.units[0]?.self.hex),
  );
  assert.deepEqual(one, same);
  assert.equal(new Set([...(one ?? []), ...(other ?? [])]).size, 40);
  const { network } = sceneOf(3, LIVELY);
  assert.deepEqual([network.join(), network.join(), [...network.live]], [3, 4, [0, 1, 2, 3, 4]]);
});

test('the first who joins founds the network, others join it by the protocol, and it comes to rest without a complaint', () => {
  const { world, network } = sceneOf(0, LIVELY);
  for (let count = 0; count < 12; count++) {
    const node = network.join();
    assert.equal(network.isMember(node), false);
    assert.ok(world.runUntil(() => network.isMember(node), 60_000));
  }
  assert.ok(
    world.runUntil(() => network.complaint() === null, 120_000),
    `${network.complaint()}`,
  );
  network.crash(5);
  assert.match(network.complaint() ?? '', /has the successors/);
});

test('who leaves hands its values over, and is told when it is done, later', () => {
  const scene = sceneOf(20, { ...LIVELY, roundMs: 1e6, replicas: 1, readQuorum: 1, writeQuorum: 1 });
  const { world, network } = scene;
  const key = randomKey(scene);
  let put = false;
  network.put(3, key, Uint8Array.of(1, 2, 3), (ok) => void (put = ok));
  world.runFor(5000);
  const owner = network.ownerOf(key);
  let left = false;
  network.leave(owner, () => void (left = true));
  assert.deepEqual([put, left, network.live.includes(owner)], [true, false, false]);
  assert.ok(world.runUntil(() => left, 10_000));
  let got: Uint8Array | null = null;
  network.get(network.live[0] as number, key, (value) => void (got = value));
  world.runFor(10_000);
  assert.deepEqual(got, Uint8Array.of(1, 2, 3));
});

test('a lookup finds the owner, and a walk through the tables tells the same way, with as many hops', () => {
  for (const endAtList of [true, false]) {
    const scene = sceneOf(300, { ...QUIET, endAtList });
    const { network, random } = scene;
    for (let count = 0; count < 100; count++) {
      const key = randomKey(scene);
      const node = random.below(300);
      const { owner, hops } = lookup(scene, node, key);
      const steps = network.walk(node, key);
      assert.equal(owner, network.ownerOf(key));
      assert.deepEqual([steps[0]?.node, steps.at(-1)?.node, steps.length - 2], [node, owner, hops]);
    }
  }
});

test('a walk says which finger was taken, what was left to go, and what else was known', () => {
  const scene = sceneOf(300, { ...QUIET, endAtList: false });
  const { network } = scene;
  const [first, ...others] = network.walk(0, randomKey(scene));
  assert.match(first?.why ?? '', /^Nearest before the key, of all that it knows, is (finger 2\^1\d\d|successor \d of 8)/);
  assert.match(first?.distance ?? '', /^2\^1\d\d\.\d clockwise$/);
  assert.equal(first?.others.length, 5);
  assert.match(first?.others[0]?.what ?? '', /finger 2\^1\d\d|successor \d of 8/);
  assert.match(others.at(-2)?.why ?? '', /^The key lies between it and (its successor|successor 1 of 8).*, which owns it\.$/);
  assert.match(others.at(-1)?.why ?? '', /^It owns the key/);
});

test('a walk passes over the dead and names them, and ends where nobody lives who could go on', () => {
  const scene = sceneOf(200, { ...QUIET, successors: 4 });
  const { network, random } = scene;
  for (const node of random.shuffle([...network.live]).slice(0, 100)) network.crash(node);
  const walks = Array.from({ length: 200 }, () => {
    const key = randomKey(scene);
    return { key, steps: network.walk(network.live[random.below(100)] as number, key) };
  });
  assert.ok(walks.some(({ steps }) => steps.some(({ why }) => / is dead and costs a timeout\. /.test(why))));
  assert.ok(walks.some(({ steps }) => steps.some(({ others }) => others.some(({ what }) => what.endsWith(', dead')))));
  for (const { key, steps } of walks) {
    assert.ok(steps.every(({ node }) => network.isMember(node)));
    const { why, node } = steps.at(-1) as (typeof steps)[number];
    if (why.startsWith('It owns')) assert.equal(node, network.ownerOf(key));
    else assert.match(why, /Nobody/);
  }
});

test('without fingers only successors are known, and a lookup goes through half of the ring', () => {
  const scene = sceneOf(64, { ...QUIET, fingers: false, successors: 1, endAtList: false });
  assert.ok(scene.network.live.every((node) => scene.network.contactsOf(node) === 2));
  const hops = Array.from({ length: 300 }, () => lookup(scene, scene.random.below(64), randomKey(scene)).hops);
  const mean = hops.reduce((sum, each) => sum + each, 0) / hops.length;
  assert.ok(Math.abs(mean - 32) < 4, `${mean} hops`);
});

test('a node with 5 points knows about 5 times as many others, and is responsible for what all its points are', () => {
  const [one, five] = [1, 5].map((units) => {
    const { network } = sceneOf(40, { ...QUIET, units });
    return network.live.reduce((sum, node) => sum + network.contactsOf(node), 0) / 40;
  }) as [number, number];
  assert.ok(five > 3 * one && five < 6 * one, `${one} and ${five} contacts`);
});

test('a style that Chord does not have, and a node that is not there, are refused', () => {
  const { network } = sceneOf(3, QUIET);
  assert.throws(() => network.lookup(0, new Uint8Array(20), 'sideways', () => {}), /iterative or recursive expected, got "sideways"/);
  assert.throws(() => network.lookup(7, new Uint8Array(20), 'iterative', () => {}), /a node of 0 to 2 expected, got 7/);
});

test('options that contradict each other are refused by the protocol with what it expects', () => {
  assert.throws(() => sceneOf(3, { successors: 2 }), { name: 'RangeError', message: /1 to 2 replicas expected, got 3/ });
});
