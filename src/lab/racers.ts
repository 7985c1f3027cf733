/**
 * Who takes part in the race, and as what: every structured overlay of `lab/systems`, those with a choice that their papers leave open in several
 * variants, and for the frontier of cost and performance the parameters that each is swept over. Owns no state.
 */

import type { Line } from './experiment.ts';
import type { RunSpec, SystemOptions } from './run-spec.ts';
import { OVERLAY_SYSTEMS } from './systems/index.ts';

export interface Racer {
  /** `CAN, d = 2`: what its line is called. */
  readonly name: string;
  readonly system: string;
  /** Laid over the system's defaults in a network of that many nodes. */
  readonly options: (nodes: number) => SystemOptions;
}

interface Entrant {
  /** What it is called after the system's title, and its options; one without a name when absent. */
  readonly variants?: Readonly<Record<string, SystemOptions>>;
  /** What follows from the number of nodes. */
  readonly ofNodes?: (nodes: number) => SystemOptions;
  /** As `variants`, of the frontier: a cheap one first. */
  readonly sizes?: Readonly<Record<string, SystemOptions & { readonly style?: string }>>;
  /** Its upkeep, when a round comes every so many milliseconds on average; `roundMs` when absent. */
  readonly upkeep?: (roundMs: number) => SystemOptions;
}

/** A system that is not named here takes part with its defaults, and its `roundMs` swept. */
const ENTRANTS: Readonly<Record<string, Entrant>> = {
  chord: {
    sizes: {
      '4 successors': { successors: 4 },
      '16 successors': { successors: 16 },
      // Proximity finger selection, and each node passes the question on: what Li et al. have.
      'near fingers, recursive': { successors: 16, fingerChoices: 16, style: 'recursive' },
    },
  },
  kademlia: {
    sizes: {
      'k = 4, α = 1': { k: 4, parallel: 1 },
      'k = 8, α = 3': { k: 8, parallel: 3 },
      'k = 16, α = 4': { k: 16, parallel: 4 },
      // In place of the Mainline DHT's 1 and 5 seconds: three mean round trips of the King data set, as Li et al. have it.
      'k = 8, impatient': { k: 8, parallel: 3, slowMs: 534, timeoutMs: 534 },
    },
    // A bucket is fresh for 16 rounds: with 18 s about the 4 minutes that Li et al. begin with.
    upkeep: (roundMs) => ({ tickMs: roundMs, refreshMs: 16 * roundMs }),
  },
  pastry: { sizes: { 'b = 2, |L| = 8': { digitBits: 2, leaves: 8 }, 'b = 4, |L| = 16': { digitBits: 4, leaves: 16 } } },
  can: {
    variants: { 'd = 2': { dims: 2 }, 'd = 4': { dims: 4 }, 'd = 10': { dims: 10 } },
    sizes: { 'd = 2': { dims: 2 }, 'd = 10': { dims: 10 }, 'd = 4, by RTT': { dims: 4, byRtt: true } },
  },
  tapestry: { sizes: { 'b = 2': { digitBits: 2 }, 'b = 4': { digitBits: 4 } } },
  kelips: {
    ofNodes: (nodes) => ({ groups: Math.max(1, Math.round(Math.sqrt(nodes))) }),
    sizes: { rations: {}, 'twice the rations': { viewRation: 8, contactRation: 4 } },
    // News of everybody take some thirty rounds to come by.
    upkeep: (roundMs) => ({ roundMs, viewTimeoutMs: 30 * roundMs, contactTimeoutMs: 60 * roundMs, tupleTimeoutMs: 60 * roundMs }),
  },
};

/** All that there are, by the order of `lab/systems`. */
export function racers(): readonly Racer[] {
  return OVERLAY_SYSTEMS.flatMap(({ name: system, title }) => {
    const { variants = { '': {} }, ofNodes = () => ({}) } = entrant(system);
    return Object.entries(variants).map(
      ([name, chosen]): Racer => ({
        name: nameOf(title, name),
        system,
        options: (nodes) => ({ ...ofNodes(nodes), ...chosen }),
      }),
    );
  });
}

/** One for each racer. */
export function raceLines(): readonly Line[] {
  return racers().map(({ name, system, options }) => ({
    name,
    set: (spec) => ({ ...spec, system, options: { ...spec.options, ...options(spec.nodes) } }),
  }));
}

/** One for each choice of parameters but the time between rounds of upkeep, which `withRounds` sets. */
export function frontierLines(): readonly Line[] {
  return OVERLAY_SYSTEMS.flatMap(({ name: system, title }) => {
    const { sizes = { '': {} }, ofNodes = () => ({}) } = entrant(system);
    return Object.entries(sizes).map(
      ([name, { style, ...chosen }]): Line => ({
        name: nameOf(title, name),
        set: (spec) => {
          const { roundMs, ...others } = spec.options;
          const upkeep = (entrant(system).upkeep ?? ((ms) => ({ roundMs: ms })))(Number(roundMs));
          const workload = style === undefined || spec.workload.kind !== 'lookups' ? spec.workload : { ...spec.workload, style };
          return { ...spec, system, workload, options: { ...others, ...ofNodes(spec.nodes), ...upkeep, ...chosen } };
        },
      }),
    );
  });
}

/** Whatever the system calls it: `frontierLines` says that in its place. */
export function withRounds(spec: RunSpec, roundMs: number): RunSpec {
  return { ...spec, options: { ...spec.options, roundMs } };
}

/** In a network of another size, with what follows from that: a run in its quick form. */
export function withNodes(spec: RunSpec, nodes: number): RunSpec {
  return { ...spec, nodes, options: { ...spec.options, ...entrant(spec.system).ofNodes?.(nodes) } };
}

function entrant(system: string): Entrant {
  return Object.hasOwn(ENTRANTS, system) ? (ENTRANTS[system] as Entrant) : {};
}

function nameOf(title: string, variant: string): string {
  return variant === '' ? title : `${title}, ${variant}`;
}
