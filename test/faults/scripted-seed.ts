/**
 * A peer over a plain TCP socket that behaves as a test tells it to: serves right or wrong blocks, metadata without end, or nothing.
 * Owns its listener and the connections it has accepted.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { encodeToBytes } from '../../src/core/codec.ts';
import { extensionHandshake } from '../../src/transfer/bittorrent/extension-handshake.ts';
import { METADATA_PIECE_BYTES, metadataMessage } from '../../src/transfer/bittorrent/metadata-messages.ts';
import { peerWire } from '../../src/transfer/bittorrent/peer-framing.ts';
import { type PeerMessage, PeerMessageId, peerMessage, pieceHead } from '../../src/transfer/bittorrent/peer-messages.ts';

/** Our number for `ut_metadata`. */
const METADATA = 3;

export interface SeedManners {
  readonly infoHash: Uint8Array;
  /** The block, as right or wrong as wanted; null leaves the request unanswered. */
  block(piece: number, begin: number, length: number): Uint8Array | null;
  /** What it says is the size of the info dictionary; 0 offers none. */
  readonly metadataBytes?: number;
  /** A piece of the info dictionary; null leaves the request unanswered. */
  metadata?(piece: number): Uint8Array | null;
}

export class ScriptedSeed {
  /** How often somebody has shaken hands, asked for a block, and asked for metadata. */
  readonly counts = { handshakes: 0, requests: 0, metadata: 0 };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async open(manners: SeedManners): Promise<ScriptedSeed> {
    const seed = new ScriptedSeed(manners);
    await new Promise<void>((ready) => seed.#server.listen(0, '127.0.0.1', ready));
    return seed;
  }

  private constructor(manners: SeedManners) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => this.#sockets.delete(socket));
      this.#serve(socket, manners);
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket, manners: SeedManners): void {
    const deframer = peerWire.deframer();
    const say = (message: PeerMessage): void => void socket.write(encodeToBytes(peerMessage, message));
    let theirMetadata = 0;
    const greet = (): void => {
      this.counts.handshakes++;
      const reserved = Uint8Array.of(0, 0, 0, 0, 0, 0x10, 0, 0x04);
      const peerId = Uint8Array.from('-SC0001-', (letter) => letter.charCodeAt(0));
      say({ id: PeerMessageId.handshake, reserved, infoHash: manners.infoHash, peerId: withTail(peerId) });
      say({ id: PeerMessageId.haveAll });
      say({ id: PeerMessageId.extended, extension: 0, payload: encodeToBytes(extensionHandshake, introduction(manners)) });
      say({ id: PeerMessageId.unchoke });
    };
    const sink = {
      open: true,
      onBulk(): void {},
      onMessage: (message: PeerMessage): void => {
        if (message.id === PeerMessageId.handshake) return greet();
        if (message.id === PeerMessageId.request) {
          this.counts.requests++;
          const block = manners.block(message.piece, message.begin, message.length);
          if (block === null) return;
          socket.write(encodeToBytes(pieceHead, message));
          socket.write(block);
        }
        if (message.id !== PeerMessageId.extended) return;
        if (message.extension === 0) {
          theirMetadata = extensionHandshake.decode(message.payload, 0, message.payload.length).extensions.get('ut_metadata') ?? 0;
        } else if (message.extension === METADATA) {
          const request = metadataMessage.decode(message.payload, 0, message.payload.length);
          if (request.type !== 'request') return;
          this.counts.metadata++;
          const data = manners.metadata?.(request.piece) ?? null;
          if (data === null) return;
          const answer = { type: 'data', piece: request.piece, totalBytes: manners.metadataBytes ?? 0, data } as const;
          say({ id: PeerMessageId.extended, extension: theirMetadata, payload: encodeToBytes(metadataMessage, answer) });
        }
      },
    };
    socket.on('data', (bytes) => {
      deframer.push(new Uint8Array(bytes), 0, bytes.length, sink);
    });
  }
}

/** The info dictionary, whole, cut as BEP 9 has it. */
export function metadataOf(infoBytes: Uint8Array): Required<Pick<SeedManners, 'metadataBytes' | 'metadata'>> {
  return {
    metadataBytes: infoBytes.length,
    metadata: (piece) => infoBytes.subarray(piece * METADATA_PIECE_BYTES, (piece + 1) * METADATA_PIECE_BYTES),
  };
}

function introduction(manners: SeedManners): Parameters<typeof extensionHandshake.size>[0] {
  const { metadataBytes = 0 } = manners;
  return {
    extensions: new Map(metadataBytes > 0 ? [['ut_metadata', METADATA]] : []),
    version: 'scripted',
    port: null,
    requestsMax: 500,
    metadataBytes: metadataBytes > 0 ? metadataBytes : null,
    uploadOnly: true,
    prefersEncryption: false,
    yourIp: null,
    ipv4: null,
    ipv6: null,
  };
}

let made = 0;

/** A peer id of its own for each connection: two of the same are taken for one peer. */
function withTail(head: Uint8Array): Uint8Array {
  const peerId = new Uint8Array(20).fill(0x30);
  peerId.set(head);
  made++;
  for (let at = 19, rest = made; rest > 0; at--, rest = Math.floor(rest / 10)) peerId[at] = 0x30 + (rest % 10);
  return peerId;
}
