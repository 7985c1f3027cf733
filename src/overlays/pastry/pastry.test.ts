/** What a Pastry node owes to whoever runs it: the same run for the same seed, nothing left behind, and no harm from strangers. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  complaint,
  crash,
  get,
  grownNetwork,
  idealNetwork,
  join,
  live,
  lookups,
  members,
  type Network,
  type PastryNode,
  pick,
  put,
  randomKey,
  rightShare,
  settle,
} from '../../../test/pastry/networks.ts';
import { Contact } from '../../core/contact.ts';
import type { Host } from '../../core/host.ts';
import { Id160, id160, readId } from '../../core/id160.ts';
import { Random } from '../../core/random.ts';
import { FaultPlan } from '../../sim/fault-plan.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World, type WorldOptions } from '../../sim/world.ts';
import { find, getLeaves, hello, leaving, type PastryMessage, pastryCodec } from './messages.ts';
import { Pastry } from './pastry.ts';
import { PASTRY_DEFAULTS } from './pastry-options.ts';

const QUIET = { onFind() {}, onAccess() {} };
const FAST = { roundMs: 1000, leaves: 8, neighbours: 8 };

/** A run with a bit of everything. */
function run(seed: number, world: Partial<WorldOptions> = {}): { hash: string; inspected: string } {
  const network = grownNetwork(12, FAST, { seed, clockDriftPpm: 200, ...world });
  network.world.faults = { loss: 0.05, duplication: 0.02, reordering: 0.05, reorderingMs: 100 };
  FaultPlan.random({ seed, nodes: 12, fromMs: network.world.now, untilMs: network.world.now + 20_000, count: 6 }).apply(network.world);
  for (let index = 0; index < 20; index++) {
    const { protocol } = pick(network);
    protocol.put(randomKey(network), randomKey(network), QUIET);
    protocol.lookup(randomKey(network), QUIET, 2);
    network.world.runFor(1000);
  }
  return { hash: network.world.traceHash(), inspected: JSON.stringify(network.nodes.map((node) => node.protocol.inspect())) };
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
  const network = grownNetwork(10, FAST);
  const newcomer = join(network);
  for (const node of [...network.nodes, newcomer]) {
    node.protocol.lookup(randomKey(network), QUIET);
    node.protocol.put(randomKey(network), randomKey(network), QUIET);
  }
  network.world.runFor(40);
  for (const node of network.nodes) {
    network.world.leave(node);
    assert.equal(node.host.timersPending, 0, `node ${node.index}`);
  }
  network.world.runFor(60_000);
});

test('an ideal network is what joins and upkeep lead to', () => {
  const network = idealNetwork(60, FAST);
  assert.equal(complaint(network), null);
  const sides = (): unknown[] =>
    members(network).map(({ leaves }) => [leaves.larger, leaves.smaller].map((side) => side.map(({ contact }) => contact.hex)));
  const linked = sides();
  network.world.runFor(30_000);
  assert.deepEqual(sides(), linked);
});

/** Somebody on the network who is no node, and can say anything. */
function stranger({ world }: Network): SimNode {
  const node = world.addNode((host: Host) => ({
    start: () => host.bind(pastryCodec, { onDatagram() {} }),
    onTimer() {},
    stop() {},
    inspect: () => ({}),
  }));
  world.runFor(1);
  return node;
}

function tablesOf({ leaves, table, near }: Pastry): string {
  return JSON.stringify([leaves.larger, leaves.smaller, table.all(), near.all].map((side) => side.map(({ contact }) => contact.hex)));
}

test('section 2.2: nobody says hello or leaves in the name of another, chooses a point, or bears that of another', () => {
  const network = grownNetwork(12, FAST);
  const target = pick(network).protocol;
  const attacker = stranger(network);
  const before = tablesOf(target);
  const leaf = target.leaves.larger[0]?.contact as Contact;
  const beside = new Id160(target.self.w0, target.self.w1, target.self.w2, target.self.w3, target.self.w4 ^ 1);
  const lies: PastryMessage[] = [
    { tag: leaving.tag, unit: 0, sender: leaf },
    { tag: leaving.tag, unit: 0, sender: new Contact(leaf, 0, attacker.endpoint) },
    { tag: hello.tag, unit: 0, sender: new Contact(beside, 0, attacker.endpoint) },
    { tag: hello.tag, unit: 0, sender: new Contact(beside, 0, leaf.endpoint) },
    { tag: hello.tag, unit: 0, sender: new Contact(target.self, 0, attacker.endpoint) },
    { tag: getLeaves.tag, transaction: 1, unit: 0, sender: new Contact(beside, 0, attacker.endpoint) },
  ];
  for (const lie of lies) attacker.host.send(attacker.host.peer(target.self.endpoint), pastryCodec, lie);
  network.world.runFor(200);
  assert.equal(tablesOf(target), before);
});

