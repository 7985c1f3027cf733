/**
 * Lookups before and after a share of the nodes falls silent at once, without a pause for repair: what a user sees of it, and for how long. Keys,
 * moments, origins (by their place among the living) and who fails are drawn apart from all else, so that every system gets the same.
 *
 * Of each lookup before it: `failedBefore`, 1 when it did not find who is responsible at the moment when it ends; `unservedBefore`, 1 when it did not
 * or took more than 4 s, as somebody who waits sees it. Of each after it `failed at 20 s` and `unserved at 20 s`, by the beginning of the window in
 * which it began, in seconds since the failure.
 *
 * Of a run: `recoveryMs`, the beginning of the first of two windows in a row in which lookups are served at least 99% as often as before it, and
 * the whole time when there are none; `recovered`, 1 or 0; `abandoned` lookups, whose origin was gone before they ended.
 */

import { ID_BYTES } from '../../core/id.ts';
import { Random } from '../../core/random.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { ARRIVAL_STREAM, KEY_STREAM, ORIGIN_STREAM } from '../streams.ts';
import { exponentialMs } from '../times.ts';
import { WAIT_MS_MAX } from './lookups.ts';
import { Pending } from './pending.ts';
import { workloadOf } from './workload.ts';

const AS_BEFORE_SHARE = 0.99;
/** One window may be lucky. */
const WINDOWS_IN_A_ROW = 2;

export function recovery(spec: RunSpec, seed: number): RunOutcome {
  const work = workloadOf(spec, 'recovery');
  if (spec.failure === null || spec.failure.repairMs !== 0) {
    throw new RangeError('a failure with a repairMs of 0 expected: lookups go on while the others repair');
  }
  if (!(work.perSecond > 0)) throw new RangeError(`more than 0 lookups a second expected, got ${work.perSecond}`);
  const run = new OverlayRun(spec, seed);
  run.begin();
  new Recovery(run, work).carryOut();
  return run.outcome();
}

/** Of the lookups that began in one window, or before the failure. */
interface Tally {
  ended: number;
  failed: number;
  unserved: number;
}

class Recovery {
  private readonly run: OverlayRun;
  private readonly work: Extract<WorkloadSpec, { readonly kind: 'recovery' }>;
  private readonly keys: Random;
  private readonly origins: Random;
  private readonly arrivals: Random;
  private readonly pending = new Pending();

  constructor(run: OverlayRun, work: Recovery['work']) {
    this.run = run;
    this.work = work;
    this.keys = new Random(run.seed, KEY_STREAM);
    this.origins = new Random(run.seed, ORIGIN_STREAM);
    this.arrivals = new Random(run.seed, ARRIVAL_STREAM);
  }

  carryOut(): void {
    const { run, work } = this;
    const { beforeMs, afterMs, windowMs } = work;
    run.churn.start(run.world.now + beforeMs + afterMs);
    const before = this.ask(beforeMs, beforeMs)[0] as Tally;
    // Those under way when others fail would count neither as before nor as after.
    run.fail();
    const after = this.ask(afterMs, windowMs);
    this.report(before, after);
  }

  /** Lookups for so long, and until the last has ended: those of each window. */
  private ask(ms: number, windowMs: number): Tally[] {
    const { run, work, pending } = this;
    const windows = Array.from({ length: Math.ceil(ms / windowMs) }, (): Tally => ({ ended: 0, failed: 0, unserved: 0 }));
    const beganMs = run.world.now;
    for (;;) {
      const atMs = run.world.now + exponentialMs(this.arrivals, 1000 / work.perSecond);
      if (atMs >= beganMs + ms) break;
      run.runTo(atMs);
      // Virtual time has a last bit of its own.
      this.begin(windows[Math.min(windows.length - 1, Math.floor((atMs - beganMs) / windowMs))] as Tally);
    }
    run.runTo(beganMs + ms);
    const last = windows.at(-1) as Tally;
    const never = pending.waitForAll(run);
    count(last, false, Number.POSITIVE_INFINITY, never);
    return windows;
  }

  private begin(window: Tally): void {
    const { run, pending, work } = this;
    const { network } = run;
    const key = this.keys.fill(new Uint8Array(ID_BYTES));
    const origin = run.drawMember(this.origins);
    if (origin < 0) {
      count(window, false, 0);
      return;
    }
    const number = pending.begin(origin);
    network.lookup(origin, key, work.style, ({ owner, tookMs }) => {
      if (pending.end(number)) count(window, owner >= 0 && owner === network.ownerOf(key), tookMs);
    });
  }

  private report(before: Tally, after: readonly Tally[]): void {
    const { meter, churn } = this.run;
    const { windowMs, afterMs } = this.work;
    add('failedBefore', before.failed, before.ended);
    add('unservedBefore', before.unserved, before.ended);
    for (const [index, { failed, unserved, ended }] of after.entries()) {
      const at = `at ${(index * windowMs) / 1000} s`;
      add(`failed ${at}`, failed, ended);
      add(`unserved ${at}`, unserved, ended);
    }
    const wanted = AS_BEFORE_SHARE * servedShare(before);
    const good = after.map((window) => window.ended > 0 && servedShare(window) >= wanted);
    const first = good.findIndex((_, index) => {
      const row = good.slice(index, index + WINDOWS_IN_A_ROW);
      return row.length === WINDOWS_IN_A_ROW && row.every(Boolean);
    });
    meter.add('recoveryMs', first < 0 ? afterMs : first * windowMs);
    meter.add('recovered', first < 0 ? 0 : 1);
    meter.add('abandoned', this.pending.abandoned);
    meter.add('crashes', churn.crashes);

    function add(name: string, ones: number, all: number): void {
      if (ones > 0) meter.add(name, 1, ones);
      if (all > ones) meter.add(name, 0, all - ones);
    }
  }
}

function count(window: Tally, right: boolean, tookMs: number, times = 1): void {
  window.ended += times;
  if (!right) window.failed += times;
  if (!right || tookMs > WAIT_MS_MAX) window.unserved += times;
}

function servedShare({ ended, unserved }: Tally): number {
  return 1 - unserved / ended;
}
