/** How long a packet is under way from one node to another, one way; functions of (seed, from, to) without state. */

import { ln } from '../core/portable-math.ts';
import { Places } from './places.ts';
import { ticksOf } from './ticks.ts';

export type LatencySpec =
  | { readonly kind: 'constant'; readonly ms: number }
  /** A fixed value for each pair, the same both ways. */
  | { readonly kind: 'uniform'; readonly minMs: number; readonly maxMs: number }
  /** Exponentially distributed with that mean, fixed for each pair, the same both ways. */
  | { readonly kind: 'exponential'; readonly meanMs: number }
  /** Nodes are points in a square; distance costs. `acrossMs` is what the side of the square takes. */
  | { readonly kind: 'plane'; readonly baseMs: number; readonly acrossMs: number }
  /** Measured one-way times between `sites` places, row by row, in units of `unitMs`; nodes are spread evenly over them (`places.ts`). */
  | {
      readonly kind: 'matrix';
      readonly sites: number;
      readonly values: Uint16Array | Float64Array;
      readonly unitMs: number;
      /** Between two nodes of one site. */
      readonly localMs: number;
    }
  | { readonly kind: 'formula'; readonly ms: (from: number, to: number) => number };

/** Ticks one way between two node indices. */
export type Latency = (from: number, to: number) => number;

export function latencyOf(spec: LatencySpec, seed: number): Latency {
  switch (spec.kind) {
    case 'constant': {
      const ticks = ticksOf(spec.ms);
      return () => ticks;
    }
    case 'uniform': {
      const { minMs, maxMs } = spec;
      return (from, to) => ticksOf(minMs + (maxMs - minMs) * fraction(seed, Math.min(from, to), Math.max(from, to)));
    }
    case 'exponential': {
      const { meanMs } = spec;
      return (from, to) => ticksOf(-meanMs * ln(1 - fraction(seed, Math.min(from, to), Math.max(from, to))));
    }
    case 'plane':
      return planeLatency(spec.baseMs, spec.acrossMs, seed);
    case 'matrix':
      return matrixLatency(spec.sites, spec.values, spec.unitMs, spec.localMs, seed);
    case 'formula': {
      const { ms } = spec;
      return (from, to) => ticksOf(ms(from, to));
    }
  }
}

function planeLatency(baseMs: number, acrossMs: number, seed: number): Latency {
  return (from, to) => {
    const dx = fraction(seed, from, -1) - fraction(seed, to, -1);
    const dy = fraction(seed, from, -2) - fraction(seed, to, -2);
    return ticksOf(baseMs + acrossMs * Math.sqrt(dx * dx + dy * dy));
  };
}

function matrixLatency(sites: number, values: Uint16Array | Float64Array, unitMs: number, localMs: number, seed: number): Latency {
  if (values.length !== sites * sites) throw new RangeError(`${sites} sites need ${sites * sites} values, got ${values.length}`);
  const local = ticksOf(localMs);
  const places = new Places(sites, seed);
  return (from, to) => {
    const a = places.of(from);
    const b = places.of(to);
    return a === b ? local : ticksOf((values[a * sites + b] as number) * unitMs);
  };
}

/** A number in [0, 1) that depends on its three arguments alone (the finalizer of MurmurHash3). */
function fraction(seed: number, a: number, b: number): number {
  let bits = Math.imul(seed ^ Math.floor(seed / 0x1_0000_0000), 0x9e3779b1) ^ Math.imul(a + 1, 0x85ebca6b) ^ Math.imul(b + 7, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 0x1_0000_0000;
}
