/**
 * Serves blocks (BEP 3, 6) of all torrents of one engine: queues what peers ask for, reads it from the store and hands it to their
 * streams, as fast as each stream takes it and within the rate limits. Owns the global upload budget and the turn-taking under it.
 */

import { type Body, type Host, type ReadOperation, STREAM_QUEUE_BYTES } from '../../core/host.ts';
import { type PeerConnection, type PeerRequest, REQUESTS_QUEUED_MAX } from './peer-connection.ts';
import { pieceHead } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';

/** Bytes read ahead of a peer's stream: enough to fill one gathered write while the next is being read. */
const READ_AHEAD_BYTES = 512 * 1024;
/** A stream queues about this much time at the peer's rate, so that chokes and haves are not stuck behind old data. */
const QUEUE_MS = 500;
const QUEUE_BYTES_MIN = 64 * 1024;
/** Largest block served; the largest that any known client asks for. */
const REQUEST_BYTES_MAX = 128 * 1024;

export interface UploadOwner {
  /** The upload budget is spent; call `pumpWaiting` after that many milliseconds. */
  onUploadThrottled(waitMs: number): void;
}

export class Uploader {
  private readonly host: Host;
  private readonly owner: UploadOwner;
  /** Connections with requests while a rate limit holds, in turn. */
  private readonly waiting: PeerConnection[] = [];

  constructor(host: Host, owner: UploadOwner) {
    this.host = host;
    this.owner = owner;
  }

  /** The peer asks for a block. What cannot be served is rejected where the peer understands that, and else left unanswered. */
  request(torrent: Torrent, connection: PeerConnection, piece: number, begin: number, length: number): void {
    const request: PeerRequest = { piece, begin, length };
    const exchange = torrent.exchange;
    if (exchange === null) return connection.sayReject(request);
    if (
      piece >= exchange.geometry.pieceCount ||
      length === 0 ||
      length > REQUEST_BYTES_MAX ||
      begin + length > exchange.geometry.paddedBytesOf(piece)
    ) {
      return connection.hangUp(`request for bytes ${begin}+${length} of piece ${piece}`);
    }
    const granted = !connection.amChoking || connection.fastGranted?.has(piece) === true;
    if (!granted || !exchange.store.have.has(piece) || connection.requests.length >= REQUESTS_QUEUED_MAX)
      return connection.sayReject(request);
    connection.requests.push(request);
    this.pump(torrent, connection);
  }

  cancel(connection: PeerConnection, piece: number, begin: number, length: number): void {
    const at = connection.requests.findIndex((request) => request.piece === piece && request.begin === begin && request.length === length);
    if (at < 0) return;
    const [request] = connection.requests.splice(at, 1);
    // BEP 6: every request is answered, a cancelled one by a reject.
    connection.sayReject(request as PeerRequest);
  }

  /** We have choked the peer: its requests are void, except for pieces granted by BEP 6. */
  choked(connection: PeerConnection): void {
    const kept: PeerRequest[] = [];
    for (const request of connection.requests) {
      if (connection.fastGranted?.has(request.piece) === true) kept.push(request);
      else connection.sayReject(request);
    }
    connection.requests.length = 0;
    connection.requests.push(...kept);
  }

  /** Reads for one peer until its stream has enough; under a rate limit the peers take turns, block by block. */
  pump(torrent: Torrent, connection: PeerConnection): void {
    if (torrent.uploadLimiter.limited) {
      if (!this.waiting.includes(connection)) this.waiting.push(connection);
      this.pumpWaiting();
      return;
    }
    while (this.canRead(connection)) this.read(torrent, connection);
  }

  /** The budget has grown, or somebody joined the turn: one block to each of those who wait, as long as it lasts. */
  pumpWaiting(): void {
    const now = this.host.now();
    let waitMs = Number.POSITIVE_INFINITY;
    let refused = 0;
    while (this.waiting.length > refused) {
      const connection = this.waiting.shift() as PeerConnection;
      // Who cannot take more now comes back by itself when its stream has drained or its read is done.
      if (connection.torrent === null || !this.canRead(connection)) continue;
      const limiter = connection.torrent.uploadLimiter;
      const { length } = connection.requests[0] as PeerRequest;
      if (limiter.limited && limiter.available(now) < length) {
        waitMs = Math.min(waitMs, limiter.msUntil(length, now));
        // Torrents have budgets of their own: another torrent's peer may still be served.
        refused++;
      } else this.read(connection.torrent, connection);
      this.waiting.push(connection);
    }
    if (this.waiting.length > 0) this.owner.onUploadThrottled(waitMs);
  }

  private canRead(connection: PeerConnection): boolean {
    return !connection.closed && !connection.clogged && connection.requests.length > 0 && connection.readingBytes < READ_AHEAD_BYTES;
  }

  private read(torrent: Torrent, connection: PeerConnection): void {
    const exchange = torrent.exchange;
    const request = connection.requests.shift() as PeerRequest;
    if (exchange === null) return connection.sayReject(request);
    torrent.uploadLimiter.take(request.length, this.host.now());
    connection.readingBytes += request.length;
    exchange.store.read(request.piece, request.begin, request.length, new BlockUpload(this, torrent, connection, request));
  }

  gone(connection: PeerConnection): void {
    connection.requests.length = 0;
    const at = this.waiting.indexOf(connection);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  onRead(torrent: Torrent, connection: PeerConnection, request: PeerRequest, body: Body | null): void {
    connection.readingBytes -= request.length;
    if (connection.closed || connection.stream === null) return;
    // Choked while it was being read: with BEP 6 that is a reject, without it silence.
    if (body === null || (connection.amChoking && connection.fastGranted?.has(request.piece) !== true)) {
      connection.sayReject(request);
      return;
    }
    const now = this.host.now();
    connection.up.add(request.length, now);
    connection.lastSentAtMs = now;
    torrent.onUploaded(request.length);
    const wanted = Math.floor((connection.up.rate(now) * QUEUE_MS) / 1000);
    connection.stream.queueBytesMax = Math.min(STREAM_QUEUE_BYTES, Math.max(QUEUE_BYTES_MIN, wanted));
    connection.clogged = !connection.stream.sendBulk(pieceHead, request, body);
    this.pump(torrent, connection);
  }
}

class BlockUpload implements ReadOperation {
  private readonly uploader: Uploader;
  private readonly torrent: Torrent;
  private readonly connection: PeerConnection;
  private readonly request: PeerRequest;

  constructor(uploader: Uploader, torrent: Torrent, connection: PeerConnection, request: PeerRequest) {
    this.uploader = uploader;
    this.torrent = torrent;
    this.connection = connection;
    this.request = request;
  }

  onRead(_piece: number, _offset: number, body: Body | null): void {
    this.uploader.onRead(this.torrent, this.connection, this.request, body);
  }
}
