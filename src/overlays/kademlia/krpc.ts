/** KRPC (BEP 5) as a codec: one bencoded dictionary a datagram, and so known by its `d`. Owns no state; `krpc-messages.ts` has the messages. */

import type { Codec } from '../../core/codec.ts';
import { decodeKrpc } from './krpc-decode.ts';
import { encodeKrpc, krpcSize } from './krpc-encode.ts';
import type { KrpcMessage } from './krpc-messages.ts';

const DICTIONARY = 0x64;

export const krpc: Codec<KrpcMessage> = {
  name: 'krpc',
  size: krpcSize,
  encode: encodeKrpc,
  decode: decodeKrpc,
  recognizes: (bytes, start, end) => end > start && bytes[start] === DICTIONARY,
};
