/**
 * Everything that decides one simulated run, as plain data: two runs with the same RunSpec and seed are the same event by event, on every
 * machine. It is what a result folder, a figure and the pages keep of a run. Owns no state.
 */

import type { NatKind } from '../sim/nat-spec.ts';

/** A whole experiment varies this; `kith lab sweep --set successors=4` changes one value of it. */
export interface RunSpec {
  /** Name of a system of `lab/systems`, such as `chord`. */
  readonly system: string;
  /** The system's own options, laid over the defaults of its model; what is not known there is an error. */
  readonly options: SystemOptions;
  /** Nodes at the beginning. */
  readonly nodes: number;
  /** ideal: linked as they would be in the end. grown: they join one after the other by the protocol, `joinEveryMs` apart, and settle. */
  readonly start: 'ideal' | 'grown';
  readonly joinEveryMs: number;
  readonly network: NetworkSpec;
  /** Chances for each datagram, 0 to 1. */
  readonly loss: number;
  /** Who is behind which kind of NAT; nobody when absent. */
  readonly nat?: NatShares;
  readonly failure: FailureSpec | null;
  readonly churn: ChurnSpec;
  readonly workload: WorkloadSpec;
}

export type SystemOptions = Readonly<Record<string, number | boolean | string>>;

/** How long a packet is under way, one way. */
export type NetworkSpec =
  | { readonly kind: 'constant'; readonly ms: number }
  /** A fixed value for each pair, the same both ways. */
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Exponentially distributed with that mean, fixed for each pair, the same both ways. */
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** Points in a square: `baseMs` and the distance, whose side takes `acrossMs`. */
  | { readonly kind: 'plane'; readonly baseMs: number; readonly acrossMs: number }
  /** GT-ITM's shape: transit domains of routers, each with stub domains; every hop between two of a kind costs what is said (CAN, section 4). */
  | {
      readonly kind: 'transit-stub';
      readonly transitDomains: number;
      readonly transitPerDomain: number;
      readonly stubsPerTransit: number;
      readonly nodesPerStub: number;
      readonly transitMs: number;
      readonly transitStubMs: number;
      readonly stubMs: number;
    }
  /**
   * Like the King data set: `sites` name servers whose round-trip times have the published median 156 and mean 178 ms (Li et al. 2005),
   * generated, since the measured matrix is not at hand.
   */
  | { readonly kind: 'king'; readonly sites: number };

/** Which share of the nodes is behind a NAT of each kind, 0 to 1, each behind one of its own; the rest, and what seeds a swarm, is in the open. */
export interface NatShares extends Readonly<Record<NatKind, number>> {
  /** Behind a port restricted NAT at which its port is open, as by UPnP. */
  readonly mapped: number;
}

export const NO_NATS: NatShares = { 'full-cone': 0, restricted: 0, 'port-restricted': 0, symmetric: 0, mapped: 0 };

/** At `atMs`, that share of the nodes falls silent at once; lookups begin after `repairMs` more. */
export interface FailureSpec {
  /** 0 to 1. */
  readonly share: number;
  readonly repairMs: number;
  /** Of search networks: those with most links, one after the other, instead of random ones. */
  readonly best?: boolean;
}

/** What is shared and looked for in a search network. */
export interface ContentSpec {
  /** Different files that there are. */
  readonly titles: number;
  /** The n-th most popular title is shared and looked for in proportion to n to the power of minus this. */
  readonly zipf: number;
  /** On average. */
  readonly filesPerUser: number;
  /** even: every user as many. measured: as Saroiu et al. found it in 2001, 25% nothing, 7% more than all others. */
  readonly spread: 'even' | 'measured';
}

/** How nodes come and go while the workload runs. */
export type ChurnSpec =
  | { readonly kind: 'none' }
  /** Joins and failures are two Poisson processes of the same rate (Chord, section 6.5): the number of nodes stays about the same. */
  | { readonly kind: 'poisson'; readonly perSecond: number; readonly leaves: LeaveStyle }
  /** Each node lives and is away for times drawn anew; who comes back is a newcomer. Those there at the beginning are in the middle of a life. */
  | { readonly kind: 'sessions'; readonly life: TimeSpec; readonly away: TimeSpec; readonly leaves: LeaveStyle }
  /**
   * What was measured or written down: who comes and goes when, in order, 0 ms being when churn begins. Nodes are numbered from 0, the
   * first `nodes` of which are there at the beginning.
   */
  | { readonly kind: 'trace'; readonly events: readonly TraceEvent[] };

