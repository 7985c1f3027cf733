/**
 * Which run is next: the biggest that fits into memory beside those under way. The biggest first, so that no core waits for a last long one;
 * never two giants at once, since a machine that swaps does neither. Owns the runs that wait.
 */

import type { Job } from './plan.ts';
import { eventsOf, guessBytes } from './run-weight.ts';

export class JobQueue {
  /** Biggest first. */
  private readonly waiting: Job[];
  private readonly memoryBytes: number;
  private bytes = 0;

  /** `memoryBytes`: what runs may take at the same time. One that needs more than all of it runs alone, and may fail. */
  constructor(jobs: readonly Job[], memoryBytes: number) {
    this.waiting = [...jobs].sort((a, b) => eventsOf(b.spec) - eventsOf(a.spec));
    this.memoryBytes = memoryBytes;
  }

  /** The one that `take` would give if nothing were under way. */
  get first(): Job | null {
    return this.waiting[0] ?? null;
  }

  /** Null when none is left, or none fits now. */
  take(): Job | null {
    const room = this.memoryBytes - this.bytes;
    const index = this.waiting.findIndex(({ spec }) => this.bytes === 0 || guessBytes(spec) <= room);
    if (index < 0) return null;
    const [job] = this.waiting.splice(index, 1) as [Job];
    this.bytes += guessBytes(job.spec);
    return job;
  }

  /** A run that was taken is over: its memory is free. */
  giveBack({ spec }: Job): void {
    this.bytes -= guessBytes(spec);
  }
}
