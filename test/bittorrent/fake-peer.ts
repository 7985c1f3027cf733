/** A peer on the simulator that does what a script says, for tests of the engine: it dials, listens, records, and may send what is no message. */

import { type Codec, encodeToBytes, MalformedMessage } from '../../src/core/codec.ts';
import type { Body, CloseReason, Host, Peer, Protocol, Stream, StreamAcceptor, StreamHandler } from '../../src/core/host.ts';
import { GENUINE, SimBody } from '../../src/sim/sim-body.ts';
import type { SimNode } from '../../src/sim/sim-node.ts';
import { type ExtensionHandshake, extensionHandshake } from '../../src/transfer/bittorrent/extension-handshake.ts';
import { peerWire } from '../../src/transfer/bittorrent/peer-framing.ts';
import {
  type BlockMessage,
  type PeerMessage,
  PeerMessageId,
  type PieceHead,
  peerMessage,
  pieceHead,
} from '../../src/transfer/bittorrent/peer-messages.ts';
import type { SwarmWorld } from '../../src/lab/swarm-world.ts';

/** What a fake peer does; what is left out it does not do, except that it says its handshake. */
export interface FakeScript {
  onOpen?(connection: FakeConnection): void;
  onMessage?(connection: FakeConnection, message: PeerMessage): void;
  /** Every `tickMs`, for each open connection. */
  onTick?(connection: FakeConnection): void;
  readonly tickMs?: number;
  /** How many connections to open to each node that is dialled; 1 when absent. */
  readonly connections?: number;
  readonly infoHash?: Uint8Array;
  readonly peerId?: Uint8Array;
  /** Says that it has neither BEP 6 nor BEP 10. */
  readonly plain?: boolean;
}

/** Dials these nodes, listens, and follows its script. */
export class FakePeer implements Protocol, StreamAcceptor<PeerMessage, PieceHead> {
  readonly connections: FakeConnection[] = [];
  private readonly host: Host;
  private readonly script: FakeScript;
  private readonly infoHash: Uint8Array;
  private readonly dials: readonly SimNode[];

  constructor(host: Host, infoHash: Uint8Array, script: FakeScript, dials: readonly SimNode[]) {
    this.host = host;
    this.infoHash = script.infoHash ?? infoHash;
    this.script = script;
    this.dials = dials;
  }

  /** The first connection: the only one of most scripts. */
  get connection(): FakeConnection {
    const [first] = this.connections;
    if (first === undefined) throw new Error('a fake peer that was never connected');
    return first;
  }

  start(): void {
    this.host.listen(peerWire, this);
    for (const node of this.dials) {
      for (let count = this.script.connections ?? 1; count > 0; count--) {
        this.host.connect(this.host.peer(node.endpoint), peerWire, this.make());
      }
    }
    if (this.script.onTick !== undefined) this.host.setTimer(this.script.tickMs ?? 1000, 0, 0);
  }

  onConnection(_peer: Peer): FakeConnection {
    return this.make();
  }

  onTimer(): void {
    for (const connection of this.connections) if (connection.stream !== null && !connection.isClosed) this.script.onTick?.(connection);
    this.host.setTimer(this.script.tickMs ?? 1000, 0, 0);
  }

  stop(): void {}

  inspect(): unknown {
    return this.connections.map(({ closed, messages }) => ({ closed, messages: messages.length }));
  }

  private make(): FakeConnection {
    const peerId = this.script.peerId ?? this.host.random.fill(new Uint8Array(20));
    const connection = new FakeConnection(this.script, this.infoHash, peerId);
    this.connections.push(connection);
    return connection;
  }
}

export class FakeConnection implements StreamHandler<PeerMessage, PieceHead> {
  stream: Stream | null = null;
  /** Everything heard, blocks apart. */
  readonly messages: PeerMessage[] = [];
  /** Heads of the blocks that have come in full. */
  readonly blocks: PieceHead[] = [];
  /** Why it is over, or null. */
  closed: string | null = null;
  private readonly script: FakeScript;
  private readonly infoHash: Uint8Array;
  private readonly peerId: Uint8Array;

