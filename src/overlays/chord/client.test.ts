import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type ChordNode,
  get,
  grownRing,
  idealRing,
  live,
  members,
  ownerOf,
  pick,
  put,
  type Ring,
  randomKey,
  settle,
  sorted,
  wait,
} from '../../../test/chord/rings.ts';
import type { Endpoint } from '../../core/host.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { type AccessResult, type EntryState, VALUE_BYTES_MAX } from '../values/index.ts';
import { ChordClient } from './client.ts';
import type { FindResult } from './find.ts';
import { idOfBytes } from './ring-id.ts';

/** A client that has asked those addresses; `states` gets what it heard. */
function clientOf(ring: Ring, entries: readonly Endpoint[]): { client: SimNode<ChordClient>; states: EntryState[] } {
  const states: EntryState[] = [];
  const client = ring.world.addNode(
    (host) => new ChordClient(host, { ...ring.options, join: entries }, { onEntry: (state) => states.push(state) }),
  );
  ring.world.runUntil(() => states.length > 0, 60_000);
  return { client, states };
}

function entered(ring: Ring, entries = [pick(ring).endpoint]): ChordClient {
  const { client, states } = clientOf(ring, entries);
  assert.deepEqual(states, ['found']);
  return client.protocol;
}

const nowhere = Uint8Array.of(10, 9, 9, 9, 0, 9);

test('SIGCOMM 2001, section 4.3: a client finds the true owner through any member, and its path is one hop longer than the member’s own', () => {
  const ring = idealRing(200);
  const order = sorted(members(ring));
  let hops = 0;
  let own = 0;
  for (let count = 0; count < 50; count++) {
    const key = randomKey(ring);
    const entry = pick(ring);
    const client = entered(ring, [entry.endpoint]);
    const result = wait<FindResult>(ring, (done) => client.lookup(key, { onFind: done }));
    assert.equal(result.owners[0]?.hex, ownerOf(order, idOfBytes(key)).self.hex);
    hops += result.hops;
    own += wait<FindResult>(ring, (done) => entry.protocol.lookup(key, { onFind: done })).hops;
  }
  assert.equal(hops, own + 50);
});

test('what a client puts every member gets, and what it removes is gone; the ring never hears of it', () => {
  const ring = grownRing(12);
  const client = entered(ring);
  const key = randomKey(ring);
  const stored = wait<AccessResult>(ring, (done) => client.put(key, Uint8Array.of(1, 2), { onAccess: done }));
  assert.deepEqual([stored.ok, stored.owners], [true, 3]);
  for (const node of live(ring)) assert.deepEqual(get(ring, node, key).value, Uint8Array.of(1, 2));
  put(ring, pick(ring), key, Uint8Array.of(3));
  assert.deepEqual(wait<AccessResult>(ring, (done) => client.get(key, { onAccess: done })).value, Uint8Array.of(3));
  assert.ok(wait<AccessResult>(ring, (done) => client.remove(key, { onAccess: done })).ok);
  assert.equal(get(ring, pick(ring), key).value, null);
  ring.world.runFor(60_000);
  settle(ring);
  assert.equal(members(ring).length, 12);
});

test('one dead address among several is no hindrance, and nobody at any of them is told', () => {
  const ring = idealRing(20);
  const client = entered(ring, [nowhere, pick(ring).endpoint]);
  assert.equal(wait<FindResult>(ring, (done) => client.lookup(randomKey(ring), { onFind: done })).owners.length, 1);
  assert.deepEqual(clientOf(ring, [nowhere]).states, ['nobody']);
  assert.deepEqual(clientOf(ring, []).states, ['nobody']);
});

test('an address of somebody who is in no ring is told apart from one of nobody', () => {
  const ring = idealRing(5);
  const left = pick(ring);
  left.protocol.leave({ onLeft() {} });
  ring.world.runFor(10_000);
  assert.deepEqual(clientOf(ring, [nowhere, left.endpoint]).states, ['no-member']);
});

test('a client goes on when the member that it came by dies, as long as it knows another', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(16, { successors: 6 }, { seed });
    const [first, second] = ring.nodes as [ChordNode, ChordNode];
    const client = entered(ring, [first.endpoint, second.endpoint]);
    ring.world.runFor(1000);
    ring.world.crash(first, 'power');
    settle(ring);
    for (let count = 0; count < 10; count++) {
      const key = randomKey(ring);
      assert.ok(wait<AccessResult>(ring, (done) => client.put(key, key, { onAccess: done })).ok, ring.world.describe());
      assert.deepEqual(wait<AccessResult>(ring, (done) => client.get(key, { onAccess: done })).value, key);
    }
  });
});

test('all that a client knows dead is a failure within a bounded time, not a wait', () => {
  const ring = idealRing(4);
  const client = entered(ring);
  for (const node of live(ring)) ring.world.crash(node, 'power');
  const before = ring.world.now;
  const result = wait<AccessResult>(ring, (done) => client.get(randomKey(ring), { onAccess: done }));
  assert.deepEqual([result.ok, result.owners], [false, 0]);
  assert.ok(ring.world.now - before < 10_000, `took ${ring.world.now - before} ms`);
});

test('a client answers nothing, refuses what is too long, and leaves no timer behind', () => {
  const ring = idealRing(5);
  const { client } = clientOf(ring, [pick(ring).endpoint]);
  const found: FindResult[] = [];
  pick(ring).protocol.trace(randomKey(ring), { onFind: (result) => found.push(result) });
  assert.throws(
    () => client.protocol.put(randomKey(ring), new Uint8Array(VALUE_BYTES_MAX + 1), { onAccess() {} }),
    /at most 1024 bytes, got 1025/,
  );
  const asker = clientOf(ring, [client.endpoint]);
  assert.deepEqual(asker.states, ['nobody']);
  client.protocol.lookup(randomKey(ring), { onFind() {} });
  ring.world.leave(client);
  assert.equal(client.host.timersPending, 0);
});

test('a lookup that is asked for its way tells each node on it, the silent ones too, and the owner last', () => {
  const ring = idealRing(300, { successors: 4, roundMs: 0 });
  const client = entered(ring);
  for (let count = 0; count < 60; count++) ring.world.crash(ring.nodes[count * 5] as ChordNode, 'power');
  let silent = 0;
  for (let count = 0; count < 30; count++) {
    const { owners, hops, timeouts, path } = wait<FindResult>(ring, (done) => client.trace(randomKey(ring), { onFind: done }));
    if (owners.length === 0) continue;
    const answered = path.filter((hop) => hop.outcome === 'answered');
    assert.deepEqual([path.at(-1)?.outcome, path.at(-1)?.contact.hex], ['owner', owners[0]?.hex]);
    assert.equal(answered.at(-1)?.hops, hops);
    assert.equal(path.filter((hop) => hop.outcome !== 'answered' && hop.outcome !== 'owner').length, timeouts);
    silent += timeouts;
  }
  assert.ok(silent > 0, 'some were dead');
  const untold = wait<FindResult>(ring, (done) => client.lookup(randomKey(ring), { onFind: done }));
  assert.equal(untold.path.length, 0);
});
