/** The structured overlays there are, by name; each is loaded when it is used. Owns no state. */

import { closestWord } from '../core/closest-word.ts';
import { Failure } from './failure.ts';
import type { OverlayMaker } from './overlay.ts';

export interface OverlayEntry {
  readonly name: string;
  /** Another name that people know it by. */
  readonly alias?: string;
  /** What it is, in one line for people. */
  readonly about: string;
  /** What is kept lies under its own hash or a public key (BEP 44), and not under keys of one's choice. */
  readonly keepsItems?: true;
  /** It begins at the nodes of the setting `dht.nodes`, where nobody names others. */
  readonly beginsAtSetting?: true;
  load(): Promise<OverlayMaker>;
}

export const OVERLAYS: readonly OverlayEntry[] = [
  {
    name: 'chord',
    about: 'a ring; each key belongs to the first node at or after it, half of log2 N hops away',
    load: async () => (await import('./chord-overlay.ts')).chordOverlay,
  },
  {
    name: 'mainline',
    alias: 'kademlia',
    about: "BitTorrent's DHT (Kademlia): peers of torrents, and small items under their hash or a public key",
    keepsItems: true,
    beginsAtSetting: true,
    load: async () => (await import('./mainline-overlay.ts')).mainlineOverlay,
  },
  {
    name: 'pastry',
    about: 'routing by digits over near nodes; each key belongs to the numerically nearest node, log16 N hops away',
    load: async () => (await import('./pastry-overlay.ts')).pastryOverlay,
  },
  {
    name: 'tapestry',
    about: 'routing by digits over near nodes, with backups; each key belongs to several roots, log16 N hops away',
    load: async () => (await import('./tapestry-overlay.ts')).tapestryOverlay,
  },
  {
    name: 'kelips',
    about: 'affinity groups whose members know each other by gossip; each key is one hop away',
    load: async () => (await import('./kelips-overlay.ts')).kelipsOverlay,
  },
];

export const OVERLAY_DEFAULT = 'chord';
/** The one that knows torrents. */
export const OVERLAY_OF_TORRENTS = 'mainline';
/** Several nodes on one machine have names; the one that most have needs none. */
export const NODE_NAME_DEFAULT = 'default';

/** The nodes that the setting `dht.nodes` names. */
export function namedNodes(setting: string): string[] {
  return setting
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Its name, of a name or an alias; what is none stays as it is, for `overlayOf` to say so. */
export function overlayName(text: string): string {
  return OVERLAYS.find((each) => each.alias === text)?.name ?? text;
}

/** Throws a usage Failure for a name that is none. */
export function overlayOf(name: string): OverlayEntry {
  const names = OVERLAYS.map((entry) => entry.name);
  const entry = OVERLAYS.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const meant = closestWord(name, names);
  const why = meant === null ? '' : `Did you mean ${meant}?`;
  throw new Failure('usage', `There is no overlay called ${name}.`, why, `They are: ${names.join(', ')}`);
}
