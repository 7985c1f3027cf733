/** What LEDBAT promises (BEP 29, "congestion control"): an empty line is filled, other traffic has it, and flows of its own kind share. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host, Protocol } from '../../src/core/host.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World } from '../../src/sim/world.ts';
import { RenoFlow, Sink, UtpFlow } from './flows.ts';

/** The line into the sink that all flows share, and what waits before it: a quarter of a second, as in many a modem. */
const BYTES_PER_SECOND = 1_000_000;
const QUEUE_BYTES = 256 << 10;
const PACKET_SHARE = 1452 / 1500;

type Flow = (host: Host, sink: SimNode<Sink>) => Protocol;

class Line {
  readonly world: World;
  readonly flows: SimNode[];
  private readonly sink: SimNode<Sink>;

  constructor(oneWayMs: number, queueBytes: number, flows: readonly Flow[]) {
    this.world = new World({ seed: 1, latency: { kind: 'constant', ms: oneWayMs } });
    this.sink = this.world.addNode((host) => new Sink(host), { downBytesPerSecond: BYTES_PER_SECOND, datagramQueueBytes: queueBytes });
    this.flows = flows.map((flow) => this.world.addNode((host) => flow(host, this.sink)));
  }

  /** Lets time pass; the part of what the line can carry that each flow got through in it. */
  sharesOver(seconds: number): number[] {
    const before = this.flows.map((flow) => this.received(flow));
    this.world.runFor(seconds * 1000);
    const most = BYTES_PER_SECOND * PACKET_SHARE * seconds;
    return this.flows.map((flow, index) => (this.received(flow) - (before[index] as number)) / most);
  }

  private received(flow: SimNode): number {
    return this.sink.protocol.received.get(flow.peer) ?? 0;
  }
}

const utpFrom =
  (startMs: number): Flow =>
  (host, sink) =>
    new UtpFlow(host, sink, startMs);

for (const [oneWayMs, queueBytes] of [
  [5, QUEUE_BYTES],
  [20, QUEUE_BYTES],
  [100, QUEUE_BYTES],
  [20, 64 << 10],
] as const) {
  test(`one flow fills 90% of an empty line with ${oneWayMs} ms each way and a queue of ${queueBytes / 1024} KiB`, () => {
    const line = new Line(oneWayMs, queueBytes, [utpFrom(0)]);
    line.sharesOver(5);
    const [share] = line.sharesOver(60) as [number];
    assert.ok(share >= 0.9, `${share} of the line`);
  });
}

test('packets wait 100 ms in the queue before the line, and not more', () => {
  const line = new Line(20, QUEUE_BYTES, [utpFrom(0)]);
  const [flow] = line.flows as [SimNode];
  let longestMs = 0;
  line.sharesOver(5);
  for (let step = 0; step < 600; step++) {
    line.world.runFor(100);
    const [{ queueingMs }] = flow.protocol.inspect() as [{ queueingMs: number }];
    longestMs = Math.max(longestMs, queueingMs);
  }
  assert.ok(longestMs > 80 && longestMs < 115, `${longestMs} ms`);
});

test('a flow leaves the line to one that behaves as TCP does, and takes it back when that has gone', () => {
  const reno: Flow = (host, sink) => new RenoFlow(host, sink, 10_000, 40_000);
  const line = new Line(20, QUEUE_BYTES, [utpFrom(0), reno]);
  line.sharesOver(15);
  const [utp, tcp] = line.sharesOver(25) as [number, number];
  assert.ok(utp < 0.05 && tcp > 0.94, `${utp} against ${tcp}`);
  line.sharesOver(2);
  const [again] = line.sharesOver(10) as [number];
  assert.ok(again > 0.85, `${again} afterwards`);
});

test('flows that come one after the other share the line: none gets less than two fifths of what another gets', () => {
  for (const starts of [
    [0, 10_000],
    [0, 5000, 10_000],
  ]) {
    const line = new Line(20, 2 * QUEUE_BYTES, starts.map(utpFrom));
    line.sharesOver(25);
    const shares = line.sharesOver(100);
    const told = shares.map((share) => share.toFixed(2)).join();
    assert.ok(Math.min(...shares) > 0.4 * Math.max(...shares), told);
    assert.ok(shares.reduce((sum, share) => sum + share) > 0.9, told);
  }
});
