/** The model of Kademlia against an oracle of few lines, and its explanations against what the nodes really do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { bytesOfId, compareXor, readId } from '../../overlays/kademlia/node-id.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { World } from '../../sim/world.ts';
import type { LookupOutcome } from '../overlay-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { completeOptions } from '../system-options.ts';
import { KademliaNetwork, kademlia } from './kademlia-model.ts';

const LIVELY: SystemOptions = { tickMs: 5000, refreshMs: 60_000 };

interface Scene {
  readonly world: World;
  readonly network: KademliaNetwork;
  readonly random: Random;
}

function sceneOf(nodes: number, options: SystemOptions = {}, seed = 1): Scene {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 60 } });
  const network = new KademliaNetwork(world, completeOptions('kademlia', kademlia.defaults, options), seed);
  network.addIdeal(nodes);
  world.runFor(1);
  return { world, network, random: new Random(seed, 99) };
}

function randomKey({ random }: Scene): Uint8Array {
  return random.fill(new Uint8Array(20));
}

/** Of all nodes that live and have joined, by their own word. */
function nearestByDefinition({ network }: Scene, key: Uint8Array): number {
  const target = readId(key);
  const members = network.live.filter((node) => network.isMember(node)).map((node) => network.nodes[node]);
  const [nearest] = members.sort((a, b) => (a && b ? compareXor(target, a.protocol.id, b.protocol.id) : 0));
  return nearest?.index ?? -1;
}

function wait<R>({ world }: Scene, begin: (done: (result: R) => void) => void): R {
  const got: R[] = [];
  begin((result) => void got.push(result));
  assert.equal(got.length, 0, 'a result comes later');
  world.runUntil(() => got.length > 0, 120_000);
  assert.equal(got.length, 1);
  return got[0] as R;
}

function lookup(scene: Scene, node: number, key: Uint8Array): LookupOutcome {
  return wait(scene, (done) => scene.network.lookup(node, key, 'iterative', done));
}

test('the owner of a key is the nearest member, whoever comes, fails or leaves', () => {
  forSeeds(6, (seed) => {
    const scene = sceneOf(12, LIVELY, seed);
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
        assert.equal(network.ownerOf(key), nearestByDefinition(scene, key), `turn ${turn}`);
      }
    }
  });
});

test('nodes have the numbers in which they were made, and ids that the seed decides', () => {
  const [one, same, other] = [4, 4, 5].map((seed) => sceneOf(20, {}, seed).network.nodes.map((node) => node.protocol.id.hex));
  assert.deepEqual(one, same);
  assert.equal(new Set([...(one ?? []), ...(other ?? [])]).size, 40);
  const { network } = sceneOf(3, LIVELY);
  assert.deepEqual([network.join(), network.join(), [...network.live]], [3, 4, [0, 1, 2, 3, 4]]);
});

test('the first who joins is the network, others join it by the protocol, and it comes to rest without a complaint', () => {
  const { world, network } = sceneOf(0, LIVELY);
  for (let count = 0; count < 40; count++) {
    const node = network.join();
    assert.ok(
      world.runUntil(() => network.isMember(node), 60_000),
      `node ${node}`,
    );
  }
  assert.ok(
    world.runUntil(() => network.complaint() === null, 120_000),
    `${network.complaint()}`,
  );
});

test('whose known neighbours of one half are all dead is complained of', () => {
  const scene = sceneOf(16, { k: 1 });
  const { network } = scene;
  assert.equal(network.complaint(), null);
  const [first] = network.nodes;
  const [known] = first?.protocol.v4?.table.all() ?? [];
  assert.ok(first !== undefined && known !== undefined);
  network.crash(network.livingAt(known)?.index ?? -1);
  assert.match(network.complaint() ?? '', /^node \d+ knows nobody who shares exactly 0 bits with it and lives/);
});

test('who leaves says nothing, and is told when it is done, later', () => {
  const scene = sceneOf(20);
  const { world, network } = scene;
  let left = false;
  const sent = world.counters.datagramsSent;
  network.leave(7, () => void (left = true));
  assert.deepEqual([left, network.live.includes(7), network.isMember(7)], [false, false, false]);
  world.runFor(1);
  assert.deepEqual([left, world.counters.datagramsSent], [true, sent]);
});

test('Kademlia, 2.3: in a network at rest every lookup finds the owner, its own node too, and a walk ends there', () => {
  const scene = sceneOf(300);
  const { network, random } = scene;
  for (let count = 0; count < 150; count++) {
    const node = random.below(300);
    // Every fifth key lies so near that the node owns it itself.
    const key = count % 5 === 0 ? bytesOfId(network.nodes[node]?.protocol.id ?? readId(randomKey(scene))) : randomKey(scene);
    const { owner, hops, questions = 0 } = lookup(scene, node, key);
    const steps = network.walk(node, key);
    assert.equal(owner, network.ownerOf(key));
    assert.deepEqual([steps[0]?.node, steps.at(-1)?.node], [node, owner]);
    assert.equal(hops === 0, owner === node);
    assert.ok(hops <= 9 && questions >= 8, `${hops} hops, ${questions} questions`);
  }
});

test('where everybody knows one of each bucket and asks one at a time, a lookup has as many hops as a walk', () => {
  const scene = sceneOf(200, { k: 1, parallel: 1 });
  const { network, random } = scene;
  for (let count = 0; count < 100; count++) {
    const key = randomKey(scene);
    const node = random.below(200);
    const { owner, hops } = lookup(scene, node, key);
    const steps = network.walk(node, key);
    assert.deepEqual([owner, hops], [network.ownerOf(key), steps.length - 1]);
  }
});

