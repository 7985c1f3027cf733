/**
 * One run of a search network: a world, users who share what the content model gives them, those who fail, and churn; and beside it who holds what,
 * whatever the network believes. Owns the world, its meter, and that knowledge.
 */

import { Random } from '../core/random.ts';
import { Churn } from './churn.ts';
import { ContentModel, titleOf } from './content-model.ts';
import { NetworkRun } from './network-run.ts';
import type { RunSpec, WorkloadSpec } from './run-spec.ts';
import type { SearchNetwork } from './search-model.ts';
import { FAILURE_STREAM } from './streams.ts';
import { completeOptions } from './system-options.ts';
import { searchSystemOf } from './systems/index.ts';
import type { ListedFiles } from '../wire/listed-files.ts';
import { bestConnected } from './link-graph.ts';

export class SearchRun extends NetworkRun<SearchNetwork> {
  readonly network: SearchNetwork;
  readonly content: ContentModel;
  readonly churn: Churn;
  /** Living users who share a title. */
  private readonly holders = new Map<number, Set<number>>();
  private readonly titles = new Map<number, readonly number[]>();
  private made = 0;

  /** Throws RangeError when the system, or an option of it, is not known. */
  constructor(spec: RunSpec, { content }: Extract<WorkloadSpec, { kind: 'searches' }>, seed: number) {
    const system = searchSystemOf(spec.system);
    if (spec.nat !== undefined) throw new RangeError(`nobody behind a NAT expected in a run of ${spec.system}: only swarms go behind NATs`);
    super(spec, seed);
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
    if (this.spec.start === 'ideal') {
      this.network.addIdeal(Array.from({ length: this.spec.nodes }, () => this.nextShare()));
      this.runFor(1);
    } else {
      this.grow(() => void this.join());
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

  /** What a user shares, or shared while he was there. */
  filesOf(user: number): ListedFiles {
    return this.content.filesOf(user);
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  /** The number of the newcomer. */
  join(): number {
    return this.network.join(this.nextShare());
  }

  crash(user: number): void {
    this.forget(user);
    this.network.crash(user);
  }

  leave(user: number, done: () => void): void {
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
