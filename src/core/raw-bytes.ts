/** Bytes that mean something only to the framing of who receives them: what handshakes are made of before there are frames. */

import type { Codec } from './codec.ts';

/** In the simulator, too, they go through the receiver's framing, whatever else is passed on as objects. */
export class RawBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

export const rawBytes: Codec<RawBytes> = {
  name: 'raw bytes',
  size: (message) => message.bytes.length,
  encode(message, into, offset) {
    into.set(message.bytes, offset);
    return offset + message.bytes.length;
  },
  decode: (bytes, start, end) => new RawBytes(bytes.slice(start, end)),
};
