/**
 * One run of an overlay, as far as all scenarios have it in common: a world, a network in it that has begun as the spec says, those that
 * fail at once, and churn. Owns the world, its meter and its bounds: no run goes on for ever.
 */

import { Random } from '../core/random.ts';
import { World } from '../sim/world.ts';
import { Churn } from './churn.ts';
import { Meter } from './measures.ts';
import { latencySpecOf } from './networks.ts';
import type { OverlayNetwork } from './overlay-model.ts';
import type { RunSpec } from './run-spec.ts';
import type { RunOutcome } from './scenario.ts';
import { FAILURE_STREAM } from './streams.ts';
import { completeOptions } from './system-options.ts';
import { overlaySystemOf } from './systems/index.ts';

/** A run that has more events than this does not come to rest: a few hours of a core. */
const EVENTS_MAX = 10_000_000_000;
/** A network that has grown by the protocol is in order after so long, or never. */
const SETTLE_MS_MAX = 1_800_000;
const SETTLE_LOOK_MS = 1000;

export class OverlayRun {
  readonly spec: RunSpec;
  readonly seed: number;
  readonly world: World;
  readonly network: OverlayNetwork;
  readonly meter = new Meter();
  readonly churn: Churn;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, seed: number) {
    const system = overlaySystemOf(spec.system);
    if (spec.nat !== undefined) throw new RangeError(`nobody behind a NAT expected in a run of ${spec.system}: only swarms go behind NATs`);
    const options = completeOptions(system.name, system.defaults, spec.options);
    this.spec = spec;
    this.seed = seed;
    this.world = new World({ seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss } });
    this.network = system.build(this.world, options, seed);
    this.churn = new Churn(this.world, this.network, spec.churn, seed);
  }

  /** The network as the spec has it at the beginning; nobody has failed yet. */
  begin(): void {
    const { nodes, start, joinEveryMs } = this.spec;
    if (start === 'ideal') {
      this.network.addIdeal(nodes);
      // Nodes start in events of this moment.
      this.runFor(1);
      return;
    }
    for (let count = 0; count < nodes; count++) {
      this.network.join();
      this.runFor(joinEveryMs);
    }
    const settledByMs = this.world.now + SETTLE_MS_MAX;
    for (let complaint = this.network.complaint(); complaint !== null; complaint = this.network.complaint()) {
      if (this.world.now >= settledByMs) throw new Error(`a network in order after ${SETTLE_MS_MAX} ms expected, got: ${complaint}`);
      this.runFor(SETTLE_LOOK_MS);
    }
  }

  /** The share of the nodes that the spec says falls silent, if any, and the time that the others get to repair. */
  fail(): void {
    const { failure } = this.spec;
    if (failure === null) return;
    const count = Math.round(failure.share * this.network.live.length);
    const nodes = [...this.network.live].sort((a, b) => a - b);
    for (const node of new Random(this.seed, FAILURE_STREAM).shuffle(nodes).slice(0, count)) this.network.crash(node);
    this.runFor(failure.repairMs);
  }

  runFor(milliseconds: number): void {
    this.runUntil(() => false, milliseconds);
  }

  /** To that moment, unless it is over already. */
  runTo(atMs: number): void {
    this.runFor(Math.max(0, atMs - this.world.now));
  }

  /** Until the predicate holds, which is asked after every event; false when it does not in so much virtual time. */
  runUntil(predicate: () => boolean, millisecondsMax: number): boolean {
    const { counters } = this.world;
    const held = this.world.runUntil(() => counters.events >= EVENTS_MAX || predicate(), millisecondsMax);
    if (counters.events >= EVENTS_MAX) throw new Error(`a run of at most ${EVENTS_MAX} events expected; ${this.world.describe()}`);
    return held;
  }

  /** A node at a random place among those that live, or the next one there that is a member; -1 when nobody is. */
  drawMember(random: Random): number {
    const { live } = this.network;
    const place = Math.floor(random.unit() * live.length);
    for (let tried = 0; tried < live.length; tried++) {
      const node = live[(place + tried) % live.length] as number;
      if (this.network.isMember(node)) return node;
    }
    return -1;
  }

  /** Bytes that all nodes have sent so far, headers of datagrams included. */
  get bytesSent(): number {
    return this.world.nodes.reduce((sum, node) => sum + node.bytesUp, 0);
  }

  outcome(): RunOutcome {
    const { world } = this;
    this.meter.add('events', world.counters.events);
    return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: this.meter.measures() };
  }
}
