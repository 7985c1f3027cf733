/** A node that runs the DHT and the engine on one host and one port, with one torrent. In both worlds. */

import type { Endpoint, Host } from '../../src/core/host.ts';
import { SideBySide } from '../../src/core/side-by-side.ts';
import { ENGINE_DEFAULTS, Watch } from '../../src/lab/swarm-world.ts';
import { KADEMLIA_DEFAULTS, Kademlia } from '../../src/overlays/kademlia/index.ts';
import { BitTorrent } from '../../src/transfer/bittorrent/bittorrent.ts';
import type { Metainfo } from '../../src/transfer/bittorrent/metainfo.ts';
import type { Torrent } from '../../src/transfer/bittorrent/torrent.ts';
import type { AddTorrent, BitTorrentOptions } from '../../src/transfer/bittorrent/torrent-status.ts';

export interface FullNodeOptions {
  /** Where the DHT begins. */
  readonly bootstrap: readonly Endpoint[];
  readonly engine?: Partial<BitTorrentOptions>;
  readonly torrent?: Partial<AddTorrent>;
}

export class FullNode extends SideBySide {
  readonly dht: Kademlia;
  readonly engine: BitTorrent;
  readonly torrent: Torrent;
  readonly watch: Watch;

  constructor(host: Host, metainfo: Metainfo, options: FullNodeOptions) {
    super(host);
    this.watch = new Watch(() => host.now());
    this.dht = this.add((place) => new Kademlia(place, { ...KADEMLIA_DEFAULTS, bootstrap: options.bootstrap }));
    this.engine = this.add((place) => new BitTorrent(place, { ...ENGINE_DEFAULTS, peerFinder: this.dht, ...options.engine }));
    this.torrent = this.engine.add({
      metainfo,
      infoHash: metainfo.infoHash,
      name: null,
      trackers: metainfo.trackers,
      peers: [],
      location: 'disk',
      selectOnly: null,
      writable: true,
      recheck: 'trust',
      sequential: false,
      paused: false,
      uploadRateMax: 0,
      downloadRateMax: 0,
      observer: this.watch,
      ...options.torrent,
    });
  }

  get isComplete(): boolean {
    return this.watch.completeAtMs !== null;
  }
}
