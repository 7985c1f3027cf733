/** The UDP socket of a host: decodes what comes, encodes what goes into one reused buffer. Owned by the socket host. */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Codec, MalformedMessage } from '../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES, endpointIp, endpointPort } from '../core/endpoint.ts';
import { DatagramBindings } from '../core/datagram-bindings.ts';
import { HostEvent } from '../core/events.ts';
import type { DatagramHandler, Endpoint, Peer } from '../core/host.ts';
import type { EventLoop } from './event-loop.ts';
import { bindNextFree } from './next-free-port.ts';
import type { PeerTable } from './peer-table.ts';
import type { Proxy, ProxyNames } from './proxy.ts';
import { readSocksDatagramHead, socksDatagramHeadBytes, writeSocksDatagramHead } from '../wire/socks5.ts';
import { endpointFromNode, mappedIp, writeEndpoint } from './socket-address.ts';
import { SocksRelay } from './socks-relay.ts';

/** The payload that one UDP datagram over IPv4 can carry. */
export const DATAGRAM_BYTES_MAX = 65_507;
/** The kernel's own 208 KiB drop packets as soon as the process is busy for a moment. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
/** Texts of the addresses last sent to, by peer: formatting one costs more than sending to it. */
const TEXTS_CACHED = 1 << 12;

/** Where we are seen from is the relay's business, and nobody's address of ours. */
const BEHIND_A_RELAY: Endpoint = new Uint8Array(ENDPOINT_V4_BYTES);

const DROPPED_TOO_LARGE = 1;
const DROPPED_BY_NETWORK = 2;
const DROPPED_NOBODY = 3;

export interface DatagramCounters {
  received: number;
  sent: number;
  malformed: number;
  dropped: number;
}

export class DatagramPort {
  readonly counters: DatagramCounters = { received: 0, sent: 0, malformed: 0, dropped: 0 };
  endpoint: Endpoint | null = null;
  private readonly loop: EventLoop;
  private readonly peers: PeerTable;
  private readonly tap: (event: number, a: number, b: number, c: number) => void;
  private socket: Socket | null = null;
  private relay: SocksRelay | null = null;
  private names: ProxyNames | null = null;
  private bothFamilies = false;
  private readonly bindings = new DatagramBindings();
  private sendBuffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
  /** The endpoint of the last datagram, and what it was made of. */
  private readonly scratch = new Uint8Array(ENDPOINT_V6_BYTES);
  private lastAddress = '';
  private lastPort = -1;
  private lastLength = 0;
  private readonly textPeers = new Float64Array(TEXTS_CACHED);
  private readonly texts: string[] = new Array<string>(TEXTS_CACHED).fill('');
  private readonly textPorts = new Uint16Array(TEXTS_CACHED);

  constructor(loop: EventLoop, peers: PeerTable, tap: (event: number, a: number, b: number, c: number) => void) {
    this.loop = loop;
    this.peers = peers;
    this.tap = tap;
  }

  /** Binds to the address and the first free port from `port` on; 0 is any. Rejects with the system's error. */
  async open(address: string, port: number): Promise<void> {
    this.bothFamilies = address === '::';
    await bindNextFree(port, (candidate) => this.bindSocket(address, candidate));
  }

  /** Sends and receives through the proxy's relay alone. Rejects with a ProxyError when it gives none. */
  async openThrough(proxy: Proxy, names: ProxyNames): Promise<void> {
    this.names = names;
    const relay = new SocksRelay(proxy, RECEIVE_BUFFER_BYTES, this.onRelayed);
    await relay.open();
    this.relay = relay;
    this.endpoint = BEHIND_A_RELAY;
  }

  bind<M>(codec: Codec<M>, handler: DatagramHandler<M>): void {
    this.bindings.bind(codec, handler);
  }

  send<M>(peer: Peer, codec: Codec<M>, message: M): void {
    const size = codec.size(message);
    if (this.relay !== null) return this.sendRelayed(this.relay, peer, codec, message, size);
    const socket = this.socket;
    if (size > DATAGRAM_BYTES_MAX) return this.drop(peer, size, DROPPED_TOO_LARGE);
    const cached = peer % TEXTS_CACHED;
    if (this.textPeers[cached] !== peer && !this.remember(peer, cached)) return this.drop(peer, size, DROPPED_BY_NETWORK);
    if (socket === null) return this.drop(peer, size, DROPPED_BY_NETWORK);
    codec.encode(message, this.sendBuffer, 0);
    this.counters.sent++;
    // No callback: it costs a fifth of a send (10.3 µs an echo with it, 8.3 without), to learn of a loss that UDP allows anyway.
    socket.send(this.sendBuffer, 0, size, this.textPorts[cached] as number, this.texts[cached] as string);
    // Almost always the kernel has taken it by now. When it has not, libuv keeps a reference: the buffer is its own from here on.
    if (socket.getSendQueueCount() > 0) this.sendBuffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
  }

