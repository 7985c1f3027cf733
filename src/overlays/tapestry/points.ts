/** What a Tapestry node says of itself to those who look. Owns no state. */

import type { Point } from '../values/index.ts';
import type { Tapestry } from './tapestry.ts';

export function pointsOf({ self, status, map, backpointers, keys }: Tapestry): Point[] {
  const neighbours = [
    ...map.all().map(({ contact }) => ({ role: map.entryOf(contact)[0]?.contact === contact ? 'primary link' : 'backup link', contact })),
    ...backpointers.all().map((contact) => ({ role: 'pointer back', contact })),
  ];
  return [{ self, state: status, keys: keys.valid, boxes: [], neighbours }];
}
