import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type ChordNode,
  get,
  grownRing,
  idealRing,
  join,
  live,
  lookup,
  members,
  pick,
  put,
  type Ring,
  randomKey,
  settle,
  wait,
} from '../../../test/chord/rings.ts';
import type { Host } from '../../core/host.ts';
import { Random } from '../../core/random.ts';
import { FaultPlan } from '../../sim/fault-plan.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { WorldOptions } from '../../sim/world.ts';
import { World } from '../../sim/world.ts';
import { Chord } from './chord.ts';
import { CHORD_DEFAULTS } from './chord-options.ts';
import { Contact } from '../../core/contact.ts';
import { type ChordMessage, chordCodec, find, leaving, notify } from './messages.ts';
import { idealComplaint } from './invariant.ts';
import { idOfBytes, RingId } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';

/** A run with a bit of everything. */
function run(seed: number, world: Partial<WorldOptions> = {}): { hash: string; inspected: string } {
  const ring = grownRing(12, { successors: 4, units: 2, fingerChoices: 3 }, { seed, clockDriftPpm: 200, ...world });
  ring.world.faults = { loss: 0.05, duplication: 0.02, reordering: 0.05, reorderingMs: 100 };
  FaultPlan.random({ seed, nodes: 12, fromMs: ring.world.now, untilMs: ring.world.now + 20_000, count: 6 }).apply(ring.world);
  const handler = { onFind() {}, onAccess() {} };
  for (let index = 0; index < 20; index++) {
    const chord = pick(ring).protocol;
    chord.put(randomKey(ring), randomKey(ring), handler);
    chord.lookup(randomKey(ring), handler, index % 2 === 0 ? 'iterative' : 'recursive', 2);
    ring.world.runFor(1000);
  }
  return { hash: ring.world.traceHash(), inspected: JSON.stringify(ring.nodes.map((node) => node.protocol.inspect())) };
}

test('the same seed gives the same run, and bytes mode the same as reference mode', () => {
  forSeeds(4, (seed) => {
    const first = run(seed);
    assert.deepEqual(run(seed), first);
    assert.deepEqual(run(seed, { mode: 'bytes' }), first);
    assert.notEqual(run(seed + 100).hash, first.hash);
  });
});

test('after stop no timer is left, whatever was under way', () => {
  const ring = grownRing(10, { successors: 4, units: 2 });
  const handler = { onFind() {}, onAccess() {} };
  const newcomer = join(ring);
  for (const node of [...ring.nodes, newcomer]) {
    node.protocol.lookup(randomKey(ring), handler, 'recursive');
    node.protocol.lookup(randomKey(ring), handler);
    node.protocol.put(randomKey(ring), randomKey(ring), handler);
  }
  ring.world.runFor(40);
  for (const node of ring.nodes) {
    ring.world.leave(node);
    assert.equal(node.host.timersPending, 0, `node ${node.index}`);
  }
  ring.world.runFor(60_000);
});

test('SIGCOMM 2001, section 6.1: a host with virtual nodes takes part at as many points, and all are joined by the protocol', () => {
  const ring = grownRing(8, { units: 5, successors: 6 });
  assert.equal(members(ring).length, 40);
  assert.equal(new Set(members(ring).map((unit) => unit.self.hex)).size, 40);
  const key = randomKey(ring);
  put(ring, pick(ring), key, Uint8Array.of(7));
  ring.world.crash(ring.nodes[3] as ChordNode, 'power');
  settle(ring);
  assert.deepEqual(get(ring, pick(ring), key).value, Uint8Array.of(7));
});

test('ToN 2003, section III: who leaves is forgotten by its neighbours at once', () => {
  const ring = idealRing(20, { roundMs: 1e9, successors: 4 });
  ring.world.leave(ring.nodes[5] as ChordNode);
  ring.world.runFor(1000);
  const left = members(ring);
  for (const unit of left)
    assert.ok(
      left.some((other) => other.self.hex === unit.successors[0]?.hex),
      'the first successor lives',
    );
  assert.equal(live(ring).length, 19);
});

