/**
 * Values that are put, and got again after a while in which nodes may have come and gone: whether what was put is still there.
 *
 * Of each put `putOk`, 0 or 1, and `putMs`; of each get of a value that was put, by a random node, three measures of 0 or 1, one of which is
 * 1: `right`, `wrong` for another value, `lost` for none; and `getMs` of those that ended. Of a run `abandoned`, puts and gets whose node was
 * gone before they ended, `bytesPerNodePerS`, `joins`, `crashes` and `leaves`.
 */

import { equalBytes } from '../../core/bytes.ts';
import { ID_BYTES } from '../../core/id.ts';
import { Random } from '../../core/random.ts';
import { OverlayRun } from '../overlay-run.ts';
import type { RunSpec, WorkloadSpec } from '../run-spec.ts';
import type { RunOutcome } from '../scenario.ts';
import { ARRIVAL_STREAM, CHOICE_STREAM, KEY_STREAM, ORIGIN_STREAM } from '../streams.ts';
import { exponentialMs } from '../times.ts';
import { Pending } from './pending.ts';
import { workloadOf } from './workload.ts';

export function values(spec: RunSpec, seed: number): RunOutcome {
  const run = new OverlayRun(spec, seed);
  run.begin();
  new Values(run, workloadOf(spec, 'values')).carryOut();
  return run.outcome();
}

class Values {
  private readonly run: OverlayRun;
  private readonly work: Extract<WorkloadSpec, { readonly kind: 'values' }>;
  private readonly keys: Random;
  private readonly origins: Random;
  private readonly arrivals: Random;
  /** Keys whose put has succeeded. A value is its own key, so that any other is wrong. */
  private readonly put: Uint8Array[] = [];
  private readonly pending = new Pending();

  constructor(run: OverlayRun, work: Values['work']) {
    this.run = run;
    this.work = work;
    this.keys = new Random(run.seed, KEY_STREAM);
    this.origins = new Random(run.seed, ORIGIN_STREAM);
    this.arrivals = new Random(run.seed, ARRIVAL_STREAM);
  }

  carryOut(): void {
    const { run, work } = this;
    const { churn, meter, world } = run;
    const before = { atMs: world.now, bytes: run.bytesSent };
    for (let count = 0; count < work.keys; count++) {
      this.letTimePass();
      this.beginPut();
    }
    for (let never = this.pending.waitForAll(run); never > 0; never--) meter.add('putOk', 0);
    run.fail();
    churn.start(Number.POSITIVE_INFINITY);
    run.runFor(work.warmUpMs);
    const choices = new Random(run.seed, CHOICE_STREAM);
    for (let count = 0; count < work.gets && this.put.length > 0; count++) {
      this.letTimePass();
      this.beginGet(this.put[choices.below(this.put.length)] as Uint8Array);
    }
    for (let never = this.pending.waitForAll(run); never > 0; never--) this.judge(null, null);
    const nodeSeconds = (run.network.live.length * (world.now - before.atMs)) / 1000;
    meter.add('bytesPerNodePerS', (run.bytesSent - before.bytes) / nodeSeconds);
    meter.add('abandoned', this.pending.abandoned);
    meter.add('joins', churn.joins);
    meter.add('crashes', churn.crashes);
    meter.add('leaves', churn.leaves);
  }

  /** Until the next put or get begins; no time at all without a rate. */
  private letTimePass(): void {
    if (this.work.perSecond > 0) this.run.runFor(exponentialMs(this.arrivals, 1000 / this.work.perSecond));
  }

  private beginPut(): void {
    const { run } = this;
    const { meter, world } = run;
    const key = this.keys.fill(new Uint8Array(ID_BYTES));
    const origin = run.drawMember(this.origins);
    if (origin < 0) {
      meter.add('putOk', 0);
      return;
    }
    const [number, beganAtMs] = [this.pending.begin(origin), world.now];
    run.network.put(origin, key, key, (ok) => {
      if (!this.pending.end(number)) return;
      if (ok) this.put.push(key);
      meter.add('putOk', ok ? 1 : 0);
      meter.add('putMs', world.now - beganAtMs);
    });
  }

  private beginGet(key: Uint8Array): void {
    const { run } = this;
    const { meter, world } = run;
    const origin = run.drawMember(this.origins);
    if (origin < 0) {
      this.judge(null, key);
      return;
    }
    const [number, beganAtMs] = [this.pending.begin(origin), world.now];
    run.network.get(origin, key, (value) => {
      if (!this.pending.end(number)) return;
      this.judge(value, key);
      meter.add('getMs', world.now - beganAtMs);
    });
  }

  private judge(got: Uint8Array | null, expected: Uint8Array | null): void {
    const { meter } = this.run;
    const right = got !== null && expected !== null && equalBytes(got, expected);
    meter.add('right', right ? 1 : 0);
    meter.add('wrong', got !== null && !right ? 1 : 0);
    meter.add('lost', got === null ? 1 : 0);
  }
}
