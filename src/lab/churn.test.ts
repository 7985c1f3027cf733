/** Churn against a network that only takes notes: rates, sessions, traces, bounds, and that no system can change what is drawn. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forSeeds } from '../sim/seeds.ts';
import { World } from '../sim/world.ts';
import { Churn, NODES_KEPT_MIN } from './churn.ts';
import type { ChurnSpec, TimeSpec } from './run-spec.ts';

const HOUR_MS = 3_600_000;

interface Note {
  readonly atMs: number;
  readonly what: string;
  readonly node: number;
}

/** Says of each call when it came. A reversed one differs in what must not matter: the order of its nodes, and how long a goodbye takes. */
class NotingNetwork {
  readonly notes: Note[] = [];
  private readonly world: World;
  private readonly reversed: boolean;
  private readonly nodes: Set<number>;
  private next: number;

  constructor(world: World, nodes: number, reversed = false) {
    this.world = world;
    this.reversed = reversed;
    this.nodes = new Set(Array.from({ length: nodes }, (_, node) => node));
    this.next = nodes;
  }

  get live(): number[] {
    return this.reversed ? [...this.nodes].reverse() : [...this.nodes];
  }

  join(): number {
    const node = this.next++;
    this.nodes.add(node);
    this.note('join', node);
    return node;
  }

  crash(node: number): void {
    this.remove('crash', node);
  }

  leave(node: number, done: () => void): void {
    this.remove('leave', node);
    this.world.at(this.world.now + (this.reversed ? 5000 : 1), done);
  }

  private remove(what: string, node: number): void {
    assert.ok(this.nodes.delete(node), `node ${node} goes, and was not there`);
    this.note(what, node);
  }

  private note(what: string, node: number): void {
    this.notes.push({ atMs: this.world.now, what, node });
  }
}

interface Scene {
  readonly network: NotingNetwork;
  readonly churn: Churn;
  readonly world: World;
}

function run(spec: ChurnSpec, seed: number, nodes: number, forMs: number, reversed = false): Scene {
  const world = new World({ seed });
  const network = new NotingNetwork(world, nodes, reversed);
  const churn = new Churn(world, network, spec, seed);
  churn.start(forMs);
  world.runFor(2 * forMs);
  return { network, churn, world };
}

function count(notes: readonly Note[], what: string): number {
  return notes.filter((note) => note.what === what).length;
}

test('Poisson churn joins and fails at its rate, each by itself, and the network stays about as large', () => {
  forSeeds(5, (seed) => {
    const { churn, network } = run({ kind: 'poisson', perSecond: 0.4, leaves: 'crash' }, seed, 1000, 2 * HOUR_MS);
    // 2880 of each are expected; the deviation is their root, 54.
    assert.ok(Math.abs(churn.joins - 2880) < 5 * 54, `${churn.joins} joins`);
    assert.ok(Math.abs(churn.crashes - 2880) < 5 * 54, `${churn.crashes} crashes`);
    assert.notEqual(churn.joins, churn.crashes);
    assert.equal(network.live.length, 1000 + churn.joins - churn.crashes);
    assert.deepEqual([churn.leaves, churn.spared], [0, 0]);
    const gaps = network.notes.filter((note) => note.what === 'join').map((note, index, all) => note.atMs - (all[index - 1]?.atMs ?? 0));
    const longerThanMean = gaps.filter((gap) => gap > 2500).length / gaps.length;
    assert.ok(Math.abs(longerThanMean - 0.3679) < 0.05, `${longerThanMean} of the gaps are longer than the mean`);
  });
});

test('who fails by a Poisson process may be anybody who is there, old or new', () => {
  const { network } = run({ kind: 'poisson', perSecond: 1, leaves: 'leave' }, 1, 100, HOUR_MS);
  const gone = network.notes.filter((note) => note.what === 'leave').map((note) => note.node);
  assert.equal(new Set(gone).size, gone.length);
  assert.ok(gone.some((node) => node < 10) && gone.some((node) => node > 3000));
  assert.equal(count(network.notes, 'crash'), 0);
});

test('comings and goings are the same in every system, and of the seed alone', () => {
  const specs: readonly ChurnSpec[] = [
    { kind: 'poisson', perSecond: 0.5, leaves: 'leave' },
    {
      kind: 'sessions',
      life: { kind: 'weibull', shape: 0.5, scaleMs: 600_000 },
      away: { kind: 'exponential', meanMs: 60_000 },
      leaves: 'leave',
    },
  ];
  for (const spec of specs) {
    const { notes } = run(spec, 3, 60, HOUR_MS).network;
    assert.ok(notes.length > 300, `${notes.length} events`);
    assert.deepEqual(run(spec, 3, 60, HOUR_MS, true).network.notes, notes);
    assert.notDeepEqual(run(spec, 4, 60, HOUR_MS).network.notes, notes);
  }
});

