/** Search networks as watched worlds: the way of a search is told from the messages that were really sent, and is the same however a world was gone through. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SEARCH_SYSTEMS } from '../systems/index.ts';
import { type LiveSearch, NodeRole, NodeState, type SearchTrailView, TRAIL_NUMBERS, TrailKind } from './live-frame.ts';
import { type Deed, type LivePlan, planFromText, planOf, planText } from './live-plan.ts';
import { LiveSession } from './live-session.ts';
import { LiveWorld } from './live-world.ts';

const POPULAR = 'artist0 title0';
const SEARCH: Deed = { kind: 'search', from: -1, words: POPULAR };
/** Pings of 0.4 flood, which takes most of the time of these tests and is not what they are about. */
const QUIET = { 'gnutella-0.4': { cachesPongs: true } } as Readonly<Record<string, object>>;

function plan(system: string, nodes: number, seed: number): LivePlan {
  return planOf({ system, nodes, options: { ...QUIET[system] } }, seed);
}

function searchOf(world: LiveWorld): LiveSearch {
  const search = world.frame(false).searches.at(-1);
  assert.ok(search !== undefined);
  return search;
}

/** Until it moves no more, as somebody does who presses "Next". */
function walkThrough(world: LiveWorld, number: number): SearchTrailView {
  for (let steps = 0; steps < 60; steps++) world.stepSearch(number);
  return world.trail(number);
}

for (const { name, shape } of SEARCH_SYSTEMS) {
  test(`${name}: gone through in one go, in pieces, or again from its own plan, a world and the way of its search are the same`, () => {
    const deeds: readonly Deed[] = [
      SEARCH,
      { kind: 'crash-share', share: 0.2 },
      { kind: 'join', count: 2 },
      { kind: 'partition', share: 0.4 },
      SEARCH,
      { kind: 'heal' },
      { kind: 'loss', share: 0.1 },
    ];
    const world = new LiveWorld(plan(name, 40, 5));
    for (const deed of deeds) {
      for (let steps = 0; steps < 5; steps++) world.stepOnce();
      world.perform(deed);
      world.advanceTo(world.nowMs + 700);
      world.frame(true);
    }
    world.advanceTo(world.nowMs + 5_000);
    const again = new LiveWorld(planFromText(planText(world.plan)));
    again.advanceTo(world.nowMs);
    assert.equal(again.frame(false).trace, world.frame(false).trace);
    assert.deepEqual(again.trail(2), world.trail(2));
    assert.deepEqual(again.look().spots, world.look().spots);
  });

  test(`${name}: every node has its place and its tables, and who serves others is told apart`, () => {
    const world = new LiveWorld(plan(name, 40, 3));
    const { spots, shape: drawn, roles, links } = world.look();
    assert.equal(drawn, shape);
    assert.ok(spots.every((value) => value >= 0 && value <= 1));
    assert.equal(
      new Set(Array.from({ length: roles.length }, (_, node) => `${spots[2 * node]} ${spots[2 * node + 1]}`)).size,
      roles.length,
    );
    assert.equal(roles.includes(NodeRole.serving), shape === 'tiers');
    assert.equal(roles.includes(NodeRole.helper), shape === 'server');
    assert.ok(links.length >= roles.length);
    for (let node = 0; node < roles.length; node++) {
      const [view] = world.lookAt(node);
      assert.ok(view !== undefined && view.neighbours.length > 0 && view.facts.length > 0, `node ${node}`);
      for (const neighbour of view.neighbours) assert.ok(neighbour.node >= 0 && neighbour.node < roles.length);
    }
  });

  test(`${name}: a search is followed from who asks, hop by hop, until holders are named`, () => {
    const world = new LiveWorld(plan(name, 60, 8));
    world.perform(SEARCH);
    const { number, from, holders } = searchOf(world);
    const trail = walkThrough(world, number);
    const { found, reached, queries, hits } = searchOf(world);
    assert.ok(holders > 3 && found > 0 && hits > 0, `${found} of ${holders} found`);
    assert.equal(trail.hops[from], 1);
    assert.equal(trail.hops.filter((hop) => hop > 1).length, reached);
    assert.equal(
      trail.steps.reduce((sum, step) => sum + step.queries, 0),
      queries,
    );
    // Whoever passes it on was reached, one hop nearer.
    for (let at = 0; at < trail.messages.length; at += TRAIL_NUMBERS) {
      const [sender = -1, to = -1, hop = 0, , kind] = trail.messages.subarray(at, at + TRAIL_NUMBERS);
      assert.ok((trail.hops[sender] ?? 0) > 0, `node ${sender} sends what it has not got`);
      if (kind === TrailKind.query) assert.deepEqual([trail.hops[sender], trail.hops[to]], [hop, hop + 1]);
    }
  });
}

