import assert from 'node:assert/strict';
import test from 'node:test';
import { type ChordNode, grownRing, idealRing, join, live, members, type Ring, settle } from '../../../test/chord/rings.ts';
import type { Contact } from '../../core/contact.ts';
import { invariantComplaint, principalsOf } from './invariant.ts';
import { compareIds, RingId } from './ring-id.ts';
import type { VirtualNode } from './virtual-node.ts';
import { forSeeds } from '../../sim/seeds.ts';

const R = 3;
/** KITH_SEEDS=5000 looks for longer. */
const SEEDS = Number(process.env['KITH_SEEDS'] ?? 400);
const FAULTY_MS = 40_000;
const FAST = { roundMs: 1000, successors: R, replicas: 1, readQuorum: 1, writeQuorum: 1, slowMs: 250, timeoutMs: 700, attempts: 3 };

/** Looks after every event whether a list has changed, and if so whether the invariant holds. */
class Watch {
  private readonly ring: Ring;
  private seen: (readonly Contact[])[] = [];
  checks = 0;

  constructor(ring: Ring) {
    this.ring = ring;
  }

  runFor(ms: number): void {
    this.runUntil(() => false, ms);
  }

  runUntil(predicate: () => boolean, msMax: number): void {
    this.ring.world.runUntil(() => {
      this.look();
      return predicate();
    }, msMax);
  }

  private look(): void {
    const units = this.ring.nodes.map((node) => node.protocol.units[0] as VirtualNode);
    if (units.length === this.seen.length && units.every((unit, index) => unit.successors === this.seen[index])) return;
    this.seen = units.map((unit) => unit.successors);
    this.checks++;
    const wrong = invariantComplaint(members(this.ring), R);
    assert.equal(wrong, null, `${wrong} at ${this.ring.world.now} ms`);
  }
}

/**
 * Zave's assumption, section 3: nobody fails whose failure alone would break the invariant. While an answer is under way that will change a
 * member's state, that state is not defined, and nothing can be said.
 */
function mayFail(ring: Ring, unit: VirtualNode): boolean {
  return (
    isDefined(ring) &&
    invariantComplaint(
      members(ring).filter((other) => other !== unit),
      R,
    ) === null
  );
}

function isDefined(ring: Ring): boolean {
  return live(ring).every((node) => node.protocol.units.every((unit) => unit.isMember && !unit.isChanging));
}

function disturb(ring: Ring): void {
  const { world, random } = ring;
  const nodes = live(ring);
  const victim = nodes[random.below(nodes.length)];
  const unit = victim?.protocol.units[0];
  switch (random.below(5)) {
    case 0:
    case 1:
      if (nodes.length < 24) join(ring);
      return;
    case 2:
    case 3:
      if (victim !== undefined && unit !== undefined && mayFail(ring, unit)) world.crash(victim, random.chance(0.5) ? 'kill' : 'power');
      return;
    default:
      if (victim !== undefined && unit !== undefined && mayFail(ring, unit)) world.leave(victim);
  }
}

test(`Zave 2017, theorem 1: the invariant holds after every event of ${SEEDS} runs with joins, crashes, leaves and loss`, () => {
  let checks = 0;
  forSeeds(SEEDS, (seed) => {
    const ring = idealRing(R + 3 + (seed % 8), { ...FAST, spreadsNews: seed % 2 === 1 }, { seed });
    const watch = new Watch(ring);
    ring.world.faults = { loss: 0.01 * (seed % 6), duplication: 0.02, reordering: 0.1, reorderingMs: 200, jitterMs: 20 };
    while (ring.world.now < FAULTY_MS) {
      watch.runFor(ring.random.unit() * 4000);
      watch.runUntil(() => isDefined(ring), 1000);
      disturb(ring);
    }
    ring.world.faults = {};
    settle(ring);
    checks += watch.checks;
  });
  assert.ok(checks > 20 * SEEDS, `so many states were looked at: ${checks}`);
});

test('Zave 2017, theorem 2: once changes end, every member gets its true successors and predecessor', () => {
  forSeeds(10, (seed) => {
    const ring = idealRing(20, FAST, { seed });
    for (let count = 0; count < 10; count++) join(ring);
    for (const node of ring.nodes.slice(0, 18)) {
      if (ring.random.chance(0.3) && mayFail(ring, node.protocol.units[0] as VirtualNode)) ring.world.crash(node, 'power');
    }
    settle(ring);
    assert.equal(invariantComplaint(members(ring), R), null);
  });
});

test('rings that a partition has split become one again when it has healed', () => {
  forSeeds(12, (seed) => {
    const ring = grownRing(16, { ...FAST, spreadsNews: seed % 3 === 0 }, { seed });
    const apart = ring.nodes.filter(() => ring.random.chance(seed % 2 === 0 ? 0.5 : 0.2));
    ring.world.partition(apart);
    ring.world.runFor(20_000 + ring.random.unit() * 60_000);
    ring.world.heal();
    settle(ring);
    assert.equal(members(ring).length, 16);
  });
});

test('a gap that is wider than a whole successor list closes again, wherever it is, and the ring with it', () => {
  forSeeds(12, (seed) => {
    const ring = idealRing(400, { ...FAST, fingersPerRound: 4 }, { seed });
    ring.world.runFor(2_000);
    const inOrder = ring.nodes.toSorted((a, b) =>
      compareIds((a.protocol.units[0] as VirtualNode).self, (b.protocol.units[0] as VirtualNode).self),
    );
    const first = ring.random.below(400);
    for (let index = 0; index < R + 2; index++) ring.world.crash(inOrder[(first + index) % 400] as ChordNode, 'power');
    settle(ring, 25_000);
  });
});

test('who comes back within the time that others take to notice it becomes a member again', () => {
  forSeeds(6, (seed) => {
    const ring = grownRing(12, { ...FAST, spreadsNews: seed % 2 === 0 }, { seed });
    for (const node of ring.nodes.slice(1, 4)) ring.world.restart(node);
    settle(ring);
    assert.equal(members(ring).length, 12);
  });
});

test('the checker finds a member without live successors, and one that is passed over', () => {
  const id = (value: number): RingId => new RingId(value, 0, 0, 0, 0);
  const member = (self: number, ...successors: number[]) => ({ self: id(self), successors: successors.map(id), predecessor: null });
  assert.equal(invariantComplaint([member(10, 20, 30), member(20, 30, 10), member(30, 10, 20)], 2), null);
  assert.match(invariantComplaint([member(10, 20), member(30, 10)], 1) ?? '', /^0000000a has no live successor among 00000014/);
  const skipping = [member(10, 30, 10), member(20, 30, 10), member(30, 10, 20)];
  assert.deepEqual(
    principalsOf(skipping).map((principal) => principal.self.w0),
    [10, 30],
  );
  assert.match(invariantComplaint(skipping, 2) ?? '', /^3 principals expected, got 0000000a,0000001e of 3 members/);
});
