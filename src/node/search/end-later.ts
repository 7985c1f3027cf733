/** A search that nobody can be asked for: it ends at once, in a later event, as its listener expects. Owns no state. */

import type { Search, SearchListener } from '../../wire/search-hit.ts';

export function endLater(listener: SearchListener): Search {
  const later = setImmediate(() => listener.onSearchEnd());
  return { stop: () => clearImmediate(later) };
}
