/**
 * Lookups of random keys from random nodes: whom they find, over how many hops, and what that costs. Keys, moments and origins (by their
 * place among the living) are drawn apart from all else, so that every system gets the same.
 *
 * Of each lookup: `failed`, 1 when it did not find who is responsible at the moment when it ends; `wrong`, 1 when it found somebody else;
 * `ownerLost`, after a failure, 1 when it did not find who was responsible before it, who alone may hold the value (Chord, section 6.4);
 * of those that found somebody `hops`, `timeouts` and `tookMs`, and `hopsIfAny`, of those whose origin did not know the answer itself, and
 * `questions`, where a system asks several nodes at once; where it chooses by distance `wayMs`, one way along the nodes passed, and `straightMs`,
 * to the node found; where any holder will do `nearer`, how many of them are nearer.
 *
 * Of a run: `abandoned` lookups, whose origin was gone before they ended; `messagesPerLookup`, `bytesPerLookup` and `bytesPerNodePerS`, each
 * with the upkeep of that time; `stretch`, all ways by all straight ones; `joins`, `crashes`, `leaves`; and of each node `contacts`, the state that it keeps, and
 * what the system itself says of its tables.
 */

import { Random } from '../../core/random.ts';
import { ID_BYTES } from '../../core/id.ts';
import type { LookupOutcome } from '../overlay-model.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { ARRIVAL_STREAM, KEY_STREAM, ORIGIN_STREAM, WARMING_KEY_STREAM, WARMING_ORIGIN_STREAM } from '../streams.ts';
import { exponentialMs } from '../times.ts';
import { Pending } from './pending.ts';
import { workloadOf } from './workload.ts';

/** Lookups under way at once when no rate is given. */
const AT_ONCE_MAX = 10_000;
const NOBODY: LookupOutcome = { owner: -1, hops: 0, timeouts: 0, tookMs: 0 };

export function lookups(spec: RunSpec, seed: number): RunOutcome {
  const run = new OverlayRun(spec, seed);
  run.begin();
  const work = new Lookups(run, workloadOf(spec, 'lookups'));
  run.fail();
  work.carryOut();
  return run.outcome();
}

class Lookups {
  private readonly run: OverlayRun;
  private readonly work: Extract<WorkloadSpec, { readonly kind: 'lookups' }>;
  private readonly keys: Random;
  private readonly origins: Random;
  /** Who was responsible for each key before some failed; null: nobody did. */
  private readonly ownersBefore: Int32Array | null;
  /** Counted lookups that have begun. */
  private begun = 0;
  private readonly pending = new Pending();
  /** How many nodes lived when each lookup began, in all. */
  private livingSum = 0;
  private waysMs = 0;
  private straightsMs = 0;

  constructor(run: OverlayRun, work: Lookups['work']) {
    this.run = run;
    this.work = work;
    this.keys = new Random(run.seed, KEY_STREAM);
    this.origins = new Random(run.seed, ORIGIN_STREAM);
    const again = new Random(run.seed, KEY_STREAM);
    const { network, spec } = run;
    this.ownersBefore = spec.failure === null ? null : Int32Array.from({ length: work.count }, () => network.ownerOf(randomKey(again)));
  }

  carryOut(): void {
    const { run, work } = this;
    const { world, meter, network, churn } = run;
    const { warming, counted } = this.moments();
    churn.start(counted.at(-1) ?? world.now + work.warmUpMs);
    this.warmUp(warming);
    const before = { atMs: world.now, messages: world.counters.datagramsSent, bytes: run.bytesSent };
    if (work.perSecond === 0) this.beginAll();
    for (const atMs of counted) {
      run.runTo(atMs);
      this.begin();
    }
    this.waitForAll();
    const bytes = run.bytesSent - before.bytes;
    const seconds = (world.now - before.atMs) / 1000;
    meter.add('messagesPerLookup', (world.counters.datagramsSent - before.messages) / this.begun);
    meter.add('bytesPerLookup', bytes / this.begun);
    if (work.perSecond > 0) meter.add('bytesPerNodePerS', bytes / seconds / (this.livingSum / this.begun));
    if (this.straightsMs > 0) meter.add('stretch', this.waysMs / this.straightsMs);
    network.measureTables?.(meter, run.spec.start === 'grown');
    meter.add('abandoned', this.pending.abandoned);
    meter.add('joins', churn.joins);
    meter.add('crashes', churn.crashes);
    meter.add('leaves', churn.leaves);
    for (const node of network.live) meter.add('contacts', network.contactsOf(node));
  }

