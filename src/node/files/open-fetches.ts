/** Opens what fetches files by their hashes, as the settings say: through the proxy if there is one. Owns nothing. */

import { BadFileList } from '../bad-file-list.ts';
import { chosenProxy } from '../chosen-proxy.ts';
import type { Caller } from '../control/caller.ts';
import { Failure } from '../failure.ts';
import { FileExchange } from './file-exchange.ts';
import type { FetchMaker } from './file-fetch.ts';

/** Rejects with a Failure when the state folder cannot be used. Nobody comes to it: who has to dial us comes to the port of his network. */
export async function openFetches({ settings }: Caller): Promise<FetchMaker> {
  const stateFolder = settings.folders.state;
  const exchange = await FileExchange.open({ stateFolder, proxy: chosenProxy(settings), badFiles: new BadFileList(stateFolder) });
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
