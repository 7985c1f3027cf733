/** The payload of `ut_holepunch` (BEP 55): who is to meet whom, or why nothing comes of it; owns no state. */

import { readU32, writeU32 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';

export const HolepunchType = { rendezvous: 0, connect: 1, error: 2 } as const;
export type HolepunchType = (typeof HolepunchType)[keyof typeof HolepunchType];

/** Why a rendezvous does not happen; 0 in messages of another type. */
export const HolepunchError = { none: 0, noSuchPeer: 1, notConnected: 2, noSupport: 3, noSelf: 4 } as const;

export interface HolepunchMessage {
  readonly type: HolepunchType;
  readonly endpoint: Endpoint;
  /** One of HolepunchError, or a number of the future. */
  readonly error: number;
}

/** Type and kind of address before the endpoint, the error code after it. */
const HEAD_BYTES = 2;
const ERROR_BYTES = 4;

export const holepunchMessage: Codec<HolepunchMessage> = {
  name: 'ut_holepunch',

  size: ({ endpoint }) => HEAD_BYTES + endpoint.length + ERROR_BYTES,

  encode({ type, endpoint, error }, into, offset) {
    into[offset] = type;
    into[offset + 1] = endpoint.length === ENDPOINT_V4_BYTES ? 0 : 1;
    into.set(endpoint, offset + HEAD_BYTES);
    return writeU32(into, offset + HEAD_BYTES + endpoint.length, error);
  },

  decode(bytes, start, end) {
    if (end - start < HEAD_BYTES) throw new MalformedMessage(`ut_holepunch has a type and an address, got ${end - start} bytes`);
    const [type, kind] = [bytes[start] as number, bytes[start + 1] as number];
    if (type > HolepunchType.error) throw new MalformedMessage(`ut_holepunch has types 0 to 2, got ${type}`);
    if (kind > 1) throw new MalformedMessage(`ut_holepunch has address kinds 0 and 1, got ${kind}`);
    const endpointBytes = kind === 0 ? ENDPOINT_V4_BYTES : ENDPOINT_V6_BYTES;
    const errorAt = start + HEAD_BYTES + endpointBytes;
    // Some leave the error code out where there is none.
    const hasError = end === errorAt + ERROR_BYTES;
    if (!hasError && !(end === errorAt && type !== HolepunchType.error))
      throw new MalformedMessage(`ut_holepunch of this kind has ${HEAD_BYTES + endpointBytes + ERROR_BYTES} bytes, got ${end - start}`);
    return {
      type: type as HolepunchType, // Checked above.
      endpoint: bytes.slice(start + HEAD_BYTES, errorAt),
      error: hasError ? readU32(bytes, errorAt) : HolepunchError.none,
    };
  },
};
