/** µTP through networks that lose, duplicate, delay and reorder: every byte arrives once, in order, and both sides end. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/core/random.ts';
import { forSeeds } from '../../src/sim/seeds.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { World, type WorldOptions } from '../../src/sim/world.ts';
import { type Talk, Talker } from './conversation.ts';

const SEEDS = Number(process.env.KITH_SEEDS ?? 600);
const MS_MAX = 600_000;

interface Pair {
  readonly world: World;
  readonly near: SimNode<Talker>;
  readonly far: SimNode<Talker>;
}

function pair(options: WorldOptions, near: Talk, far: Talk, link = {}): Pair {
  const world = new World(options);
  const second = world.addNode((host) => new Talker(host, far, null), link);
  return { world, near: world.addNode((host) => new Talker(host, near, second), link), far: second };
}

function isOver({ near, far }: Pair): boolean {
  return (near.protocol.closed !== null && far.protocol.closed !== null) || neverMet({ near, far });
}

/** All SYNs, or all answers to them, were lost. */
function neverMet({ near, far }: Pick<Pair, 'near' | 'far'>): boolean {
  return near.protocol.closed === 'timeout' && far.protocol.stream === null;
}

function assertHeardOut({ world, near, far }: Pair, nearTalk: Talk, farTalk: Talk): void {
  const told = `${world.describe()} ${JSON.stringify([near.protocol.inspect(), far.protocol.inspect()])}`;
  assert.equal(far.protocol.heard, nearTalk.bytes, told);
  assert.equal(near.protocol.heard, farTalk.bytes, told);
  assert.deepEqual([near.protocol.closed, far.protocol.closed], ['ended', 'ended'], told);
}

function anyFaults(random: Random): WorldOptions['faults'] {
  return {
    loss: random.chance(0.7) ? random.unit() * 0.1 : 0,
    duplication: random.chance(0.5) ? random.unit() * 0.2 : 0,
    reordering: random.chance(0.5) ? random.unit() * 0.3 : 0,
    reorderingMs: random.unit() * 200,
    jitterMs: random.chance(0.5) ? random.unit() * 30 : 0,
  };
}

function anyTalk(random: Random): Talk {
  const talk = { bytes: random.below(60_000), messageBytes: 1 + random.below(random.chance(0.5) ? 100 : 20_000) };
  return random.chance(0.3) ? { ...talk, pauseAtBytes: 1 + random.below(20_000), pauseMs: random.below(5000) } : talk;
}

test('two that talk through a faulty network hear each other out, byte for byte, in both modes alike', () => {
  let strangers = 0;
  forSeeds(SEEDS, (seed) => {
    const random = new Random(seed, 77);
    const [near, far] = [anyTalk(random), anyTalk(random)];
    const options = { seed, faults: anyFaults(random) as object, latency: { kind: 'constant', ms: 1 + random.below(100) } as const };
    const link = random.chance(0.5) ? { upBytesPerSecond: 20_000 + random.below(500_000), downBytesPerSecond: 100_000 } : {};
    const traces = (seed % 10 === 0 ? (['reference', 'bytes'] as const) : (['reference'] as const)).map((mode) => {
      const both = pair({ ...options, mode }, near, far, link);
      both.world.runUntil(() => isOver(both), MS_MAX);
      if (neverMet(both)) strangers++;
      else assertHeardOut(both, near, far);
      return both.world.traceHash();
    });
    assert.equal(new Set(traces).size, 1, 'both modes have one trace');
  });
  assert.ok(strangers < SEEDS / 100, `${strangers} of ${SEEDS} never met`);
});

test('what is left when both have ended is nothing: no stream and no timer', () => {
  forSeeds(50, (seed) => {
    const talk = { bytes: 10_000, messageBytes: 5000 };
    const both = pair({ seed, faults: { loss: 0.1 } }, talk, talk);
    both.world.runUntil(() => isOver(both), MS_MAX);
    both.world.runFor(60_000);
    for (const { protocol, host } of [both.near, both.far]) {
      assert.equal(protocol.port.size, 0);
      assert.equal((host as unknown as { timersPending: number }).timersPending, 0);
    }
  });
});

