/** What a Chord node says of its points to those who look. Owns no state. */

import type { Point } from '../values/index.ts';
import type { Chord } from './chord.ts';
import type { VirtualNode } from './virtual-node.ts';

export function pointsOf({ units }: Chord): Point[] {
  return units.map(pointOf);
}

function pointOf({ self, status, predecessor, successors, fingers, keys }: VirtualNode): Point {
  const neighbours = [
    ...(predecessor === null ? [] : [{ role: 'predecessor', contact: predecessor }]),
    ...successors.filter((contact) => contact !== self).map((contact) => ({ role: 'successor', contact })),
    ...fingers.distinct().map((contact) => ({ role: 'finger', contact })),
  ];
  return { self, state: status, keys: keys.valid, boxes: [], neighbours };
}
