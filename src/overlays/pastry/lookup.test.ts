/** Where lookups end, over how many hops, and what they do about nodes that are dead, slow or liars. */

import assert from 'node:assert/strict';
import test from 'node:test';
import {
  byNearness,
  crash,
  grownNetwork,
  idealNetwork,
  join,
  live,
  lookups,
  mean,
  members,
  type Network,
  nodeOf,
  type PastryNode,
  pick,
  randomKey,
  rightShare,
  wait,
} from '../../../test/pastry/networks.ts';
import { sharedDigits } from '../../core/digits.ts';
import { equalIds, readId } from '../../core/id160.ts';
import { compareNearness } from '../../core/ring-distance.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { OwnersFound } from '../values/index.ts';
import type { Pastry } from './pastry.ts';

const STILL = { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 };
const PLANE = { latency: { kind: 'plane', baseMs: 1, acrossMs: 60 } } as const;

const meanHops = (results: readonly OwnersFound[]): number => mean(results.map(({ hops }) => hops));
const meanMs = (results: readonly OwnersFound[]): number => mean(results.map(({ tookMs }) => tookMs));

test('Middleware 2001, section 3.1: a lookup passes about log N to the base of 16 nodes, as many as published, and ends at the owner', () => {
  for (const [count, published] of [
    [1000, 2.485],
    [2000, 2.689],
    [5000, 2.954],
  ] as const) {
    const network = idealNetwork(count, STILL, PLANE);
    const results = lookups(network, 4000);
    assert.equal(rightShare(network, results.slice(0, 300)), 1);
    const got = meanHops(results);
    assert.ok(Math.abs(got - published) < 0.03 * published, `${count} nodes: ${published} hops published, got ${got}`);
  }
});

test('section 2.3: with every hop the way shares more digits with the key, or as many and is nearer: no way goes round', () => {
  const network = idealNetwork(1000, STILL);
  const byId = new Map(members(network).map((node) => [node.self.hex, node]));
  for (const { target, path } of lookups(network, 300)) {
    for (const [index, { contact }] of path.entries()) {
      const before = path[index - 1]?.contact;
      // The last hop, within a leaf set, is to the nearest whatever its digits.
      if (before === undefined || byId.get(before.hex)?.leaves.covers(target) === true) continue;
      const [was, is] = [sharedDigits(before, target, 4), sharedDigits(contact, target, 4)];
      assert.ok(
        is > was || (is === was && compareNearness(contact, before, target) < 0),
        `${before.hex} to ${contact.hex} for ${target.hex}`,
      );
    }
  }
});

test('section 2.3: the rare case, in which the place of the next digit is empty, is less than one hop in fifty, and still ends right', () => {
  const network = idealNetwork(2000, STILL);
  let [rare, asked] = [0, 0];
  for (let count = 0; count < 4000; count++) {
    const [node, target] = [pick(network).protocol, readId(randomKey(network))];
    if (node.leaves.covers(target)) continue;
    asked++;
    if (node.table.towards(target) === null) rare++;
  }
  assert.ok(rare / asked < 0.02, `${rare} of ${asked}`);
  for (const node of members(network))
    for (const { contact } of node.table.row(1)) if (network.random.chance(0.5)) node.table.remove(contact);
  assert.equal(rightShare(network, lookups(network, 300)), 1);
});

test('a third of all nodes dead at once and nothing repaired: lookups go round them', () => {
  forSeeds(3, (seed) => {
    const network = idealNetwork(600, STILL, { seed });
    crash(network, ...network.random.shuffle([...network.nodes]).slice(0, 200));
    const results = lookups(network, 400);
    assert.ok(rightShare(network, results) > 0.99, `${rightShare(network, results)} end right`);
    assert.ok(mean(results.map(({ timeouts }) => timeouts)) < 4);
  });
});

test('who names none but the dead costs a bounded number of questions, and an end', () => {
  const network = idealNetwork(400, STILL);
  const [seeker, ...others] = network.nodes as [PastryNode, ...PastryNode[]];
  crash(network, ...others);
  const { owners, timeouts } = wait<OwnersFound>(network, (onFind) => seeker.protocol.lookup(randomKey(network), { onFind }));
  assert.ok(owners.length === 0 || equalIds(owners[0] ?? seeker.protocol.self, seeker.protocol.self));
  assert.ok(timeouts <= 128, `${timeouts} timeouts`);
});

/** Nodes replaced by newcomers, one a second, while lookups go on. */
function underChurn(timeoutsByRtt: boolean, seed: number): OwnersFound[] {
  const network = idealNetwork(150, { roundMs: 5000, leaves: 16, timeoutsByRtt }, { seed, ...PLANE });
  const results: OwnersFound[] = [];
  for (let second = 0; second < 120; second++) {
    crash(network, pick(network));
    join(network);
    for (let count = 0; count < 4; count++) {
      const node = pick(network).protocol;
      if (node.isMember) node.lookup(randomKey(network), { onFind: (found) => results.push(found) });
    }
    network.world.runFor(1000);
  }
  network.world.runFor(20_000);
  return results.filter(({ owners }) => owners.length > 0);
}

