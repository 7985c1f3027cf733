/** A transit-stub network: what each way is made of, that it is a shortest one, and that a seed means the same everywhere. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { forSeeds } from '../sim/seeds.ts';
import { TransitStub, type TransitStubSpec } from './transit-stub.ts';

/** CAN, section 4: 100 ms between transit routers, 10 ms between a transit and a stub router, 1 ms within a stub domain. */
const CAN: TransitStubSpec = {
  kind: 'transit-stub',
  transitDomains: 4,
  transitPerDomain: 4,
  stubsPerTransit: 3,
  nodesPerStub: 8,
  transitMs: 100,
  transitStubMs: 10,
  stubMs: 1,
};
const ROUTERS = 4 * 4 * 3 * 8;

function table(network: TransitStub, nodes: number): number[][] {
  return Array.from({ length: nodes }, (_, from) => Array.from({ length: nodes }, (_node, to) => network.ms(from, to)));
}

test('a way is a few stub hops, or two gates, stub hops outside and transit hops between', () => {
  const within = Array.from({ length: 8 }, () => 0);
  const farthest = new Set<number>();
  for (const [from, row] of table(new TransitStub(CAN, 1), ROUTERS).entries()) {
    within[row.filter((ms) => ms < 10).length - 1]!++;
    for (const [to, ms] of row.entries()) {
      if (from === to || ms < 10) continue;
      const [transit, rest] = [Math.floor(ms / 100), ms % 100];
      assert.ok(rest >= 20 && rest <= 20 + 2 * 7, `${ms} ms from ${from} to ${to}`);
      farthest.add(transit);
    }
  }
  // Everybody has the eight of its own stub domain near, itself included, and nobody else.
  assert.deepEqual(within, [0, 0, 0, 0, 0, 0, 0, ROUTERS]);
  // From stub domains of one transit router to those across the core.
  assert.ok(farthest.has(0) && farthest.has(3) && Math.max(...farthest) <= 8, `${[...farthest]} transit hops`);
});

test('ways are the same both ways, and none is shorter over a third node', () => {
  forSeeds(5, (seed) => {
    const small = { ...CAN, transitDomains: 3, transitPerDomain: 2, stubsPerTransit: 2, nodesPerStub: 5 };
    const ms = table(new TransitStub(small, seed), 60);
    for (const [a, row] of ms.entries()) {
      for (const [b, direct] of row.entries()) {
        assert.equal(ms[b]?.[a], direct);
        for (const [c, first] of row.entries()) assert.ok(direct <= first + (ms[c]?.[b] as number), `${a} to ${b} over ${c}`);
      }
    }
  });
});

test('nodes fill every stub router before any gets a second one, which is then a stub hop away', () => {
  const network = new TransitStub(CAN, 2);
  const first = table(network, ROUTERS);
  for (const [node, row] of first.entries()) {
    assert.equal(network.ms(node, node + ROUTERS), 1);
    const next = (node + 1) % ROUTERS;
    assert.equal(network.ms(node + ROUTERS, next + 2 * ROUTERS), row[next]);
  }
});

test('the smallest network, and one with a hundred thousand stub routers', () => {
  const one = new TransitStub({ ...CAN, transitDomains: 1, transitPerDomain: 1, stubsPerTransit: 1, nodesPerStub: 1 }, 1);
  assert.equal(one.ms(0, 1), 1);
  const large = new TransitStub({ ...CAN, transitDomains: 10, transitPerDomain: 10, stubsPerTransit: 20, nodesPerStub: 50 }, 1);
  const ways = Array.from({ length: 10_000 }, (_, node) => large.ms(node, node + 50_000));
  assert.ok(Math.min(...ways) >= 1 && Math.max(...ways) < 2000);
});

test('a seed means one network on every machine, and another seed another', () => {
  assert.equal(digest(1), 'd571a7621d0494c8');
  assert.notEqual(digest(2), digest(1));
});

function digest(seed: number): string {
  return createHash('sha256')
    .update(table(new TransitStub(CAN, seed), ROUTERS).join())
    .digest('hex')
    .slice(0, 16);
}