for (const { name } of SEARCH_SYSTEMS) {
  test(`${name}: users who come one after the other find their places, in the network and in the picture`, () => {
    const spec = { system: name, nodes: 16, start: 'grown', joinEveryMs: 300, options: { ...QUIET[name] } } as const;
    const world = new LiveWorld(planOf(spec, 9));
    assert.ok(world.frame(true).live <= 1);
    world.advanceTo(60_000);
    const { live, members } = world.frame(true);
    assert.deepEqual([live, members], [16, 16]);
    const { spots } = world.look();
    assert.equal(
      new Set(Array.from({ length: spots.length / 2 }, (_, node) => `${spots[2 * node]} ${spots[2 * node + 1]}`)).size,
      spots.length / 2,
    );
  });
}

test('so few users that one of them serves all the others make a network too', () => {
  for (const { name } of SEARCH_SYSTEMS) {
    const { live, members, complaint } = new LiveWorld(plan(name, 5, 2)).frame(true);
    assert.deepEqual([live, members], [5, 5], name);
    assert.ok(complaint === null || name === 'unstructured', `${name}: ${complaint}`);
  }
});

test('with equal ways a flood goes one hop a step, and what comes again is dropped', () => {
  const world = new LiveWorld(plan('gnutella-0.4', 60, 2));
  world.perform(SEARCH);
  const { number } = searchOf(world);
  assert.deepEqual([searchOf(world).steps, searchOf(world).moving], [1, true]);
  const { messages, steps, hopTable } = walkThrough(world, number);
  assert.ok(steps.length >= 4);
  for (let at = 0; at < messages.length; at += TRAIL_NUMBERS) {
    const [, , hop, step, kind] = messages.subarray(at, at + TRAIL_NUMBERS);
    if (kind !== TrailKind.hit) assert.equal(hop, step);
  }
  // Everybody passes on what he gets first: over all links but one, so that much of it comes again.
  const [reached, duplicates] = [
    hopTable.reduce((sum, hop) => sum + hop.reached, 0),
    hopTable.reduce((sum, hop) => sum + hop.duplicates, 0),
  ];
  assert.equal(reached, 59);
  assert.ok(duplicates > reached, `${duplicates} duplicates`);
});

test('hits go back over the links that the query came over', () => {
  const world = new LiveWorld(plan('gnutella-0.4', 60, 2));
  world.perform(SEARCH);
  const { messages, from } = walkThrough(world, searchOf(world).number);
  const came = new Set<string>();
  for (let at = 0; at < messages.length; at += TRAIL_NUMBERS) {
    const [sender, to, , , kind] = messages.subarray(at, at + TRAIL_NUMBERS);
    if (kind === TrailKind.query) came.add(`${to} ${sender}`);
    else if (kind === TrailKind.hit) assert.ok(came.has(`${sender} ${to}`), `${sender} to ${to}, asked by ${from}`);
  }
});

