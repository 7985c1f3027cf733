/**
 * Holders of the file of a torrent in other networks, as web seeds of a torrent that a command fetches by itself: its pieces check what they send. Owns
 * the networks meanwhile.
 */

import { failureFrom } from '../../node/failure.ts';
import type { FileWish } from '../../node/search/file-wish.ts';
import { HolderHunt } from '../../node/search/holder-hunt.ts';
import { SEARCH_NETWORKS } from '../../node/search/networks.ts';
import { hasWayIn, RunningNetworks } from '../../node/search/running-networks.ts';
import { SHARES_NOTHING } from '../../node/search/shares-nothing.ts';
import { webSeedsOf } from '../../node/search/web-seed-offer.ts';
import type { Transfer } from '../../node/transfers/transfer.ts';
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
  const hunt = new HolderHunt({ bytes, hashes }, webSeedsOf(transfer), () => networks.networks, []);
  return {
    close: async () => {
      hunt.stop();
      await networks.close();
    },
  };
}
