/**
 * One attempt to meet one peer over WebRTC, on a connection of node-datachannel: describes it, waits for its data channel, and makes that
 * a stream. Owns the connection and the channel, whose callbacks end when either is collected as garbage.
 */

import { randomBytes } from 'node:crypto';
import type { DataChannel, PeerConnection, RtcConfig } from 'node-datachannel';
import type { Framing } from '../core/framing.ts';
import type { Endpoint, Peer, Stream, StreamHandler } from '../core/host.ts';
import { DESCRIPTION_CHARS_MAX, type Meeting, type MeetingOperation } from '../core/web-rtc.ts';
import { DataChannelSocket } from './data-channel-socket.ts';
import type { EventLoop } from './event-loop.ts';
import { nativeCallback } from './native-callback.ts';
import { endpointFromNode } from './socket-address.ts';
import type { SocketStream } from './socket-stream.ts';

type Library = typeof import('node-datachannel');

/** A STUN server that does not answer shall not keep us from telling the addresses that we know. */
const GATHER_MS_MAX = 2000;
/** Of another side: each is sent packets, and nobody has so many addresses. */
const CANDIDATES_MAX = 32;

/** Who makes streams, and is told of the end. */
export interface MeetingHost {
  readonly loop: EventLoop;
  readonly config: RtcConfig;
  /** Nothing can be sent to other machines. */
  readonly loopbackOnly: boolean;
  internPeer(endpoint: Endpoint): Peer;
  carry<M, H>(peer: Peer, incoming: boolean, framing: Framing<M, H>, handler: StreamHandler<M, H>): SocketStream;
  onMeetingOver(meeting: RtcMeeting): void;
}

export class RtcMeeting implements Meeting {
  private readonly host: MeetingHost;
  private readonly operation: MeetingOperation;
  /** What was offered to us; null where we offer. */
  private readonly offered: string | null;
  private connection: PeerConnection | null = null;
  private channel: DataChannel | null = null;
  private socket: DataChannelSocket | null = null;
  private stream: SocketStream | null = null;
  private peer: Peer | null = null;
  private described = false;
  /** Nothing more is reported to the operation. */
  private settled = false;
  private gatherTimer: NodeJS.Timeout | null = null;

  constructor(host: MeetingHost, operation: MeetingOperation, offered: string | null) {
    this.host = host;
    this.operation = operation;
    this.offered = offered;
  }

  // ---- Meeting ----------------------------------------------------------------------------------------------------------------

  answered(description: string): void {
    if (this.settled || this.connection === null) return;
    const problem = this.understand(description, 'answer');
    if (problem !== null) this.host.loop.later({ runDeferred: () => this.fail(problem) });
  }

  carry<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream {
    if (this.peer === null || this.socket === null || this.stream !== null) throw new Error('expected a meeting that has just succeeded');
    this.stream = this.host.carry(this.peer, this.offered !== null, framing, handler);
    const { stream } = this;
    stream.attach(this.socket);
    this.socket.on('data', (bytes: Buffer) =>
      stream.onReceived(bytes.length, new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)),
    );
    return this.stream;
  }

  drop(): void {
    if (this.stream !== null) return;
    this.settled = true;
    this.close();
  }

  // ---- the connection -----------------------------------------------------------------------------------------------------------

  /** Opens it. Called outside any event. */
  begin(library: Library): void {
    if (this.settled) return;
    try {
      const connection = new library.PeerConnection('kith', this.host.config);
      this.connection = connection;
      connection.onGatheringStateChange(
        nativeCallback((state) => {
          if (state === 'complete') this.describe();
        }),
      );
      connection.onStateChange(nativeCallback((state) => this.onState(state)));
      connection.onDataChannel(nativeCallback((channel) => this.adopt(channel)));
      // The label is nothing to anybody; webtorrent's is 20 random bytes in hex.
      if (this.offered === null) this.adopt(connection.createDataChannel(randomBytes(20).toString('hex')));
      else {
        const problem = this.understand(this.offered, 'offer');
        if (problem !== null) return this.fail(problem);
      }
      this.gatherTimer = setTimeout(() => this.describe(), GATHER_MS_MAX);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
    }
  }

  fail(detail: string): void {
    this.close();
    if (this.settled) return;
    this.settled = true;
    if (!this.host.loop.begin()) return;
    this.operation.onNotMet(this, detail);
    this.host.loop.end();
  }

  /** Closes the connection and all that is in it. */
  close(): void {
    if (this.gatherTimer !== null) clearTimeout(this.gatherTimer);
    this.gatherTimer = null;
    const { connection, socket } = this;
    this.connection = null;
    socket?.destroy();
    this.channel = null;
    connection?.close();
    this.host.onMeetingOver(this);
  }

  /** Null, or what is wrong with it. */
  private understand(description: string, type: 'offer' | 'answer'): string | null {
    const candidates = description.split('a=candidate:').length - 1;
    if (description.length > DESCRIPTION_CHARS_MAX || candidates > CANDIDATES_MAX) return 'no description of a connection: too long';
    try {
      const sendable = this.host.loopbackOnly ? withLoopbackAlone(description) : description;
      this.connection?.setRemoteDescription(sendable, type === 'offer' ? OFFER : ANSWER);
      return null;
    } catch (error) {
      return `no description of a connection: ${error instanceof Error ? error.message.trim() : String(error)}`;
    }
  }

  private describe(): void {
    const sdp = this.connection?.localDescription()?.sdp;
    if (this.described || this.settled || sdp === undefined || !this.host.loop.begin()) return;
    this.described = true;
    this.operation.onDescribed(this, sdp);
    this.host.loop.end();
  }

  private onState(state: string): void {
    if (state !== 'failed' && state !== 'closed' && state !== 'disconnected') return;
    if (this.connection === null) return;
    this.fail(`the connection has ${state === 'failed' ? 'failed' : 'ended'}`);
  }

  private adopt(channel: DataChannel): void {
    if (this.channel !== null || this.settled) return channel.close();
    this.channel = channel;
    this.socket = new DataChannelSocket(channel, () => this.close());
    this.socket.on('error', () => {});
    channel.onOpen(nativeCallback(() => this.onOpen()));
    if (channel.isOpen()) this.onOpen();
  }

  private onOpen(): void {
    if (this.settled || this.socket === null) return;
    const remote = this.connection?.getSelectedCandidatePair()?.remote;
    const endpoint = remote === undefined ? null : endpointFromNode(remote.address, remote.port);
    if (endpoint === null) return this.fail('no address of the other side');
    this.settled = true;
    if (!this.host.loop.begin()) return;
    this.peer = this.host.internPeer(endpoint);
    this.operation.onMet(this, this.peer);
    this.host.loop.end();
    if (this.stream === null) this.close();
    else this.stream.onConnected();
  }
}

/**
 * Without the candidates that a socket on loopback cannot send to: the library gives the whole meeting up when the first of them fails
 * before the next is added. Whoever can reach us at our own candidate is met all the same.
 */
function withLoopbackAlone(description: string): string {
  const lines = description.split('\r\n');
  return lines.filter((line) => !line.startsWith('a=candidate:') || / (?:127\.[\d.]+|::1) \d+ typ /.test(line)).join('\r\n');
}

// The library's types have these as enums, of which only the types are there when it is loaded later.
const OFFER = 'offer' as import('node-datachannel').DescriptionType;
const ANSWER = 'answer' as import('node-datachannel').DescriptionType;
