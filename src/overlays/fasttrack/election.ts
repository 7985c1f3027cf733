/**
 * Who becomes a supernode and who stops being one, as plain rules: Yang and Garcia-Molina's local decisions (ICDE 2003, 5.3) on what KaZaA is known to have
 * looked at, reachability, bandwidth, uptime and participation. Owns no state.
 */

export interface ElectionRules {
  readonly kbpsMin: number;
  /** Seen by the supernode, not told: how long a child has been there. */
  readonly uptimeMinMs: number;
  readonly levelMin: number;
  /** Shares of `childrenMax`: above the first somebody is promoted, below the second a supernode may step down. */
  readonly crowded: number;
  readonly idle: number;
  /** A supernode is idle for so long before it steps down, and at least so long one. */
  readonly idleMs: number;
  /** Between two promotions of one supernode. */
  readonly promotionPauseMs: number;
  /** A supernode that nobody has dialled for so long is not reachable any more. */
  readonly unreachedMs: number;
  /** Without any supernode for so long, a node that could be one becomes one. */
  readonly orphanMs: number;
}

export const ELECTION_RULES: ElectionRules = {
  kbpsMin: 128,
  uptimeMinMs: 5 * 60_000,
  levelMin: 50,
  crowded: 0.8,
  idle: 0.15,
  idleMs: 5 * 60_000,
  promotionPauseMs: 60_000,
  unreachedMs: 10 * 60_000,
  orphanMs: 45_000,
};

/** What a supernode knows of a child. */
export interface Candidate {
  /** It has been dialled, and answered. */
  readonly reachable: boolean;
  readonly willing: boolean;
  readonly kbps: number;
  readonly witnessedMs: number;
  /** As earned: see `earnedLevel`. */
  readonly level: number;
}

export function isEligible(candidate: Candidate, rules: ElectionRules): boolean {
  return (
    candidate.reachable &&
    candidate.willing &&
    candidate.kbps >= rules.kbpsMin &&
    candidate.witnessedMs >= rules.uptimeMinMs &&
    candidate.level >= rules.levelMin
  );
}

/** What bandwidth adds nothing beyond, and after how long a stay is as good as any: KaZaA's supernodes lived for 2.5 hours. */
const KBPS_ENOUGH = 10_000;
const STAY_ENOUGH_MS = 150 * 60_000;

/** The larger the better, 0 to 3: each of bandwidth, stay and participation counts as much. */
export function fitness({ kbps, witnessedMs, level }: Candidate): number {
  return Math.min(1, kbps / KBPS_ENOUGH) + Math.min(1, witnessedMs / STAY_ENOUGH_MS) + level / LEVEL_MAX;
}

/** What KaZaA began with and ended at; it believed what clients said, and altered ones said 1,000. */
export const LEVEL_START = 100;
export const LEVEL_MAX = 1_000;
const LEVEL_PER_MINUTE = 5;
const LEVEL_PER_HIT = 1;

/** A level that a child claims counts as far as its supernode has seen reason for it: time spent there, and searches its files have answered. */
export function earnedLevel(claimed: number, witnessedMs: number, hits: number): number {
  const witnessed = LEVEL_START + Math.floor(witnessedMs / 60_000) * LEVEL_PER_MINUTE + hits * LEVEL_PER_HIT;
  return Math.min(claimed, witnessed, LEVEL_MAX);
}

export function isCrowded(children: number, childrenMax: number, rules: ElectionRules): boolean {
  return children >= rules.crowded * childrenMax;
}

/** Others have room for ours: a supernode steps down only where that costs nobody his place. */
export function isIdle(children: number, childrenMax: number, othersFree: number, rules: ElectionRules): boolean {
  return children < rules.idle * childrenMax && othersFree > 2 * children;
}
