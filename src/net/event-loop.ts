/** One event at a time: the clock that stands still during an event, and work put off to a later one. Owned by a socket host. */

/** Work that has to happen outside the call that asked for it. */
export interface Deferred {
  /** Called once, outside any event; what it reports to a protocol it wraps in `begin` and `end`. */
  runDeferred(): void;
}

export class EventLoop {
  /** Set when the host has stopped: nothing is reported to protocols any more. */
  stopped = false;
  private clockMs = performance.now();
  private inEvent = false;
  private queue: Deferred[] = [];
  private scheduled = false;
  private endings: Deferred[] = [];
  private endingScheduled = false;

  /** Milliseconds since the process started. Constant inside an event; outside of one it runs. */
  now(): number {
    if (!this.inEvent) this.clockMs = performance.now();
    return this.clockMs;
  }

  /** Opens an event. False: the host has stopped and the protocol must hear nothing. */
  begin(): boolean {
    if (this.stopped) return false;
    this.clockMs = performance.now();
    this.inEvent = true;
    return true;
  }

  end(): void {
    this.inEvent = false;
  }

  /** Runs the work in a later turn of Node's loop, in the order of the calls. */
  later(work: Deferred): void {
    this.queue.push(work);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.drain);
  }

  /** Runs the work as soon as the current event, and whatever else runs in the same callback of Node, is over. */
  afterEvent(work: Deferred): void {
    this.endings.push(work);
    if (this.endingScheduled) return;
    this.endingScheduled = true;
    process.nextTick(this.drainEndings);
  }

  private readonly drain = (): void => {
    // What is put off by this work waits for the next turn, so that sockets get theirs in between.
    const batch = this.queue;
    this.queue = [];
    this.scheduled = false;
    for (const work of batch) work.runDeferred();
  };

  private readonly drainEndings = (): void => {
    const batch = this.endings;
    this.endings = [];
    this.endingScheduled = false;
    for (const work of batch) work.runDeferred();
  };
}