/** crash: silent at once. leave: hands over and says goodbye. */
export type LeaveStyle = 'crash' | 'leave';

export interface TraceEvent {
  readonly atMs: number;
  readonly node: number;
  readonly what: 'join' | 'crash' | 'leave';
}

/** A distribution of times. */
export type TimeSpec =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** Stutzbach and Rejaie 2006: session lengths fit shapes of 0.34 to 0.59. */
  | { readonly kind: 'weibull'; readonly shape: number; readonly scaleMs: number }
  /** `minMs` / u^(1 / shape): mean is infinite for a shape of 1 and less. */
  | { readonly kind: 'pareto'; readonly shape: number; readonly minMs: number };

/** What is asked of the network. Which scenario carries it out follows from `kind`. */
export type WorkloadSpec =
  /** `count` lookups of random keys from random nodes: at once with a rate of 0, else as a Poisson process; counted from `warmUpMs` on. */
  | {
      readonly kind: 'lookups';
      readonly count: number;
      readonly perSecond: number;
      readonly warmUpMs: number;
      /** iterative or recursive, where the system has both. */
      readonly style: string;
      /** So long nobody asks anything after the last lookup, and nodes come and go as before: what is sent then is upkeep alone. None when absent. */
      readonly quietMs?: number;
    }
  /**
   * Lookups as a Poisson process before the failure that the spec has, whose `repairMs` is 0, and after it, counted in windows by when they began:
   * how long until they succeed as before.
   */
  | {
      readonly kind: 'recovery';
      readonly perSecond: number;
      readonly beforeMs: number;
      readonly afterMs: number;
      readonly windowMs: number;
      readonly style: string;
    }
  /** `count` ways from random nodes to the owners of random keys, by the nodes' own tables at rest: no message is sent. */
  | { readonly kind: 'walks'; readonly count: number }
  /** `keys` random keys and who holds how many of them. */
  | { readonly kind: 'keys'; readonly keys: number }
  /** `joins` newcomers, one after the other: what each costs, and which of `keys` keys change hands. */
  | { readonly kind: 'joins'; readonly joins: number; readonly keys: number }
  /** Leechers, one for each node, fetch content from one seed (`system: 'bittorrent'`). Links in bytes a second. */
  | {
      readonly kind: 'swarm';
      readonly pieces: number;
      readonly pieceBytes: number;
      readonly upBytesPerSecond: number;
      readonly downBytesPerSecond: number;
    }
  /** Values put and then got, with whatever churn there is in between. */
  | { readonly kind: 'values'; readonly keys: number; readonly gets: number; readonly perSecond: number; readonly warmUpMs: number }
  /** `count` searches for titles by random users as a Poisson process, counted from `warmUpMs` on; each is waited for so long. */
  | {
      readonly kind: 'searches';
      readonly content: ContentSpec;
      readonly count: number;
      readonly perSecond: number;
      readonly warmUpMs: number;
      readonly waitMs: number;
    }
  /** Downloads as a Poisson process, of which `windows` are looked at, one after the other, while some lie about what they share. */
  | {
      readonly kind: 'poisoning';
      readonly content: ContentSpec;
      readonly perSecond: number;
      readonly warmUpMs: number;
      readonly windows: number;
      readonly windowMs: number;
      /** Which share of the users offers decoys: the name of a title, and a hash of their own. */
      readonly decoys: number;
      /** Titles for which each of those has one, the popular ones most. */
      readonly decoyFiles: number;
      /** Which share offers altered files: the hash of the genuine one. */
      readonly altered: number;
      /** The chance that whoever got a bad file notices it, throws it away, and reports it. */
      readonly noticed: number;
      /** A list of the bad hashes that were reported is published so often; 0: never. */
      readonly listMs: number;
      /** Several holders are asked for the root of their hash tree, and what most of them say is taken. */
      readonly checksTrees: boolean;
    };

export const NO_CHURN: ChurnSpec = { kind: 'none' };

/** What an experiment need not say. */
export const RUN_DEFAULTS: Omit<RunSpec, 'system' | 'nodes' | 'workload'> = {
  options: {},
  start: 'ideal',
  joinEveryMs: 200,
  network: { kind: 'constant', ms: 50 },
  loss: 0,
  failure: null,
  churn: NO_CHURN,
};
