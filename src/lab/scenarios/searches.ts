/**
 * Searches for titles by their words, from random users, and what each costs and finds.
 *
 * Of each search for a title that somebody else holds: `found`, 1 when a holder was named in time; `recall`, the part of the living holders that
 * was; `firstMs` until the first of them. Of each search: `dead`, holders named that live no more; of its messages, on whatever way, `messages`
 * and `bytes` (queries and hits), `reach`, other nodes that a query came to; `duplicates`, queries that came to a node again, or to who asks. Of a run: `absent`,
 * searches that nobody could have answered, and of each search `absentShare`, 1 for one of them; `topHolders`, which part of all holders named the 7% of the users make
 * that are named most; of all nodes, those that only serve included, `busiestBytesPerS` and `meanBytesPerS`, sent and
 * received while searches run; `busiestMessagesPerSearch`, the searches' messages through the busiest node; of the links when searches begin, `component`,
 * `distance` and `otherComponents` (`link-graph.ts`), and `crawledComponent`, of the living that were in the largest component before a failure the part that still is; `degree` of each user at the end, `joins`, `crashes`, `leaves`.
 */

import { Random } from '../../core/random.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { titleOf, wordsOf } from '../content-model.ts';
import { graphShape, largestComponent } from '../link-graph.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { SearchRun } from '../search-run.ts';
import { ARRIVAL_STREAM, CHOICE_STREAM, KEY_STREAM, ORIGIN_STREAM } from '../streams.ts';
import { exponentialMs } from '../times.ts';
import { workloadOf } from './workload.ts';

/** Nodes from which distances are measured: all pairs of ten thousand take minutes. */
const SOURCES = 100;

export function searches(spec: RunSpec, seed: number): RunOutcome {
  const workload = workloadOf(spec, 'searches');
  const run = new SearchRun(spec, workload, seed);
  run.begin();
  new Searches(run, workload).carryOut();
  return run.outcome();
}

/** Users of whom it is known that they shared more than all others (Saroiu et al. 2002). */
const TOP = 0.07;

/** One search, from its beginning until it is no longer waited for. */
class Asked {
  readonly origin: number;
  readonly title: number;
  readonly beganAtMs: number;
  /** Who held it when it was asked for, but the asker. */
  readonly holders: ReadonlySet<number>;
  readonly named = new Set<number>();
  readonly dead = new Set<number>();
  firstMs = -1;

  constructor(origin: number, title: number, beganAtMs: number, holders: ReadonlySet<number>) {
    this.origin = origin;
    this.title = title;
    this.beganAtMs = beganAtMs;
    this.holders = holders;
  }
}

/** What the messages of one search came to. */
class Traffic {
  readonly origin: number;
  messages = 0;
  bytes = 0;
  duplicates = 0;
  readonly reached = new Set<number>();

  constructor(origin: number) {
    this.origin = origin;
  }
}

class Searches {
  private readonly run: SearchRun;
  private readonly work: Extract<WorkloadSpec, { readonly kind: 'searches' }>;
  private readonly titles: Random;
  private readonly origins: Random;
  private readonly arrivals: Random;
  /** Of searches under way, by the name that their messages have. */
  private readonly traffic = new Map<string, Traffic>();
  /** Bytes and messages of searches through each node of the world, both ways. */
  private readonly bytesAt: number[] = [];
  private readonly messagesAt: number[] = [];
  /** How often each user was named as a holder. */
  private readonly namings = new Map<number, number>();
  private counting = false;

  constructor(run: SearchRun, work: Searches['work']) {
    this.run = run;
    this.work = work;
    this.titles = new Random(run.seed, KEY_STREAM);
    this.origins = new Random(run.seed, ORIGIN_STREAM);
    this.arrivals = new Random(run.seed, ARRIVAL_STREAM);
    run.world.watcher = { onMessage: (from, to, bytes, message) => this.note(from, to, bytes, message) };
  }

