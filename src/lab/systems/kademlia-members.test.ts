/** Who is nearest, against a search through everybody. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { Kademlia, KADEMLIA_DEFAULTS } from '../../overlays/kademlia/index.ts';
import { compareXor, NodeId, prefixBits, randomId, randomSharing } from '../../overlays/kademlia/node-id.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { World } from '../../sim/world.ts';
import { KademliaMembers, type Member } from './kademlia-members.ts';

function nodesOf(ids: readonly NodeId[]): Member[] {
  const world = new World({ seed: 1 });
  return ids.map((id) => world.addNode((host) => new Kademlia(host, { ...KADEMLIA_DEFAULTS, id })));
}

function nearestByDefinition(nodes: Iterable<Member>, target: NodeId): Member | null {
  const [nearest = null] = [...nodes].sort((a, b) => compareXor(target, a.protocol.id, b.protocol.id));
  return nearest;
}

/** Evenly spread ids, and some that share long prefixes with one another. */
function someIds(random: Random, count: number): NodeId[] {
  const ids: NodeId[] = [];
  while (ids.length < count) {
    const near = ids[random.below(ids.length + 1)];
    ids.push(near === undefined ? randomId(random) : randomSharing(near, random.below(159), random));
  }
  return ids;
}

test('the nearest is the one of the definition, whoever comes, goes, or is a member no more', () => {
  forSeeds(10, (seed) => {
    const random = new Random(seed);
    const nodes = nodesOf(someIds(random, 60));
    const inside = new Set(nodes.slice(0, 30));
    const alive = new Set(inside);
    const members = new KademliaMembers((node) => inside.has(node));
    members.link([...inside]);
    for (let turn = 0; turn < 200; turn++) {
      const node = nodes[random.below(nodes.length)] as Member;
      if (!alive.has(node)) {
        alive.add(node);
        members.add(node);
      } else if (random.chance(0.3)) {
        alive.delete(node);
        inside.delete(node);
        members.remove(node);
      } else if (!inside.delete(node)) inside.add(node);
      const target = someIds(random, 2)[1] as NodeId;
      assert.equal(members.nearestTo(target), nearestByDefinition(inside, target), `turn ${turn}`);
    }
    assert.deepEqual(new Set(members.all), inside);
  });
});

test('a member itself is nearest to its id, and to what shares all but the last bit with it', () => {
  const nodes = nodesOf(someIds(new Random(3), 40));
  const members = new KademliaMembers(() => true);
  members.link(nodes);
  for (const node of nodes) {
    const { w0, w1, w2, w3, w4 } = node.protocol.id;
    assert.equal(members.nearestTo(node.protocol.id), node);
    assert.equal(members.nearestTo(new NodeId(w0, w1, w2, w3, w4 ^ 1)), node);
  }
});

test('the subtrees beside an id are those in which there is somebody', () => {
  const nodes = nodesOf(someIds(new Random(4), 50));
  const members = new KademliaMembers(() => true);
  members.link(nodes);
  for (const node of nodes) {
    const { id } = node.protocol;
    const shared = new Set(nodes.filter((other) => other !== node).map((other) => prefixBits(id, other.protocol.id)));
    assert.deepEqual(
      members.subtreesBeside(id),
      [...shared].sort((a, b) => a - b),
    );
  }
});

test('nobody is nearest where nobody is', () => {
  const members = new KademliaMembers(() => true);
  assert.equal(members.nearestTo(new NodeId(1, 2, 3, 4, 5)), null);
  assert.deepEqual(members.subtreesBeside(new NodeId(1, 2, 3, 4, 5)), []);
});
