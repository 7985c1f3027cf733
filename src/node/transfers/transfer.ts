/** One torrent as a person follows it: the engine's events become two promises and a few facts. The only place with promises. */

import { formatEndpoint } from '../../core/endpoint.ts';
import type { CloseReason, Endpoint, StoreFailure } from '../../core/host.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { Torrent } from '../../transfer/bittorrent/torrent.ts';
import type { PeerStatus, TorrentObserver, TorrentState, TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import { Failure, type FailureKind } from '../failure.ts';

export class Transfer implements TorrentObserver {
  /** Settles when the info dictionary is there, from the start or from peers. */
  readonly metadata: Promise<Metainfo>;
  /** Settles when all wanted files are there. Rejects with a Failure when the store cannot go on. */
  readonly complete: Promise<void>;
  /** Never settles but with the Failure that ends the transfer, also long after it was complete. */
  readonly failed: Promise<never>;
  /** When the first piece was verified, in the ms of `performance.now()`. */
  firstPieceAtMs: number | null = null;
  /** True once any peer has been talked to. */
  peerReached = false;
  metainfo: Metainfo | null = null;
  /** Peers that went, latest last: what a report about a failure quotes. */
  readonly lastGone: string[] = [];
  /** How many peers were seen to have everything. */
  completePeers = 0;
  #torrent: Torrent | null = null;
  readonly #guardMetadata: (metainfo: Metainfo) => void;
  readonly #guardWanting: () => void;
  readonly #onMetadata: (metainfo: Metainfo) => void;
  readonly #onComplete: () => void;
  readonly #onFailed: (failure: Failure) => void;

  /** `onMetadata` is called the moment the info dictionary is known, `onWanting` when content was checked and some is missing. */
  constructor(onMetadata: (metainfo: Metainfo) => void = () => undefined, onWanting: () => void = () => undefined) {
    this.#guardMetadata = onMetadata;
    this.#guardWanting = onWanting;
    const metadata = Promise.withResolvers<Metainfo>();
    const complete = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<never>();
    this.metadata = metadata.promise;
    this.complete = complete.promise;
    this.failed = failed.promise;
    this.#onMetadata = metadata.resolve;
    this.#onComplete = complete.resolve;
    this.#onFailed = (failure) => {
      metadata.reject(failure);
      complete.reject(failure);
      failed.reject(failure);
    };
    // Who waits for one of them gets the error; the others must not end the process for being watched by nobody.
    for (const promise of [metadata.promise, complete.promise, failed.promise]) promise.catch(() => undefined);
  }

  attach(torrent: Torrent): void {
    this.#torrent = torrent;
  }

  get torrent(): Torrent {
    if (this.#torrent === null) throw new Error('the transfer has no torrent yet');
    return this.#torrent;
  }

  status(): TorrentStatus {
    const status = this.torrent.status();
    if (status.peers > 0) this.peerReached = true;
    return status;
  }

  peers(): readonly PeerStatus[] {
    return this.torrent.peers();
  }

  /** Takes the content to another folder; see `TorrentContent.moveTo`. Rejects with a Failure when it stays where it was. */
  moveTo(location: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.torrent.content.moveTo(location, {
        onMoved: (failure) => {
          if (failure === null) resolve();
          else reject(storeFailure(failure));
        },
      });
    });
  }

  /** Ends the wait from outside: the content cannot be taken as it is. */
  fail(failure: Failure): void {
    this.#onFailed(failure);
  }

  onTorrentState(_infoHash: string, state: TorrentState): void {
    if (state === 'downloading') this.#guardWanting();
  }

  onTorrentMetadata(_infoHash: string, metainfo: Metainfo): void {
    this.metainfo = metainfo;
    this.#guardMetadata(metainfo);
    this.#onMetadata(metainfo);
  }

  onTorrentPiece(_infoHash: string, _piece: number): void {
    this.firstPieceAtMs ??= performance.now();
  }

  onTorrentPeerComplete(): void {
    this.completePeers++;
  }

  onTorrentComplete(): void {
    this.#onComplete();
  }

  onTorrentFailed(_infoHash: string, failure: StoreFailure): void {
    this.#onFailed(storeFailure(failure));
  }

  onTorrentPeerGone(_infoHash: string, endpoint: Endpoint, reason: CloseReason, detail: string): void {
    if (reason !== 'refused' && reason !== 'timeout' && reason !== 'unreachable') this.peerReached = true;
    this.lastGone.push(`${formatEndpoint(endpoint)}: ${detail === '' ? reason : detail}`);
    if (this.lastGone.length > GONE_KEPT_MAX) this.lastGone.shift();
  }
}

const GONE_KEPT_MAX = 5;

export function storeFailure(failure: StoreFailure): Failure {
  const [kind, what, next] = STORE_FAILURES[failure.kind];
  return new Failure(kind, `${failure.path}: ${what}`, failure.message, next);
}

const STORE_FAILURES: Readonly<Record<StoreFailure['kind'], readonly [FailureKind, string, string]>> = {
  'no-space': ['no-space', 'the disk is full.', 'Free some space, then run the same command again: it continues where it stopped.'],
  denied: ['denied', 'permission denied.', 'Choose another folder with -o, or change its permissions.'],
  missing: ['not-found', 'the file has gone.', 'Put it back, or share it again from where it is now.'],
  changed: ['integrity', 'the file has changed underneath.', 'Share it again, changed content has another link; or fetch it again.'],
  'unsafe-path': [
    'integrity',
    'it would lead out of the folder.',
    'If the link there is yours, remove it or save elsewhere with -o; otherwise do not trust this torrent.',
  ],
  'in-the-way': ['failed', 'something of that name is there.', 'Move it away, or choose another folder.'],
  metainfo: ['integrity', 'the torrent itself is damaged or hostile.', 'Look for another link to the same content.'],
  io: ['failed', 'the disk reported an error.', 'Check the disk, then run the same command again.'],
};
