/** The UDP side of a tracker (BEP 15): answers each datagram with one, keeps nothing of its sender; owns counters and the id key. */

import { writeU32 } from '../../core/bytes.ts';
import { ENDPOINT_V4_BYTES } from '../../core/endpoint.ts';
import { TrackerEvent } from '../../core/events.ts';
import type { DatagramHandler, Endpoint, Host, Peer } from '../../core/host.ts';
import type { UdpAnnounceRequest, UdpScrapeRequest, UdpTrackerRequest, UdpTrackerResponse } from '../../wire/tracker-udp.ts';
import { udpTrackerResponse } from '../../wire/tracker-udp.ts';
import type { ConnectionIds } from './connection-ids.ts';
import type { Swarms } from './swarms.ts';

/** Replies stay below the usual path MTU: 20 + 200 × 6 bytes over IPv4, 20 + 74 × 18 over IPv6. */
const PEERS_V4_MAX = 200;
const PEERS_V6_MAX = 74;
const REJECTED_CONNECTION_ID = 1;
const WRONG_CONNECTION_ID = 'connection id expired';

export class UdpService implements DatagramHandler<UdpTrackerRequest> {
  private readonly host: Host;
  private readonly swarms: Swarms;
  private readonly ids: ConnectionIds;
  readonly counters = { connects: 0, announces: 0, scrapes: 0, wrongIds: 0 };

  constructor(host: Host, swarms: Swarms, ids: ConnectionIds) {
    this.host = host;
    this.swarms = swarms;
    this.ids = ids;
  }

  onDatagram(from: Peer, request: UdpTrackerRequest): void {
    this.host.send(from, udpTrackerResponse, this.respond(this.host.endpoint(from), request));
  }

  private respond(from: Endpoint, request: UdpTrackerRequest): UdpTrackerResponse {
    const { transaction } = request;
    if (request.action === 'connect') {
      this.counters.connects++;
      return { action: 'connect', transaction, connection: this.ids.issue(from, this.host.now()) };
    }
    if (!this.ids.accepts(request.connection, from, this.host.now())) {
      this.counters.wrongIds++;
      this.host.tap(TrackerEvent.rejected, REJECTED_CONNECTION_ID, 0, 0);
      // Shorter than any request that leads here, so that nobody is flooded through us.
      return { action: 'error', transaction, message: request.action === 'announce' ? WRONG_CONNECTION_ID : '' };
    }
    return request.action === 'announce' ? this.announce(from, request) : this.scrape(request);
  }

  private announce(from: Endpoint, request: UdpAnnounceRequest): UdpTrackerResponse {
    this.counters.announces++;
    const { transaction } = request;
    const isV4 = from.length === ENDPOINT_V4_BYTES;
    const outcome = this.swarms.announce(
      {
        infoHash: request.infoHash,
        from,
        ip: isV4 && request.ip !== 0 ? ipOf(request.ip) : null,
        port: request.port,
        left: request.left,
        event: request.event,
        numwant: request.numwant,
      },
      isV4 ? PEERS_V4_MAX : 0,
      isV4 ? 0 : PEERS_V6_MAX,
    );
    if (typeof outcome === 'string') return { action: 'error', transaction, message: outcome };
    return {
      action: 'announce',
      transaction,
      intervalSeconds: outcome.intervalSeconds,
      leechers: outcome.incomplete,
      seeders: outcome.complete,
      peers: isV4 ? outcome.peers : outcome.peers6,
    };
  }

  private scrape(request: UdpScrapeRequest): UdpTrackerResponse {
    this.counters.scrapes++;
    this.host.tap(TrackerEvent.scrape, request.infoHashes.length, 0, 0);
    // BEP 15 has no place for BEP 21's count.
    const torrents = request.infoHashes.map((infoHash) => {
      const { seeders, completed, leechers } = this.swarms.scrape(infoHash);
      return { seeders, completed, leechers };
    });
    return { action: 'scrape', transaction: request.transaction, torrents };
  }
}

function ipOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  writeU32(bytes, 0, number);
  return bytes;
}