  async close(): Promise<void> {
    await this.relay?.close();
    const socket = this.socket;
    this.socket = null;
    if (socket !== null) await new Promise<void>((resolve) => socket.close(resolve));
  }

  private bindSocket(address: string, port: number): Promise<void> {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    // Addresses are literals already: looking them up again would put off each send by a turn.
    const socket = createSocket({ type, ipv6Only: false, lookup: (name, _options, done) => done(null, name, type === 'udp6' ? 6 : 4) });
    return new Promise((resolve, reject) => {
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind(port, address, () => {
        socket.removeAllListeners('error');
        // An error of a bound socket is about one datagram that did not leave, or an ICMP answer to one: lost, as datagrams are.
        socket.on('error', () => {});
        socket.on('message', this.onReceived);
        try {
          socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
        } catch {
          // Some systems refuse what is over their limit instead of giving less; the default has to do then.
        }
        const bound = socket.address();
        this.endpoint = endpointFromNode(bound.address, bound.port);
        this.socket = socket;
        resolve();
      });
    });
  }

  private readonly onReceived = (bytes: Buffer, from: RemoteInfo): void => {
    // The next datagram mostly comes from where the last one came from, and its address is text again.
    if (from.port !== this.lastPort || from.address !== this.lastAddress) {
      this.lastLength = writeEndpoint(this.scratch, from.address, from.port);
      this.lastAddress = from.address;
      this.lastPort = from.port;
    }
    if (this.lastLength === 0 || !this.loop.begin()) return;
    this.counters.received++;
    this.deliver(this.peers.intern(this.scratch, this.lastLength), bytes);
    this.loop.end();
  };

  private sendRelayed<M>(relay: SocksRelay, peer: Peer, codec: Codec<M>, message: M, size: number): void {
    const to = this.peers.known(peer) ? (this.names?.addressOf(this.peers.endpoint(peer)) ?? null) : null;
    const port = to === null ? 0 : 'endpoint' in to ? endpointPort(to.endpoint) : to.port;
    if (to === null || port === 0 || relay.socket === null) return this.drop(peer, size, DROPPED_BY_NETWORK);
    const headBytes = socksDatagramHeadBytes(to);
    if (headBytes + size > DATAGRAM_BYTES_MAX) return this.drop(peer, size, DROPPED_TOO_LARGE);
    writeSocksDatagramHead(to, this.sendBuffer, 0);
    codec.encode(message, this.sendBuffer, headBytes);
    this.counters.sent++;
    relay.socket.send(this.sendBuffer, 0, headBytes + size);
    if (relay.socket.getSendQueueCount() > 0) this.sendBuffer = Buffer.allocUnsafeSlow(DATAGRAM_BYTES_MAX);
  }

  private readonly onRelayed = (bytes: Buffer): void => {
    if (!this.loop.begin()) return;
    this.counters.received++;
    try {
      const [from, headBytes] = readSocksDatagramHead(bytes, 0, bytes.length);
      // A relay that names its senders instead of giving their addresses tells nothing that an answer could go to.
      if ('endpoint' in from) this.deliver(this.peers.intern(from.endpoint, from.endpoint.length), bytes.subarray(headBytes));
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.counters.malformed++;
    }
    this.loop.end();
  };

  private deliver(peer: Peer, bytes: Uint8Array): void {
    if (this.bindings.empty) return this.drop(peer, bytes.length, DROPPED_NOBODY);
    const binding = this.bindings.recognizing(bytes, 0, bytes.length);
    if (binding === null) return this.reject(peer, bytes.length);
    let message: unknown;
    try {
      // A plain view: a Buffer's own `slice` copies nothing, and codecs rely on theirs to copy.
      message = binding.codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      return this.reject(peer, bytes.length);
    }
    binding.handler.onDatagram(peer, message);
  }

  private reject(peer: Peer, bytes: number): void {
    this.counters.malformed++;
    this.tap(HostEvent.datagramMalformed, peer, bytes, 0);
  }

  private drop(peer: Peer, bytes: number, why: number): void {
    this.counters.dropped++;
    this.tap(HostEvent.datagramDropped, peer, bytes, why);
  }

  /** Looks up where the peer is; false when it has been forgotten, or when nothing can be sent there. */
  private remember(peer: Peer, cached: number): boolean {
    if (!this.peers.known(peer)) return false;
    const endpoint = this.peers.endpoint(peer);
    // Node throws at port 0, and addresses come from strangers.
    if (endpointPort(endpoint) === 0) return false;
    if (endpoint.length !== ENDPOINT_V4_BYTES && !this.bothFamilies && this.endpoint?.length === ENDPOINT_V4_BYTES) return false;
    this.textPeers[cached] = peer;
    this.texts[cached] = this.bothFamilies ? mappedIp(endpoint) : endpointIp(endpoint);
    this.textPorts[cached] = endpointPort(endpoint);
    return true;
  }
}
