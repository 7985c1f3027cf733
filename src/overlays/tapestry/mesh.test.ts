import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  complaint,
  FAST,
  grownMesh,
  idealMesh,
  join,
  live,
  lookup,
  type Mesh,
  members,
  pick,
  randomKey,
  rootOf,
  settle,
  type TapestryNode,
} from '../../../test/tapestry/meshes.ts';
import { forSeeds } from '../../sim/seeds.ts';

/** KITH_SEEDS=3000 looks for longer. */
const SEEDS = Number(process.env['KITH_SEEDS'] ?? 40);
const FAULTY_MS = 40_000;
const KEYS = 10;

/** Joins, crashes and leaves; the first two stay, so that newcomers have somebody to join through. */
function disturb(mesh: Mesh): void {
  const others = live(mesh).slice(2);
  const victim = others[mesh.random.below(Math.max(1, others.length))];
  const what = mesh.random.below(5);
  if (what < 2 && others.length < 30) join(mesh);
  else if (victim !== undefined && others.length > 2) {
    if (what < 4) mesh.world.crash(victim, mesh.random.chance(0.5) ? 'kill' : 'power');
    else mesh.world.leave(victim);
  }
}

/** About that share of the nodes sees nothing of the others, for so long; `meanwhile` in the middle of it. */
function splitFor(mesh: Mesh, share: number, ms: number, meanwhile: () => void = () => {}): void {
  mesh.world.partition(mesh.nodes.filter((_, index) => index > 0 && mesh.random.chance(share)));
  mesh.world.runFor(ms / 2);
  meanwhile();
  mesh.world.runFor(ms / 2);
  mesh.world.heal();
}

/** One root for each key, from every start. */
function assertUniqueRoots(mesh: Mesh): void {
  for (let count = 0; count < KEYS; count++) {
    const key = randomKey(mesh);
    const root = rootOf(mesh, key).self.hex;
    for (const node of live(mesh)) assert.equal(lookup(mesh, node, key).owners[0]?.hex, root, `from ${node.protocol.self.hex}`);
  }
}

test(`JSAC 2004, sections III-B to E: after ${SEEDS} schedules of joins, crashes and leaves with loss, delay and partitions there is no false hole, every pointer back is the inverse of a link, and every start finds the same root`, () => {
  forSeeds(SEEDS, (seed) => {
    const mesh = idealMesh(3 + (seed % 20), FAST, { seed });
    mesh.world.faults = { loss: 0.01 * (seed % 6), duplication: 0.02, reordering: 0.1, reorderingMs: 200, jitterMs: 20 };
    if (seed % 4 === 0) splitFor(mesh, 0.4, 20_000 + mesh.random.unit() * 40_000);
    for (const endsAtMs = mesh.world.now + FAULTY_MS; mesh.world.now < endsAtMs; disturb(mesh))
      mesh.world.runFor(mesh.random.unit() * 3000);
    mesh.world.faults = {};
    settle(mesh);
    assertUniqueRoots(mesh);
  });
});

test('meshes that a partition has split become one again when it has healed, also when nodes have come on both sides', () => {
  forSeeds(12, (seed) => {
    const mesh = grownMesh(16, {}, { seed });
    splitFor(mesh, seed % 2 === 0 ? 0.5 : 0.2, 30_000, () => join(mesh));
    // Questions from before the healing run out.
    mesh.world.runFor(5000);
    settle(mesh);
    assert.equal(members(mesh).length, 17);
    assertUniqueRoots(mesh);
  });
});

test('who comes back within the time that others take to notice it becomes a member again', () => {
  forSeeds(8, (seed) => {
    const mesh = grownMesh(12, {}, { seed });
    for (const node of mesh.nodes.slice(1, 4)) mesh.world.restart(node);
    settle(mesh);
    assert.equal(members(mesh).length, 12);
    assertUniqueRoots(mesh);
  });
});

test('JSAC 2004, section III-E: a node that leaves names who may replace it: at once nobody has a link to it, and every lookup is right', () => {
  forSeeds(10, (seed) => {
    const mesh = grownMesh(40, { roundMs: 100_000 }, { seed });
    const leaver = mesh.nodes[7] as TapestryNode;
    mesh.world.leave(leaver);
    mesh.world.runFor(2000);
    for (const { map, backpointers } of members(mesh)) {
      assert.equal(map.get(leaver.protocol.self), null);
      assert.ok(!backpointers.has(leaver.protocol.self));
    }
    assert.equal(complaint(mesh), null);
    assertUniqueRoots(mesh);
  });
});

test('JSAC 2004, section III-E: when a fifth of the nodes crash, backups stand in at once, and within two minutes entries have others from neighbours', () => {
  let [right, asked] = [0, 0];
  forSeeds(5, (seed) => {
    const mesh = grownMesh(60, { roundMs: 5000, beaconRounds: 2 }, { seed });
    for (const node of mesh.nodes.slice(2, 14)) mesh.world.crash(node, 'power');
    for (let count = 0; count < 40; count++, asked++) {
      const key = randomKey(mesh);
      if (lookup(mesh, pick(mesh), key).owners[0]?.hex === rootOf(mesh, key).self.hex) right++;
    }
    mesh.world.runFor(120_000);
    assert.equal(complaint(mesh), null);
    assertUniqueRoots(mesh);
  });
  // Of an entry with more nodes than links all may be dead: 0.2 to the power of 3.
  assert.ok(right >= 0.97 * asked, `${right} of ${asked} lookups right while nobody had noticed`);
});

test('in a mesh of thousands that begins finished nobody has many times as many pointers back as others', () => {
  const sizes = idealMesh(6_000, { roundMs: 0 }).nodes.map(({ protocol }) => protocol.backpointers.size);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const most = Math.max(...sizes);
  assert.ok(most < 2 * mean, `${most} pointers back at one, ${mean} on average`);
});