test('sequence numbers wrap around: 100,000 packets arrive in order', () => {
  const near = { bytes: 48_000_000, messageBytes: 40_000 };
  const far = { bytes: 0, messageBytes: 1 };
  const both = pair({ seed: 3, faults: { loss: 0.001 }, latency: { kind: 'constant', ms: 2 } }, near, far, { datagramBytesMax: 560 });
  both.world.runUntil(() => isOver(both), MS_MAX);
  assertHeardOut(both, near, far);
  assert.ok(both.world.counters.datagramsSent > 90_000, `${both.world.counters.datagramsSent} datagrams`);
});

test('a listener that pauses for a minute holds its sender back at the size of its buffer, and gets everything afterwards', () => {
  const near = { bytes: 6_000_000, messageBytes: 20_000 };
  const far = { bytes: 0, messageBytes: 1, pauseAtBytes: 100_000, pauseMs: 60_000 };
  forSeeds(5, (seed) => {
    const both = pair({ seed, faults: { loss: 0.05 } }, near, far);
    both.world.runFor(50_000);
    assert.ok(both.near.bytesUp < 3_000_000, `${both.near.bytesUp} bytes sent to who does not listen`);
    both.world.runUntil(() => isOver(both), MS_MAX);
    assertHeardOut(both, near, far);
  });
});

test('packets grow to what the path takes, in a path that drops larger ones without a word', () => {
  for (const [most, least] of [
    [1472, 1472],
    [1400, 1384],
    [1000, 984],
    [600, 584],
    [548, 548],
  ] as const) {
    const near = { bytes: 2_000_000, messageBytes: 20_000 };
    const both = pair({ seed: 1 }, near, { bytes: 0, messageBytes: 1 }, { datagramBytesMax: most });
    both.world.runUntil(() => both.far.protocol.heard > 1_500_000, MS_MAX);
    const [{ packetBytes }] = both.near.protocol.port.inspect() as [{ packetBytes: number }];
    assert.ok(packetBytes <= most && packetBytes >= least, `${packetBytes} bytes where ${most} pass`);
  }
});

test('what arrived before a reset is heard, in whatever moment the reset comes', () => {
  const far = { bytes: 0, messageBytes: 1 };
  const both = pair({ seed: 1, latency: { kind: 'constant', ms: 5 } }, { bytes: 500, messageBytes: 500 }, far);
  both.world.runUntil(() => both.near.protocol.stream?.queuedBytes === 0, 1000);
  both.world.runUntil(() => both.world.counters.datagramsSent >= 4, 1000);
  both.near.protocol.stream?.reset();
  both.world.runFor(1000);
  assert.deepEqual([both.far.protocol.heard, both.far.protocol.closed], [500, 'reset']);
});

test('no datagram is larger than the path takes but those that try, selective acks included', () => {
  const talk = { bytes: 1_500_000, messageBytes: 20_000 };
  const both = pair({ seed: 2, faults: { loss: 0.03 } }, talk, talk, { datagramBytesMax: 1000 });
  both.world.runUntil(() => isOver(both), MS_MAX);
  assertHeardOut(both, talk, talk);
  // Two sides, seven sizes on the way to 1,000, each tried twice.
  assert.ok(both.world.counters.dropped.tooBig <= 28, `${both.world.counters.dropped.tooBig} were too large`);
});

test('who does not answer is given up in four seconds, and who falls silent after a minute', () => {
  const talk = { bytes: 100_000_000, messageBytes: 20_000 };
  const both = pair({ seed: 1 }, talk, { bytes: 0, messageBytes: 1 });
  both.world.crash(both.far, 'power');
  both.world.runFor(4100);
  assert.equal(both.near.protocol.closed, 'timeout');
  const other = pair(
    { seed: 1, latency: { kind: 'constant', ms: 100 } },
    talk,
    { bytes: 0, messageBytes: 1 },
    { downBytesPerSecond: 1_000_000 },
  );
  other.world.runFor(3000);
  other.world.crash(other.far, 'power');
  other.world.runFor(80_000);
  assert.equal(other.near.protocol.closed, 'reset');
});

test('a process that was killed and is back resets what it does not know', () => {
  const talk = { bytes: 100_000_000, messageBytes: 20_000 };
  const both = pair({ seed: 1 }, talk, { bytes: 0, messageBytes: 1 }, { downBytesPerSecond: 1_000_000 });
  both.world.runFor(3000);
  both.world.restart(both.far);
  both.world.runFor(1000);
  assert.equal(both.near.protocol.closed, 'reset');
});
