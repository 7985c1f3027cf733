/**
 * WebRTC (`core/web-rtc.ts`) on node-datachannel, a native library that is loaded when the first meeting begins and may be missing. Owned
 * by the socket host; owns the meetings and the streams that come of them.
 */

import type { RtcConfig } from 'node-datachannel';
import type { Framing } from '../core/framing.ts';
import { isLoopback } from '../core/endpoint.ts';
import { CLOSE_REASONS, HostEvent } from '../core/events.ts';
import type { CloseReason, Endpoint, Peer, StreamHandler } from '../core/host.ts';
import type { Meeting, MeetingOperation, WebRtc } from '../core/web-rtc.ts';
import type { EventLoop } from './event-loop.ts';
import type { PeerTable } from './peer-table.ts';
import { SlabPool } from './send-slab.ts';
import { endpointFromNode, isWildcard } from './socket-address.ts';
import { SocketStream, type StreamOwner } from './socket-stream.ts';
import { type MeetingHost, RtcMeeting } from './web-rtc-meeting.ts';

type Library = typeof import('node-datachannel');
type Tap = (event: number, a: number, b: number, c: number) => void;

/** Ports that have loaded the library, in this process: the last to close lets go of its threads. */
let users = 0;

export class WebRtcPort implements WebRtc, StreamOwner, MeetingHost {
  readonly loop: EventLoop;
  readonly slabs = new SlabPool();
  readonly config: RtcConfig;
  readonly loopbackOnly: boolean;
  private readonly peers: PeerTable;
  private readonly tap: Tap;
  private readonly meetings = new Set<RtcMeeting>();
  private readonly streams = new Set<SocketStream>();
  #library: Promise<Library> | null = null;
  private closed = false;

  /** `address`: where to bind, as everything else of the host; `iceServers`: URLs that tell us our address, `stun:host:port`. */
  constructor(loop: EventLoop, peers: PeerTable, tap: Tap, address: string, iceServers: readonly string[]) {
    this.loop = loop;
    this.peers = peers;
    this.tap = tap;
    const own = endpointFromNode(address, 0);
    this.loopbackOnly = own !== null && isLoopback(own);
    this.config = { iceServers: [...iceServers], ...(isWildcard(address) ? {} : { bindAddress: address }) };
  }

  offer(operation: MeetingOperation): Meeting {
    return this.meet(operation, null);
  }

  answer(offered: string, operation: MeetingOperation): Meeting {
    return this.meet(operation, offered);
  }

  internPeer(endpoint: Endpoint): Peer {
    return this.peers.intern(endpoint, endpoint.length);
  }

  carry<M, H>(peer: Peer, incoming: boolean, framing: Framing<M, H>, handler: StreamHandler<M, H>): SocketStream {
    const stream = new SocketStream(this, peer, incoming, framing, handler);
    this.streams.add(stream);
    this.peers.hold(peer);
    return stream;
  }

  onMeetingOver(meeting: RtcMeeting): void {
    this.meetings.delete(meeting);
  }

  onStreamOpened(stream: SocketStream): void {
    this.tap(HostEvent.streamOpened, stream.peer, stream.incoming ? 1 : 0, 0);
  }

  onStreamMalformed(stream: SocketStream): void {
    this.tap(HostEvent.streamMalformed, stream.peer, 0, 0);
  }

  onStreamClosed(stream: SocketStream, reason: CloseReason): void {
    this.streams.delete(stream);
    this.peers.release(stream.peer);
    this.tap(HostEvent.streamClosed, stream.peer, CLOSE_REASONS.indexOf(reason), stream.incoming ? 1 : 0);
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const stream of this.streams) stream.reset();
    for (const meeting of this.meetings) meeting.close();
    if (this.#library === null) return;
    const library = await this.#library.catch(() => null);
    if (library === null) return;
    users--;
    if (users === 0) library.cleanup();
  }

  private meet(operation: MeetingOperation, offered: string | null): Meeting {
    const meeting = new RtcMeeting(this, operation, offered);
    this.meetings.add(meeting);
    void this.begin(meeting);
    return meeting;
  }

  private async begin(meeting: RtcMeeting): Promise<void> {
    try {
      this.#library ??= this.load();
      const library = await this.#library;
      if (!this.closed) meeting.begin(library);
    } catch {
      meeting.fail('node-datachannel, which WebRTC needs, is not there for this platform');
    }
  }

  private async load(): Promise<Library> {
    const library = await import('node-datachannel');
    users++;
    return library;
  }
}

/** Whether the library is there, without the cost of loading it. */
export function hasWebRtc(): boolean {
  try {
    import.meta.resolve('node-datachannel');
    return true;
  } catch {
    return false;
  }
}
