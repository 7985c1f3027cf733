/**
 * What every run of a network has, whether its nodes look for keys or for files: a world, a meter, time that passes within bounds, newcomers that
 * settle, members that are drawn. Owns the world and the meter.
 */

import type { Random } from '../core/random.ts';
import { World } from '../sim/world.ts';
import { Meter } from './measures.ts';
import { latencySpecOf } from './networks.ts';
import type { RunSpec } from './run-spec.ts';
import type { RunOutcome } from './scenario.ts';

/** A run that has more events than this does not come to rest: a few hours of a core. */
const EVENTS_MAX = 10_000_000_000;
/** A network that has grown by the protocol is in order after so long, or never. */
const SETTLE_MS_MAX = 1_800_000;
const SETTLE_LOOK_MS = 1000;

/** What is needed of any network. */
export interface RunNetwork {
  readonly live: readonly number[];
  isMember(node: number): boolean;
  complaint(): string | null;
}

export abstract class NetworkRun<N extends RunNetwork> {
  readonly spec: RunSpec;
  readonly seed: number;
  readonly world: World;
  readonly meter = new Meter();
  abstract readonly network: N;

  constructor(spec: RunSpec, seed: number) {
    this.spec = spec;
    this.seed = seed;
    this.world = new World({ seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss } });
  }

  runFor(milliseconds: number): void {
    this.runUntil(() => false, milliseconds);
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

  outcome(): RunOutcome {
    const { world } = this;
    this.meter.add('events', world.counters.events);
    return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: this.meter.measures() };
  }

  /** As many as the spec says come, one after the other, and then the network has time to be in order. */
  protected grow(join: () => void): void {
    const { nodes, joinEveryMs } = this.spec;
    for (let count = 0; count < nodes; count++) {
      join();
      this.runFor(joinEveryMs);
    }
    const settledByMs = this.world.now + SETTLE_MS_MAX;
    for (let complaint = this.network.complaint(); complaint !== null; complaint = this.network.complaint()) {
      if (this.world.now >= settledByMs) throw new Error(`a network in order after ${SETTLE_MS_MAX} ms expected, got: ${complaint}`);
      this.runFor(SETTLE_LOOK_MS);
    }
  }
}
