import assert from 'node:assert/strict';
import test from 'node:test';
import {
  type ChordNode,
  grownRing,
  idealRing,
  join,
  lookup,
  members,
  ownerOf,
  pick,
  type Ring,
  randomKey,
  settle,
  sorted,
} from '../../../test/chord/rings.ts';
import type { FindResult } from './find.ts';
import { idOfBytes } from './ring-id.ts';
import type { LookupStyle } from './chord.ts';

const STILL = { roundMs: 0, replicas: 1, readQuorum: 1, writeQuorum: 1 };
/** As in SIGCOMM 2001: fingers alone, and the path ends at the predecessor. */
const PAPER = { ...STILL, successors: 1, endAtList: false };

/** Many lookups at once from random nodes. */
function lookups(ring: Ring, count: number, style: LookupStyle = 'iterative'): FindResult[] {
  const results: FindResult[] = [];
  const handler = { onFind: (result: FindResult): void => void results.push(result) };
  for (let index = 0; index < count; index++) pick(ring).protocol.lookup(randomKey(ring), handler, style);
  ring.world.runFor(120_000);
  assert.equal(results.length, count, 'every lookup ends');
  return results;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function assertRight(ring: Ring, results: readonly FindResult[]): void {
  const order = sorted(members(ring));
  for (const { target, owners } of results) assert.equal(owners[0]?.hex, ownerOf(order, target).self.hex, `the owner of ${target.hex}`);
}

test('SIGCOMM 2001, theorem 2 and figure 10: a path has about half of log2 N nodes', () => {
  // The paper's own figures, and p1 and p99 of the largest.
  const published = [
    [512, 4.381],
    [2048, 5.36],
    [4096, 5.849],
  ] as const;
  for (const [count, hops] of published) {
    const results = lookups(idealRing(count, PAPER), 10_000);
    const got = mean(results.map((result) => result.hops));
    assert.ok(Math.abs(got - hops) < 0.02 * hops, `${count} nodes: ${hops} hops published, got ${got}`);
    if (count !== 4096) continue;
    const order = results.map((result) => result.hops).sort((a, b) => a - b);
    assert.deepEqual([order[100], order[9900]], [2, 10], 'the 1st and 99th percentile');
  }
});

test('SIGCOMM 2001, section 4.2: with successors alone a lookup goes through half of the ring', () => {
  const count = 64;
  const ring = idealRing(count, PAPER);
  for (const unit of members(ring)) unit.fingers.trimBelow(160);
  const got = mean(lookups(ring, 1000).map((result) => result.hops));
  assert.ok(Math.abs(got - count / 2) < 3, `${count / 2} hops expected, got ${got}`);
});

test('every lookup finds the true successor, iteratively and recursively, and both take the same path', () => {
  for (const endAtList of [true, false]) {
    const ring = idealRing(1000, { ...STILL, endAtList });
    const results = lookups(ring, 1000);
    assertRight(ring, results);
    const recursive = lookups(ring, 1000, 'recursive');
    assertRight(ring, recursive);
    const [one, other] = [results, recursive].map((some) => mean(some.map((result) => result.hops))) as [number, number];
    assert.ok(Math.abs(one - other) < 0.15, `${one} and ${other} hops`);
    const [slow, fast] = [results, recursive].map((some) => mean(some.map((result) => result.tookMs))) as [number, number];
    assert.ok(fast < 0.75 * slow, `recursive lookups take ${fast} ms, iterative ones ${slow}`);
  }
});

test('a ring of any small size answers for every point', () => {
  for (let count = 1; count <= 6; count++) {
    const ring = grownRing(count, { successors: 3 });
    for (const node of ring.nodes) {
      for (let index = 0; index < 5; index++) {
        for (const style of ['iterative', 'recursive'] as const) assertRight(ring, [lookup(ring, node, randomKey(ring), style)]);
      }
      // Our own point, and the ones beside it.
      assertRight(ring, [lookup(ring, node, idBytes(node.protocol.units[0]?.self.hex ?? ''))]);
    }
  }
});

function idBytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}

