import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalBytes } from '../../core/bytes.ts';
import { Random } from '../../core/random.ts';
import { forSeeds } from '../../sim/seeds.ts';
import type { SimNode } from '../../sim/sim-node.ts';
import { World, type WorldOptions } from '../../sim/world.ts';
import { ack, ping, SWIM_DEFAULTS, Swim, swimCodec } from './swim.ts';

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
  // In a turn each pings each.
  assert.ok(world.runUntil(() => others.some((node) => states(node, [slow])[0] === 'suspect'), nodes.length * PERIOD_MS));
  world.runFor(4 * PERIOD_MS);
  world.heal();
  world.runFor(60 * PERIOD_MS);
  for (const node of others) assert.deepEqual(states(node, [slow]), ['alive']);
});

test('who still has old news of a member when its refutation has been told to death hears it once more', () => {
  const world = new World({ seed: 1 });
  const node = world.addNode((host) => new Swim(host, SWIM_DEFAULTS));
  const heard: number[] = [];
  // A member that answers each ping, so that it is believed, and notes which incarnation it is told.
  const other = world.addNode((host) => ({
    start: () =>
      host.bind(swimCodec, {
        onDatagram: (from, message) => {
          for (const { endpoint, incarnation } of message.news) if (equalBytes(endpoint, node.endpoint)) heard.push(incarnation);
          if (message.tag === ping.tag) host.send(from, swimCodec, { tag: ack.tag, transaction: message.transaction, news: [] });
        },
      }),
    onTimer() {},
    stop() {},
    inspect() {},
  }));
  world.runFor(1);
  const suspectIt = (): void => {
    const news = [{ endpoint: node.endpoint, state: 1, incarnation: 0 }];
    other.host.send(other.host.peer(node.endpoint), swimCodec, { tag: ping.tag, transaction: 1, news });
  };
  suspectIt();
  world.runFor(60 * PERIOD_MS);
  const told = heard.length;
  assert.ok(told > 0 && heard.every((incarnation) => incarnation === 1), `told ${heard}`);
  world.runFor(60 * PERIOD_MS);
  assert.equal(heard.length, told, 'news is told a few times');
  suspectIt();
  world.runFor(2 * PERIOD_MS);
  assert.ok(heard.length > told && heard.at(-1) === 1);
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
