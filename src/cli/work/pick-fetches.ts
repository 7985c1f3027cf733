/** Tells words for fetches from words for transfers, and asks the node for the former. Owns no state. */

import type { RemoteNode } from '../../node/control/remote-node.ts';
import type { FetchView } from '../../node/search/fetch-view.ts';
import { fetchIdOf } from '../fetch-lines.ts';

export interface Words {
  readonly fetchIds: readonly number[];
  /** Of transfers. */
  readonly others: readonly string[];
}

export function sortedWords(words: readonly string[]): Words {
  const fetchIds = words.map(fetchIdOf).filter((id) => id !== null);
  return { fetchIds: [...new Set(fetchIds)], others: words.filter((word) => fetchIdOf(word) === null) };
}

/** Does it to each that is named, or to all. */
export async function eachFetch(
  node: RemoteNode,
  { fetchIds }: Words,
  all: boolean,
  act: (id: number) => Promise<FetchView>,
): Promise<FetchView[]> {
  const ids = all ? (await node.search.fetches()).map(({ id }) => id) : fetchIds;
  const done: FetchView[] = [];
  for (const id of ids) done.push(await act(id));
  return done;
}
