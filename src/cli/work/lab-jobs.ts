/** Runs on all cores with the progress shown, and a Failure for the run that fails; owns the threads meanwhile. */

import { availableParallelism } from 'node:os';
import { JobPool, type JobPoolOptions, RunFailed } from '../../lab/job-pool.ts';
import type { Job } from '../../lab/plan.ts';
import { Failure } from '../../node/failure.ts';
import { formatSeconds, plural } from '../../node/quantity.ts';
import type { Call } from '../cli.ts';
import { follow } from '../follow.ts';

export interface Work extends Pick<JobPoolOptions, 'module' | 'onRun'> {
  readonly name: string;
  readonly jobs: readonly Job[];
  /** Others of the same experiment that need not be done, for the progress. */
  readonly doneBefore: number;
  /** Null: as many as there are cores. */
  readonly threads: number | null;
}

/** False when Ctrl-C came first. */
export async function doJobs(call: Call, { name, jobs, doneBefore, threads, module, onRun }: Work): Promise<boolean> {
  const { console, interruption } = call;
  const total = doneBefore + jobs.length;
  const pool = new JobPool(jobs, { threads: threads ?? availableParallelism(), module, onRun, signal: interruption.signal });
  const work = pool.run();
  try {
    await follow(call, work, () => {
      const { done, leftMs } = pool.progress;
      const count = doneBefore + done;
      const left = leftMs === null ? '' : `, ${formatSeconds(leftMs / 1000)} left`;
      console.progress.show(`${name}: ${count} of ${plural(total, 'run')}${left}`, count / total);
    });
    return await work;
  } catch (error) {
    throw error instanceof RunFailed ? runFailure(name, error) : error;
  }
}

function runFailure(name: string, { job, message, trail, outOfMemory }: RunFailed): Failure {
  const what = `${name}: the run ${jobText(job)} failed.`;
  const spec = `Its spec: ${JSON.stringify(job.spec)}`;
  if (outOfMemory) return new Failure('failed', what, `It took more memory than there is.\n  ${spec}`, 'Try --jobs 1, or fewer nodes.');
  // The trail begins with the message, where there is one.
  const why = trail.includes(message) ? trail : `${message}\n  ${trail}`;
  return new Failure('failed', what, `${why}\n  ${spec}`, 'It fails the same way each time; runs that were done are kept.');
}

/** `at 64 of "chord" with seed 3`. */
export function jobText({ x, line, seed }: Omit<Job, 'spec'>): string {
  return `at ${x}${line === '' ? '' : ` of "${line}"`} with seed ${seed}`;
}
