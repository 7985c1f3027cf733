/**
 * What a torrent has once its content is open: where the pieces lie, the store, which files are wanted, and the downloader. Owned by
 * the torrent; one that has everything and meets nobody never makes a downloader, of which a node at rest would keep a thousand.
 */

import type { Store } from '../../core/host.ts';
import type { PieceGeometry } from './block.ts';
import { Downloader } from './downloader.ts';
import type { Torrent } from './torrent.ts';
import type { Traffic } from './traffic.ts';
import type { TorrentFileSelection } from './torrent-file-selection.ts';

export class Exchange {
  readonly geometry: PieceGeometry;
  readonly store: Store;
  readonly selection: TorrentFileSelection;
  private readonly torrent: Torrent;
  private readonly traffic: Traffic;
  private made: Downloader | null = null;

  constructor(torrent: Torrent, geometry: PieceGeometry, store: Store, selection: TorrentFileSelection, traffic: Traffic) {
    this.torrent = torrent;
    this.geometry = geometry;
    this.store = store;
    this.selection = selection;
    this.traffic = traffic;
  }

  /** Made when it is first asked for. */
  get downloader(): Downloader {
    this.made ??= this.make();
    return this.made;
  }

  /** The downloader, if anything was ever to be decided by it. */
  get activeDownloader(): Downloader | null {
    return this.made;
  }

  /** All that is wanted is here. */
  get finished(): boolean {
    return this.store.have.full || this.downloader.picker.finished;
  }

  private make(): Downloader {
    const { engine, spec, downloadLimiter } = this.torrent;
    const downloader = new Downloader(engine.host, this.store, this.geometry, downloadLimiter, this.traffic, this.torrent);
    downloader.setPriorities(this.selection.piecePriorities());
    downloader.picker.order = spec.sequential ? 'sequential' : (engine.options.pieceOrder ?? 'rarest');
    return downloader;
  }
}
