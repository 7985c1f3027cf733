/** What a CAN node says of its zones to those who look. Owns no state. */

import type { Box, Point } from '../values/index.ts';
import type { Can } from './can.ts';
import type { Reality } from './reality.ts';
import { SIDE, type Zone } from './zone.ts';

export function pointsOf(node: Can): Point[] {
  return node.realities.map((reality) => pointOf(node, reality));
}

function pointOf({ keys }: Can, { self, status, claims, neighbours, unit }: Reality): Point {
  return {
    self,
    state: status,
    keys: unit === 0 ? keys.valid : 0,
    boxes: claims.map(({ zone }) => boxOf(zone)),
    neighbours: neighbours.map(({ contact }) => ({ role: 'next to it', contact })),
  };
}

function boxOf(zone: Zone): Box {
  return { text: zone.text, lows: zone.lows.map((low) => low / SIDE), sizes: zone.lows.map((_, dim) => zone.size(dim) / SIDE) };
}
