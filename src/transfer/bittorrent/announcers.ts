/**
 * Announces one torrent under each of its info-hashes: a hybrid is in two swarms (BEP 52), whose trackers do not know that they are one.
 * Owns an announcer for each hash; what is known of v1 is in use by all programs, so it comes first.
 */

import { equalBytes } from '../../core/bytes.ts';
import type { Endpoint, Fetcher, Host } from '../../core/host.ts';
import { Announcer, type AnnouncerSource, type AnnouncerSpec } from './announcer.ts';
import type { TrackerStatus } from './torrent-status.ts';
import type { UdpTrackerClient } from './udp-tracker-client.ts';
import type { WebSocketTrackerClient } from './websocket-tracker-client.ts';

export interface AnnouncersSource extends Omit<AnnouncerSource, 'onPeers'> {
  /** Peers of the swarm of that hash. */
  onPeers(endpoints: readonly Endpoint[], from: string, infoHash: Uint8Array): void;
}

interface Entry {
  readonly infoHash: Uint8Array;
  readonly announcer: Announcer;
}

export class Announcers {
  private readonly host: Host;
  private readonly udp: UdpTrackerClient;
  private readonly fetcher: Fetcher | null;
  private readonly webSockets: WebSocketTrackerClient | null;
  private readonly spec: Omit<AnnouncerSpec, 'infoHash'>;
  private port: number;
  private readonly source: AnnouncersSource;
  private entries: Entry[] = [];
  private running = false;

  constructor(
    host: Host,
    udp: UdpTrackerClient,
    fetcher: Fetcher | null,
    webSockets: WebSocketTrackerClient | null,
    spec: Omit<AnnouncerSpec, 'infoHash'>,
    infoHashes: readonly Uint8Array[],
    source: AnnouncersSource,
  ) {
    this.host = host;
    this.udp = udp;
    this.fetcher = fetcher;
    this.webSockets = webSockets;
    this.spec = spec;
    this.port = spec.port;
    this.source = source;
    this.setHashes(infoHashes);
  }

  /** From now on these hashes: those that are new are announced at once, those that are no more are taken leave of. */
  setHashes(infoHashes: readonly Uint8Array[]): void {
    const kept = this.entries.filter((entry) => infoHashes.some((infoHash) => equalBytes(infoHash, entry.infoHash)));
    for (const entry of this.entries) if (!kept.includes(entry)) entry.announcer.stop();
    this.entries = infoHashes.map((infoHash) => {
      return kept.find((entry) => equalBytes(entry.infoHash, infoHash)) ?? { infoHash, announcer: this.make(infoHash) };
    });
    if (this.running) for (const entry of this.entries) if (!kept.includes(entry)) entry.announcer.start(this.host.now());
  }

  private make(infoHash: Uint8Array): Announcer {
    const source: AnnouncerSource = {
      counters: () => this.source.counters(),
      onPeers: (endpoints, from) => this.source.onPeers(endpoints, from, infoHash),
      onExternalIp: (ip, from) => this.source.onExternalIp?.(ip, from),
    };
    const announcer = new Announcer(this.host, this.udp, this.fetcher, { ...this.spec, infoHash }, source, this.webSockets);
    announcer.setPort(this.port);
    return announcer;
  }

  start(now: number): void {
    this.running = true;
    for (const { announcer } of this.entries) announcer.start(now);
  }

  tick(now: number): void {
    for (const { announcer } of this.entries) announcer.tick(now);
  }

  announce(event: 'completed' | 'none'): void {
    for (const { announcer } of this.entries) announcer.announce(event);
  }

  /** The world reaches us by this port from now on: trackers hear of it at once. */
  setPort(port: number): void {
    this.port = port;
    for (const { announcer } of this.entries) announcer.setPort(port);
  }

  needPeers(): void {
    for (const { announcer } of this.entries) announcer.needPeers();
  }

  offerAgain(infoHash: Uint8Array): void {
    for (const entry of this.entries) if (equalBytes(entry.infoHash, infoHash)) entry.announcer.offerAgain();
  }

  trackerLost(infoHash: Uint8Array, url: string): void {
    for (const entry of this.entries) if (equalBytes(entry.infoHash, infoHash)) entry.announcer.trackerLost(url);
  }

  stop(): void {
    this.running = false;
    for (const { announcer } of this.entries) announcer.stop();
  }

  /** A row a tracker: what it says of the first hash that it takes. */
  status(): TrackerStatus[] {
    const rows = new Map<string, TrackerStatus>();
    for (const { announcer } of this.entries) {
      for (const row of announcer.status()) {
        const before = rows.get(row.url);
        if (before === undefined || (before.state !== 'working' && row.state === 'working')) rows.set(row.url, row);
      }
    }
    return [...rows.values()];
  }
}