  constructor(script: FakeScript, infoHash: Uint8Array, peerId: Uint8Array) {
    this.script = script;
    this.infoHash = infoHash;
    this.peerId = peerId;
  }

  get isClosed(): boolean {
    return this.closed !== null;
  }

  /** The messages of one kind. */
  heard<I extends PeerMessage['id']>(id: I): Extract<PeerMessage, { id: I }>[] {
    return this.messages.filter((message): message is Extract<PeerMessage, { id: I }> => message.id === id);
  }

  // ---- what scripts say ----------------------------------------------------------------------------------------------------

  say(message: PeerMessage): void {
    this.stream?.send(peerMessage, message);
  }

  /** Bytes as they are; the node must have `encodes: true`. */
  sayBytes(bytes: Uint8Array): void {
    this.stream?.send(rawBytes, bytes);
  }

  sayHandshake(): void {
    const reserved = new Uint8Array(8);
    if (this.script.plain !== true) {
      reserved[5] = 0x10;
      reserved[7] = 0x04;
    }
    this.say({ id: PeerMessageId.handshake, reserved, infoHash: this.infoHash, peerId: this.peerId });
  }

  /** The extension handshake (BEP 10), with ut_metadata as number 1. */
  sayExtensions(what: Partial<ExtensionHandshake>): void {
    const silent = {
      version: null,
      port: null,
      requestsMax: null,
      metadataBytes: null,
      uploadOnly: false,
      prefersEncryption: false,
      yourIp: null,
      ipv4: null,
      ipv6: null,
    };
    const payload = encodeToBytes(extensionHandshake, { extensions: new Map([['ut_metadata', 1]]), ...silent, ...what });
    this.say({ id: PeerMessageId.extended, extension: 0, payload });
  }

  /** A block, genuine or not. */
  sayBlock({ piece, begin, length }: PieceHead, mark = GENUINE): void {
    this.stream?.sendBulk(pieceHead, { piece, begin, length }, new SimBody(length, mark));
  }

  request(piece: number, begin: number, length: number): void {
    this.say({ id: PeerMessageId.request, piece, begin, length });
  }

  // ---- stream --------------------------------------------------------------------------------------------------------------

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (this.script.onOpen === undefined) this.sayHandshake();
    else this.script.onOpen(this);
  }

  onMessage(message: PeerMessage): void {
    this.messages.push(message);
    this.script.onMessage?.(this, message);
  }

  onBulk(head: PieceHead, body: Body, offset: number): void {
    if (offset + body.length === head.length) this.blocks.push(head);
  }

  onDrain(): void {}

  onEnd(): void {
    this.stream?.end();
  }

  onClose(reason: CloseReason, detail: string): void {
    this.closed = `${reason}: ${detail}`;
  }
}

/** Adds a fake peer to a swarm's world. */
export function addFake(swarm: SwarmWorld, script: FakeScript, dials: readonly SimNode[] = []): SimNode<FakePeer> {
  return swarm.world.addNode((host) => new FakePeer(host, swarm.metainfo.infoHash, script, dials), { encodes: true });
}

/** A fake seed: says that it has everything and unchokes; `answer` says what becomes of requests. */
export function fakeSeed(answer: (connection: FakeConnection, request: BlockMessage) => void): FakeScript {
  return {
    onOpen(connection) {
      connection.sayHandshake();
      connection.say({ id: PeerMessageId.haveAll });
      connection.say({ id: PeerMessageId.unchoke });
    },
    onMessage(connection, message) {
      if (message.id === PeerMessageId.request) answer(connection, message);
    },
  };
}

const rawBytes: Codec<Uint8Array> = {
  name: 'raw bytes',
  size: (bytes) => bytes.length,
  encode(bytes, into, offset) {
    into.set(bytes, offset);
    return offset + bytes.length;
  },
  decode() {
    throw new MalformedMessage('raw bytes are not received');
  },
};
