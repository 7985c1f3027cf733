import assert from 'node:assert/strict';
import test from 'node:test';
import { grownNetwork, idealNetwork, complaint, type Network, QUICK, settle } from '../../../test/kelips/networks.ts';
import { Contact } from '../../core/contact.ts';
import type { Host, Protocol } from '../../core/host.ts';
import { id160 } from '../../core/id160.ts';
import { Random } from '../../core/random.ts';
import type { Kelips } from './kelips.ts';
import { gossip, type KelipsMessage, kelipsCodec, leaving, walk } from './messages.ts';

const HEARTBEAT_MAX = 0xffff_ffff;
const random = new Random(7, 1);

/** Somebody who says whatever it likes. */
class Stranger implements Protocol {
  readonly host: Host;
  heard = 0;

  constructor(host: Host) {
    this.host = host;
  }

  start(): void {
    this.host.bind(kelipsCodec, { onDatagram: () => void this.heard++ });
  }

  onTimer(): void {}
  stop(): void {}
  inspect(): unknown {
    return {};
  }
}

function withStranger(network: Network): { stranger: Stranger; self: Contact; say: (to: Kelips, message: KelipsMessage) => void } {
  const node = network.world.addNode((host) => new Stranger(host));
  network.world.runFor(1);
  const stranger = node.protocol;
  const self = new Contact(id160.random(random), 0, node.endpoint);
  const say = (to: Kelips, message: KelipsMessage): void => {
    network.world.at(network.world.now, () => stranger.host.send(stranger.host.peer(to.self.endpoint), kelipsCodec, message));
  };
  return { stranger, self, say };
}

function news(sender: Contact, entries: readonly { contact: Contact; heartbeat: number }[]): KelipsMessage {
  return { tag: gossip.tag, unit: 0, groups: 4, sender, heartbeat: 1, entries: [...entries], tuples: [] };
}

test('heartbeats that a liar sets to the maximum make nobody be forgotten', () => {
  const network = idealNetwork(40, QUICK);
  network.world.runFor(10_000);
  const { self, say } = withStranger(network);
  const all = network.nodes.map(({ protocol }) => protocol);
  const [victim] = all;
  assert.ok(victim !== undefined);
  for (let round = 0; round < 150; round++) {
    for (const node of all) say(node, news(self, [{ contact: victim.self, heartbeat: HEARTBEAT_MAX - round }]));
    network.world.runFor(1_000);
    for (const node of all) {
      const isMember = node.state.group === victim.state.group && node !== victim;
      assert.ok(!isMember || node.state.knows(victim.self), `after ${round} rounds`);
    }
  }
});

test('nor does one that raises them step by step, while it does so and after that', () => {
  const network = idealNetwork(40, QUICK);
  network.world.runFor(10_000);
  const { self, say } = withStranger(network);
  const all = network.nodes.map(({ protocol }) => protocol);
  const [victim] = all;
  assert.ok(victim !== undefined);
  let heartbeat = 10;
  for (let round = 0; round < 240; round++) {
    const steps = round < 120 ? 5 : 0;
    for (let step = 0; step < steps; step++) {
      heartbeat += 15;
      for (const node of all) say(node, news(self, [{ contact: victim.self, heartbeat }]));
    }
    network.world.runFor(1_000);
    const group = all.filter((node) => node !== victim && node.state.group === victim.state.group);
    assert.ok(
      group.every(({ state }) => state.knows(victim.self)),
      `after ${round} rounds`,
    );
  }
});

test('nobody says goodbye, or speaks, for another', () => {
  const network = idealNetwork(30, QUICK);
  const { say } = withStranger(network);
  const all = network.nodes.map(({ protocol }) => protocol);
  for (const node of all) for (const other of all) say(node, { tag: leaving.tag, unit: 0, sender: other.self });
  for (const node of all) for (const other of all) say(node, news(other.self, []));
  network.world.runFor(1_000);
  assert.equal(complaint(network), null);
});

test('gossip of another number of groups is not heard', () => {
  const network = idealNetwork(20, QUICK);
  const { self, say } = withStranger(network);
  for (const { protocol } of network.nodes)
    say(protocol, { tag: gossip.tag, unit: 0, groups: 5, sender: self, heartbeat: 9, entries: [], tuples: [] });
  network.world.runFor(1_000);
  assert.ok(network.nodes.every(({ protocol }) => !protocol.state.knows(self)));
});

test('nodes that there are not, and tuples without end, are forgotten some time after their inventor has fallen silent', () => {
  const network = grownNetwork(20, QUICK);
  const { self, say } = withStranger(network);
  const all = network.nodes.map(({ protocol }) => protocol);
  for (let count = 0; count < 100; count++) {
    const entries = Array.from({ length: 32 }, () => ({
      contact: new Contact(id160.random(random), 0, random.fill(new Uint8Array(6))),
      heartbeat: HEARTBEAT_MAX,
    }));
    const tuples = Array.from({ length: 16 }, () => ({ key: id160.random(random), home: self, heartbeat: HEARTBEAT_MAX }));
    for (const node of all) say(node, { tag: gossip.tag, unit: 0, groups: 4, sender: self, heartbeat: count, entries, tuples });
    network.world.runFor(50);
  }
  const largest = Math.max(...all.map(({ state }) => state.foreign.entries.length));
  assert.ok(largest <= 3 * (network.options.contacts + 1), `${largest} contacts`);
  settle(network, 20_000_000);
  network.world.runFor(3_600_000);
  for (const { state } of all) assert.ok(state.tuples.size === 0, `${state.tuples.size} tuples`);
});

test('a walk is passed on a bounded number of times, and answered with less than it takes', () => {
  const network = idealNetwork(20, { ...QUICK, roundMs: 0 });
  const { stranger, self, say } = withStranger(network);
  const [first] = network.nodes;
  assert.ok(first !== undefined);
  const before = network.world.counters.datagramsSent;
  say(first.protocol, { tag: walk.tag, unit: 0, question: 1, seeks: true, key: first.protocol.self, steps: 255, hops: 0, origin: self });
  network.world.runFor(60_000);
  assert.ok(network.world.counters.datagramsSent - before <= 130);
  assert.ok(stranger.heard <= 1);
});

test('bytes of any kind harm nobody', () => {
  const network = idealNetwork(20, QUICK, { mode: 'bytes' });
  const { say } = withStranger(network);
  for (let count = 0; count < 5_000; count++) say(network.nodes[count % 20]?.protocol as Kelips, kelipsCodec.random(random));
  network.world.runFor(1_000);
  settle(network, 20_000_000);
});