test('each step of a walk is nearer than the one before, and says of which bucket the next one is and what else was known', () => {
  const scene = sceneOf(300);
  const { network } = scene;
  for (let count = 0; count < 50; count++) {
    const key = randomKey(scene);
    const steps = network.walk(count, key);
    const ids = steps.map(({ node }) => network.nodes[node]?.protocol.id ?? readId(key));
    for (const [index, id] of ids.slice(1).entries()) assert.ok(compareXor(readId(key), id, ids[index] ?? id) < 0);
    for (const { why, others, distance } of steps) {
      assert.match(
        why,
        /^(Nearest to the key of the \d+ (with which it begins|that it names) is [0-9a-f]{8}… of bucket \d+\.$|Here it ends: )/,
      );
      assert.match(distance, /^2\^1\d\d\.\d by XOR, \d+ bits? in common$/);
      assert.equal(others.length, 5);
      assert.ok(others.every(({ what }) => /^bucket \d+$/.test(what)));
    }
  }
});

test('a walk passes over the dead and names them, and ends where a lookup would', () => {
  const scene = sceneOf(200);
  const { network, random } = scene;
  for (const node of random.shuffle([...network.live]).slice(0, 100)) network.crash(node);
  const walks = Array.from({ length: 100 }, () => {
    const key = randomKey(scene);
    return { key, steps: network.walk(network.live[random.below(100)] as number, key) };
  });
  assert.ok(walks.some(({ steps }) => steps.some(({ why }) => / is dead and costs a timeout\. /.test(why))));
  assert.ok(walks.some(({ steps }) => steps.some(({ others }) => others.some(({ what }) => what.endsWith(', dead')))));
  const right = walks.filter(({ key, steps }) => steps.at(-1)?.node === network.ownerOf(key)).length;
  assert.ok(right >= 95, `${right} of 100 end at the owner`);
  assert.ok(walks.every(({ steps }) => steps.every(({ node }) => network.isMember(node))));
});

test('BEP 44: a value lies under a pair of keys that its key decides, the later one is found, and what nobody put is not', () => {
  const scene = sceneOf(100);
  const { network } = scene;
  const [key, none] = [randomKey(scene), randomKey(scene)];
  const get = (at: number, of: Uint8Array) => wait<Uint8Array | null>(scene, (done) => network.get(at, of, done));
  for (const [node, byte] of [
    [3, 1],
    [40, 2],
  ] as const) {
    assert.equal(
      wait<boolean>(scene, (done) => network.put(node, key, Uint8Array.of(byte, 0, 7), done)),
      true,
    );
    assert.deepEqual(get(77, key), Uint8Array.of(byte, 0, 7));
  }
  assert.equal(get(77, none), null);
  assert.throws(() => network.put(0, key, new Uint8Array(1001), () => {}), /at most 1000 bytes/);
});

test('a value outlives those who keep it as long as the one who put it lives and puts it again', () => {
  const found = [600_000, 0].map((republishMs) => {
    const scene = sceneOf(60, { ...LIVELY, republishMs });
    const { world, network, random } = scene;
    const key = randomKey(scene);
    wait<boolean>(scene, (done) => network.put(0, key, Uint8Array.of(1), done));
    for (let count = 0; count < 240; count++) {
      network.crash(network.live.filter((node) => node !== 0)[random.below(59)] as number);
      network.join();
      world.runFor(10_000);
    }
    return wait<Uint8Array | null>(scene, (done) => network.get(network.live.at(-5) as number, key, done));
  });
  assert.deepEqual(found, [Uint8Array.of(1), null]);
});

test('larger buckets are more contacts', () => {
  const [small = 0, large = 0] = [4, 16].map((k) => {
    const { network } = sceneOf(400, { k });
    return network.live.reduce((sum, node) => sum + network.contactsOf(node), 0) / 400;
  });
  assert.ok(large > 2 * small && small > 4, `${small} and ${large} contacts`);
});

test('a lookup that nobody answers finds nobody, and one of who is alone finds itself', () => {
  const alone = sceneOf(1);
  assert.deepEqual(alone.network.walk(0, randomKey(alone)).length, 1);
  const outcomes: LookupOutcome[] = [];
  alone.network.lookup(0, randomKey(alone), 'iterative', (outcome) => void outcomes.push(outcome));
  assert.equal(outcomes[0]?.owner, 0);
  const scene = sceneOf(20);
  for (let node = 1; node < 20; node++) scene.network.crash(node);
  assert.equal(lookup(scene, 0, randomKey(scene)).owner, -1);
});

test('a style that Kademlia does not have, and a node that is not there, are refused', () => {
  const { network } = sceneOf(3);
  assert.throws(
    () => network.lookup(0, new Uint8Array(20), 'recursive', () => {}),
    /a style of lookup of iterative expected, got "recursive"/,
  );
  assert.throws(() => network.lookup(7, new Uint8Array(20), 'iterative', () => {}), /a node of 0 to 2 expected, got 7/);
});

test('options out of their bounds are refused by the protocol with what it expects', () => {
  assert.throws(() => sceneOf(3, { k: 21 }), { name: 'RangeError', message: /1 to 20 contacts, got 21/ });
});
