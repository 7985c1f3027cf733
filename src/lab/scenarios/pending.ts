/** What nodes have begun on behalf of a scenario and has not ended: waited for as long as it can end. Owns who began what. */

import type { OverlayRun } from '../overlay-run.ts';

/** What has not ended after so long never will. */
const WAIT_MS_MAX = 600_000;
/** How often it is looked whose nodes still live: with a million nodes a look costs what hundreds of events do. */
const LOOK_MS = 2000;

export class Pending {
  /** Ended never, since the node that began it was gone. */
  abandoned = 0;
  /** The node that began each, by the number it was given. */
  private readonly origins = new Map<number, number>();
  private next = 0;

  begin(origin: number): number {
    this.origins.set(this.next, origin);
    return this.next++;
  }

  /** False for what was given up before. */
  end(number: number): boolean {
    return this.origins.delete(number);
  }

  /** Lets time pass until all have ended whose nodes live. Forgets the others, and returns how many of living nodes have not. */
  waitForAll(run: OverlayRun): number {
    const { origins } = this;
    const givenUpAtMs = run.world.now + WAIT_MS_MAX;
    let living = this.ofLiving(run);
    while (living > 0 && run.world.now < givenUpAtMs) {
      run.runUntil(() => origins.size === 0, LOOK_MS);
      living = this.ofLiving(run);
    }
    this.abandoned += origins.size - living;
    origins.clear();
    return living;
  }

  private ofLiving({ network }: OverlayRun): number {
    if (this.origins.size === 0) return 0;
    const counts = new Map<number, number>();
    for (const origin of this.origins.values()) counts.set(origin, (counts.get(origin) ?? 0) + 1);
    return network.live.reduce((sum, node) => sum + (counts.get(node) ?? 0), 0);
  }
}
