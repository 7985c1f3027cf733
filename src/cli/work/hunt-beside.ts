/**
 * Holders of the file of a torrent in other networks, as web seeds of that torrent: its pieces check what they send. Only those that are asked over
 * HTTP with a plain GET. Owns the networks meanwhile.
 */

import { formatEndpoint } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { failureFrom } from '../../node/failure.ts';
import type { FileWish } from '../../node/search/file-wish.ts';
import { HolderHunt } from '../../node/search/holder-hunt.ts';
import { SEARCH_NETWORKS } from '../../node/search/networks.ts';
import { hasWayIn, RunningNetworks } from '../../node/search/running-networks.ts';
import { SHARES_NOTHING } from '../../node/search/shares-nothing.ts';
import type { Transfer } from '../../node/transfers/transfer.ts';
import type { FileAsk, HolderWay, WayListener } from '../../transfer/files/holder-way.ts';
import type { Call } from '../cli.ts';

/** Null where no network is known, or the link does not tell the size: then BitTorrent is alone. */
export async function huntBeside(call: Call, wish: FileWish, transfer: Transfer): Promise<{ close(): Promise<void> } | null> {
  const { bytes, hashes } = wish;
  const entries = SEARCH_NETWORKS.filter((entry) => hasWayIn(call, entry));
  if (bytes === null || entries.length === 0) return null;
  const opened = RunningNetworks.open(call, entries, { shared: SHARES_NOTHING, passing: true });
  const networks = await opened.catch((error: unknown) => {
    const { message, why } = failureFrom(error, 'Other networks could not be joined.');
    call.console.warn(`${message} ${why}`);
    return null;
  });
  if (networks === null) return null;
  const seeds = { add: (way: HolderWay): void => void way.reach(new Offer(transfer)) };
  const hunt = new HolderHunt({ bytes, hashes }, seeds, () => networks.networks, []);
  return {
    close: async () => {
      hunt.stop();
      await networks.close();
    },
  };
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
