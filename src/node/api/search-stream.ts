/** The rows of one search as server-sent events: all that there are first, then what changes, until the search ends. Owns no state. */

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { NodeOperations } from '../node-operations.ts';
import { searchParams } from './search-schemas.ts';

export const SEARCH_STREAM_ROUTE = {
  path: '/searches/{id}/events',
  id: 'followSearch',
  summary: 'Rows as they come, at most four times a second; ends with the search. Goes on behind Last-Event-ID.',
};

/** Its id. Rejects with a Failure when there is no such search: said before the stream begins. */
export async function searchOf(node: NodeOperations, params: unknown): Promise<number> {
  const { id } = searchParams.parse(params);
  await node.search.changes(id, Number.MAX_SAFE_INTEGER);
  return id;
}

/** `lastId`: the sequence that the client has seen last. */
export async function streamSearch(
  node: NodeOperations,
  id: number,
  response: ServerResponse,
  lastId: string | null,
  signal: AbortSignal,
): Promise<void> {
  const after = /^\d{1,9}$/.test(lastId ?? '') ? Number(lastId) : 0;
  for await (const change of node.search.follow(id, after, signal)) {
    const name = change.search.state === 'ended' ? 'end' : 'change';
    const room = response.write(`id: ${change.search.sequence}\nevent: ${name}\ndata: ${JSON.stringify(change)}\n\n`);
    // For one that reads slowly the changes gather in the search, not here.
    if (!room) await once(response, 'drain', { signal });
  }
}
