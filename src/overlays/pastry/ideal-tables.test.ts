import assert from 'node:assert/strict';
import test from 'node:test';
import { idealNetwork, members, type Network } from '../../../test/pastry/networks.ts';
import { digitOf } from '../../core/digits.ts';
import type { Pastry } from './pastry.ts';

const PLANE = { latency: { kind: 'plane', baseMs: 1, acrossMs: 1000 } } as const;
const STILL = { roundMs: 0 };

/** Of the entries of a row of some nodes, the part than which no other that would do is nearer. */
function bestShare(network: Network, row: number, tried: readonly Pastry[]): number {
  const numbers = new Map(network.nodes.map((node) => [node.protocol.self, node.index]));
  const ms = (a: Pastry, b: Pastry): number => network.world.latencyMs(numbers.get(a.self) as number, numbers.get(b.self) as number);
  const all = members(network);
  let [best, entries] = [0, 0];
  for (const node of tried) {
    const candidates = all.filter(({ self }) => self !== node.self && node.table.rowOf(self) === row);
    for (const { contact } of node.table.row(row)) {
      const there = candidates.filter(({ self }) => digitOf(self, row, 4) === digitOf(contact, row, 4));
      const nearest = Math.min(...there.map((other) => ms(node, other)));
      const chosen = all.find(({ self }) => self === contact) as Pastry;
      entries++;
      if (ms(node, chosen) <= nearest) best++;
    }
  }
  return best / entries;
}

test('section 2.2: where all candidates are compared, every entry of an ideal table is the nearest that would do, and no place is empty in vain', () => {
  const network = idealNetwork(800, STILL, PLANE);
  for (const row of [0, 1]) assert.equal(bestShare(network, row, members(network).slice(0, 40)), 1, `row ${row}`);
  const all = members(network);
  for (const node of all.slice(0, 40)) assert.ok(all.every(({ self }) => self === node.self || node.table.towards(self) !== null));
});

test('where there are too many to compare, nineteen entries in twenty are still the nearest, as those of near nodes are learned', () => {
  const network = idealNetwork(12_000, { ...STILL, neighbours: 0 }, PLANE);
  const share = bestShare(network, 0, members(network).slice(0, 60));
  assert.ok(share > 0.95, `${share} of the first row`);
});
