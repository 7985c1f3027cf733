/** How a node comes into the network, and back into it. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  assertFindsNearest,
  emptyDht,
  findNode,
  grownDht,
  idsOf,
  join,
  type KademliaNode,
  oracle,
  randomKey,
} from '../../../test/kademlia/worlds.ts';
import { KademliaEvent } from '../../core/events.ts';
import type { Endpoint, Host } from '../../core/host.ts';
import { Kademlia } from './kademlia.ts';
import { equalIds, NodeId, readId } from './node-id.ts';
import { conforms } from './secure-id.ts';

const HOUR_MS = 3_600_000;

/** A host whose clock may jump, as that of a machine that sleeps. */
function bentHost(host: Host, bent: { jumpMs: number }): Host {
  return new Proxy(host, {
    get(target, name) {
      if (name === 'now') return () => target.now() + bent.jumpMs;
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

test('BEP 5: a newcomer that knows one node knows its neighbours soon after, and they know it', () => {
  const dht = grownDht(80);
  const [first] = dht.nodes as [KademliaNode];
  const newcomer = join(dht, { bootstrap: [first.endpoint] });
  dht.world.runFor(10_000);
  assert.ok(newcomer.protocol.isJoined);
  const neighbours = oracle(dht, newcomer.protocol.id, newcomer);
  const known = new Set([...(newcomer.protocol.v4?.table.all() ?? [])].map(({ hex }) => hex));
  assert.ok(neighbours.every((id) => known.has(id)));
  for (let round = 0; round < 10; round++) assertFindsNearest(dht);
});

test('BEP 5: whoever knows nobody joins at once through a node that is named later, as one of a torrent', () => {
  const dht = grownDht(40);
  const [first] = dht.nodes as [KademliaNode];
  const newcomer = join(dht, { bootstrap: [] });
  dht.world.runFor(1000);
  assert.ok(!newcomer.protocol.isJoined);
  newcomer.protocol.addNode(first.endpoint);
  dht.world.runFor(3000);
  assert.ok(newcomer.protocol.isJoined, JSON.stringify(newcomer.protocol.inspect()));
  assertFindsNearest(dht);
});

test('names are looked up, and an entry point that is dead holds nobody up', () => {
  const dht = grownDht(40);
  const [first, dead] = dht.nodes as [KademliaNode, KademliaNode];
  dht.world.crash(dead, 'power');
  dht.world.name('router.sim', first);
  const bootstrapNames = [
    { host: 'router.sim', port: 6881 },
    { host: 'nowhere.sim', port: 6881 },
  ];
  const newcomer = join(dht, { bootstrap: [dead.endpoint], bootstrapNames });
  dht.world.runFor(8000);
  assert.ok(newcomer.protocol.isJoined);
});

test('whoever finds nobody tries again, with growing patience', () => {
  const dht = emptyDht({ tickMs: 5000 });
  const late = dht.world.addNode((host) => new Kademlia(host, dht.options));
  dht.world.crash(late, 'power');
  const waiting = join(dht, { bootstrap: [late.endpoint] });
  dht.world.runFor(HOUR_MS);
  assert.equal(waiting.protocol.isJoined, false);
  assert.ok(dht.world.counters.datagramsSent < 40, `${dht.world.counters.datagramsSent} datagrams in an hour`);
  dht.world.restart(late);
  dht.world.runFor(600_000);
  assert.ok(waiting.protocol.isJoined);
});

test('a node whose machine has slept for a night joins again at once', () => {
  const dht = grownDht(60);
  const bent = { jumpMs: 0 };
  const bootstrap: Endpoint[] = [(dht.nodes[0] as KademliaNode).endpoint];
  const sleeper = dht.world.addNode((host) => new Kademlia(bentHost(host, bent), { ...dht.options, bootstrap }));
  dht.nodes.push(sleeper);
  dht.world.runFor(60_000);
  let joins = 0;
  dht.world.onTap = (node, event) => {
    if (node === sleeper.index && event === KademliaEvent.joined) joins++;
  };
  bent.jumpMs = 8 * HOUR_MS;
  dht.world.runFor(60_000);
  assert.equal(joins, 1);
  const target = randomKey(dht);
  assert.deepEqual(idsOf(findNode(dht, sleeper, target)), oracle(dht, readId(target), sleeper));
});

test('BEP 42: a node that learns its address takes an id that fits it, and is found under that one', () => {
  const dht = grownDht(40);
  const [node] = dht.nodes as [KademliaNode];
  const before = node.protocol.id;
  const seen = Uint8Array.of(203, 0, 113, 7, 1, 1);
  for (let block = 0; block < 20; block++) node.protocol.hearAddress(Uint8Array.of(198, 51, block, 1, 1, 1), seen);
  assert.ok(conforms(node.protocol.id, seen) && !equalIds(node.protocol.id, before));
  dht.world.runFor(1_200_000);
  assert.equal(node.protocol.v4?.table.complaint(), null);
  for (let round = 0; round < 20; round++) assertFindsNearest(dht);
});

test('an id that was given stays, whatever others say of our address', () => {
  const dht = emptyDht();
  const id = new NodeId(1, 2, 3, 4, 5);
  const node = dht.world.addNode((host) => new Kademlia(host, { ...dht.options, id }));
  for (let block = 0; block < 20; block++)
    node.protocol.hearAddress(Uint8Array.of(198, 51, block, 1, 1, 1), Uint8Array.of(203, 0, 113, 7, 1, 1));
  assert.equal(node.protocol.id, id);
});

test('a node that was told of in a PORT message, or in the nodes of a torrent, is asked and then known', () => {
  const dht = grownDht(10);
  const lonely = dht.world.addNode((host) => new Kademlia(host, { ...dht.options, tickMs: 1000 }));
  dht.world.runFor(1000);
  lonely.protocol.addNode((dht.nodes[3] as KademliaNode).endpoint);
  dht.world.runFor(10_000);
  assert.ok(lonely.protocol.isJoined);
  assert.ok((lonely.protocol.v4?.table.size ?? 0) > 5);
});

test('stopping leaves no timer that does anything', () => {
  const dht = grownDht(20);
  for (const node of dht.nodes) node.protocol.stop();
  dht.world.runFor(HOUR_MS);
  const { datagramsSent } = dht.world.counters;
  dht.world.runFor(HOUR_MS);
  assert.equal(dht.world.counters.datagramsSent, datagramsSent);
});
