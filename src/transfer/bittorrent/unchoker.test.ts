import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from '../../core/random.ts';
import { OPTIMISTIC_MS, Unchoker, type UnchokePeer } from './unchoker.ts';

const ROUND_MS = 10_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function peer(slot: number, facts: Partial<UnchokePeer> = {}): Mutable<UnchokePeer> {
  return {
    slot,
    connectedAtMs: -1_000_000,
    interested: true,
    uploadOnly: false,
    snubbed: false,
    downloadRate: 0,
    uploadRate: 0,
    uploadedBytes: 0,
    choked: true,
    optimistic: false,
    why: 'new',
    ...facts,
  };
}

function served(peers: readonly UnchokePeer[]): number[] {
  return peers.filter((each) => !each.choked).map((each) => each.slot);
}

test('tit for tat: those that send most are served, and one more optimistically', () => {
  const peers = [100, 900, 300, 700, 500].map((downloadRate, slot) => peer(slot, { downloadRate }));
  new Unchoker(4, new Random(1)).round(0, peers, false);
  assert.equal(served(peers).length, 4);
  for (const slot of [1, 3, 4]) assert.equal(peers[slot]?.why, 'tit-for-tat');
  assert.equal(peers.filter((each) => each.optimistic).length, 1);
});

test('a free rider is served by the optimistic slot alone', () => {
  const unchoker = new Unchoker(4, new Random(2));
  const peers = [...Array(8).keys()].map((slot) => peer(slot, { downloadRate: slot === 0 ? 0 : 1000 + slot }));
  let rounds = 0;
  for (let round = 0; round < 300; round++) {
    unchoker.round(round * ROUND_MS, peers, false);
    if (peers[0]?.choked === false) {
      rounds++;
      assert.equal(peers[0].optimistic, true);
    }
  }
  // One of the five that have no regular slot, in turn.
  assert.ok(rounds > 30 && rounds < 100, `a free rider was served in ${rounds} of 300 rounds`);
});

test('the optimistic unchoke stays for 30 seconds and then goes to somebody else', () => {
  const unchoker = new Unchoker(2, new Random(3));
  const peers = [peer(0, { downloadRate: 5 }), ...[1, 2, 3, 4].map((slot) => peer(slot))];
  const chosen: number[] = [];
  for (let now = 0; now < 10 * OPTIMISTIC_MS; now += ROUND_MS) {
    unchoker.round(now, peers, false);
    chosen.push(peers.find((each) => each.optimistic)?.slot as number);
  }
  for (let at = 0; at < chosen.length; at += 3) {
    assert.equal(new Set(chosen.slice(at, at + 3)).size, 1);
    assert.notEqual(chosen[at], chosen[at + 3]);
  }
});

test('a newcomer is three times as likely to become the optimistic unchoke', () => {
  let newcomer = 0;
  for (let seed = 0; seed < 3000; seed++) {
    const peers = [peer(0, { downloadRate: 5 }), peer(1, { connectedAtMs: -1000 }), peer(2), peer(3), peer(4)];
    new Unchoker(2, new Random(seed)).round(0, peers, false);
    if (peers[1]?.optimistic === true) newcomer++;
  }
  assert.ok(newcomer > 1350 && newcomer < 1650, `chosen ${newcomer} times of 3000, expected about 1500`);
});

test('a peer that snubs us loses its slot and may get it back optimistically only', () => {
  const peers = [peer(0, { downloadRate: 900, snubbed: true }), ...[1, 2, 3, 4].map((slot) => peer(slot, { downloadRate: slot }))];
  const unchoker = new Unchoker(3, new Random(5));
  for (let round = 0; round < 30; round++) {
    unchoker.round(round * ROUND_MS, peers, false);
    if (peers[0]?.choked === false) assert.equal(peers[0].optimistic, true);
  }
});