test('walkers find somebody with fewer queries than a flood, and leave most of the network in peace', () => {
  const of = (style: string): LiveSearch => {
    const world = new LiveWorld(planOf({ system: 'unstructured', nodes: 200, options: { style, links: 4 } }, 3));
    world.perform({ kind: 'search', from: 0, words: POPULAR });
    walkThrough(world, 1);
    return searchOf(world);
  };
  const [flood, walk] = [of('flood'), of('walk')];
  assert.ok(walk.found > 0 && walk.queries < flood.queries && walk.reached < flood.reached, JSON.stringify({ walk, flood }));
});

test('without its server a Napster of a hundred users finds nothing', () => {
  const world = new LiveWorld(plan('napster', 100, 1));
  world.perform(SEARCH);
  walkThrough(world, searchOf(world).number);
  assert.ok(searchOf(world).found > 0);
  world.perform({ kind: 'crash', nodes: [0] });
  world.perform(SEARCH);
  walkThrough(world, searchOf(world).number);
  assert.deepEqual([searchOf(world).found, searchOf(world).reached], [0, 0]);
  assert.equal(world.frame(false).states[0], NodeState.gone);
  assert.equal(world.lookAt(0)[0]?.state, 'gone');
});

test('a fork of a Gnutella lies like the first world, and an ultrapeer that crashes in it alone makes another future', () => {
  const world = new LiveWorld(plan('gnutella', 60, 4));
  world.advanceTo(world.nowMs + 2_000);
  const fork = new LiveWorld(world.planSoFar);
  fork.advanceTo(world.nowMs);
  assert.deepEqual(fork.look().spots, world.look().spots);
  fork.perform({ kind: 'crash', nodes: [fork.look().roles.indexOf(NodeRole.serving)] });
  for (const each of [world, fork]) each.advanceTo(world.nowMs + 3_000);
  assert.notEqual(fork.frame(false).trace, world.frame(false).trace);
  assert.equal(fork.frame(false).live, world.frame(false).live - 1);
});

test('a frame and the way of a search stay small, whatever the network does', () => {
  const world = new LiveWorld(planOf({ system: 'unstructured', nodes: 1_500 }, 1));
  for (let count = 0; count < 21; count++) world.perform(SEARCH);
  world.advanceTo(world.nowMs + 5_000);
  const { searches, messages, log } = world.frame(true);
  assert.equal(searches.length, 20);
  assert.ok(messages.length <= 3 * 400 && log.length <= 200);
  const trail = world.trail(21);
  assert.equal(trail.messages.length, TRAIL_NUMBERS * 4_000);
  assert.ok(trail.leftOut > 0 && trail.steps.length <= 250);
  assert.throws(() => world.trail(1), /a search that is kept expected, got 1/);
});

test('what an overlay is asked a search network refuses, and the other way round, in a sentence', () => {
  const search = new LiveWorld(plan('napster', 8, 1));
  assert.throws(() => search.perform({ kind: 'lookup', from: -1, key: 'x' }), /finds files by words/);
  assert.throws(() => search.walk(1, 'x'), /an overlay expected/);
  const overlay = new LiveWorld(planOf({ system: 'chord', nodes: 8 }, 1));
  assert.throws(() => overlay.perform(SEARCH), /an overlay looks up keys/);
  assert.throws(() => overlay.trail(1), /finds files by words expected/);
  const swarm = { kind: 'swarm', pieces: 4, pieceBytes: 16_384, upBytesPerSecond: 0, downBytesPerSecond: 0 } as const;
  assert.throws(() => new LiveWorld(planOf({ system: 'napster', nodes: 8, workload: swarm }, 1)), /searches expected of napster/);
});

test('in a thread of its own a search is stepped, and its way is asked for', async (t) => {
  const session = await LiveSession.open(plan('fasttrack', 40, 6));
  t.after(() => session.close());
  await session.perform(SEARCH);
  for (let steps = 0; steps < 10; steps++) await session.stepSearch(1);
  const { hops, found } = await session.trail(1);
  assert.ok(hops.filter((hop) => hop > 0).length > 1 && found.length > 0);
  await assert.rejects(session.trail(9), /a search that is kept expected, got 9/);
});