  /** When lookups begin: those that only warm up, then those that count. None without a rate. */
  private moments(): { warming: number[]; counted: number[] } {
    const { run, work } = this;
    const [warming, counted]: [number[], number[]] = [[], []];
    const random = new Random(run.seed, ARRIVAL_STREAM);
    const countedFromMs = run.world.now + work.warmUpMs;
    for (let atMs = run.world.now; work.perSecond > 0 && counted.length < work.count; ) {
      atMs += exponentialMs(random, 1000 / work.perSecond);
      (atMs < countedFromMs ? warming : counted).push(atMs);
    }
    return { warming, counted };
  }

  /** Lookups teach the nodes who is dead, counted or not. */
  private warmUp(moments: readonly number[]): void {
    const { run, work } = this;
    const untilMs = run.world.now + work.warmUpMs;
    const [keys, origins] = [new Random(run.seed, WARMING_KEY_STREAM), new Random(run.seed, WARMING_ORIGIN_STREAM)];
    for (const atMs of moments) {
      run.runTo(atMs);
      const origin = run.drawMember(origins);
      if (origin >= 0) run.network.lookup(origin, randomKey(keys), work.style, () => {});
    }
    run.runTo(untilMs);
  }

  private beginAll(): void {
    while (this.begun < this.work.count) {
      do this.begin();
      while (this.begun < this.work.count && this.begun % AT_ONCE_MAX !== 0);
      this.waitForAll();
    }
  }

  private begin(): void {
    const { run, work } = this;
    const index = this.begun++;
    const key = randomKey(this.keys);
    const origin = run.drawMember(this.origins);
    this.livingSum += run.network.live.length;
    if (origin < 0) {
      this.end(index, key, NOBODY);
      return;
    }
    const number = this.pending.begin(origin);
    run.network.lookup(origin, key, work.style, (outcome) => {
      if (this.pending.end(number)) this.end(index, key, outcome);
    });
  }

  private end(index: number, key: Uint8Array, outcome: LookupOutcome): void {
    const { meter, network } = this.run;
    const { owner, hops, timeouts, tookMs, questions, nearer } = outcome;
    const found = owner >= 0;
    const right = found && owner === network.ownerOf(key);
    this.judge(right, found && !right, found && owner === this.ownersBefore?.[index]);
    if (!found) return;
    meter.add('hops', hops);
    if (hops > 0) meter.add('hopsIfAny', hops);
    meter.add('timeouts', timeouts);
    meter.add('tookMs', tookMs);
    if (questions !== undefined) meter.add('questions', questions);
    if (nearer !== undefined) meter.add('nearer', nearer);
    this.addWay(outcome);
  }

  private addWay({ wayMs, straightMs }: LookupOutcome): void {
    if (wayMs === undefined || straightMs === undefined) return;
    const { meter } = this.run;
    meter.add('wayMs', wayMs);
    meter.add('straightMs', straightMs);
    this.waysMs += wayMs;
    this.straightsMs += straightMs;
  }

  private judge(right: boolean, wrong: boolean, asBefore: boolean): void {
    const { meter } = this.run;
    meter.add('failed', right ? 0 : 1);
    meter.add('wrong', wrong ? 1 : 0);
    if (this.ownersBefore !== null) meter.add('ownerLost', asBefore ? 0 : 1);
  }

  private waitForAll(): void {
    for (let never = this.pending.waitForAll(this.run); never > 0; never--) this.judge(false, false, false);
  }
}

function randomKey(random: Random): Uint8Array {
  return random.fill(new Uint8Array(ID_BYTES));
}
