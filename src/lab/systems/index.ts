/** The systems that experiments can run, by name. Owns no state. */

import { closestWord } from '../../core/closest-word.ts';
import type { OverlaySystem } from '../overlay-model.ts';
import type { SearchSystem } from '../search-model.ts';
import type { SystemOptions } from '../run-spec.ts';
import { bittorrent } from './bittorrent.ts';
import { can } from './can-model.ts';
import { chord } from './chord-model.ts';
import { fasttrack } from './fasttrack-model.ts';
import { gnutella, gnutella04 } from './gnutella-model.ts';
import { gnutella2 } from './gnutella2-model.ts';
import { kademlia } from './kademlia-model.ts';
import { kelips } from './kelips-model.ts';
import { napster } from './napster-model.ts';
import { pastry } from './pastry-model.ts';
import { tapestry } from './tapestry-model.ts';
import { unstructured } from './unstructured-model.ts';

/** What every system has, whatever carries it out. */
export interface System {
  readonly name: string;
  readonly defaults: SystemOptions;
}

/** Structured overlays: what `lookups`, `keys`, `joins` and `values` run on. */
export const OVERLAY_SYSTEMS: readonly OverlaySystem[] = [chord, kademlia, pastry, kelips, tapestry, can];
/** Networks that find files by words: what `searches` runs on. */
export const SEARCH_SYSTEMS: readonly SearchSystem[] = [unstructured, napster, gnutella04, gnutella, gnutella2, fasttrack];
export const SYSTEMS: readonly System[] = [...OVERLAY_SYSTEMS, ...SEARCH_SYSTEMS, bittorrent];

/** Throws RangeError for a name that no system has. */
export function systemOf(name: string): System {
  return named(name, SYSTEMS);
}

/** Throws RangeError for a name that no overlay has. */
export function overlaySystemOf(name: string): OverlaySystem {
  return named(name, OVERLAY_SYSTEMS);
}

/** Throws RangeError for a name that no search network has. */
export function searchSystemOf(name: string): SearchSystem {
  return named(name, SEARCH_SYSTEMS);
}

function named<S extends System>(name: string, systems: readonly S[]): S {
  const found = systems.find((system) => system.name === name);
  if (found !== undefined) return found;
  const names = systems.map((system) => system.name);
  const meant = closestWord(name, names);
  throw new RangeError(`a system of ${names.join(', ')} expected, got "${name}"${meant === null ? '' : `: did you mean ${meant}?`}`);
}
