/**
 * Makes the nodes of a simulated network come and go as a `ChurnSpec` says, in events of the world. Who goes and when depends on the spec,
 * the seed and the number of nodes at the beginning alone: everything is drawn from random streams of its own and from a list of its own of
 * who is there, so that every system has the same comings and goings. Owns that list and its counts.
 */

import { Random } from '../core/random.ts';
import type { World } from '../sim/world.ts';
import { LiveNodes } from './live-nodes.ts';
import type { OverlayNetwork } from './overlay-model.ts';
import type { ChurnSpec, LeaveStyle, TraceEvent } from './run-spec.ts';
import { CHURN_DEPARTURE_STREAM, CHURN_JOIN_STREAM, CHURN_SESSION_STREAM } from './streams.ts';
import { exponentialMs, residualMs, timeMs } from './times.ts';

/** So many nodes are left in peace: a network that has died out measures nothing, and newcomers join through up to 8. */
export const NODES_KEPT_MIN = 8;

/** 35 years, far beyond any run; a heavy-tailed time can be longer than the clock can count. */
const AT_MS_MAX = 0x100_0000_0000;

type Sessions = Extract<ChurnSpec, { kind: 'sessions' }>;

export class Churn {
  /** What has happened so far. */
  joins = 0;
  crashes = 0;
  leaves = 0;
  /** Departures that did not happen, because only the last few were left. */
  spared = 0;
  private readonly world: Pick<World, 'now' | 'at'>;
  private readonly network: Pick<OverlayNetwork, 'live' | 'join' | 'crash' | 'leave'>;
  private readonly spec: ChurnSpec;
  private readonly seed: number;
  private readonly present = new LiveNodes();
  private untilMs = 0;

  constructor(
    world: Pick<World, 'now' | 'at'>,
    network: Pick<OverlayNetwork, 'live' | 'join' | 'crash' | 'leave'>,
    spec: ChurnSpec,
    seed: number,
  ) {
    this.world = world;
    this.network = network;
    this.spec = spec;
    this.seed = seed;
  }

  /** Begins now, with the nodes that live now, and ends at that time of the world. Called once. */
  start(untilMs: number): void {
    const nodes = [...this.network.live].sort((a, b) => a - b);
    this.untilMs = untilMs;
    for (const node of nodes) this.present.add(node);
    switch (this.spec.kind) {
      case 'none':
        break;
      case 'poisson':
        this.startPoisson(this.spec.perSecond, this.spec.leaves);
        break;
      case 'sessions':
        this.startSessions(nodes, this.spec);
        break;
      case 'trace':
        this.startTrace(nodes, this.spec.events);
        break;
    }
  }

  private startPoisson(perSecond: number, style: LeaveStyle): void {
    if (perSecond === 0) return;
    const joins = new Random(this.seed, CHURN_JOIN_STREAM);
    const departures = new Random(this.seed, CHURN_DEPARTURE_STREAM);
    this.repeat(this.world.now, joins, 1000 / perSecond, () => this.join());
    this.repeat(this.world.now, departures, 1000 / perSecond, () => {
      const { numbers } = this.present;
      this.depart(numbers[departures.below(numbers.length)] as number, style);
    });
  }

  /** The events of a Poisson process after a moment. */
  private repeat(afterMs: number, random: Random, meanMs: number, happen: () => void): void {
    const atMs = afterMs + exponentialMs(random, meanMs);
    this.at(atMs, () => {
      happen();
      this.repeat(atMs, random, meanMs, happen);
    });
  }

  private startSessions(nodes: readonly number[], spec: Sessions): void {
    const random = new Random(this.seed, CHURN_SESSION_STREAM);
    for (const node of nodes) this.endSession(node, this.world.now + residualMs(random, spec.life), spec, random);
  }

  /** A node goes at that moment, and a newcomer takes its place when its time away is over. */
  private endSession(node: number, atMs: number, spec: Sessions, random: Random): void {
    this.at(atMs, () => {
      if (!this.depart(node, spec.leaves)) {
        this.endSession(node, atMs + timeMs(random, spec.life), spec, random);
        return;
      }
      const backAtMs = atMs + timeMs(random, spec.away);
      this.at(backAtMs, () => this.endSession(this.join(), backAtMs + timeMs(random, spec.life), spec, random));
    });
  }

  /** Nodes of a trace have numbers of their own; those of the network that stand for them change with each coming. */
  private startTrace(nodes: readonly number[], events: readonly TraceEvent[]): void {
    const standIns = new Map(nodes.entries());
    this.follow(events, 0, this.world.now, standIns);
  }

  /** One event at a time is in the world's queue, however long the trace is. */
  private follow(events: readonly TraceEvent[], next: number, beganMs: number, standIns: Map<number, number>): void {
    const event = events[next];
    if (event === undefined) return;
    this.at(beganMs + event.atMs, () => {
      const standIn = standIns.get(event.node);
      const isThere = standIn !== undefined && this.present.has(standIn);
      // Who was spared is still there when the trace has it come back.
      if (event.what === 'join') {
        if (!isThere) standIns.set(event.node, this.join());
      } else if (isThere) {
        this.depart(standIn, event.what);
      }
      this.follow(events, next + 1, beganMs, standIns);
    });
  }

  /** Nothing that would happen after the end is put into the world. */
  private at(ms: number, run: () => void): void {
    if (ms < this.untilMs && ms < AT_MS_MAX) this.world.at(ms, run);
  }

  private join(): number {
    const node = this.network.join();
    this.present.add(node);
    this.joins++;
    return node;
  }

  /** False when it may not go. */
  private depart(node: number, style: LeaveStyle): boolean {
    if (this.present.numbers.length <= NODES_KEPT_MIN) {
      this.spared++;
      return false;
    }
    this.present.remove(node);
    if (style === 'crash') {
      this.network.crash(node);
      this.crashes++;
    } else {
      // Whether the goodbye has come to an end yet changes nothing here: the place is free from now on.
      this.network.leave(node, () => {});
      this.leaves++;
    }
    return true;
  }
}