test('sixty that join at the same moment through one are linked within a few rounds, not one a round', () => {
  forSeeds(5, (seed) => {
    const roundMs = 10_000;
    const ring = grownRing(4, { successors: 4, roundMs }, { seed });
    const entry = (ring.nodes[0] as ChordNode).endpoint;
    for (let count = 0; count < 60; count++) join(ring, { join: [entry] });
    const before = ring.world.now;
    settle(ring);
    const rounds = (ring.world.now - before) / roundMs;
    assert.ok(rounds < 16, `took ${rounds} rounds; ${ring.world.describe()}`);
  });
});

test('with news a ring that grows one by one is as it should be a few round trips after each join, long before the next round', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(1, { roundMs: 60_000, spreadsNews: true }, { seed });
    const entry = (ring.nodes[0] as ChordNode).endpoint;
    for (let count = 0; count < 12; count++) {
      join(ring, { join: [entry] });
      ring.world.runFor(4000);
      assert.equal(idealComplaint(members(ring), 8), null, `${count + 2} nodes, ${ring.world.describe()}`);
    }
    ring.world.crash(ring.nodes[0] as ChordNode, 'power');
    settle(ring);
    assert.equal(members(ring).length, 12);
  });
});

test('a young ring of three outlives its founder: the others find each other, and have its key', () => {
  forSeeds(8, (seed) => {
    const ring = grownRing(1, { roundMs: 5000, spreadsNews: true }, { seed });
    const founder = ring.nodes[0] as ChordNode;
    for (let count = 0; count < 2; count++) join(ring, { join: [founder.endpoint] });
    ring.world.runFor(2000);
    const key = randomKey(ring);
    assert.equal(put(ring, founder, key, Uint8Array.of(7)).owners, 3);
    ring.world.crash(founder, 'power');
    settle(ring);
    assert.equal(members(ring).length, 2);
    for (const node of live(ring)) assert.deepEqual(get(ring, node, key).value, Uint8Array.of(7), ring.world.describe());
  });
});

test('the last one left is a ring of one at once when all others have said that they go, and takes its keys with it', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(3, {}, { seed });
    const [first, ...others] = ring.nodes as [ChordNode, ChordNode, ChordNode];
    const key = randomKey(ring);
    put(ring, first, key, Uint8Array.of(7));
    for (const node of others) {
      wait<boolean>(ring, (done) => node.protocol.leave({ onLeft: done }));
      ring.world.leave(node);
      ring.world.runFor(200);
    }
    assert.ok(first.protocol.isMember, ring.world.describe());
    assert.deepEqual(get(ring, first, key).value, Uint8Array.of(7));
    join(ring, { join: [first.endpoint] });
    settle(ring);
    assert.equal(members(ring).length, 2);
  });
});

test('an ideal ring is what joins and stabilization lead to', () => {
  const grown = grownRing(40, { successors: 5 });
  assert.equal(idealComplaint(members(grown), 5), null);
  const linked = idealRing(40, { successors: 5 });
  const states = (ring: Ring): unknown[] =>
    members(ring).map((unit) => [unit.self.hex, unit.predecessor?.hex, unit.successors.map((contact) => contact.hex)]);
  assert.deepEqual(states(linked), states(grown));
});

test('a founder alone owns every point, and a ring of two shares them', () => {
  const ring = grownRing(1);
  assert.equal(lookup(ring, ring.nodes[0] as ChordNode, randomKey(ring)).owners[0], ring.nodes[0]?.protocol.units[0]?.self);
  join(ring);
  settle(ring);
  assert.equal(members(ring).length, 2);
});

test('nobody can notify or leave in the name of another', () => {
  const ring = idealRing(10, { roundMs: 0, successors: 3 });
  const [attacker, target] = ring.nodes as [ChordNode, ChordNode];
  const unit = target.protocol.units[0] as VirtualNode;
  const { predecessor, successors } = unit;
  const say = (message: ChordMessage): void => attacker.host.send(target.peer, chordCodec, message);
  const before = predecessor as Contact;
  const near = new Contact(before, 0, before.endpoint);
  say({ tag: leaving.tag, unit: 0, sender: near });
  say({ tag: leaving.tag, unit: 0, sender: successors[0] as Contact });
  say({ tag: notify.tag, unit: 0, sender: new Contact(unit.self, 0, before.endpoint) });
  say({ tag: notify.tag, unit: 9, sender: attacker.protocol.units[0]?.self as Contact });
  ring.world.runFor(1000);
  assert.deepEqual([unit.predecessor, unit.successors], [predecessor, successors]);
});

