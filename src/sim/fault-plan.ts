/** What shall go wrong in a run, and when: drawn from a seed, printed in words, applied to a world, and healed at its end. */

import { Random } from '../core/random.ts';
import type { FaultRates } from './fault-rates.ts';
import type { World } from './world.ts';

export type Fault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly kind: 'rates'; readonly rates: Partial<FaultRates> }
  | { readonly kind: 'clog'; readonly from: number; readonly to: number }
  | { readonly kind: 'partition'; readonly nodes: readonly number[] }
  | { readonly kind: 'crash'; readonly node: number; readonly how: 'kill' | 'power' }
);

export type FaultKind = Fault['kind'];

export interface FaultPlanOptions {
  readonly seed: number;
  /** How many nodes the world has. */
  readonly nodes: number;
  /** Faults begin between these moments; the last has ended, and everything is healed, at `untilMs`. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly count: number;
  /** All kinds when absent. */
  readonly kinds?: readonly FaultKind[];
  /** Indices of nodes that do not crash. */
  readonly spared?: readonly number[];
}

/** The random stream of plans: apart from those of nodes and ways. */
const PLAN_STREAM = 0x1c00_0000_0000;
const KINDS: readonly FaultKind[] = ['rates', 'clog', 'partition', 'crash'];

export class FaultPlan {
  readonly faults: readonly Fault[];
  readonly healedAtMs: number;
  private readonly seed: number;

  constructor(faults: readonly Fault[], healedAtMs: number, seed: number) {
    this.faults = faults;
    this.healedAtMs = healedAtMs;
    this.seed = seed;
  }

  static random(options: FaultPlanOptions): FaultPlan {
    const random = new Random(options.seed, PLAN_STREAM);
    const kinds = options.kinds ?? KINDS;
    const faults: Fault[] = [];
    for (let count = 0; count < options.count; count++) {
      const atMs = options.fromMs + random.unit() * (options.untilMs - options.fromMs);
      const forMs = random.unit() * (options.untilMs - atMs);
      const fault = draw(random, kinds[random.below(kinds.length)] as FaultKind, atMs, forMs, options);
      if (fault !== null) faults.push(fault);
    }
    return new FaultPlan(
      faults.toSorted((a, b) => a.atMs - b.atMs),
      options.untilMs,
      options.seed,
    );
  }

  /** Makes it all happen in that world, in which it may be as late as the first fault. */
  apply(world: World): void {
    const well = world.faults;
    for (const fault of this.faults) {
      world.at(fault.atMs, () => begin(world, fault));
      world.at(fault.atMs + fault.forMs, () => finish(world, fault, well));
    }
    world.at(this.healedAtMs, () => {
      world.faults = well;
      world.heal();
    });
  }

  /** One line a fault, for people who want to see the same again. */
  describe(): string {
    const lines = this.faults.map((fault) => `  ${span(fault)}  ${describeFault(fault)}`);
    return [`fault plan of seed ${this.seed}, healed at ${this.healedAtMs} ms:`, ...lines].join('\n');
  }
}

function draw(random: Random, kind: FaultKind, atMs: number, forMs: number, options: FaultPlanOptions): Fault | null {
  switch (kind) {
    case 'rates':
      return { atMs, forMs, kind, rates: drawRates(random) };
    case 'clog':
      return { atMs, forMs, kind, from: random.below(options.nodes), to: random.below(options.nodes) };
    case 'partition': {
      const nodes = Array.from({ length: options.nodes }, (_, index) => index).filter(() => random.chance(0.5));
      return { atMs, forMs, kind, nodes };
    }
    case 'crash': {
      const node = random.below(options.nodes);
      if (options.spared?.includes(node) === true) return null;
      return { atMs, forMs, kind, node, how: random.chance(0.5) ? 'kill' : 'power' };
    }
  }
}

function drawRates(random: Random): Partial<FaultRates> {
  switch (random.below(4)) {
    case 0:
      return { loss: random.unit() * 0.3 };
    case 1:
      return { duplication: random.unit() * 0.3 };
    case 2:
      return { reordering: random.unit() * 0.5, reorderingMs: random.unit() * 500 };
    default:
      return { jitterMs: random.unit() * 300 };
  }
}

function begin(world: World, fault: Fault): void {
  switch (fault.kind) {
    case 'rates':
      world.faults = { ...world.faults, ...fault.rates };
      return;
    case 'clog': {
      const [from, to] = [world.nodes[fault.from], world.nodes[fault.to]];
      if (from !== undefined && to !== undefined) world.clog(from, to, fault.forMs);
      return;
    }
    case 'partition':
      world.partition(fault.nodes.flatMap((index) => world.nodes[index] ?? []));
      return;
    case 'crash': {
      const node = world.nodes[fault.node];
      if (node !== undefined) world.crash(node, fault.how);
    }
  }
}

/** Faults of one kind may overlap: the first to end then ends the other. */
function finish(world: World, fault: Fault, well: FaultRates): void {
  switch (fault.kind) {
    case 'rates':
      world.faults = well;
      return;
    case 'partition':
      world.unite();
      return;
    case 'crash': {
      const node = world.nodes[fault.node];
      if (node !== undefined && !node.host.running) world.restart(node);
      return;
    }
    case 'clog':
      // Ends by itself.
      return;
  }
}

function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'rates':
      return Object.entries(fault.rates)
        .map(([name, value]) => `${name} ${value.toFixed(3)}`)
        .join(', ');
    case 'clog':
      return `nothing passes from node ${fault.from} to node ${fault.to}`;
    case 'partition':
      return `nodes ${fault.nodes.join(' ')} are apart from the others`;
    case 'crash':
      return `node ${fault.node} crashes (${fault.how}), restarts at the end`;
  }
}

function span(fault: Fault): string {
  return `${fault.atMs.toFixed(0)}–${(fault.atMs + fault.forMs).toFixed(0)} ms`;
}
