/**
 * One run of a search network: a world, users who share what the content model gives them, those who fail, and churn; and beside it who holds what,
 * whatever the network believes. Owns the world, its meter, and that knowledge.
 */

import { Random } from '../core/random.ts';
import { World } from '../sim/world.ts';
import { Churn } from './churn.ts';
import { ContentModel, titleOf } from './content-model.ts';
import { Meter } from './measures.ts';
import { latencySpecOf } from './networks.ts';
import type { RunSpec, WorkloadSpec } from './run-spec.ts';
import type { RunOutcome } from './scenario.ts';
import type { SearchNetwork } from './search-model.ts';
import { FAILURE_STREAM } from './streams.ts';
import { completeOptions } from './system-options.ts';
import { searchSystemOf } from './systems/index.ts';
import type { ListedFiles } from '../wire/listed-files.ts';
import { bestConnected } from './link-graph.ts';

const EVENTS_MAX = 10_000_000_000;
const SETTLE_MS_MAX = 1_800_000;
const SETTLE_LOOK_MS = 1_000;

export class SearchRun {
  readonly spec: RunSpec;
  readonly seed: number;
  readonly world: World;
  readonly network: SearchNetwork;
  readonly content: ContentModel;
  readonly meter = new Meter();
  readonly churn: Churn;
  /** Living users who share a title. */
  private readonly holders = new Map<number, Set<number>>();
  private readonly titles = new Map<number, readonly number[]>();
  private made = 0;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, { content }: Extract<WorkloadSpec, { kind: 'searches' }>, seed: number) {
    const system = searchSystemOf(spec.system);
    if (spec.nat !== undefined) throw new RangeError(`nobody behind a NAT expected in a run of ${spec.system}: only swarms go behind NATs`);
    this.spec = spec;
    this.seed = seed;
    this.world = new World({ seed, latency: latencySpecOf(spec.network, seed), faults: { loss: spec.loss } });
    this.network = system.build(this.world, completeOptions(system.name, system.defaults, spec.options), seed);
    this.content = new ContentModel(content, seed);
    const users = {
      live: this.network.live,
      join: () => this.join(),
      crash: (user: number) => this.crash(user),
      leave: (user: number, done: () => void) => this.leave(user, done),
    };
    this.churn = new Churn(this.world, users, spec.churn, seed);
  }

  /** The network as the spec has it at the beginning; nobody has failed yet. */
  begin(): void {
    const { nodes, start, joinEveryMs } = this.spec;
    if (start === 'ideal') {
      const shares = Array.from({ length: nodes }, () => this.nextShare());
      this.network.addIdeal(shares);
      this.runFor(1);
      return;
    }
    for (let count = 0; count < nodes; count++) {
      this.join();
      this.runFor(joinEveryMs);
    }
    const settledByMs = this.world.now + SETTLE_MS_MAX;
    for (let complaint = this.network.complaint(); complaint !== null; complaint = this.network.complaint()) {
      if (this.world.now >= settledByMs) throw new Error(`a network in order after ${SETTLE_MS_MAX} ms expected, got: ${complaint}`);
      this.runFor(SETTLE_LOOK_MS);
    }
  }

  /** The share of the users that the spec says falls silent, if any, and the time that the others get to repair. */
  fail(): void {
    const { failure } = this.spec;
    if (failure === null) return;
    const users = [...this.network.live].sort((a, b) => a - b);
    const count = Math.round(failure.share * users.length);
    const gone =
      failure.best === true
        ? bestConnected(this.network, users, count)
        : new Random(this.seed, FAILURE_STREAM).shuffle(users).slice(0, count);
    for (const user of gone) this.crash(user);
    this.runFor(failure.repairMs);
  }

  /** Living users who share that title. */
  holdersOf(title: number): ReadonlySet<number> {
    return this.holders.get(title) ?? NOBODY;
  }

  runFor(milliseconds: number): void {
    this.runUntil(() => false, milliseconds);
  }

  runUntil(predicate: () => boolean, millisecondsMax: number): boolean {
    const { counters } = this.world;
    const held = this.world.runUntil(() => counters.events >= EVENTS_MAX || predicate(), millisecondsMax);
    if (counters.events >= EVENTS_MAX) throw new Error(`a run of at most ${EVENTS_MAX} events expected; ${this.world.describe()}`);
    return held;
  }

  /** A user at a random place among those that live, or the next one there that can search; -1 when nobody can. */
  drawMember(random: Random): number {
    const { live } = this.network;
    const place = Math.floor(random.unit() * live.length);
    for (let tried = 0; tried < live.length; tried++) {
      const user = live[(place + tried) % live.length] as number;
      if (this.network.isMember(user)) return user;
    }
    return -1;
  }

  outcome(): RunOutcome {
    const { world } = this;
    this.meter.add('events', world.counters.events);
    return { trace: world.traceHash(), events: world.counters.events, virtualMs: world.now, measures: this.meter.measures() };
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  private join(): number {
    return this.network.join(this.nextShare());
  }

  private crash(user: number): void {
    this.forget(user);
    this.network.crash(user);
  }

  private leave(user: number, done: () => void): void {
    this.forget(user);
    this.network.leave(user, done);
  }

  /** Users are made in the order of their numbers, here as in the network. */
  private nextShare(): ListedFiles {
    const user = this.made++;
    const files = this.content.filesOf(user);
    const titles = files.after(0, files.count).map(({ name }) => titleOf(name));
    this.titles.set(user, titles);
    for (const title of titles) {
      const holders = this.holders.get(title);
      if (holders === undefined) this.holders.set(title, new Set([user]));
      else holders.add(user);
    }
    return files;
  }

  private forget(user: number): void {
    for (const title of this.titles.get(user) ?? []) this.holders.get(title)?.delete(user);
    this.titles.delete(user);
  }
}

const NOBODY: ReadonlySet<number> = new Set();
