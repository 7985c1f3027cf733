/**
 * The two transports to a peer, TCP and µTP (BEP 29): which are in use, which can reach whom, and how one is dialled. Owns the µTP port, and
 * whether anybody has come in by TCP.
 */

import { AddressScope, scopeOf } from '../../core/address-scope.ts';
import { isLoopback } from '../../core/endpoint.ts';
import type { Framing } from '../../core/framing.ts';
import type { Endpoint, Host, Peer, Stream, StreamAcceptor, StreamHandler } from '../../core/host.ts';
import { UtpPort } from '../utp/index.ts';
import { peerWire } from './peer-framing.ts';
import type { PeerMessage, PieceHead } from './peer-messages.ts';

export const TRANSPORTS = ['tcp', 'utp'] as const;
export type Transport = (typeof TRANSPORTS)[number];
/** What a connection runs over: one of those by which a peer can be dialled, or WebRTC, over which a tracker introduces it. */
export type PeerTransport = Transport | 'webrtc';
export type TransportChoice = Transport | 'both';

/** BitTorrent's own, or that of an encrypted handshake. */
type PeerFraming = Framing<PeerMessage, PieceHead>;
type PeerHandler = StreamHandler<PeerMessage, PieceHead>;

/** Takes newcomers; null refuses one. */
export interface NewcomerTaker {
  onNewcomer(peer: Peer, transport: Transport): PeerHandler | null;
}

export class Transports {
  readonly choice: TransportChoice;
  private readonly host: Host;
  private readonly utp: UtpPort | null;
  private readonly ownAddresses: () => readonly Endpoint[];
  /** If there is a router in between, it lets strangers in by TCP: it says so, or somebody from the open internet has come. */
  private isOpen = false;

  /** `ownAddresses`: those of this machine, whatever their ports; null: the one that the host says. */
  constructor(host: Host, choice: TransportChoice, timerKind: number, ownAddresses: (() => readonly Endpoint[]) | null) {
    this.ownAddresses = ownAddresses ?? (() => boundAddress(host));
    this.host = host;
    this.choice = choice;
    this.utp = choice === 'tcp' ? null : new UtpPort(host, timerKind);
  }

  start(taker: NewcomerTaker | null): void {
    this.utp?.start();
    if (taker === null) return;
    if (this.choice !== 'utp') this.host.listen(peerWire, new Door(this, taker, 'tcp'));
    this.utp?.listen(peerWire, new Door(this, taker, 'utp'));
  }

  stop(): void {
    this.utp?.close();
  }

  onTimer(arg: number): void {
    this.utp?.onTimer(arg);
  }

  /**
   * What somebody may be reached over, the best first. TCP is: it costs a third of the CPU time (`bench/transfer.ts`), and says at once when nobody is there. µTP reaches those
   * whose router lets no TCP in, and whoever prefers it dials us with it. So it comes first for who is behind a router: a peer that we have met over
   * µTP knows at which outer port our datagrams leave, and can introduce us there (BEP 55).
   */
  reaching(endpoint: Endpoint): Transport[] {
    const transports = TRANSPORTS.filter((transport) => this.canReach(endpoint, transport));
    return scopeOf(endpoint) === AddressScope.public && this.isHidden(endpoint.length) ? transports.toReversed() : transports;
  }

  /** None of our addresses of that length is one that the open internet can know, and nobody has proved that it can reach us all the same. */
  isHidden(endpointBytes: number): boolean {
    const { stream } = this.host.self;
    // Who listens to this machine alone has no router to think of.
    if (this.isOpen || (stream !== null && isLoopback(stream))) return false;
    const own = this.ownAddresses().filter((address) => address.length === endpointBytes);
    return own.length > 0 && own.every((address) => scopeOf(address) !== AddressScope.public);
  }

  /** The router lets strangers in by TCP: it was asked to. */
  letIn(): void {
    this.isOpen = true;
  }

  /** A connection has come in. */
  cameIn(peer: Peer, transport: Transport): void {
    if (transport === 'tcp' && !this.isOpen) this.isOpen = scopeOf(this.host.endpoint(peer)) === AddressScope.public;
  }

  private canReach(endpoint: Endpoint, transport: Transport): boolean {
    if (transport === 'tcp') return this.choice !== 'utp';
    const own = this.host.self.datagram;
    // A socket bound to loopback cannot send to the rest of the world.
    return this.utp !== null && own !== null && (!isLoopback(own) || isLoopback(endpoint));
  }

  /** Whether somebody may come in by µTP: the socket may be open to the world for our questions to trackers where nothing else is. */
  admits(endpoint: Endpoint): boolean {
    const own = this.host.self.stream;
    return own === null || !isLoopback(own) || isLoopback(endpoint);
  }

  connect(peer: Peer, transport: Transport, framing: PeerFraming, handler: PeerHandler): Stream {
    return transport === 'utp' && this.utp !== null ? this.utp.connect(peer, framing, handler) : this.host.connect(peer, framing, handler);
  }

  inspect(): unknown {
    return this.utp?.inspect() ?? [];
  }
}

/** What the listener is bound to, unless that is every address. */
function boundAddress(host: Host): readonly Endpoint[] {
  const { stream } = host.self;
  return stream === null || stream.subarray(0, -2).every((byte) => byte === 0) ? [] : [stream];
}

class Door implements StreamAcceptor<PeerMessage, PieceHead> {
  private readonly transports: Transports;
  private readonly taker: NewcomerTaker;
  private readonly transport: Transport;

  constructor(transports: Transports, taker: NewcomerTaker, transport: Transport) {
    this.transports = transports;
    this.taker = taker;
    this.transport = transport;
  }

  onConnection(peer: Peer): PeerHandler | null {
    this.transports.cameIn(peer, this.transport);
    return this.taker.onNewcomer(peer, this.transport);
  }
}