test('SIGCOMM 2001, theorem 6, ToN 2003, table II: lists of 2 log2 N, a tenth to half of the nodes dead at once, no repair: nobody fails', () => {
  const published = [
    [0.1, 4.03, 0.5],
    [0.3, 4.45, 2.01],
    [0.5, 5.12, 6.52],
  ] as const;
  for (const [dead, hops, timeouts] of published) {
    // The published path counts the owner too.
    const ring = idealRing(1000, { ...STILL, successors: 20 }, { seed: 3 });
    for (const node of ring.random.shuffle([...ring.nodes]).slice(0, dead * 1000)) ring.world.crash(node, 'power');
    const results = lookups(ring, 3000);
    assertRight(ring, results);
    const [path, waits] = [mean(results.map((result) => result.hops)) + 1, mean(results.map((result) => result.timeouts))];
    assert.ok(Math.abs(path - hops) < 0.12 * hops, `${dead} dead: ${hops} hops published, got ${path}`);
    assert.ok(Math.abs(waits - timeouts) < 0.35 * timeouts + 0.2, `${dead} dead: ${timeouts} timeouts published, got ${waits}`);
  }
});

test('ToN 2003, table II: asked for all that they know, and kept in mind when dead, nodes give the published paths and timeouts', () => {
  // Timeouts as many as the dead on a way of that length: p / (1 - p) a hop.
  for (const [dead, hops] of [
    [0.2, 4.22],
    [0.4, 4.69],
  ] as const) {
    const ring = idealRing(1000, { ...STILL, successors: 20, slowMs: 1500, askForAll: true, forgetSilent: false }, { seed: 3 });
    for (const node of ring.random.shuffle([...ring.nodes]).slice(0, dead * 1000)) ring.world.crash(node, 'power');
    const results = lookups(ring, 3000);
    const [path, waits] = [mean(results.map((result) => result.hops)) + 1, mean(results.map((result) => result.timeouts))];
    assert.ok(Math.abs(path - hops) < 0.04 * hops, `${dead} dead: ${hops} hops published, got ${path}`);
    const expected = (path * dead) / (1 - dead);
    assert.ok(Math.abs(waits - expected) < 0.15 * expected, `${dead} dead: ${expected} timeouts expected, got ${waits}`);
  }
});

test('SIGCOMM 2001, section 6.5: without a second try, a lookup fails that meets a dead node, and no other', () => {
  const options = { ...STILL, successors: 8, slowMs: 1500, passDead: false, forgetSilent: false };
  const ring = idealRing(500, options, { seed: 5 });
  for (const node of ring.random.shuffle([...ring.nodes]).slice(0, 50)) ring.world.crash(node, 'power');
  const results = lookups(ring, 2000);
  for (const { owners, timeouts } of results) assert.equal(owners.length, timeouts === 0 ? 1 : 0);
  assertRight(
    ring,
    results.filter(({ owners }) => owners.length > 0),
  );
  const [failed, hops] = [
    results.filter(({ owners }) => owners.length === 0).length / results.length,
    mean(results.map((each) => each.hops)),
  ];
  assert.ok(failed > 0.25 && failed < 0.45, `${failed} failed over ${hops} hops`);
});

test('who asks for all is given the owners that it wants, and no more', () => {
  const ring = idealRing(50, { ...STILL, successors: 8, askForAll: true });
  const results: FindResult[] = [];
  const handler = { onFind: (result: FindResult): void => void results.push(result) };
  for (const want of [1, 3]) pick(ring).protocol.lookup(randomKey(ring), handler, 'iterative', want);
  ring.world.runFor(10_000);
  assert.deepEqual(
    results.map(({ owners }) => owners.length).sort((a, b) => a - b),
    [1, 3],
  );
});

test('without fingers a ring is joined, kept and searched by successors alone', () => {
  const ring = grownRing(20, { successors: 2, replicas: 1, readQuorum: 1, writeQuorum: 1, fingersPerRound: 0 });
  assert.equal(
    members(ring).every((unit) => unit.fingers.size === 0),
    true,
  );
  assertRight(ring, lookups(ring, 50));
  assert.equal(
    members(idealRing(20, { fingersPerRound: 0 })).every((unit) => unit.fingers.size === 0),
    true,
  );
});

test('with a twentieth dead, recursive lookups pass round the dead as well', () => {
  const ring = idealRing(1000, STILL, { seed: 4 });
  for (const node of ring.random.shuffle([...ring.nodes]).slice(0, 50)) ring.world.crash(node, 'power');
  const results = lookups(ring, 1000, 'recursive');
  const owners = new Set(members(ring).map((unit) => unit.self.hex));
  const right = results.filter(({ owners: [owner] }) => owner !== undefined && owners.has(owner.hex)).length;
  // They end at who knows the owner, which may have died; that much the origin cannot see.
  assert.ok(right > 0.92 * results.length, `${right} of ${results.length}`);
  assert.ok(
    results.every((result) => result.owners.length > 0),
    'none is lost',
  );
});