  carryOut(): void {
    const { run, work } = this;
    const { churn, meter, world } = run;
    const crawled = largestComponent(run.network);
    run.fail();
    const { component, distance, others } = graphShape(run.network, SOURCES, new Random(run.seed, CHOICE_STREAM));
    meter.add('component', component);
    meter.add('crawledComponent', shareOf(largestComponent(run.network), crawled, run.network.live));
    meter.add('distance', distance);
    meter.add('otherComponents', others);
    churn.start(Number.POSITIVE_INFINITY);
    run.runFor(work.warmUpMs);
    const beganAtMs = world.now;
    this.counting = true;
    for (let count = 0; count < work.count; count++) {
      if (work.perSecond > 0) run.runFor(exponentialMs(this.arrivals, 1000 / work.perSecond));
      this.begin();
    }
    run.runFor(work.waitMs + 1);
    this.counting = false;
    const seconds = (world.now - beganAtMs) / 1000;
    for (const { messages, bytes, duplicates, reached } of this.traffic.values()) {
      meter.add('messages', messages);
      meter.add('bytes', bytes);
      meter.add('reach', reached.size);
      meter.add('duplicates', duplicates);
    }
    meter.add('busiestBytesPerS', busiest(this.bytesAt) / seconds);
    meter.add('meanBytesPerS', this.bytesAt.reduce((sum, bytes) => sum + bytes, 0) / world.nodes.length / seconds);
    meter.add('busiestMessagesPerSearch', busiest(this.messagesAt) / work.count);
    meter.add('topHolders', topShare([...this.namings.values()], Math.round(TOP * run.network.live.length)));
    for (const user of run.network.live) meter.add('degree', run.network.linksOf(user).length);
    meter.add('joins', churn.joins);
    meter.add('crashes', churn.crashes);
    meter.add('leaves', churn.leaves);
  }

  private begin(): void {
    const { run, work } = this;
    const { meter, world } = run;
    const title = run.content.draw(this.titles);
    const origin = run.drawMember(this.origins);
    const holders = new Set(run.holdersOf(title));
    holders.delete(origin);
    if (origin < 0 || holders.size === 0) meter.add('absent', 1);
    meter.add('absentShare', origin < 0 || holders.size === 0 ? 1 : 0);
    if (origin < 0) return;
    const asked = new Asked(origin, title, world.now, holders);
    run.network.search(origin, wordsOf(title), {
      onHit: (hit) => this.onHit(asked, hit),
      // Every search is waited for equally long, whether its network has an end or not.
      onSearchEnd: () => undefined,
    });
    world.at(world.now + work.waitMs, () => this.judge(asked));
  }

  private onHit(asked: Asked, hit: SearchHit): void {
    const { run } = this;
    const late = run.world.now > asked.beganAtMs + this.work.waitMs;
    if (late || titleOf(hit.name) !== asked.title) return;
    const holder = run.network.holderOf(hit);
    if (holder === asked.origin) return;
    if (!run.holdersOf(asked.title).has(holder)) {
      asked.dead.add(holder);
      return;
    }
    asked.named.add(holder);
    if (asked.firstMs < 0) asked.firstMs = run.world.now - asked.beganAtMs;
  }

  private judge({ holders, named, dead, firstMs }: Asked): void {
    const { meter } = this.run;
    meter.add('dead', dead.size);
    if (holders.size === 0) return;
    for (const holder of named) this.namings.set(holder, (this.namings.get(holder) ?? 0) + 1);
    const right = [...named].filter((holder) => holders.has(holder)).length;
    meter.add('found', named.size > 0 ? 1 : 0);
    meter.add('recall', right / holders.size);
    if (firstMs >= 0) meter.add('firstMs', firstMs);
  }

  private note(from: number, to: number, bytes: number, message: unknown): void {
    if (!this.counting) return;
    this.bytesAt[from] = (this.bytesAt[from] ?? 0) + bytes;
    this.bytesAt[to] = (this.bytesAt[to] ?? 0) + bytes;
    const known = this.run.network.classify(message, from, to);
    if (known === null) return;
    let traffic = this.traffic.get(known.search);
    if (traffic === undefined) this.traffic.set(known.search, (traffic = new Traffic(from)));
    traffic.messages++;
    traffic.bytes += bytes;
    this.messagesAt[from] = (this.messagesAt[from] ?? 0) + 1;
    this.messagesAt[to] = (this.messagesAt[to] ?? 0) + 1;
    if (known.kind === 'hit') return;
    if (traffic.reached.has(to) || to === traffic.origin) traffic.duplicates++;
    else traffic.reached.add(to);
  }
}

/** Which part of the sum the `count` largest make. */
function topShare(counts: readonly number[], count: number): number {
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
  const all = sum(counts);
  return all === 0 ? 0 : sum([...counts].sort((a, b) => b - a).slice(0, count)) / all;
}

/** Of those among the living who were `before`, the part that is in `after`. */
function shareOf(after: ReadonlySet<number>, before: ReadonlySet<number>, living: readonly number[]): number {
  const left = living.filter((node) => before.has(node));
  return left.length === 0 ? 0 : left.filter((node) => after.has(node)).length / left.length;
}

/** Arrays of the nodes that were heard of: those that were not have no entry. */
function busiest(sums: readonly number[]): number {
  return sums.reduce((most, sum) => Math.max(most, sum), 0);
}
