/** What a Pastry node says of itself to those who look. Owns no state. */

import type { Point } from '../values/index.ts';
import type { Pastry } from './pastry.ts';

export function pointsOf({ self, status, leaves, table, keys }: Pastry): Point[] {
  const neighbours = [
    ...leaves.smaller.map(({ contact }) => ({ role: 'smaller leaf', contact })),
    ...leaves.larger.map(({ contact }) => ({ role: 'larger leaf', contact })),
    ...table.all().map(({ contact }) => ({ role: 'table', contact })),
  ];
  return [{ self, state: status, keys: keys.valid, boxes: [], neighbours }];
}
