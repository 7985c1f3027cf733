/** Runs a claim for many seeds and names the one that breaks it. */

/** Calls `claim` with the seeds 1 to `count`, or from `first` on; what it throws comes out with the seed in front. */
export function forSeeds(count: number, claim: (seed: number) => void, first = 1): void {
  for (let seed = first; seed < first + count; seed++) {
    try {
      claim(seed);
    } catch (error) {
      throw new Error(`seed ${seed}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }
}
