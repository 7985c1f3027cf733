import assert from 'node:assert/strict';
import test from 'node:test';
import {
  bytesPerNodePerS,
  complaint,
  grownNetwork,
  idealNetwork,
  join,
  type KelipsNode,
  live,
  type Network,
  pick,
  QUICK,
  settle,
} from '../../../test/kelips/networks.ts';
import { Contact } from '../../core/contact.ts';
import { Id160 } from '../../core/id160.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { Kelips } from './kelips.ts';

/** KITH_SEEDS=5000 looks for longer. */
const SEEDS = Number(process.env['KITH_SEEDS'] ?? 12);
/** A ping in vain, and the round after it. */
const NOTICE_MS = 6_000;
/** The last point there is, where nobody is. */
const STRANGER = new Contact(new Id160(-1, -1, -1, -1, -1), 0, Uint8Array.of(10, 0, 0, 1, 0, 1));

test('views are complete at rest after joins, one by one and all at once', () => {
  forSeeds(SEEDS, (seed) => {
    const network = grownNetwork(10 + (seed % 10), QUICK, { seed });
    for (let count = 0; count < 20; count++) join(network);
    assert.ok(settle(network) < 120_000);
  });
});

test('views are complete at rest after crashes, leaves and joins in one moment, with datagrams lost and delayed', () => {
  forSeeds(SEEDS, (seed) => {
    const network = idealNetwork(40, QUICK, { seed, faults: { loss: 0.05, duplication: 0.02, jitterMs: 50 } });
    network.world.runFor(5_000);
    for (let count = 0; count < 8; count++) network.world.crash(pick(network), 'power');
    for (let count = 0; count < 4; count++) network.world.leave(pick(network));
    for (let count = 0; count < 8; count++) join(network);
    network.world.runFor(30_000);
    network.world.faults = {};
    settle(network);
  });
});

test('a network that was broken in two has complete views on each side, and is one again some time after it is whole', () => {
  forSeeds(SEEDS, (seed) => {
    const network = idealNetwork(40, QUICK, { seed });
    const sides = [network.nodes.slice(0, 20), network.nodes.slice(20)];
    network.world.partition(...sides);
    network.world.runFor(90_000);
    for (const nodes of sides) assert.equal(complaint({ ...network, nodes }), null);
    network.world.heal();
    settle(network);
  });
});

/** Who still has any of the dead among its entries. */
function believers(network: Network, dead: readonly KelipsNode[]): number {
  return live(network).filter(({ protocol }) => dead.some((node) => protocol.state.knows(node.protocol.self))).length;
}

test('nobody is in a view longer than a time-out after its death, and nobody brings it back', () => {
  forSeeds(SEEDS, (seed) => {
    const network = idealNetwork(60, QUICK, { seed });
    network.world.runFor(20_000);
    const dead = Array.from({ length: 12 }, () => {
      const node = pick(network);
      network.world.crash(node, 'power');
      return node;
    });
    const { viewTimeoutMs, contactTimeoutMs } = pick(network).protocol.state;
    network.world.runFor(Math.max(viewTimeoutMs, contactTimeoutMs) + NOTICE_MS);
    for (let look = 0; look < 20; look++) {
      assert.equal(believers(network, dead), 0);
      network.world.runFor(5_000);
    }
  });
});

test('who was forgotten is brought back by news that it lived after that, and by none that are older', () => {
  const network = idealNetwork(30, { ...QUICK, groups: 1 }, { seed: 3 });
  const [dead] = network.nodes;
  assert.ok(dead !== undefined);
  network.world.runFor(20_000);
  network.world.crash(dead, 'power');
  network.world.runFor(network.options.viewTimeoutMs + 2_000);
  assert.equal(believers(network, [dead]), 0);
  const [first, second] = live(network);
  assert.ok(first !== undefined && second !== undefined);
  const { state } = first.protocol;
  first.protocol.hear(dead.protocol.self, 5, false);
  assert.equal(state.knows(dead.protocol.self), false, 'old news of it is none');
  first.protocol.hear(dead.protocol.self, 10_000, false);
  assert.ok(state.knows(dead.protocol.self), 'a heartbeat that has grown since is');
});

test('upkeep costs the same in every second: with 100 nodes and with 1,000, at rest and after half of them have died', () => {
  const rates = [100, 1_000].map((nodes) => {
    const network = idealNetwork(nodes, { groups: nodes === 100 ? 10 : 30 });
    network.world.runFor(4_000);
    const atRest = bytesPerNodePerS(network, 20_000);
    for (let count = 0; count < nodes / 2; count++) network.world.crash(pick(network), 'power');
    return [atRest, bytesPerNodePerS(network, 20_000)];
  });
  const all = rates.flat();
  for (const rate of all) assert.ok(Math.abs(rate / (all[0] as number) - 1) < 0.05, `${all.join(' ')} B/s`);
});

test('of other groups the nearest few are kept, when candidates come by', () => {
  const network = idealNetwork(120, { ...QUICK, groups: 3 }, { latency: { kind: 'plane', baseMs: 5, acrossMs: 200 }, seed: 2 });
  const ranks = (): number => {
    let sum = 0;
    let count = 0;
    for (const node of network.nodes) {
      const cost = (other: KelipsNode): number => network.world.latencyMs(node.index, other.index);
      for (let group = 0; group < 3; group++) {
        if (group === node.protocol.state.group) continue;
        const members = network.nodes.filter(({ protocol }) => protocol.state.group === group).sort((a, b) => cost(a) - cost(b));
        const [nearest] = node.protocol.state.foreign.nearestIn(group);
        sum += members.findIndex(({ protocol }) => nearest !== undefined && protocol.self.hex === nearest.hex) / members.length;
        count++;
      }
    }
    return sum / count;
  };
  const before = ranks();
  network.world.runFor(240_000);
  const after = ranks();
  assert.ok(after < before / 2 && after < 0.05, `the best contact stood at ${before} of its group, and stands at ${after}`);
});

test('a newcomer takes the number of groups that the network has, whatever its own options say', () => {
  const network = grownNetwork(20, QUICK);
  const odd = join(network, { groups: 7 });
  settle(network);
  assert.equal(odd.protocol.state.groups, 4);
});

test('what is wrong with a view is named: a member that is missing, one that is none, and a group with a contact too few', () => {
  const wrong = (seed: number, change: (node: Kelips, other: Kelips) => void, isOwn: boolean): string | null => {
    const network = idealNetwork(40, { ...QUICK, roundMs: 0 }, { seed });
    const [first, ...others] = network.nodes.map(({ protocol }) => protocol);
    assert.ok(first !== undefined && complaint(network) === null);
    const other = others.find(({ self, state }) => first.state.knows(self) && (state.group === first.state.group) === isOwn);
    assert.ok(other !== undefined);
    change(first, other);
    return complaint(network);
  };
  forSeeds(20, (seed) => {
    assert.match(wrong(seed, (node, other) => node.forget(other.self), true) ?? '', /its view has \d+ of \d+ members/);
    assert.match(wrong(seed, (node) => node.state.view.add(STRANGER, 1, 0), true) ?? '', /ffff[0-9a-f]+, which is no member/);
    assert.match(wrong(seed, (node, other) => node.forget(other.self), false) ?? '', /it knows 2 of 3 contacts in group/);
  });
});
