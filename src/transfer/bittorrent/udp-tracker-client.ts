/**
 * The client side of UDP trackers (BEP 15, 41) for all torrents of a host: connection ids, retransmission and matching of replies; owns
 * the calls in flight. Replies count only with the right transaction from the right sender.
 */

import { isNamed } from '../../core/named-endpoint.ts';
import type { DatagramHandler, Host, Peer } from '../../core/host.ts';
import {
  type ConnectionId,
  type ScrapeCounts,
  type UdpAnnounceRequest,
  type UdpAnnounceResponse,
  type UdpTrackerResponse,
  udpTrackerRequest,
} from '../../wire/tracker-udp.ts';

/** BEP 15: a client may use an id for a minute. */
const CONNECTION_MS = 60_000;
/** BEP 15 waits 15 · 2^n s and goes on for hours. As deployed clients do, we give up early and let another tracker have its turn. */
const TIMEOUT_MS = 15_000;
const TRANSMISSIONS_MAX = 2;
/** One connect request serves all calls that start together. */
const CONNECT_SPACING_MS = 1000;
export const UDP_CALLS_MAX = 10_000;

export type UdpAnnounceFields = Omit<UdpAnnounceRequest, 'action' | 'connection' | 'transaction'>;

/** One announce or scrape in flight; gets exactly one of these calls. */
export interface UdpTrackerOperation {
  onUdpAnnounced(from: Peer, reply: UdpAnnounceResponse): void;
  onUdpScraped(from: Peer, counts: readonly ScrapeCounts[]): void;
  /** The tracker's own words, or that it did not answer. */
  onUdpTrackerFailed(from: Peer, message: string): void;
}

interface Session {
  readonly peer: Peer;
  connection: ConnectionId | null;
  connectedMs: number;
  connectTransaction: number;
  connectSentMs: number;
  /** How many calls there are. */
  calls: number;
}

type CallFields =
  | ({ readonly action: 'announce' } & UdpAnnounceFields)
  | { readonly action: 'scrape'; readonly infoHashes: readonly Uint8Array[] };

interface Call {
  readonly session: Session;
  readonly fields: CallFields;
  readonly operation: UdpTrackerOperation;
  readonly transaction: number;
  transmissions: number;
  dueMs: number;
  /** The connection id it was last sent with, or null while it waits for one. */
  sentWith: ConnectionId | null;
  /** True once the tracker has refused our id; it gets one more chance with a new one. */
  reconnected: boolean;
}

export class UdpTrackerClient implements DatagramHandler<UdpTrackerResponse> {
  private readonly host: Host;
  private readonly sessions = new Map<Peer, Session>();
  private readonly calls = new Map<number, Call>();

  constructor(host: Host) {
    this.host = host;
  }

  /** True when nothing is in flight: an orderly stop need not wait any more. */
  get idle(): boolean {
    return this.calls.size === 0;
  }

  announce(tracker: Peer, fields: UdpAnnounceFields, operation: UdpTrackerOperation): void {
    this.begin(tracker, { action: 'announce', ...fields }, operation);
  }

  scrape(tracker: Peer, infoHashes: readonly Uint8Array[], operation: UdpTrackerOperation): void {
    this.begin(tracker, { action: 'scrape', infoHashes }, operation);
  }

  /** Forgets all calls of an operation; it hears nothing more. */
  cancel(operation: UdpTrackerOperation): void {
    for (const call of this.calls.values()) if (call.operation === operation) this.finish(call);
  }

  /** To be called about once a second: sends again, and gives up. */
  tick(now: number): void {
    for (const call of [...this.calls.values()]) {
      if (now < call.dueMs || this.calls.get(call.transaction) !== call) continue;
      if (call.transmissions < TRANSMISSIONS_MAX) this.transmit(call);
      else this.fail(call, 'no answer');
    }
    for (const session of this.sessions.values()) {
      if (session.calls === 0 && !this.isConnected(session)) this.sessions.delete(session.peer);
    }
  }

  onDatagram(from: Peer, message: UdpTrackerResponse): void {
    const session = this.sessions.get(from) ?? this.namedSession(message.transaction);
    if (session === undefined) return;
    if (message.transaction === session.connectTransaction && (message.action === 'connect' || message.action === 'error')) {
      this.onConnectReply(session, message);
      return;
    }
    const call = this.calls.get(message.transaction);
    if (call === undefined || call.session !== session || call.sentWith === null) return;
    if (message.action === 'error') this.onError(call, message.message);
    else if (message.action === call.fields.action) this.succeed(call, from, message);
  }

