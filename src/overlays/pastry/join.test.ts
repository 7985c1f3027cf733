/** What joining costs, how good the tables are that it leaves, and what upkeep does when many fail. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  crash,
  grownNetwork,
  idealNetwork,
  join,
  live,
  lookups,
  mean,
  members,
  type Network,
  type PastryNode,
  pick,
  rightShare,
  settle,
} from '../../../test/pastry/networks.ts';
import { digitOf } from '../../core/digits.ts';
import { ping } from '../../core/who.ts';
import type { Pastry } from './pastry.ts';
import { hello, type PastryMessage } from './messages.ts';

const PLANE = { latency: { kind: 'plane', baseMs: 1, acrossMs: 60 } } as const;
const STILL = { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 };

/** Questions of a newcomer with their answers, and its hellos: without the pings by which it measures, which the paper takes as known. */
function messagesOfJoin(network: Network): number {
  const node = join(network);
  let count = 0;
  const { say } = node.protocol;
  node.protocol.say = (to, message: PastryMessage) => {
    if (message.tag !== ping.tag) count += message.tag === hello.tag ? 1 : 2;
    say.call(node.protocol, to, message);
  };
  network.world.runUntil(() => node.protocol.isMember, 60_000);
  assert.ok(node.protocol.isMember, network.world.describe());
  network.world.runFor(20_000);
  return count;
}

test('Middleware 2001, section 2.4: joining costs of the order of 3 · 2^b · log N messages to the base of 2^b: two and a half times as many at the most', () => {
  for (const count of [250, 4000]) {
    // The formula is of tables and leaf sets: each neighbour is asked too, which is two messages more.
    const network = idealNetwork(count, { ...STILL, neighbours: 0 }, PLANE);
    const cost = mean(Array.from({ length: 6 }, () => messagesOfJoin(network)));
    const published = (3 * 16 * Math.log2(count)) / 4;
    assert.ok(cost > 0.5 * published && cost < 2.5 * published, `${count} nodes: about ${published} messages, got ${cost}`);
  }
});

/** Of the first row of all tables, the part of entries than which no node is nearer that would do. */
function bestShare(network: Network): number {
  const all = members(network);
  const numbers = new Map(network.nodes.map((node) => [node.protocol, node.index]));
  const ms = (a: Pastry, b: Pastry): number => network.world.latencyMs(numbers.get(a) as number, numbers.get(b) as number);
  const byDigit = Map.groupBy(all, ({ self }) => digitOf(self, 0, 4));
  let [best, places] = [0, 0];
  for (const node of all) {
    for (const [digit, candidates] of byDigit) {
      if (digit === digitOf(node.self, 0, 4)) continue;
      places++;
      const chosen = all.find(({ self }) => self.hex === node.table.at(0, digit)?.contact.hex);
      if (chosen !== undefined && ms(node, chosen) <= Math.min(...candidates.map((other) => ms(node, other)))) best++;
    }
  }
  return best / places;
}

test('section 2.5: the second stage of joining makes tables whose entries are nearly all the best there are, and without it they are not', () => {
  const grown = (secondStage: boolean): number => bestShare(grownNetwork(200, { roundMs: 1_000_000, secondStage }, PLANE));
  const [both, first] = [grown(true), grown(false)];
  assert.ok(both > 0.9, `${both} of the entries are the best with it`);
  assert.ok(first < both - 0.1, `${first} beside ${both}`);
});

test('section 2.4: a newcomer has its leaves, a full table as far as there is somebody, and neighbours by distance, when it is a member', () => {
  const network = idealNetwork(300, { ...STILL, roundMs: 0 }, PLANE);
  const { protocol } = join(network);
  network.world.runFor(20_000);
  settle(network);
  const others = members(network).filter((node) => node !== protocol);
  const missing = others.filter(({ self }) => protocol.table.towards(self) === null);
  assert.ok(missing.length <= 3, `${missing.length} of 299 have no way to them`);
  const times = protocol.near.all.map(({ rttMs }) => rttMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  assert.equal(times.length, network.options.neighbours);
});

/** Messages for each living node and second, in the 30 s from now on. */
function messagesEach(network: Network): number {
  const { counters } = network.world;
  const before = counters.datagramsSent;
  network.world.runFor(30_000);
  return (counters.datagramsSent - before) / 30 / live(network).length;
}

test('Rhea et al. 2004, section 4.1: when a third of all nodes die at once the others say hardly more than before: repair is periodic', () => {
  const network = idealNetwork(300, { roundMs: 5000, leaves: 16 }, PLANE);
  network.world.runFor(60_000);
  const atRest = messagesEach(network);
  crash(network, ...network.random.shuffle([...network.nodes]).slice(0, 100));
  const after = messagesEach(network);
  assert.ok(after < 3 * atRest, `${after} messages a node and second beside ${atRest}`);
  settle(network, 600_000);
});

test('section 2.4, lazy repair: a dead entry is passed by when it is met, and its place is filled again if anybody would do', () => {
  const network = idealNetwork(300, STILL, PLANE);
  const dead = network.random.shuffle([...network.nodes]).slice(0, 60);
  crash(network, ...dead);
  const isDead = new Set(dead.map((node) => node.protocol.self.hex));
  const deadEntries = (): number =>
    members(network).reduce((sum, node) => sum + node.table.all().filter(({ contact }) => isDead.has(contact.hex)).length, 0);
  const filled = (): number => members(network).reduce((sum, node) => sum + node.table.row(0).length, 0);
  const [before, full] = [deadEntries(), filled()];
  for (let turn = 0; turn < 5; turn++) assert.ok(rightShare(network, lookups(network, 600)) > 0.99);
  assert.ok(deadEntries() < 0.75 * before, `${deadEntries()} of ${before} are left, found by lookups alone`);
  assert.ok(filled() > 0.9 * full, `${filled()} entries of ${full} in the first rows`);
});

test('who finds only addresses where nobody answers tries again, and gets in when somebody is there', () => {
  const network = grownNetwork(3);
  const [first] = live(network) as [PastryNode];
  network.world.partition([first]);
  const newcomer = join(network, { join: [first.endpoint] });
  network.world.runFor(30_000);
  assert.ok(!newcomer.protocol.isMember);
  network.world.heal();
  settle(network);
  assert.equal(members(network).length, 4);
  assert.ok(pick(network).protocol.isMember);
});
