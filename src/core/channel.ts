/**
 * Whole messages both ways between a client and a server: a WebSocket (RFC 6455), or what stands for one in the simulator. Not part of
 * Host: only who needs channels is given a dialler or an acceptor. Contract alone; no state.
 */

import type { Codec } from './codec.ts';
import type { Stream } from './host.ts';

export interface Channel {
  /** Bytes handed over and not yet taken by the network. */
  readonly queuedBytes: number;
  /** One message of text. What is sent before `onChannelOpen`, or after the end, is lost. */
  send<M>(codec: Codec<M>, message: M): void;
  /** Ends it; `onChannelClosed` follows in a later event. */
  close(): void;
}

/** Every call is an event of its own. */
export interface ChannelHandler {
  onChannelOpen(channel: Channel): void;
  /** One whole message, of at most the bytes that were agreed to. Borrowed until it returns. */
  onChannelMessage(bytes: Uint8Array): void;
  /** The last call, also when it never opened. `detail` is for people. */
  onChannelClosed(detail: string): void;
}

export interface ChannelDialler {
  /** Opens a channel to a `ws:` or `wss:` URL; a message of more than `messageBytesMax` closes it. */
  dial(url: string, messageBytesMax: number, handler: ChannelHandler): Channel;
}

/** The head of the HTTP request that asks for a channel; names of headers in lower case. */
export interface ChannelRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: ReadonlyMap<string, string>;
}

export interface ChannelAcceptor {
  /**
   * Turns a stream on which that request has come, and nothing behind it, into a channel. The answer to the request is the acceptor's,
   * also where the request is a bad one; from now on the stream is, too.
   */
  accept(stream: Stream, request: ChannelRequest, messageBytesMax: number, handler: ChannelHandler): void;
}
