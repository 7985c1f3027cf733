/** A swarm as a watched world: who holds what and who serves whom is what the real engine says, and is the same however the world was gone through. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Frame, NodeRole } from './live-frame.ts';
import { type Deed, planFromText, planOf, planText } from './live-plan.ts';
import { LiveWorld } from './live-world.ts';

const WORKLOAD = { kind: 'swarm', pieces: 24, pieceBytes: 32_768, upBytesPerSecond: 60_000, downBytesPerSecond: 500_000 } as const;
const SPEC = { system: 'bittorrent', nodes: 12, workload: WORKLOAD } as const;
const TRACKER = 0;
const SEED = 1;

function swarmOf(world: LiveWorld): NonNullable<Frame['swarm']> {
  const { swarm } = world.frame(false);
  assert.ok(swarm !== null);
  return swarm;
}

test('gone through in one go, in pieces, or again from its own plan, a swarm is the same', () => {
  const deeds: readonly Deed[] = [
    { kind: 'crash-share', share: 0.2 },
    { kind: 'partition', share: 0.5 },
    { kind: 'join', count: 2 },
    { kind: 'heal' },
    { kind: 'leave', nodes: [SEED] },
    { kind: 'loss', share: 0.05 },
  ];
  const world = new LiveWorld(planOf(SPEC, 7));
  for (const deed of deeds) {
    for (let steps = 0; steps < 9; steps++) world.stepOnce();
    world.perform(deed);
    world.advanceTo(world.nowMs + 3_000);
    world.frame(true);
  }
  const again = new LiveWorld(planFromText(planText(world.plan)));
  again.advanceTo(world.nowMs);
  assert.equal(again.frame(false).trace, world.frame(false).trace);
  assert.deepEqual(swarmOf(again), swarmOf(world));
});

test('pieces come until everybody has all, and nobody has ever less than before', () => {
  const world = new LiveWorld(planOf(SPEC, 1));
  const { roles, spots } = world.look();
  assert.deepEqual([roles[TRACKER], spots.length], [NodeRole.helper, 2 * 14]);
  let before = swarmOf(world);
  assert.deepEqual([before.parts[SEED], before.done], [255, 1]);
  assert.match(world.frame(false).complaint ?? '', /1 of 13 peers have all 24 pieces/);
  for (let seconds = 0; seconds < 400 && before.done < 13; seconds += 5) {
    world.advanceTo(world.nowMs + 5_000);
    const now = swarmOf(world);
    assert.ok(now.parts.every((part, node) => part >= (before.parts[node] ?? 0)));
    assert.ok(now.holders.every((count, piece) => count >= (before.holders[piece] ?? 0)));
    before = now;
  }
  assert.equal(before.done, 13);
  assert.ok(before.holders.every((count) => count === 13));
  assert.equal(world.frame(false).complaint, null);
});

test('a peer tells its pieces, whom it serves, and why it chokes the others', () => {
  const world = new LiveWorld(planOf(SPEC, 2));
  world.advanceTo(20_000);
  const [seed] = world.lookAt(SEED);
  assert.ok(seed !== undefined && seed.pieces.length === 24 && seed.pieces.every((piece) => piece === -1));
  const waiting = seed.neighbours.filter(({ role }) => role === 'chokes, though it waits');
  const served = seed.neighbours.filter(({ role }) => role === 'serves');
  assert.ok(served.length > 0 && served.length <= 5 && waiting.length > 0);
  for (const { note } of [...waiting, ...served]) assert.ok(note !== undefined && note.length > 3);
  const rows = swarmOf(world).serving;
  const pairs = Array.from({ length: rows.length / 3 }, (_, row) => [rows[3 * row], rows[3 * row + 1]]);
  const told = new Set(pairs.flatMap(([from, to]) => (from === SEED ? [to] : [])));
  assert.deepEqual(told, new Set(served.map(({ node }) => node)));
  const [leecher] = world.lookAt(2);
  assert.ok(leecher !== undefined && leecher.pieces.some((piece) => piece > 0));
});

test('when the only seed goes too early, the world says that nobody can finish', () => {
  const world = new LiveWorld(planOf(SPEC, 3));
  world.advanceTo(6_000);
  world.perform({ kind: 'crash', nodes: [SEED] });
  assert.match(world.frame(false).complaint ?? '', /pieces? of 24 (is|are) with nobody who is left/);
  world.advanceTo(300_000);
  assert.equal(swarmOf(world).done, 0);
});

test('without its tracker a swarm goes on: peers know each other', () => {
  const world = new LiveWorld(planOf(SPEC, 4));
  world.advanceTo(5_000);
  world.perform({ kind: 'crash', nodes: [TRACKER] });
  world.advanceTo(300_000);
  assert.equal(swarmOf(world).done, 13);
  assert.equal(world.lookAt(TRACKER)[0]?.state, 'gone');
});

test('what a swarm to watch cannot be is refused in a sentence', () => {
  assert.throws(() => new LiveWorld(planOf({ ...SPEC, nodes: 501 }, 1)), /at most 500/);
  assert.throws(() => new LiveWorld(planOf({ ...SPEC, workload: { ...WORKLOAD, pieces: 5_000 } }, 1)), /pieces/);
  assert.throws(() => new LiveWorld(planOf({ ...SPEC, options: { pieceOrder: 'rearest' } }, 1)), /a pieceOrder of/);
  const world = new LiveWorld(planOf(SPEC, 1));
  assert.throws(() => world.perform({ kind: 'search', from: -1, words: 'x' }), /nothing to search/);
});