test('Rhea et al. 2004, section 4.3: under churn lookups that wait as long as answers take are quicker than with fixed times', () => {
  forSeeds(2, (seed) => {
    const [byRtt, fixed] = [underChurn(true, seed), underChurn(false, seed)];
    assert.ok(byRtt.length > 400 && fixed.length > 400, `${byRtt.length} and ${fixed.length} ended`);
    assert.ok(meanMs(byRtt) < 0.7 * meanMs(fixed), `${meanMs(byRtt)} ms beside ${meanMs(fixed)}`);
  });
});

test('Rhea et al. 2004, section 4.1: a node that is slow for a while, and lives, keeps its places', () => {
  const network = idealNetwork(60, { roundMs: 1000, slowMs: 500, timeoutMs: 1500 }, PLANE);
  network.world.runFor(10_000);
  const slow = pick(network);
  const keepers = members(network).filter((node) => node.leaves.get(slow.protocol.self) !== null);
  // 300 ms more each way, five times what its answers take: lookups pass it by, and it answers all the same.
  for (const other of network.nodes) {
    network.world.clog(slow, other, 300);
    network.world.clog(other, slow, 300);
  }
  lookups(network, 200);
  network.world.runFor(5000);
  assert.ok(keepers.length > 0);
  for (const node of keepers) assert.ok(node.leaves.get(slow.protocol.self) !== null, `${node.self.hex} has dropped it`);
  assert.ok(members(network).every(({ lost }) => lost.every((contact) => !equalIds(contact, slow.protocol.self))));
});

/** Whether a lookup ends right when a node on its way says of every key that it owns it. */
function past(network: Network, liar: Pastry, key: Uint8Array, origin: Pastry): boolean {
  const told = liar.route.bind(liar);
  liar.route = () => ({ closer: [], owners: [liar.self] });
  const { owners } = wait<OwnersFound>(network, (onFind) => origin.lookup(key, { onFind }));
  liar.route = told;
  return owners[0]?.hex === byNearness(network, key)[0]?.self.hex;
}

test('section 2.3, "malicious nodes": a randomised choice takes lookups that are tried again past a node that claims every key', () => {
  const rightWith = (randomShare: number): number => {
    const network = idealNetwork(400, { ...STILL, randomShare }, { seed: 3 });
    let [right, tried] = [0, 0];
    while (tried < 60) {
      const [origin, key] = [pick(network).protocol, randomKey(network)];
      const { path } = wait<OwnersFound>(network, (onFind) => origin.trace(key, { onFind }));
      const liar = path.length > 2 ? members(network).find(({ self }) => self === path[0]?.contact) : undefined;
      if (liar === undefined) continue;
      tried++;
      // A user tries again.
      if (past(network, liar, key, origin) || past(network, liar, key, origin) || past(network, liar, key, origin)) right++;
    }
    return right / tried;
  };
  const [fixed, random] = [rightWith(0), rightWith(0.4)];
  assert.ok(fixed === 0 && random > 0.6, `${random} beside ${fixed}`);
});

test('section 3.4: a lookup for a replica ends sooner, at one of those that hold the key, mostly at one of the two nearest', () => {
  const options = { ...STILL, digitBits: 3, leaves: 8, neighbours: 16, replicas: 5, endAtReplica: true };
  const network = idealNetwork(1500, options, PLANE);
  const numbers = new Map(network.nodes.map((node) => [node.protocol.self.hex, node.index]));
  let [topTwo, count] = [0, 0];
  for (; count < 400; count++) {
    const [origin, key] = [pick(network), randomKey(network)];
    const { owners } = wait<OwnersFound>(network, (onFind) => origin.protocol.lookup(key, { onFind }, 5));
    const ms = (node: Pastry): number => network.world.latencyMs(origin.index, numbers.get(node.self.hex) as number);
    const holders = byNearness(network, key)
      .slice(0, 5)
      .sort((a, b) => ms(a) - ms(b));
    const place = holders.findIndex(({ self }) => self.hex === owners[0]?.hex);
    assert.ok(place >= 0, 'one that holds the key');
    if (place < 2) topTwo++;
  }
  // Any of five would be one of the two nearest in two of five.
  assert.ok(topTwo / count > 0.65, `${topTwo} of ${count}`);
});

test('section 3.2: tables by proximity lead lookups a shorter way than tables of whoever came first', () => {
  const [near, any] = [true, false].map((byProximity) => meanMs(lookups(idealNetwork(800, { ...STILL, byProximity }, PLANE), 800)));
  assert.ok((near as number) < 0.92 * (any as number), `${near} ms beside ${any}`);
});

test('a lookup ends at the owner with a tenth of all datagrams lost', () => {
  const network = idealNetwork(300, STILL, { seed: 5, faults: { loss: 0.1 } });
  const share = rightShare(network, lookups(network, 300));
  // An owner whose two answers were lost is passed over.
  assert.ok(share > 0.93, `${share} right`);
});

test('who is no member finds nobody, and says so at once', () => {
  const network = grownNetwork(4);
  const [node] = live(network) as [PastryNode];
  node.protocol.stop();
  let found: OwnersFound | null = null;
  node.protocol.lookup(randomKey(network), { onFind: (result) => (found = result) });
  assert.deepEqual((found as OwnersFound | null)?.owners, []);
  assert.ok(nodeOf(network, node.protocol) === node);
});
