/** Networks of a RunSpec as the simulator runs them: same both ways, from the seed alone, and cheap to ask for each packet. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyOf } from '../sim/latency.ts';
import { TICKS_PER_MS } from '../sim/ticks.ts';
import { latencySpecOf } from './networks.ts';
import type { NetworkSpec } from './run-spec.ts';

const NETWORKS: readonly NetworkSpec[] = [
  { kind: 'constant', ms: 50 },
  { kind: 'uniform', minMs: 20, maxMs: 120 },
  { kind: 'exponential', meanMs: 50 },
  { kind: 'plane', baseMs: 0, acrossMs: 140 },
  {
    kind: 'transit-stub',
    transitDomains: 4,
    transitPerDomain: 4,
    stubsPerTransit: 4,
    nodesPerStub: 8,
    transitMs: 100,
    transitStubMs: 10,
    stubMs: 1,
  },
  { kind: 'king', sites: 512 },
];
/** Packets to time, between nodes of a network of this size. */
const PACKETS = 1_000_000;
const NODES = 4096;
/** Ten times what the slowest kind takes on a slow machine: a table built for each packet would take a thousand times as much. */
const NS_MAX = 2000;

function ticks(network: NetworkSpec, seed: number, count: number): number[] {
  const latency = latencyOf(latencySpecOf(network, seed), seed);
  return Array.from({ length: count }, (_, index) => latency(index % 61, (index * 37) % 1009));
}

test('every kind gives whole ticks, the same both ways and for the same seed', () => {
  for (const network of NETWORKS) {
    const latency = latencyOf(latencySpecOf(network, 7), 7);
    for (let index = 0; index < 2000; index++) {
      const [from, to] = [index % 61, 100 + ((index * 37) % 1009)];
      const way = latency(from, to);
      assert.ok(Number.isInteger(way) && way >= 0 && way < 10_000 * TICKS_PER_MS, `${network.kind}: ${way} ticks`);
      assert.equal(latency(to, from), way, network.kind);
    }
    assert.deepEqual(ticks(network, 7, 500), ticks(network, 7, 500), network.kind);
    if (network.kind !== 'constant') assert.notDeepEqual(ticks(network, 8, 500), ticks(network, 7, 500), network.kind);
  }
});

test('the times of a King network are half the published round trips', () => {
  const sorted = ticks({ kind: 'king', sites: 512 }, 3, 50_000).sort((a, b) => a - b);
  const median = (sorted[sorted.length / 2] as number) / TICKS_PER_MS;
  assert.ok(Math.abs(median / 78 - 1) < 0.05, `median ${median} ms one way`);
});

test('asking for a way costs nanoseconds, however it was generated', () => {
  for (const network of NETWORKS) {
    const latency = latencyOf(latencySpecOf(network, 1), 1);
    const before = process.cpuUsage();
    let sum = 0;
    for (let packet = 0; packet < PACKETS; packet++) sum += latency(packet % NODES, (packet * 31) % NODES);
    const { user } = process.cpuUsage(before);
    assert.ok(sum > 0);
    assert.ok((user * 1000) / PACKETS < NS_MAX, `${network.kind}: ${(user * 1000) / PACKETS} ns a packet`);
  }
});
