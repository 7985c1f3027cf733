/**
 * How much work and how much memory a run will take, guessed from its spec: enough to begin with the biggest, to tell the time that is left,
 * and to keep two giants from running at once. Nothing that is measured depends on it. Owns no state.
 */

import type { RunSpec, TimeSpec } from './run-spec.ts';

/** What an event takes on the machines this was written on. */
const EVENT_MS = 0.004;
/** A structured node asks somebody about this often. */
const UPKEEP_EVERY_MS = 8_000;
/** To make a node that knows whom it will know in the end. */
const LINK_EVENTS = 20;
/** Messages of one join: a lookup, tables copied, neighbours told. */
const JOIN_EVENTS = 150;
const BLOCK_BYTES = 16_384;
/** A block is asked for, sent in chunks, and told to all others, who ask in turn. */
const BLOCK_EVENTS = 40;
/** A simulated node with its overlay, its tables, and its share of the queue: of Kademlia, which keeps the most, as many as were measured. */
const NODE_BYTES = 10_240;
/** A thread with the code in it and a small world. */
const THREAD_BYTES = 100 << 20;

/** About how many events the run will have, at least 1. */
export function eventsOf(spec: RunSpec): number {
  return Math.max(1, workOf(spec));
}

function workOf(spec: RunSpec): number {
  const { nodes, workload } = spec;
  const hops = Math.log2(nodes + 1);
  const building = spec.start === 'grown' ? nodes * (JOIN_EVENTS + (nodes * spec.joinEveryMs) / UPKEEP_EVERY_MS) : nodes * LINK_EVENTS;
  switch (workload.kind) {
    case 'lookups':
      return (
        building + workload.count * 2 * hops + during(spec, workload.count, workload.perSecond, workload.warmUpMs + (workload.quietMs ?? 0))
      );
    case 'recovery': {
      const ms = workload.beforeMs + workload.afterMs;
      return building + ((workload.perSecond * ms) / 1000) * 2 * hops + during(spec, 0, 0, ms);
    }
    case 'values':
      return building + (workload.keys + workload.gets) * 2 * hops + during(spec, workload.gets, workload.perSecond, workload.warmUpMs);
    case 'searches':
      return building + workload.count * nodes + during(spec, workload.count, workload.perSecond, workload.warmUpMs);
    case 'poisoning': {
      const ms = workload.windows * workload.windowMs;
      return building + during(spec, 0, 0, workload.warmUpMs + ms) + ((workload.perSecond * ms) / 1000) * hops * hops;
    }
    case 'walks':
      return building + workload.count * 2 * hops;
    case 'keys':
      return building + workload.keys;
    case 'joins':
      return building + workload.joins * JOIN_EVENTS + workload.keys;
    case 'swarm':
      return nodes * Math.ceil(workload.pieceBytes / BLOCK_BYTES) * workload.pieces * BLOCK_EVENTS;
  }
}

/** Upkeep and churn while the workload runs; without a rate it takes but a moment. */
function during(spec: RunSpec, count: number, perSecond: number, warmUpMs: number): number {
  const ms = warmUpMs + (perSecond > 0 ? (count * 1000) / perSecond : 0) + (spec.failure?.repairMs ?? 0);
  return (spec.nodes * ms) / UPKEEP_EVERY_MS + comings(spec, ms) * JOIN_EVENTS;
}

function comings({ churn, nodes }: RunSpec, ms: number): number {
  if (churn.kind === 'poisson') return (churn.perSecond * ms) / 1000;
  if (churn.kind === 'trace') return churn.events.length;
  return churn.kind === 'sessions' ? (nodes * ms) / (typicalMs(churn.life) + typicalMs(churn.away)) : 0;
}

function typicalMs(time: TimeSpec): number {
  if (time.kind === 'fixed') return time.ms;
  if (time.kind === 'exponential') return time.meanMs;
  return time.kind === 'weibull' ? time.scaleMs : time.minMs;
}

/** How long it would take here, in one thread. */
export function guessMs(spec: RunSpec): number {
  return eventsOf(spec) * EVENT_MS;
}

export function guessBytes({ nodes }: RunSpec): number {
  return THREAD_BYTES + nodes * NODE_BYTES;
}
