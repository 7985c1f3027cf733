/** The structured overlays there are, by name; each is loaded when it is used. Owns no state. */

import { closestWord } from '../core/closest-word.ts';
import { Failure } from './failure.ts';
import type { OverlayMaker } from './overlay.ts';

export interface OverlayEntry {
  readonly name: string;
  /** What it is, in one line for people. */
  readonly about: string;
  load(): Promise<OverlayMaker>;
}

export const OVERLAYS: readonly OverlayEntry[] = [
  {
    name: 'chord',
    about: 'a ring; each key belongs to the first node at or after it, half of log2 N hops away',
    load: async () => (await import('./chord-overlay.ts')).chordOverlay,
  },
  {
    name: 'pastry',
    about: 'routing by digits over near nodes; each key belongs to the numerically nearest node, log16 N hops away',
    load: async () => (await import('./pastry-overlay.ts')).pastryOverlay,
  },
  {
    name: 'kelips',
    about: 'affinity groups whose members know each other by gossip; each key is one hop away',
    load: async () => (await import('./kelips-overlay.ts')).kelipsOverlay,
  },
];

export const OVERLAY_DEFAULT = 'chord';
/** Several nodes on one machine have names; the one that most have needs none. */
export const NODE_NAME_DEFAULT = 'default';

/** Throws a usage Failure for a name that is none. */
export function overlayOf(name: string): OverlayEntry {
  const names = OVERLAYS.map((entry) => entry.name);
  const entry = OVERLAYS.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const meant = closestWord(name, names);
  const why = meant === null ? '' : `Did you mean ${meant}?`;
  throw new Failure('usage', `There is no overlay called ${name}.`, why, `They are: ${names.join(', ')}`);
}
