/** The payload of `ut_pex` (BEP 11): peers that the sender has met, and peers that it has left; owns no state. */

import { concatBytes } from '../../core/bytes.ts';
import type { Codec } from '../../core/codec.ts';
import { ENDPOINT_V4_BYTES, ENDPOINT_V6_BYTES } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import {
  type BencodeDict,
  type BencodeInput,
  bencodeDict,
  bencodeSize,
  decodeBencodeDict,
  dictBytes,
  writeBencode,
} from '../../wire/bencode.ts';

/** Peers read of each list: a first message may have more than the 50 of the others; nobody has more connections than this to tell of. */
export const EXCHANGED_MAX = 200;
const VALUES_MAX = 100;

/** Bits of `added.f`. */
export const ExchangeFlag = { prefersEncryption: 0x01, uploadOnly: 0x02, utp: 0x04, holepunch: 0x08, reachable: 0x10 } as const;

export interface ExchangedPeer {
  readonly endpoint: Endpoint;
  /** Bits of ExchangeFlag, and others that mean nothing to us. */
  readonly flags: number;
}

export interface PeerExchangeMessage {
  /** IPv4 before IPv6, as in the message. */
  readonly added: readonly ExchangedPeer[];
  readonly dropped: readonly Endpoint[];
}

export const peerExchangeMessage: Codec<PeerExchangeMessage> = {
  name: 'ut_pex',

  size: (message) => bencodeSize(dictOf(message)),

  encode: (message, into, offset) => writeBencode(dictOf(message), into, offset),

  decode(bytes, start, end) {
    const dict = decodeBencodeDict(bytes, start, end, { valuesMax: VALUES_MAX });
    return {
      added: [...addedOf(dict, 'added', ENDPOINT_V4_BYTES), ...addedOf(dict, 'added6', ENDPOINT_V6_BYTES)],
      dropped: [...endpointsOf(dict, 'dropped', ENDPOINT_V4_BYTES), ...endpointsOf(dict, 'dropped6', ENDPOINT_V6_BYTES)],
    };
  },
};

/** A list without its flags, or with too few, says of the rest that nothing is known. */
function addedOf(dict: BencodeDict, key: string, endpointBytes: number): ExchangedPeer[] {
  const flags = dictBytes(dict, `${key}.f`);
  return endpointsOf(dict, key, endpointBytes).map((endpoint, index) => ({ endpoint, flags: flags?.[index] ?? 0 }));
}

/** What is left over at the end is no endpoint. */
function endpointsOf(dict: BencodeDict, key: string, endpointBytes: number): Endpoint[] {
  const bytes = dictBytes(dict, key) ?? new Uint8Array(0);
  const count = Math.min(EXCHANGED_MAX, Math.floor(bytes.length / endpointBytes));
  return Array.from({ length: count }, (_, index) => bytes.slice(index * endpointBytes, (index + 1) * endpointBytes));
}

/** All six keys, also the empty ones: there are readers that expect them. */
function dictOf({ added, dropped }: PeerExchangeMessage): BencodeInput {
  const added4 = added.filter(({ endpoint }) => endpoint.length === ENDPOINT_V4_BYTES);
  const added6 = added.filter(({ endpoint }) => endpoint.length === ENDPOINT_V6_BYTES);
  return bencodeDict({
    added: concatBytes(added4.map(({ endpoint }) => endpoint)),
    'added.f': Uint8Array.from(added4, ({ flags }) => flags),
    added6: concatBytes(added6.map(({ endpoint }) => endpoint)),
    'added6.f': Uint8Array.from(added6, ({ flags }) => flags),
    dropped: concatBytes(dropped.filter((endpoint) => endpoint.length === ENDPOINT_V4_BYTES)),
    dropped6: concatBytes(dropped.filter((endpoint) => endpoint.length === ENDPOINT_V6_BYTES)),
  });
}