test('a free slot is given at once, not at the next round', () => {
  const unchoker = new Unchoker(2, new Random(6));
  const peers = [peer(0)];
  unchoker.fillSlots(1, peers);
  assert.deepEqual(served(peers), [0]);
  peers.push(peer(1), peer(2));
  unchoker.fillSlots(2, peers);
  assert.deepEqual(served(peers), [0, 1]);
  assert.equal(peers[2]?.why, 'waits-for-slot');
  peers.shift();
  unchoker.fillSlots(3, peers);
  assert.deepEqual(served(peers), [1, 2]);
});

test('who sends much but wants nothing is unchoked ahead, and displaces the least when it becomes interested', () => {
  const unchoker = new Unchoker(3, new Random(7));
  const peers = [peer(0, { downloadRate: 10 }), peer(1, { downloadRate: 20 }), peer(2), peer(3, { downloadRate: 99, interested: false })];
  unchoker.round(0, peers, false);
  assert.deepEqual(served(peers), [0, 1, 2, 3]);
  (peers[3] as Mutable<UnchokePeer>).interested = true;
  unchoker.fillSlots(1, peers);
  assert.deepEqual(served(peers), [1, 2, 3]);
});

test('a seed serves the fastest takers, and gives the other slots in turn', () => {
  const unchoker = new Unchoker(4, new Random(8));
  const peers = [...Array(12).keys()].map((slot) => peer(slot));
  const turns = new Map<number, number>();
  for (let round = 0; round < 120; round++) {
    for (const each of peers) {
      each.uploadRate = each.choked ? 0 : 1_000_000 / (each.slot + 1);
      each.uploadedBytes += each.uploadRate * 10;
    }
    unchoker.round(round * ROUND_MS, peers, true);
    for (const slot of served(peers)) turns.set(slot, (turns.get(slot) ?? 0) + 1);
  }
  assert.ok((turns.get(0) as number) > 110, `the fastest was served in ${turns.get(0)} of 120 rounds`);
  for (const each of peers) assert.ok((turns.get(each.slot) ?? 0) >= 6, `peer ${each.slot} was served in ${turns.get(each.slot)} rounds`);
});

test('adaptive: a slow line has few slots, a fast one many', () => {
  const slots = (bytesPerSecond: number): number => {
    const unchoker = new Unchoker('adaptive', new Random(9));
    const peers = [...Array(200).keys()].map((slot) => peer(slot));
    for (let round = 0; round < 10; round++) {
      const takers = served(peers).length;
      for (const each of peers) each.uploadRate = each.choked ? 0 : bytesPerSecond / takers;
      unchoker.round(round * ROUND_MS, peers, true);
    }
    return unchoker.slots;
  };
  assert.equal(slots(0), 8);
  assert.equal(slots(20_000), 4);
  assert.equal(slots(1_000_000), 24);
  assert.equal(slots(500_000_000), 100);
});

test('as many takers are served as there are slots, never more, and no slot is idle while somebody waits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), fc.integer({ min: 0, max: 6 }), fc.boolean(), (seed, slots, seeding) => {
      const random = new Random(seed);
      const unchoker = new Unchoker(slots, random);
      let peers: Mutable<UnchokePeer>[] = [];
      for (let step = 0, now = 0; step < 60; step++, now += random.below(ROUND_MS)) {
        if (random.chance(0.4)) peers.push(peer(step, { connectedAtMs: now }));
        if (random.chance(0.1)) peers = peers.filter(() => random.chance(0.8));
        for (const each of peers) {
          each.interested = random.chance(0.7);
          each.uploadOnly = random.chance(0.05);
          each.snubbed = random.chance(0.2);
          each.downloadRate = random.below(4) * 100;
          each.uploadRate = each.choked ? 0 : random.below(4) * 100;
        }
        if (random.chance(0.5)) unchoker.round(now, peers, seeding);
        else unchoker.fillSlots(now, peers);
        const takers = peers.filter((each) => each.interested && !each.uploadOnly);
        const unchoked = takers.filter((each) => !each.choked);
        assert.equal(unchoked.length, Math.min(slots, takers.length));
        for (const each of peers) assert.notEqual(each.why, 'new');
      }
    }),
    { numRuns: 200 },
  );
});
