/**
 * The composition of one running node: the BitTorrent engine on its socket host, and next to it the embedded tracker on its own.
 * Owns both hosts; every command that moves data opens one session and closes it.
 */

import { endpointPort } from '../core/endpoint.ts';
import { PatientFetcher } from './patient-fetcher.ts';
import type { SocketHost } from '../net/socket-host.ts';
import { BitTorrent } from '../transfer/bittorrent/bittorrent.ts';
import type { AddTorrent, TorrentStatus } from '../transfer/bittorrent/torrent-status.ts';
import { makeFolder } from './make-folder.ts';
import { openOnOnePort } from './open-host.ts';
import { Transfer } from './transfer.ts';

export interface SessionOptions {
  readonly listenHost: string;
  /** The port wanted; 0 for any. When it is taken, the next free one. */
  readonly listenPort: number;
  /** Resume records lie below it. Sessions that may hold the same torrent at the same time need folders of their own. */
  readonly stateFolder: string;
  readonly uploadRateMax: number;
  readonly downloadRateMax: number;
  readonly uploadSlots: number | 'adaptive';
  readonly connectionsMax: number;
  readonly connectionsPerTorrentMax: number;
}

export class Session {
  readonly engine: BitTorrent;
  /** The port that peers reach us on. */
  readonly port: number;
  readonly stateFolder: string;
  readonly #host: SocketHost;
  readonly #fetcher: PatientFetcher;

  static async open(options: SessionOptions): Promise<Session> {
    makeFolder(options.stateFolder, `The state folder ${options.stateFolder} cannot be used.`);
    return new Session(await openOnOnePort(options.listenHost, options.listenPort, options.stateFolder), options);
  }

  private constructor(host: SocketHost, options: SessionOptions) {
    this.#host = host;
    this.#fetcher = new PatientFetcher();
    this.port = host.self.stream === null ? 0 : endpointPort(host.self.stream);
    this.stateFolder = options.stateFolder;
    this.engine = host.run(
      (asHost) =>
        new BitTorrent(asHost, {
          fetcher: this.#fetcher,
          listenPort: this.port,
          uploadSlots: options.uploadSlots,
          uploadRateMax: options.uploadRateMax,
          downloadRateMax: options.downloadRateMax,
          connectionsMax: options.connectionsMax,
          connectionsPerTorrentMax: options.connectionsPerTorrentMax,
          allowManyPerAddress: false,
        }),
    );
  }

  /** Adds a torrent; what happens to it comes through the transfer. */
  add(spec: Omit<AddTorrent, 'observer'>, transfer: Transfer = new Transfer()): Transfer {
    if (spec.metainfo !== null) transfer.onTorrentMetadata('', spec.metainfo);
    transfer.attach(this.engine.add({ ...spec, observer: transfer }));
    return transfer;
  }

  remove(transfer: Transfer): void {
    this.engine.remove(transfer.torrent.infoHashHex);
  }

  statuses(): readonly TorrentStatus[] {
    return this.engine.statuses();
  }

  /** Says goodbye to peers and trackers, writes the resume records, lets go of the sockets. */
  async close(): Promise<void> {
    await this.#host.close();
    await this.#fetcher.close();
  }
}
