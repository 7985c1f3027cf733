/**
 * The nearest few of candidates that come by one after the other, for networks that begin finished: a hundred million are compared in one of 100,000
 * nodes, and a sort of each handful would take longer than all the rest. Owns those that are kept.
 */

/** Round-trip time in milliseconds between two nodes, by their places in an array. */
export type RttOf = (from: number, to: number) => number;

export class NearestFew {
  /** Nearest first; of those that are as far, who came first. */
  readonly places: number[] = [];
  readonly rttsMs: number[] = [];

  clear(): void {
    this.places.length = 0;
    this.rttsMs.length = 0;
  }

  /** `max` may be another for each time that it is cleared. */
  offer(place: number, rttMs: number, max: number): void {
    const { places, rttsMs } = this;
    let rank = places.length;
    if (rank < max) {
      places.push(place);
      rttsMs.push(rttMs);
    } else if (rank === 0 || (rttsMs[--rank] as number) <= rttMs) return;
    for (; rank > 0 && (rttsMs[rank - 1] as number) > rttMs; rank--) {
      places[rank] = places[rank - 1] as number;
      rttsMs[rank] = rttsMs[rank - 1] as number;
    }
    places[rank] = place;
    rttsMs[rank] = rttMs;
  }
}
