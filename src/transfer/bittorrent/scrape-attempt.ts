/** One scrape of one tracker (BEP 15, 48): the answer goes into the tracker's entry; a failure changes nothing. Owns nothing. */

import { MalformedMessage } from '../../core/codec.ts';
import type { Endpoint, FetchOperation, Fetcher, Host, Peer, ResolveOperation } from '../../core/host.ts';
import { decodeScrapeReply, percentEncode } from '../../wire/tracker-http.ts';
import type { ScrapeCounts } from '../../wire/tracker-udp.ts';
import type { TrackerEntry } from './tracker-entry.ts';
import { scrapeUrl, withQuery } from './tracker-url.ts';
import type { UdpTrackerClient, UdpTrackerOperation } from './udp-tracker-client.ts';
import type { WebSocketScrapeOperation, WebSocketTrackerClient } from './websocket-tracker-client.ts';

const LIMITS = { bytesMax: 64 << 10, timeoutMs: 30_000 };

export class ScrapeAttempt implements FetchOperation, ResolveOperation, UdpTrackerOperation, WebSocketScrapeOperation {
  private readonly host: Host;
  private readonly udp: UdpTrackerClient;
  private readonly entry: TrackerEntry;
  private readonly infoHash: Uint8Array;

  constructor(host: Host, udp: UdpTrackerClient, entry: TrackerEntry, infoHash: Uint8Array) {
    this.host = host;
    this.udp = udp;
    this.entry = entry;
    this.infoHash = infoHash;
  }

  begin(fetcher: Fetcher | null, webSockets: WebSocketTrackerClient | null): void {
    const { url } = this.entry;
    if (url === null) return;
    if (url.kind === 'udp') {
      this.host.resolve(url.hostname, url.port, this);
      return;
    }
    if (url.kind === 'websocket') {
      webSockets?.scrape(url.text, this.infoHash, this);
      return;
    }
    const target = scrapeUrl(url);
    if (target !== null) fetcher?.fetch(withQuery(target, `info_hash=${percentEncode(this.infoHash)}`), LIMITS, this);
  }

  onFetched(_status: number, body: Uint8Array): void {
    try {
      this.adopt(decodeScrapeReply(body, this.infoHash));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
    }
  }

  onResolved(endpoints: readonly Endpoint[]): void {
    const own = this.host.self.datagram;
    const reachable = endpoints.find((endpoint) => own === null || endpoint.length <= own.length);
    if (reachable !== undefined) this.udp.scrape(this.host.peer(reachable), [this.infoHash], this);
  }

  onUdpScraped(_from: Peer, counts: readonly ScrapeCounts[]): void {
    this.adopt(counts[0] ?? null);
  }

  onWebSocketScraped(counts: ScrapeCounts): void {
    this.adopt(counts);
  }

  onUdpAnnounced(): void {}

  onUdpTrackerFailed(): void {}

  private adopt(counts: ScrapeCounts | null): void {
    if (counts === null) return;
    this.entry.seeders = counts.seeders;
    this.entry.leechers = counts.leechers;
    this.entry.downloaders = counts.downloaders ?? null;
  }
}
