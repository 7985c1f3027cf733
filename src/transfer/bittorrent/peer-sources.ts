/**
 * Who is asked for peers of one torrent as long as it wants any: its trackers, and a network without them, under every hash that the torrent
 * goes by (BEP 3, 5, 52). Owns both, and whether they are at work.
 */

import type { Endpoint } from '../../core/host.ts';
import { Announcers } from './announcers.ts';
import type { InfoHashes } from './info-hashes.ts';
import type { Torrent } from './torrent.ts';
import { TrackerlessSearch } from './trackerless-search.ts';

export class PeerSources {
  readonly announcer: Announcers;
  private readonly torrent: Torrent;
  private readonly search: TrackerlessSearch | null;
  private running = false;

  constructor(torrent: Torrent) {
    this.torrent = torrent;
    const { engine } = torrent;
    const { host, udpTrackers, fetcher, webSocketTrackers, peerFinder, peerId, options } = engine;
    const announced = {
      peerId,
      port: options.listenPort,
      tiers: torrent.spec.trackers,
      key: host.random.u32(),
      private: torrent.isPrivate,
    };
    this.announcer = new Announcers(host, udpTrackers, fetcher, webSocketTrackers, announced, torrent.infoHashes.onWire, this);
    this.announcer.setPort(engine.announcedPort);
    this.search = peerFinder === null ? null : new TrackerlessSearch(host, peerFinder, engine.announcedPort, this);
  }

  /** Does nothing when they are at work already. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.announcer.start(this.torrent.now());
    this.search?.start();
    this.torrent.swarm.offer(this.torrent.spec.peers, 'magnet');
  }

  stop(): void {
    if (this.running) this.announcer.stop();
    this.search?.stop();
    this.running = false;
  }

  /** Others reach us by this port from now on: all who are asked are told at once. */
  setPort(port: number): void {
    this.announcer.setPort(port);
    this.search?.setPort(port);
  }

  tick(now: number): void {
    if (this.running) this.announcer.tick(now);
    if (!this.torrent.acceptsPeers) return;
    if (this.isHungry) this.announcer.needPeers();
    this.search?.tick(now);
  }

  // ---- what they ask and tell -----------------------------------------------------------------------------------------------

  get isPrivate(): boolean {
    return this.torrent.isPrivate;
  }

  get isComplete(): boolean {
    return this.torrent.isComplete;
  }

  get isHungry(): boolean {
    return this.torrent.swarm.isHungry;
  }

  get infoHashes(): InfoHashes {
    return this.torrent.infoHashes;
  }

  counters(): ReturnType<Torrent['counters']> {
    return this.torrent.counters();
  }

  onPeers(endpoints: readonly Endpoint[], _from: string, infoHash: Uint8Array): void {
    this.offer(endpoints, infoHash, 'tracker');
  }

  onPeersFound(endpoints: readonly Endpoint[], infoHash: Uint8Array): void {
    this.offer(endpoints, infoHash, 'dht');
  }

  onExternalIp(ip: Uint8Array, from: string): void {
    this.torrent.engine.learnExternalIp(ip, from);
  }

  private offer(endpoints: readonly Endpoint[], infoHash: Uint8Array, source: 'tracker' | 'dht'): void {
    const { infoHashes, swarm } = this.torrent;
    if (infoHashes.isV2(infoHash)) swarm.rememberV2(endpoints);
    swarm.offer(endpoints, source);
  }
}
