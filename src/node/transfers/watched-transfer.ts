/** A transfer that also tells each state, each time that it is complete, and when the engine has let go of it. Owns nothing more. */

import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentState } from '../../transfer/bittorrent/torrent-status.ts';
import { Transfer } from './transfer.ts';

export class WatchedTransfer extends Transfer {
  /** Settles when the engine has let go of it. */
  readonly stopped: Promise<void>;
  readonly #onState: (state: TorrentState) => void;
  readonly #onEachComplete: () => void;
  readonly #onStopped: () => void;

  constructor(
    onMetadata: (metainfo: Metainfo) => void,
    onWanting: () => void,
    onState: (state: TorrentState) => void,
    onComplete: () => void,
  ) {
    super(onMetadata, onWanting);
    this.#onState = onState;
    this.#onEachComplete = onComplete;
    const stopped = Promise.withResolvers<void>();
    this.stopped = stopped.promise;
    this.#onStopped = stopped.resolve;
  }

  override onTorrentState(infoHash: string, state: TorrentState): void {
    super.onTorrentState(infoHash, state);
    if (state === 'stopped') this.#onStopped();
    else this.#onState(state);
  }

  override onTorrentComplete(): void {
    super.onTorrentComplete();
    this.#onEachComplete();
  }
}
