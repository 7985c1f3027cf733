/**
 * The extension protocol (BEP 10) of one torrent: our extension handshake, the metadata exchange (BEP 9) in both directions, the
 * peer's listening port and wishes (BEP 21, 24), pieces it has lost (BEP 54), peers it knows and introduces us to (BEP 11, 55). Owns
 * the metadata download while there is one.
 */

import { type Codec, encodeToBytes, MalformedMessage } from '../../core/codec.ts';
import { endpointIp } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import { dontHave, EXTENSIONS_MAX, type ExtensionHandshake, extensionHandshake } from './extension-handshake.ts';
import { HolePunching } from './hole-punching.ts';
import { holepunchMessage } from './holepunch-message.ts';
import { MetadataDownload } from './metadata-exchange.ts';
import { METADATA_PIECE_BYTES, type MetadataMessage, metadataMessage } from './metadata-messages.ts';
import { parseInfo } from './parse-metainfo.ts';
import { type PeerConnection, REQUESTS_QUEUED_MAX } from './peer-connection.ts';
import { PeerExchange } from './peer-exchange.ts';
import { peerExchangeMessage } from './peer-exchange-message.ts';
import { CLIENT_VERSION } from './peer-id.ts';
import { PeerMessageId } from './peer-messages.ts';
import type { Torrent } from './torrent.ts';

/** Our numbers for the extensions we understand: peers use them when they write to us. 0 is the handshake itself. */
const HANDSHAKE = 0;
const METADATA = 1;
const DONT_HAVE = 2;
const PEER_EXCHANGE = 3;
const HOLEPUNCH = 4;
const OFFERED: ReadonlyMap<string, number> = new Map([
  ['ut_metadata', METADATA],
  ['lt_donthave', DONT_HAVE],
]);
/** Offered as well, unless peers come from trackers alone (BEP 27). */
const OFFERED_IN_PUBLIC: ReadonlyMap<string, number> = new Map([...OFFERED, ['ut_pex', PEER_EXCHANGE], ['ut_holepunch', HOLEPUNCH]]);
/** Metadata pieces served to one peer: twice the whole thing. More is abuse, and is rejected. */
const METADATA_ROUNDS_MAX = 2;
/** What may wait for a peer to read it; some clients ask for all of the metadata at once. */
const METADATA_QUEUE_BYTES_MAX = 2 << 20;

export class Extensions {
  private readonly torrent: Torrent;
  readonly exchange: PeerExchange;
  readonly holePunching: HolePunching;
  private metadata: MetadataDownload | null = null;
  /** Slot → metadata pieces served to it. */
  private readonly served = new Map<number, number>();

  constructor(torrent: Torrent) {
    this.torrent = torrent;
    this.exchange = new PeerExchange(torrent);
    this.holePunching = new HolePunching(torrent, torrent.swarm);
  }

  sayHandshake(connection: PeerConnection): void {
    const { engine, metainfo } = this.torrent;
    this.say(connection, HANDSHAKE, extensionHandshake, {
      extensions: this.torrent.isPrivate ? OFFERED : OFFERED_IN_PUBLIC,
      version: CLIENT_VERSION,
      port: engine.options.listenPort === 0 ? null : engine.portFor(connection.endpoint),
      requestsMax: REQUESTS_QUEUED_MAX,
      metadataBytes: metainfo?.infoBytes.length ?? null,
      // A super seed passes for somebody who wants something (BEP 16).
      uploadOnly: this.torrent.isComplete && !this.torrent.showcase.isSuper,
      prefersEncryption: engine.encryption === 'prefer' || engine.encryption === 'require',
      yourIp: connection.endpoint.slice(0, connection.endpoint.length - 2),
      ipv4: null,
      ipv6: null,
    });
  }

  /** Something of it has changed: whether we want anything (BEP 21), or our port. */
  sayAgain(connection: PeerConnection): void {
    if (connection.supportsExtensions) this.sayHandshake(connection);
  }

  receive(connection: PeerConnection, extension: number, payload: Uint8Array): void {
    try {
      switch (extension) {
        case HANDSHAKE:
          return this.onHandshake(connection, extensionHandshake.decode(payload, 0, payload.length));
        case METADATA:
          return this.onMetadata(connection, metadataMessage.decode(payload, 0, payload.length));
        case DONT_HAVE:
          return this.torrent.onPeerLost(connection, dontHave.decode(payload, 0, payload.length).piece);
        case PEER_EXCHANGE: {
          const message = peerExchangeMessage.decode(payload, 0, payload.length);
          return this.exchange.receive(connection, message, this.torrent.now());
        }
        case HOLEPUNCH: {
          const message = holepunchMessage.decode(payload, 0, payload.length);
          return this.holePunching.receive(connection, message, this.torrent.now());
        }
        default:
          // An extension that we did not offer: nothing obliges us to understand it.
          return;
      }
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.torrent.engine.host.tap(BitTorrentEvent.peerMisbehaved, connection.slot, 0, 0);
      connection.hangUp(error.message);
    }
  }