test('SIGCOMM 2001, section 4.2: nobody chooses a place, or bears the id of another: a point follows from its address', () => {
  const ring = idealRing(10, { roundMs: 0, successors: 3 });
  const [attacker, target] = ring.nodes as [ChordNode, ChordNode];
  const unit = target.protocol.units[0] as VirtualNode;
  const { predecessor, successors } = unit;
  const say = (message: ChordMessage): void => attacker.host.send(target.peer, chordCodec, message);
  const just = new RingId(unit.self.w0, unit.self.w1, unit.self.w2, unit.self.w3, unit.self.w4 - 1);
  say({ tag: notify.tag, unit: 0, sender: new Contact(just, 0, attacker.endpoint) });
  say({ tag: leaving.tag, unit: 0, sender: new Contact(predecessor as Contact, 0, attacker.endpoint) });
  say({ tag: leaving.tag, unit: 0, sender: new Contact(successors[0] as Contact, 0, attacker.endpoint) });
  ring.world.runFor(1000);
  assert.deepEqual([unit.predecessor, unit.successors], [predecessor, successors]);
});

test('a node says no more than so many bytes a second, whoever asks, and answers again when it may', () => {
  const ring = idealRing(10, { roundMs: 0, answerBytesPerSecond: 10_000 });
  const [asker, target] = ring.nodes as [ChordNode, ChordNode];
  const bytesBefore = ring.world.traffic.bytesUp(target.index);
  for (let count = 0; count < 5000; count++) {
    asker.host.send(target.peer, chordCodec, {
      tag: find.tag,
      transaction: 1,
      unit: 0,
      want: 255,
      width: 255,
      target: idOfBytes(randomKey(ring)),
    });
  }
  ring.world.runFor(1000);
  const said = ring.world.traffic.bytesUp(target.index) - bytesBefore;
  assert.ok(said > 9000 && said < 21_000, `said ${said} bytes`);
  assert.ok(target.protocol.unanswered > 4000);
  ring.world.runFor(1000);
  assert.equal(lookup(ring, asker, randomKey(ring)).owners.length, 1);
});

test('random messages of any kind neither throw nor break a ring for longer than it takes to heal', () => {
  forSeeds(5, (seed) => {
    const ring = grownRing(10, { successors: 3 }, { seed });
    const random = new Random(seed, 99);
    const stranger = ring.world.addNode((host: Host) => ({
      start: () => host.bind(chordCodec, { onDatagram() {} }),
      onTimer() {},
      stop() {},
      inspect: () => ({}),
    }));
    for (let count = 0; count < 2000; count++) {
      stranger.host.send(pick(ring).peer, chordCodec, chordCodec.random(random));
      if (count % 100 === 0) ring.world.runFor(200);
    }
    settle(ring);
    assert.equal(members(ring).length, 10);
  });
});

test('options that make no sense are refused with what was expected', () => {
  const make = (options: object) => (): unknown =>
    new World({ seed: 1 }).addNode((host) => new Chord(host, { ...CHORD_DEFAULTS, ...options }));
  assert.throws(make({ successors: 0 }), /1 to 32 successors expected, got 0/);
  assert.throws(make({ replicas: 9 }), /1 to 8 replicas expected, got 9/);
  assert.throws(make({ readQuorum: 4 }), /1 to 3 nodes that answer a get expected, got 4/);
  assert.throws(make({ units: 257 }), /1 to 256 virtual nodes expected, got 257/);
  assert.throws(make({ units: 2, ids: [] }), /2 virtual nodes need so many ids, got 0/);
  assert.throws(make({ endpoint: Uint8Array.of(0, 0, 0, 0, 1, 2) }), /found by its address/);
});
