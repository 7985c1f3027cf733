/** Where a message to a point goes next from one node (SIGCOMM 2001, sections 2.1, 2.3 and 3.3); pure. */

import type { Claim } from './claim.ts';
import { distanceOf, type Neighbour } from './neighbour.ts';
import type { Point } from './zone.ts';

/** What of a node decides where a lookup goes: its part in one reality. */
export interface Router {
  readonly claims: readonly Claim[];
  readonly neighbours: readonly Neighbour[];
}

interface Step {
  readonly neighbour: Neighbour;
  readonly distance: number;
}

/**
 * Neighbours nearer to the point than the node itself, the next hop first: the nearest by its box, not by its centre, which may be farther than ours although
 * it is on the way; or with `byRtt` the one with the most progress for its round-trip time. `wide`: behind them all the others, nearest first.
 */
export function route({ claims, neighbours }: Router, target: Point, byRtt: boolean, wide: boolean): Step[] {
  const own = distanceOf(claims, target);
  const steps: Step[] = [];
  for (const neighbour of neighbours) {
    const distance = neighbour.distance(target);
    if (distance < own || wide) steps.push({ neighbour, distance });
  }
  steps.sort((a, b) => a.distance - b.distance);
  return byRtt ? withBestRatio(steps, own) : steps;
}

function withBestRatio(steps: Step[], own: number): Step[] {
  const from = Math.sqrt(own);
  const ratio = ({ neighbour, distance }: Step): number =>
    neighbour.rttMs > 0 && distance < own ? (from - Math.sqrt(distance)) / neighbour.rttMs : 0;
  let best = 0;
  for (const [index, step] of steps.entries()) if (ratio(step) > ratio(steps[best] as Step)) best = index;
  if (best > 0) steps.unshift(...steps.splice(best, 1));
  return steps;
}