  /** A tracker that only a proxy knows the address of: the transaction, which nobody on the outside has seen, has to do. */
  private namedSession(transaction: number): Session | undefined {
    const call = this.calls.get(transaction);
    const session = call?.session ?? [...this.sessions.values()].find(({ connectTransaction }) => connectTransaction === transaction);
    return session !== undefined && isNamed(this.host.endpoint(session.peer)) ? session : undefined;
  }

  private begin(tracker: Peer, fields: CallFields, operation: UdpTrackerOperation): void {
    let session = this.sessions.get(tracker);
    if (session === undefined) {
      session = {
        peer: tracker,
        connection: null,
        connectedMs: 0,
        connectTransaction: -1,
        connectSentMs: Number.NEGATIVE_INFINITY,
        calls: 0,
      };
      this.sessions.set(tracker, session);
    }
    // At the bound the oldest call gives way: it has waited longest and will be tried again by its torrent.
    if (this.calls.size >= UDP_CALLS_MAX) this.fail(this.calls.values().next().value as Call, 'too many announces at once');
    const call: Call = {
      session,
      fields,
      operation,
      transaction: this.freeTransaction(),
      transmissions: 0,
      dueMs: 0,
      sentWith: null,
      reconnected: false,
    };
    session.calls++;
    this.calls.set(call.transaction, call);
    this.transmit(call);
  }

  /** Sends the call or, without a fresh connection id, asks for one; the call follows when it comes. */
  private transmit(call: Call): void {
    const now = this.host.now();
    call.dueMs = now + TIMEOUT_MS * 2 ** call.transmissions;
    call.transmissions++;
    call.sentWith = null;
    if (this.isConnected(call.session)) this.send(call);
    else this.connect(call.session);
  }

  private connect(session: Session): void {
    const now = this.host.now();
    if (now - session.connectSentMs < CONNECT_SPACING_MS) return;
    // Tracker replies to an earlier connect request are as good: the transaction stays until one came.
    if (session.connectTransaction < 0) session.connectTransaction = this.freeTransaction();
    session.connectSentMs = now;
    this.host.send(session.peer, udpTrackerRequest, { action: 'connect', transaction: session.connectTransaction });
  }

  private send(call: Call): void {
    const connection = call.session.connection as ConnectionId;
    call.sentWith = connection;
    this.host.send(call.session.peer, udpTrackerRequest, { ...call.fields, connection, transaction: call.transaction });
  }

  private onConnectReply(session: Session, message: UdpTrackerResponse): void {
    session.connectTransaction = -1;
    session.connectSentMs = Number.NEGATIVE_INFINITY;
    const waiting = [...this.calls.values()].filter((call) => call.session === session && call.sentWith === null);
    if (message.action !== 'connect') {
      for (const call of waiting) this.fail(call, message.action === 'error' ? message.message : 'no connection');
      return;
    }
    session.connection = message.connection;
    session.connectedMs = this.host.now();
    for (const call of waiting) this.send(call);
  }

  /** A tracker that was restarted does not know our id any more, whatever its age. */
  private onError(call: Call, message: string): void {
    if (call.reconnected || !/connection/i.test(message)) return this.fail(call, message);
    call.reconnected = true;
    call.session.connection = call.session.connection === call.sentWith ? null : call.session.connection;
    call.transmissions--;
    this.transmit(call);
  }

  private succeed(call: Call, from: Peer, message: UdpTrackerResponse): void {
    this.finish(call);
    if (message.action === 'announce') call.operation.onUdpAnnounced(from, message);
    else if (message.action === 'scrape') call.operation.onUdpScraped(from, message.torrents);
  }

  private fail(call: Call, message: string): void {
    this.finish(call);
    call.operation.onUdpTrackerFailed(call.session.peer, message);
  }

  private finish(call: Call): void {
    if (this.calls.delete(call.transaction)) call.session.calls--;
  }

  private isConnected(session: Session): boolean {
    return session.connection !== null && this.host.now() - session.connectedMs < CONNECTION_MS;
  }

  private freeTransaction(): number {
    let transaction = this.host.random.u32();
    while (this.calls.has(transaction)) transaction = this.host.random.u32();
    return transaction;
  }
}