test('with exponential sessions, so many go as live in a mean life, and come back after a mean time away', () => {
  forSeeds(5, (seed) => {
    const life: TimeSpec = { kind: 'exponential', meanMs: HOUR_MS };
    const away: TimeSpec = { kind: 'exponential', meanMs: HOUR_MS / 4 };
    const { churn, network } = run({ kind: 'sessions', life, away, leaves: 'crash' }, seed, 2000, 4 * HOUR_MS);
    // In the end four of five live. On the way there 80% of the 2000 go each hour, and at first the others, with a time constant of 12 minutes.
    assert.ok(Math.abs(churn.crashes - (4 * 1600 + 80)) < 400, `${churn.crashes} crashes`);
    assert.ok(Math.abs(network.live.length - 1600) < 100, `${network.live.length} live`);
    assert.equal(network.live.length, 2000 + churn.joins - churn.crashes);
  });
});

test('who is there at the beginning is in the middle of a session: fixed ones end evenly from the start on', () => {
  const sessions: ChurnSpec = {
    kind: 'sessions',
    life: { kind: 'fixed', ms: HOUR_MS },
    away: { kind: 'fixed', ms: 60_000 },
    leaves: 'crash',
  };
  const { network } = run(sessions, 1, 1200, HOUR_MS);
  for (let quarter = 0; quarter < 4; quarter++) {
    const ended = network.notes.filter((note) => note.what === 'crash' && Math.floor(note.atMs / (HOUR_MS / 4)) === quarter).length;
    assert.ok(Math.abs(ended - 300) < 75, `${ended} go in quarter ${quarter}`);
  }
  const backs = network.notes.filter((note) => note.what === 'join');
  const gone = network.notes.filter((note) => note.what === 'crash');
  for (const [index, { atMs }] of backs.entries())
    assert.ok(Math.abs(atMs - (gone[index] as Note).atMs - 60_000) < 1, `comes at ${atMs} ms`);
});

test('a trace happens as it is written down, by numbers of its own', () => {
  const { network, churn } = run(
    {
      kind: 'trace',
      events: [
        { atMs: 1000, node: 3, what: 'crash' },
        { atMs: 1000, node: 4, what: 'leave' },
        { atMs: 2000, node: 3, what: 'join' },
        { atMs: 2500, node: 77, what: 'join' },
        { atMs: 3000, node: 3, what: 'leave' },
        { atMs: 3500, node: 77, what: 'crash' },
      ],
    },
    1,
    12,
    10_000,
  );
  assert.deepEqual(network.notes, [
    { atMs: 1000, what: 'crash', node: 3 },
    { atMs: 1000, what: 'leave', node: 4 },
    // The world gives newcomers new numbers: 12 stands for the trace's 3 from now on, 13 for its 77.
    { atMs: 2000, what: 'join', node: 12 },
    { atMs: 2500, what: 'join', node: 13 },
    { atMs: 3000, what: 'leave', node: 12 },
    { atMs: 3500, what: 'crash', node: 13 },
  ]);
  assert.deepEqual([churn.joins, churn.crashes, churn.leaves], [2, 2, 2]);
});

test('the last few are never taken, by no kind of churn, and whom a trace could not take is still there', () => {
  const short: TimeSpec = { kind: 'exponential', meanMs: 1000 };
  const events = Array.from({ length: 12 }, (_, node) => ({ atMs: 1000 * node, node, what: 'crash' }) as const);
  const specs: readonly ChurnSpec[] = [
    { kind: 'poisson', perSecond: 10, leaves: 'crash' },
    { kind: 'sessions', life: short, away: { kind: 'exponential', meanMs: 100_000 }, leaves: 'leave' },
    { kind: 'trace', events: [...events, { atMs: 20_000, node: 11, what: 'join' }] },
  ];
  for (const spec of specs) {
    const { network, churn } = run(spec, 2, NODES_KEPT_MIN + 4, 300_000);
    assert.ok(churn.spared > 0, `${spec.kind}: nobody was spared`);
    let live = NODES_KEPT_MIN + 4;
    for (const { what } of network.notes) {
      live += what === 'join' ? 1 : -1;
      assert.ok(live >= NODES_KEPT_MIN, `${spec.kind}: ${live} live`);
    }
    if (spec.kind === 'trace') assert.deepEqual([churn.crashes, churn.spared, churn.joins], [4, 8, 0]);
  }
});

test('churn ends when it should', () => {
  const world = new World({ seed: 1 });
  const network = new NotingNetwork(world, 50);
  const churn = new Churn(world, network, { kind: 'poisson', perSecond: 5, leaves: 'crash' }, 1);
  churn.start(20_000);
  world.runFor(60_000);
  assert.ok(churn.joins > 50 && (network.notes.at(-1) as Note).atMs < 20_001, `last at ${network.notes.at(-1)?.atMs} ms`);
});

test('who lives longer than a clock can count does not go', () => {
  const world = new World({ seed: 1 });
  const ages: TimeSpec = { kind: 'pareto', shape: 0.1, minMs: 1e300 };
  new Churn(world, new NotingNetwork(world, 100), { kind: 'sessions', life: ages, away: ages, leaves: 'crash' }, 1).start(Infinity);
  world.runFor(HOUR_MS);
  assert.equal(world.counters.events, 0);
});

test('no churn is no event', () => {
  const { network, world } = run({ kind: 'none' }, 1, 20, HOUR_MS);
  assert.deepEqual([network.notes.length, world.counters.events], [0, 0]);
});
