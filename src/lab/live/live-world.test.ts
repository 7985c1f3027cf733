/** A watched world: the same plan gives the same world, whatever way it was gone through. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OVERLAY_SYSTEMS } from '../systems/index.ts';
import { NodeState } from './live-frame.ts';
import { type Deed, planFromText, planOf, planText } from './live-plan.ts';
import { LiveSession } from './live-session.ts';
import { LiveWorld } from './live-world.ts';

const CHORD = planOf({ system: 'chord', nodes: 60, network: { kind: 'uniform', minMs: 5, maxMs: 90 } }, 7);

function traceOf(world: LiveWorld): string {
  return world.frame(false).trace;
}

for (const { name } of OVERLAY_SYSTEMS) {
  test(`${name}: gone through in one go, in pieces, or again from its own plan, a world is the same`, () => {
    const deeds: readonly Deed[] = [
      { kind: 'crash-share', share: 0.2 },
      { kind: 'lookup', from: -1, key: 'zebra' },
      { kind: 'partition', share: 0.5 },
      { kind: 'join', count: 3 },
      { kind: 'heal' },
      { kind: 'loss', share: 0.1 },
    ];
    const world = new LiveWorld(planOf({ system: name, nodes: 40 }, 11));
    for (const deed of deeds) {
      for (let steps = 0; steps < 7; steps++) world.stepOnce();
      world.perform(deed);
      world.advanceTo(world.nowMs + 1_500);
    }
    world.advanceTo(30_000);
    const again = new LiveWorld(planFromText(planText(world.plan)));
    again.advanceTo(30_000);
    assert.equal(traceOf(again), traceOf(world));
  });

  test(`${name}: every node has its place in the picture, and knows others by their numbers`, () => {
    const world = new LiveWorld(planOf({ system: name, nodes: 30 }, 3));
    world.advanceTo(5_000);
    const { spots, shape, boxes } = world.look();
    assert.equal(spots.length, 60);
    assert.ok(spots.every((value) => value >= 0 && value <= 1));
    assert.equal(boxes.length > 0, shape === 'torus');
    for (let node = 0; node < 30; node++) {
      const [place] = world.lookAt(node);
      assert.ok(place !== undefined && place.neighbours.length > 0);
      for (const neighbour of place.neighbours) assert.ok(neighbour.node >= 0 && neighbour.node < 30);
    }
  });
}

test('a fork is the same world up to the fork, and another after it', () => {
  const world = new LiveWorld(CHORD);
  world.advanceTo(4_000);
  world.perform({ kind: 'crash', nodes: [3, 4, 5] });
  world.advanceTo(6_000);
  const fork = new LiveWorld(world.planSoFar);
  fork.advanceTo(6_000);
  assert.equal(traceOf(fork), traceOf(world));
  fork.perform({ kind: 'crash-share', share: 0.3 });
  for (const each of [world, fork]) each.advanceTo(9_000);
  assert.notEqual(traceOf(fork), traceOf(world));
});

test('what is done after going back replaces what the plan had ahead', () => {
  const world = new LiveWorld({ ...CHORD, acts: [{ atMs: 5_000, deed: { kind: 'crash', nodes: [1] } }] });
  world.advanceTo(1_000);
  assert.deepEqual([world.frame(false).done, world.frame(false).ahead], [0, 1]);
  world.perform({ kind: 'crash', nodes: [2] });
  world.advanceTo(8_000);
  const { states, ahead } = world.frame(false);
  assert.deepEqual([states[1], states[2], ahead], [NodeState.member, NodeState.gone, 0]);
});

test('a ring that grows is empty at first, then joined by one after the other, and right in the end', () => {
  const world = new LiveWorld(planOf({ system: 'chord', nodes: 12, start: 'grown', joinEveryMs: 500 }, 5));
  assert.ok(world.frame(true).live <= 1);
  world.advanceTo(3_000);
  const halfWay = world.frame(true);
  assert.ok(halfWay.live > 4 && halfWay.live < 9, String(halfWay.live));
  world.advanceTo(900_000);
  const { live, members, complaint, looked } = world.frame(true);
  assert.deepEqual([live, members, complaint, looked], [12, 12, null, true]);
});

test('a lookup is shown with its way before it is answered, and with its outcome after', () => {
  const world = new LiveWorld(CHORD);
  world.perform({ kind: 'lookup', from: 9, key: 'anthem' });
  const [before] = world.frame(false).lookups;
  assert.ok(before !== undefined && before.outcome === null && before.steps.length > 0);
  world.advanceTo(world.nowMs + 10_000);
  const [after] = world.frame(false).lookups;
  assert.equal(after?.outcome?.owner, before.owner);
  assert.equal(after?.steps.at(-1)?.node, before.owner);
});

test('what was sent since the last frame is counted once, and lost datagrams are told apart', () => {
  const world = new LiveWorld(CHORD);
  world.perform({ kind: 'loss', share: 0.5 });
  world.frame(false);
  world.advanceTo(world.nowMs + 5_000);
  const { sent, lost, messages } = world.frame(false);
  assert.ok(lost > 0 && lost < sent, `${lost} of ${sent}`);
  assert.equal(messages.length, 3 * Math.min(sent, 400));
  assert.equal(world.frame(false).sent, 0);
});

test('what makes no sense is refused in a sentence, and leaves the world as it is', () => {
  const world = new LiveWorld(CHORD);
  const before = traceOf(world);
  const refused: readonly [Deed, RegExp][] = [
    [{ kind: 'crash', nodes: [] }, /numbers of nodes expected/],
    [{ kind: 'join', count: 1.5 }, /whole number/],
    [{ kind: 'loss', share: 2 }, /from 0 to 1/],
    [{ kind: 'lookup', from: 0, key: '' }, /a text of 1 to 256/],
    [{ kind: 'crash', nodes: Array.from({ length: 60 }, (_, node) => node) }, /somebody is left/],
  ];
  for (const [deed, message] of refused) assert.throws(() => world.perform(deed), message);
  assert.equal(traceOf(world), before);
  assert.throws(() => planFromText('{"system":"chord","nodes":1e9,"seed":1}'), /nodes/);
  assert.throws(() => planFromText('[]'), /an object/);
  assert.throws(() => new LiveWorld(planOf({ system: 'chrod', nodes: 4 }, 1)), /did you mean chord/);
  assert.throws(() => world.lookAt(60), /0 to 59/);
});

test('in a thread of its own a world plays, pauses, steps, goes back and forks', async (t) => {
  const session = await LiveSession.open(CHORD);
  t.after(() => session.close());
  const frames = { count: 0 };
  const later = Promise.withResolvers<void>();
  session.listen(({ nowMs }) => {
    frames.count++;
    if (nowMs > 20_000) later.resolve();
  });
  await session.play(100);
  await later.promise;
  await session.pause();
  const { plan, trace } = { plan: await session.plan(), trace: await traceAt(session, 25_000) };
  await session.perform({ kind: 'crash-share', share: 0.5 });
  const fork = await session.fork();
  t.after(() => fork.close());
  assert.equal(await traceAt(fork, 30_000), await traceAt(session, 30_000));
  const again = await LiveSession.open(plan);
  t.after(() => again.close());
  assert.equal(await traceAt(again, 25_000), trace);
  await session.seek(1_000);
  assert.equal((await session.lookAt(5)).length, 1);
  await assert.rejects(session.play(0), /speed/);
  await assert.rejects(session.walk(999, 'x'), /a node that lives/);
  assert.ok(frames.count > 1);
});

/** The trace of a paused world once it is there. */
async function traceAt(session: LiveSession, atMs: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const stop = session.listen((frame) => {
    if (frame.nowMs === atMs) resolve(frame.trace);
  });
  await session.seek(atMs);
  const trace = await promise;
  stop();
  return trace;
}
