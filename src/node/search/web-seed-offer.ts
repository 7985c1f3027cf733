/** Hands holders of the file of a torrent to it as web seeds: only those that are asked over HTTP with a plain GET. Owns no state. */

import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import type { FileAsk, HolderWay, WayListener } from '../../transfer/files/holder-way.ts';
import type { Transfer } from '../transfers/transfer.ts';
import type { FileFetch } from '../files/file-fetch.ts';

/** What a hunt for holders adds to: each is reached once, and its pieces check what he sends. */
export function webSeedsOf(transfer: Transfer): Pick<FileFetch, 'add'> {
  return { add: (way: HolderWay): void => void way.reach(new Offer(transfer)) };
}

class Offer implements WayListener {
  readonly #transfer: Transfer;

  constructor(transfer: Transfer) {
    this.#transfer = transfer;
  }

  onAddress(endpoint: Endpoint, ask: FileAsk): void {
    if (ask.speech === 'http' && ask.headers.length === 0)
      this.#transfer.torrent.webSeeds.offer(`http://${formatEndpoint(endpoint)}${ask.target}`);
  }

  /** The engine of torrents dials for itself. */
  onStream(stream: Parameters<WayListener['onStream']>[0]): void {
    stream.reset();
  }

  onUnreachable(): void {}
}