test('a lookup ends at the true successor with 10% loss', () => {
  const ring = idealRing(500, STILL, { seed: 5, faults: { loss: 0.1 } });
  const results = lookups(ring, 500);
  const order = sorted(members(ring));
  const right = results.filter(({ owners: [owner], target }) => owner?.hex === ownerOf(order, target).self.hex).length;
  // An owner whose two answers were lost is passed over.
  assert.ok(right >= 0.95 * results.length, `${right} of ${results.length} right`);
});

test('SIGCOMM 2001, section 4.4: fingers become those of the definition', () => {
  const ring = grownRing(60, { successors: 4, fingersPerRound: 4 });
  ring.world.runFor(20_000);
  const fingers = (one: Ring): string[] => sorted(members(one)).flatMap((unit) => unit.fingers.distinct().map((finger) => finger.hex));
  assert.deepEqual(fingers(ring), fingers(idealRing(60, { successors: 4 })));
});

test('SIGCOMM 2001, figure 7: fingers that are looked up at random come back as well, but some take long', () => {
  const count = (ring: Ring): number => members(ring).reduce((sum, unit) => sum + unit.fingers.distinct().length, 0);
  const missing = (fingersAtRandom: boolean): number => {
    const ring = idealRing(100, { successors: 4, roundMs: 1000, fingersAtRandom });
    const all = count(ring);
    for (const unit of members(ring)) for (const finger of unit.fingers.distinct()) unit.fingers.drop(finger);
    ring.world.runFor(12_000);
    return (all - count(ring)) / all;
  };
  const [inTurn, atRandom] = [missing(false), missing(true)];
  assert.ok(inTurn < 0.02, `${inTurn} are missing after twelve rounds in turn`);
  assert.ok(atRandom > 0.05 && atRandom < 0.4, `${atRandom} are missing after twelve rounds at random`);
});

test('SIGCOMM 2001, theorem 5: joining costs of the order of log² N messages', () => {
  const cost = (count: number): number => {
    const ring = idealRing(count, { roundMs: 1e9, successors: 8 });
    const before = ring.world.counters.datagramsSent;
    for (let index = 0; index < 8; index++) {
      const node = join(ring);
      ring.world.runUntil(() => node.protocol.isMember, 60_000);
      ring.world.runFor(20_000);
    }
    return (ring.world.counters.datagramsSent - before) / 8;
  };
  for (const count of [64, 512, 4096]) {
    const got = cost(count);
    const log2 = Math.log2(count);
    // A finger beyond the list costs half of log2 N questions with their answers, and there are log2 N of them.
    assert.ok(got < 1.2 * log2 * log2 + 40, `${count} nodes: ${got} messages`);
  }
});

test('ToN 2003, section VII: with proximity finger selection lookups take less time over the same number of hops', () => {
  const run = (fingerChoices: number): { ms: number; hops: number } => {
    const options = { successors: 16, fingerChoices, fingersPerRound: 20, roundMs: 2000, endAtList: true };
    const ring = idealRing(256, options, { seed: 6, latency: { kind: 'plane', baseMs: 2, acrossMs: 140 } });
    ring.world.runFor(10_000);
    const results = lookups(ring, 1000, 'recursive');
    assertRight(ring, results);
    return { ms: mean(results.map((result) => result.tookMs)), hops: mean(results.map((result) => result.hops)) };
  };
  const [plain, near] = [run(1), run(16)];
  assert.ok(near.ms < 0.9 * plain.ms, `${near.ms} ms beside ${plain.ms}`);
  assert.ok(Math.abs(near.hops - plain.hops) < 0.8, `${near.hops} hops beside ${plain.hops}`);
});

test('a node that is not in the ring finds nothing, and says so', () => {
  const ring = idealRing(10, STILL);
  const [node] = ring.nodes;
  if (node === undefined) return;
  for (const unit of node.protocol.units) unit.leave();
  const results: FindResult[] = [];
  node.protocol.lookup(randomKey(ring), { onFind: (result) => void results.push(result) });
  assert.deepEqual(
    results.map(({ owners }) => owners),
    [[]],
  );
});

test('SIGCOMM 2001, section 6.2: nodes join while lookups go on, and those end at the owner of that moment or the one of the next', () => {
  const ring = grownRing(20, { successors: 4 });
  for (let count = 0; count < 10; count++) {
    join(ring);
    const result = lookup(ring, ring.nodes[count] as ChordNode, randomKey(ring));
    assert.ok(result.owners.length > 0);
  }
  settle(ring);
  for (let count = 0; count < 20; count++) {
    const key = randomKey(ring);
    assert.equal(lookup(ring, pick(ring), key).owners[0]?.hex, ownerOf(sorted(members(ring)), idOfBytes(key)).self.hex);
  }
});
