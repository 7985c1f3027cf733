import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  complaint,
  FAST,
  idealMesh,
  join,
  locate,
  lookup,
  type Mesh,
  members,
  pick,
  publish,
  randomKey,
  rootOf,
  settle,
  type TapestryNode,
} from '../../../test/tapestry/meshes.ts';
import { Contact, contactAt } from '../../core/contact.ts';
import { equalIds, randomId, readId } from '../../core/id160.ts';
import { Random } from '../../core/random.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World } from '../../sim/world.ts';
import { forSeeds } from '../../sim/seeds.ts';
import { deposit, find, greet, insert, leaving, link, spread, type TapestryMessage, tapestryCodec } from './messages.ts';
import { Tapestry } from './tapestry.ts';
import { TAPESTRY_DEFAULTS } from './tapestry-options.ts';

interface Stranger {
  readonly node: SimNode;
  readonly contact: Contact;
  readonly heard: TapestryMessage[];
  say(to: TapestryNode, message: TapestryMessage): void;
}

/** Somebody in the world who speaks the language and keeps to nothing else. */
function stranger({ world }: Mesh): Stranger {
  const heard: TapestryMessage[] = [];
  const node = world.addNode((host) => ({
    start: () => host.bind(tapestryCodec, { onDatagram: (_, message) => void heard.push(message) }),
    onTimer() {},
    stop() {},
    inspect() {},
  }));
  world.runFor(1);
  const say = (to: TapestryNode, message: TapestryMessage): void => node.host.send(to.peer, tapestryCodec, message);
  return { node, contact: contactAt(node.endpoint, 0), heard, say };
}

/** Nodes whose points follow from their addresses, as on sockets. */
function strictMesh(count: number): Mesh {
  const world = new World({ seed: 1, latency: { kind: 'uniform', minMs: 5, maxMs: 90 } });
  const mesh: Mesh = { world, nodes: [], options: { ...TAPESTRY_DEFAULTS, ...FAST }, random: new Random(1, 1) };
  for (let index = 0; index < count; index++) {
    const entries = mesh.nodes.map(({ endpoint }) => endpoint).slice(0, 4);
    mesh.nodes.push(world.addNode((host) => new Tapestry(host, { ...mesh.options, join: entries })));
    world.runFor(500);
  }
  settle(mesh);
  return mesh;
}

test('random messages of a stranger, many thousands, break nothing, and leave nothing behind that grows', () => {
  forSeeds(4, (seed) => {
    const mesh = idealMesh(12, FAST, { seed });
    const [enemy, random] = [stranger(mesh), new Random(seed)];
    for (let count = 0; count < 4000; count++) {
      enemy.say(pick(mesh), tapestryCodec.random(random));
      if (count % 50 === 0) mesh.world.runFor(100);
    }
    for (const node of members(mesh)) {
      assert.ok(node.multicasts.size <= 256 && node.backpointers.size <= 4096 && node.rpc.pending <= 16_384);
      assert.ok(node.lost.length <= 16 && node.keys.size <= node.options.itemsMax && node.pointers.size <= node.options.pointersMax);
    }
    mesh.world.runFor(60_000);
    settle(mesh);
  });
});

test('nobody bears a point that does not follow from its address, or speaks for another', () => {
  const mesh = strictMesh(10);
  const enemy = stranger(mesh);
  const [victim, other] = [mesh.nodes[3] as TapestryNode, mesh.nodes[5] as TapestryNode];
  const chosen = new Contact(randomId(mesh.random), 0, enemy.contact.endpoint);
  enemy.say(victim, { tag: leaving.tag, unit: 0, sender: other.protocol.self, replacements: [chosen] });
  enemy.say(victim, { tag: link.tag, unit: 0, sender: other.protocol.self, on: false });
  enemy.say(victim, { tag: link.tag, unit: 0, sender: chosen, on: true });
  enemy.say(victim, { tag: insert.tag, transaction: 1, unit: 0, session: 1, newcomer: chosen, holes: [] });
  enemy.say(victim, { tag: greet.tag, transaction: 2, unit: 0, session: 1, sender: chosen, named: [chosen] });
  mesh.world.runFor(5000);
  assert.equal(complaint(mesh), null);
  assert.ok(!victim.protocol.backpointers.has(chosen) && victim.protocol.map.get(chosen) === null);
});

