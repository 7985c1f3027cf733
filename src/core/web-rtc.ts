/**
 * Streams to peers that nobody can dial, browsers above all: a third party hands a description from each side to the other (WebRTC,
 * RFC 8825; data channels, RFC 8831). Not part of Host: only who needs it is given it. Contract alone; no state.
 */

import type { Framing } from './framing.ts';
import type { Peer, Stream, StreamHandler } from './host.ts';

/** Longer descriptions (SDP, RFC 8866) are refused before they are looked at. Those of browsers with a dozen candidates have 3 KB. */
export const DESCRIPTION_CHARS_MAX = 16_384;

export interface WebRtc {
  /** Begins a meeting; `onDescribed` tells what the other side has to be given. */
  offer(operation: MeetingOperation): Meeting;
  /** Begins the other side of it, with what was given to us; `onDescribed` tells what has to be given back. */
  answer(offered: string, operation: MeetingOperation): Meeting;
}

/** One attempt to meet one peer. Who has begun it also ends it: nothing here times out by itself. */
export interface Meeting {
  /** To our offer this answer came. */
  answered(description: string): void;
  /** Once met: makes a stream of it; the handler's `onOpen` follows in a later event. At most once. */
  carry<M, H>(framing: Framing<M, H>, handler: StreamHandler<M, H>): Stream;
  /** Gives it up, unless it carries a stream. No more is reported of it. */
  drop(): void;
}

/** Every call is an event of its own; none comes from inside a call to `WebRtc` or `Meeting`. */
export interface MeetingOperation {
  onDescribed(meeting: Meeting, description: string): void;
  /** A way to the peer is open. Without `carry` in this event it is closed again. */
  onMet(meeting: Meeting, peer: Peer): void;
  /** The last call, instead of `onMet`. `detail` is for people. */
  onNotMet(meeting: Meeting, detail: string): void;
}