test('a member that answers every question with contacts of its invention fills no table with them', () => {
  forSeeds(4, (seed) => {
    const network = grownNetwork(14, FAST, { seed });
    const liar = pick(network);
    const random = new Random(seed, 5);
    const invented = (): Contact => new Contact(id160.random(random), 0, random.fill(new Uint8Array(6)));
    const { answer } = liar.protocol;
    liar.protocol.answer = (to, message) => {
      const lies = [invented(), invented(), invented(), invented()];
      const isAsked = 'contacts' in message || 'larger' in message;
      answer.call(
        liar.protocol,
        to,
        isAsked ? { ...message, ...('larger' in message ? { larger: lies, smaller: lies } : { contacts: lies }) } : message,
      );
    };
    network.world.runFor(60_000);
    const points = new Set(network.nodes.map((node) => node.protocol.self.hex));
    for (const node of members(network))
      assert.ok(
        node.allKnown().every(({ contact }) => points.has(contact.hex)),
        node.self.hex,
      );
    settle(network);
  });
});

test('random messages of any kind, from outside and from a member, neither throw nor break a network for longer than it takes to heal', () => {
  forSeeds(6, (seed) => {
    const network = grownNetwork(10, FAST, { seed });
    const random = new Random(seed, 99);
    const senders = [stranger(network), pick(network)];
    const key = randomKey(network);
    put(network, pick(network), key, Uint8Array.of(7));
    for (let count = 0; count < 2000; count++) {
      const sender = senders[count % 2] as SimNode;
      const target = network.nodes[random.below(network.nodes.length)] as PastryNode;
      sender.host.send(target.peer, pastryCodec, pastryCodec.random(random));
      if (count % 100 === 0) network.world.runFor(200);
    }
    const inside = network.nodes.filter((node) => node.host.running).length;
    settle(network);
    assert.equal(members(network).length, inside);
    assert.equal(get(network, pick(network), key).ok, true);
  });
});

test('a node says no more than so many bytes a second, whoever asks, and answers again when it may', () => {
  const network = idealNetwork(20, { roundMs: 0, answerBytesPerSecond: 10_000 });
  const [asker, target] = network.nodes as [PastryNode, PastryNode];
  const before = network.world.traffic.bytesUp(target.index);
  for (let count = 0; count < 5000; count++) {
    const target160 = readId(randomKey(network));
    asker.host.send(target.peer, pastryCodec, { tag: find.tag, transaction: 1, unit: 0, want: 255, width: 255, target: target160 });
  }
  network.world.runFor(1000);
  const said = network.world.traffic.bytesUp(target.index) - before;
  assert.ok(said > 9000 && said < 21_000, `said ${said} bytes`);
  assert.ok(target.protocol.unanswered > 4000);
  network.world.runFor(1000);
  assert.equal(rightShare(network, lookups(network, 10)), 1);
});

test('what a node remembers of the silent, and asks at once, is bounded', () => {
  const network = idealNetwork(300, { roundMs: 1000, leaves: 8 });
  const [survivor, ...others] = network.nodes as [PastryNode, ...PastryNode[]];
  crash(network, ...others.slice(19));
  network.world.runFor(60_000);
  assert.ok(survivor.protocol.lost.length <= 16);
  assert.equal(live(network).length, 20);
});

test('options that make no sense are refused with what was expected', () => {
  const make = (options: object) => (): unknown =>
    new World({ seed: 1 }).addNode((host) => new Pastry(host, { ...PASTRY_DEFAULTS, ...options }));
  assert.throws(make({ digitBits: 0 }), /1 to 5 bits a digit expected, got 0/);
  assert.throws(make({ leaves: 7 }), /an even number of leaves expected, got 7/);
  assert.throws(make({ leaves: 34 }), /2 to 32 leaves expected, got 34/);
  assert.throws(make({ replicas: 10 }), /1 to 9 replicas expected, got 10/);
  assert.throws(make({ readQuorum: 4 }), /1 to 3 nodes that answer a get expected, got 4/);
  assert.throws(make({ tableRounds: 0 }), /rounds between two comparisons of tables expected, got 0/);
  assert.throws(make({ randomShare: 1.5 }), /a share of random choices from 0 to 1 expected, got 1.5/);
  assert.throws(make({ endpoint: Uint8Array.of(0, 0, 0, 0, 1, 2) }), /found by its address/);
});