test('only who is a neighbour begins a multicast in the middle, and only a newcomer its own', () => {
  const mesh = strictMesh(20);
  const enemy = stranger(mesh);
  const other = mesh.nodes[5]?.protocol.self as Contact;
  const before = mesh.world.counters.datagramsSent;
  for (let count = 0; count < 100; count++) {
    enemy.say(mesh.nodes[3] as TapestryNode, {
      tag: spread.tag,
      transaction: count,
      unit: 0,
      level: 0,
      session: count,
      newcomer: enemy.contact,
      holes: [],
    });
    enemy.say(mesh.nodes[3] as TapestryNode, { tag: insert.tag, transaction: count, unit: 0, session: count, newcomer: other, holes: [] });
  }
  mesh.world.runFor(300);
  assert.ok(members(mesh).every(({ multicasts }) => multicasts.size <= 20));
  const sent = mesh.world.counters.datagramsSent - before - 200;
  assert.ok(sent < 200 + 20 * 20, `each is answered with a word, got ${sent} datagrams`);
});

test('a lookup that meets a liar ends, and nobody believes that others are dead because a stranger says so', () => {
  const mesh = idealMesh(40, FAST);
  const enemy = stranger(mesh);
  const [victim] = mesh.nodes as [TapestryNode];
  const dead = victim.protocol.map
    .all()
    .map(({ contact }) => contact)
    .slice(0, 8);
  const target = randomId(mesh.random);
  for (let count = 0; count < 20; count++) {
    enemy.say(victim, { tag: find.tag, transaction: count, unit: 0, level: 0, objects: false, near: 0, target, passed: [], dead });
  }
  mesh.world.runFor(3000);
  for (const contact of dead) assert.notEqual(victim.protocol.map.get(contact), null);
  // A node that names itself, and all that it knows, whatever it is asked.
  const liar = mesh.nodes[7] as TapestryNode;
  const names = liar.protocol.map
    .all()
    .map(({ contact }) => contact)
    .slice(0, 8);
  liar.protocol.route = (_target, level) => ({ level: level + 1, contacts: [liar.protocol.self, ...names], root: false });
  for (let count = 0; count < 60; count++) {
    const key = randomKey(mesh);
    const from = mesh.nodes[8 + (count % 30)] as TapestryNode;
    const { hops } = lookup(mesh, from, key);
    assert.ok(hops <= 40);
  }
});

test('a pointer that somebody has made up costs who follows it one question, and no object', () => {
  const mesh = idealMesh(60, { roundMs: 0 });
  const enemy = stranger(mesh);
  const [server, name] = [pick(mesh), randomKey(mesh)];
  publish(mesh, server, name);
  const root = rootOf(mesh, name);
  const victim = mesh.nodes.find(({ protocol }) => protocol === root) as TapestryNode;
  const wrong = pick(mesh).protocol.self;
  enemy.say(victim, { tag: deposit.tag, transaction: 1, unit: 0, name: readId(name), server: wrong, rttMs: 0, lifeMs: 1000 });
  enemy.say(victim, { tag: deposit.tag, transaction: 2, unit: 0, name: readId(name), server: server.protocol.self, rttMs: 0, lifeMs: 0 });
  mesh.world.runFor(300);
  for (let count = 0; count < 20; count++) assert.ok(equalIds(locate(mesh, pick(mesh), name).server as Contact, server.protocol.self));
});

test('bytes of answers a second are bounded, whoever asks', () => {
  const mesh = idealMesh(20, { roundMs: 0, answerBytesPerSecond: 10_000 });
  const enemy = stranger(mesh);
  const [victim] = mesh.nodes as [TapestryNode];
  const target = randomId(mesh.random);
  for (let count = 0; count < 1000; count++) {
    enemy.say(victim, { tag: find.tag, transaction: count, unit: 0, level: 0, objects: true, near: 16, target, passed: [], dead: [] });
  }
  mesh.world.runFor(1000);
  assert.ok(victim.protocol.unanswered > 500, `${victim.protocol.unanswered} questions not answered`);
  const bytes = enemy.heard.reduce((sum, message) => sum + tapestryCodec.size(message), 0);
  assert.ok(bytes <= 2 * 10_000 + 1000, `${bytes} bytes said`);
});

test('a newcomer that comes twice at once, and one that goes in the middle of it, leave no trace', () => {
  forSeeds(10, (seed) => {
    const mesh = idealMesh(20, FAST, { seed });
    const newcomer = join(mesh);
    mesh.world.runFor(mesh.random.unit() * 600);
    if (seed % 2 === 0) mesh.world.restart(newcomer);
    else mesh.world.crash(newcomer, 'power');
    mesh.world.runFor(100_000);
    settle(mesh);
  });
});
