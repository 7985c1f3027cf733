/** What every wire format offers, whether declared with `message()` or written by hand; owns no state. */

/** Thrown by decoders only: the bytes are not a message. The message says what was expected and what came. */
export class MalformedMessage extends Error {
  override readonly name = 'MalformedMessage';
}

/**
 * One message format. `M` is readonly once it has been handed to `send`: the simulator passes the very object on.
 *
 * Laws (checked for every codec by `test/codec-laws.ts`): decode(encode(m)) equals m; encode writes exactly `size(m)` bytes;
 * every truncation and mutation of an encoding decodes or throws MalformedMessage, nothing else.
 */
export interface Codec<M> {
  readonly name: string;
  /** The exact number of bytes that `encode` writes. */
  size(message: M): number;
  /** Writes the message at `offset` and returns the offset after it. The caller has provided `size(message)` bytes. */
  encode(message: M, into: Uint8Array, offset: number): number;
  /** Reads the one message that fills bytes[start, end). The bytes are borrowed: what the message keeps is copied. */
  decode(bytes: Uint8Array, start: number, end: number): M;
  /**
   * Tells the format from others that come by the same datagram socket, without reading it all: true for every encoding, false for all
   * of theirs. A format that cannot tell leaves it out and gets what no other wants.
   */
  recognizes?(bytes: Uint8Array, start: number, end: number): boolean;
}

/** The bytes of one message, in a buffer of its own. */
export function encodeToBytes<M>(codec: Codec<M>, message: M): Uint8Array {
  const bytes = new Uint8Array(codec.size(message));
  codec.encode(message, bytes, 0);
  return bytes;
}
