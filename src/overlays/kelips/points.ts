/** What a Kelips node says of itself to those who look. Owns no state. */

import type { Point } from '../values/index.ts';
import type { Kelips } from './kelips.ts';

export function pointsOf({ self, status, state, keys }: Kelips): Point[] {
  const neighbours = [
    ...state.view.entries.contacts.map((contact) => ({ role: 'member of its group', contact })),
    ...state.foreign.entries.contacts.map((contact) => ({ role: `contact in group ${state.groupOf(contact)}`, contact })),
  ];
  return [{ self, state: status, keys: keys.valid, boxes: [], neighbours }];
}