  private onHandshake(connection: PeerConnection, handshake: ExtensionHandshake): void {
    connection.extensions = joined(connection.extensions, handshake);
    // One voice an address: many ports of one liar are one liar.
    if (handshake.yourIp !== null) this.torrent.engine.learnExternalIp(handshake.yourIp, endpointIp(connection.endpoint));
    if (handshake.port !== null) this.torrent.swarm.learnListener(connection, handshake.port);
    if (handshake.requestsMax !== null) connection.window.setMax(handshake.requestsMax);
    if (handshake.uploadOnly && this.torrent.isComplete) return connection.hangUp('both complete');
    if (this.torrent.metainfo === null && connection.extensionNumber('ut_metadata') !== 0 && handshake.metadataBytes !== null) {
      this.metadata ??= new MetadataDownload(this.torrent.infoHashes);
      this.metadata.addPeer(connection.slot, handshake.metadataBytes);
      this.ask(connection);
    }
  }

  // ---- metadata ------------------------------------------------------------------------------------------------------------

  private onMetadata(connection: PeerConnection, message: MetadataMessage): void {
    switch (message.type) {
      case 'request':
        return this.serve(connection, message.piece);
      case 'data':
        return this.onMetadataPiece(connection, message.piece, message.totalBytes, message.data);
      case 'reject':
        this.metadata?.rejected(connection.slot, message.piece, this.torrent.now());
        return this.askAll();
      default:
        return;
    }
  }

  private serve(connection: PeerConnection, piece: number): void {
    const info = this.torrent.metainfo?.infoBytes ?? null;
    const count = this.served.get(connection.slot) ?? 0;
    const pieces = info === null ? 0 : Math.ceil(info.length / METADATA_PIECE_BYTES);
    const busy = (connection.stream?.queuedBytes ?? 0) > METADATA_QUEUE_BYTES_MAX;
    if (info === null || piece >= pieces || count >= pieces * METADATA_ROUNDS_MAX || busy) {
      return this.sayMetadata(connection, { type: 'reject', piece });
    }
    this.served.set(connection.slot, count + 1);
    const data = info.subarray(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES);
    this.sayMetadata(connection, { type: 'data', piece, totalBytes: info.length, data });
  }

  private onMetadataPiece(connection: PeerConnection, piece: number, totalBytes: number, data: Uint8Array): void {
    if (this.metadata === null) return;
    const outcome = this.metadata.received(connection.slot, piece, totalBytes, data);
    for (const slot of outcome.blamed) {
      this.torrent.engine.host.tap(BitTorrentEvent.metadataFailed, slot, 0, 0);
      this.torrent.swarm.ban(slot, 'sent metadata with another hash');
    }
    if (outcome.infoBytes === null) return this.askAll();
    this.metadata = null;
    this.adopt(outcome.infoBytes);
  }

  private adopt(infoBytes: Uint8Array): void {
    const { spec } = this.torrent;
    try {
      this.torrent.adoptMetainfo(parseInfo(infoBytes, { trackers: spec.trackers, webSeeds: spec.webSeeds ?? [] }));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      // Its hash is right, so no other peer can have a better one: the torrent itself is broken.
      this.torrent.fail({
        kind: 'metainfo',
        message: error.message,
        path: this.torrent.infoHashHex,
      });
    }
  }

  private ask(connection: PeerConnection): void {
    if (this.metadata === null || connection.closed) return;
    for (;;) {
      const piece = this.metadata.next(connection.slot, this.torrent.now());
      if (piece < 0) return;
      this.sayMetadata(connection, { type: 'request', piece });
    }
  }

  private askAll(): void {
    for (const connection of this.torrent.connections) this.ask(connection);
  }

  gone(connection: PeerConnection): void {
    this.served.delete(connection.slot);
    this.exchange.gone(connection);
    this.holePunching.gone(connection);
    if (this.metadata === null) return;
    this.metadata.removePeer(connection.slot);
    this.askAll();
  }

  tick(now: number): void {
    for (const [connection, message] of this.exchange.due(now)) {
      this.say(connection, connection.extensionNumber('ut_pex'), peerExchangeMessage, message);
    }
    if (this.metadata === null) return;
    this.metadata.expire(now);
    this.askAll();
  }

  // ---- saying --------------------------------------------------------------------------------------------------------------

  private sayMetadata(connection: PeerConnection, message: MetadataMessage): void {
    const number = connection.extensionNumber('ut_metadata');
    if (number !== 0) this.say(connection, number, metadataMessage, message);
  }

  private say<M>(connection: PeerConnection, extension: number, codec: Codec<M>, message: M): void {
    connection.say({ id: PeerMessageId.extended, extension, payload: encodeToBytes(codec, message) });
  }
}

/** BEP 10: of a second handshake `m` has only what changes. A peer that changes it for ever starts afresh now and then. */
function joined(before: ExtensionHandshake | null, handshake: ExtensionHandshake): ExtensionHandshake {
  const extensions = new Map([...(before?.extensions ?? []), ...handshake.extensions]);
  return extensions.size > EXTENSIONS_MAX ? handshake : { ...handshake, extensions };
}
