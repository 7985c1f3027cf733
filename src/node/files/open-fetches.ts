/** Opens what fetches files by their hashes, as the settings say: through the proxy if there is one. Owns nothing. */

import type { ByteBudget } from '../../core/budget-turns.ts';
import { BadFileList } from '../bad-file-list.ts';
import { chosenProxy } from '../chosen-proxy.ts';
import type { Caller } from '../control/caller.ts';
import { Failure } from '../failure.ts';
import { RateLimiter } from '../../transfer/bittorrent/rate-limiter.ts';
import { FileExchange } from './file-exchange.ts';
import type { FetchMaker } from './file-fetch.ts';

/** `budget` is what may come, of all that the process fetches; null: what `limit.down` says. Rejects with a Failure when the state folder cannot be used. Nobody comes to it: who has to dial us comes to the port of his network. */
export async function openFetches({ settings }: Caller, budget: ByteBudget | null): Promise<FetchMaker> {
  const stateFolder = settings.folders.state;
  const downloadBudget = budget ?? new RateLimiter(settings.get('limit.down'), null);
  const badFiles = new BadFileList(stateFolder);
  const exchange = await FileExchange.open({ stateFolder, downloadBudget, proxy: chosenProxy(settings), badFiles });
  return {
    fetch: (request) => exchange.fetch(request),
    webWay: (url) => {
      try {
        return exchange.webWay(url);
      } catch (error) {
        // An address of a link that leads nowhere is one way less.
        if (error instanceof Failure) return null;
        throw error;
      }
    },
    partPath: (request) => exchange.partPath(request),
    discard: (request) => exchange.discard(request),
    close: () => exchange.close(),
  };
}
