import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World, type WorldOptions } from '../../sim/world.ts';
import { SWIM_DEFAULTS, Swim } from './swim.ts';

const PERIOD_MS = SWIM_DEFAULTS.periodMs;
const SEEDS = Number(process.env.KITH_SEEDS ?? 5);

function group(count: number, seed: number, options: Partial<WorldOptions> = {}): { world: World; nodes: SimNode<Swim>[] } {
  const world = new World({ seed, latency: { kind: 'uniform', minMs: 5, maxMs: 60 }, ...options });
  const nodes: SimNode<Swim>[] = [];
  for (let index = 0; index < count; index++) {
    const join = nodes.slice(0, 1).map(({ endpoint }) => endpoint);
    nodes.push(world.addNode((host) => new Swim(host, { ...SWIM_DEFAULTS, join })));
    world.runFor(50);
  }
  return { world, nodes };
}

function states(node: SimNode<Swim>, others: readonly SimNode<Swim>[]): (string | null)[] {
  return others.map((other) => (other === node ? 'alive' : node.protocol.stateOf(node.host.peer(other.endpoint))));
}

test('everybody comes to know everybody, through one that all joined by', () => {
  const { world, nodes } = group(60, 1);
  world.runFor(60 * PERIOD_MS);
  for (const node of nodes) assert.ok(states(node, nodes).every((state) => state === 'alive'));
});

test('a crash is known to all within the suspicion and a logarithm of periods, and nobody who lives is declared dead', () => {
  forSeeds(SEEDS, (seed) => {
    const { world, nodes } = group(40, seed, { faults: { loss: 0.05 } });
    world.runFor(40 * PERIOD_MS);
    const order = new Random(seed, 3).shuffle([...nodes]);
    const [dead, alive] = [order.slice(0, 5), order.slice(5)];
    for (const node of dead) world.crash(node, 'power');
    world.runFor(120 * PERIOD_MS);
    for (const node of alive) {
      assert.ok(
        states(node, alive).every((state) => state !== 'dead' && state !== null),
        'the living live',
      );
      assert.ok(
        states(node, dead).every((state) => state === 'dead' || state === null),
        'the dead are dead',
      );
    }
  });
});

test('who is cut off for a moment is suspected, hears of it, and refutes it', () => {
  const { world, nodes } = group(20, 2);
  world.runFor(40 * PERIOD_MS);
  const [slow, ...others] = nodes as [SimNode<Swim>, ...SimNode<Swim>[]];
  world.partition([slow], others);
  world.runFor(6 * PERIOD_MS);
  assert.ok(others.some((node) => states(node, [slow])[0] === 'suspect'));
  world.heal();
  world.runFor(60 * PERIOD_MS);
  for (const node of others) assert.deepEqual(states(node, [slow]), ['alive']);
});

test('who leaves in good order is dead to all without being suspected', () => {
  const { world, nodes } = group(20, 3);
  world.runFor(40 * PERIOD_MS);
  world.leave(nodes[7] as SimNode<Swim>);
  world.runFor(12 * PERIOD_MS);
  const gone = nodes[7] as SimNode<Swim>;
  for (const node of nodes) if (node !== gone) assert.deepEqual(states(node, [gone]), ['dead']);
});

test('section 3: each member sends about one ping a period, however many there are', () => {
  const perPeriod = [20, 80].map((count) => {
    const { world, nodes } = group(count, 4);
    world.runFor(60 * PERIOD_MS);
    const before = world.counters.datagramsSent;
    world.runFor(50 * PERIOD_MS);
    return (world.counters.datagramsSent - before) / (50 * nodes.length);
  });
  for (const messages of perPeriod) assert.ok(messages > 1.8 && messages < 2.3, `${messages} messages a member and period`);
});
