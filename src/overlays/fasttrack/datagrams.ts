/**
 * What a node asks a supernode before it connects (giFT-FastTrack, `PROTOCOL`, UDP messages): whether it is there, and how full. The answer is hardly longer than
 * the question. Owns no state.
 */

import { latin1 } from '../../core/bytes.ts';
import { type Codec, MalformedMessage } from '../../core/codec.ts';
import { FieldReader, u16, u32, u8 } from '../../core/fields.ts';
import { record } from '../../core/message.ts';
import { NAME_BYTES_MAX } from './messages.ts';
import { markedText } from './wire-fields.ts';

const PING = 0x27;
const PONG = 0x28;
/** Not open to you: full, or no supernode at all. */
const REFUSAL = 0x29;

const name = markedText(0, NAME_BYTES_MAX);
const ping = record({ type: u8, encryption: u32, mark: u8, name });
const pong = record({ type: u8, encryption: u32, zero: u8, flag: u8, unknown: u16, load: u8, other: u8, name });
const refusal = record({ type: u8, encryption: u32, why: u8, flag: u8, zero: u16, id: u32 });

type Of<F> = F extends { decode(reader: FieldReader): infer V } ? V : never;
/** `type` tells them apart. */
export type Datagram =
  | ({ readonly kind: 'ping' } & { readonly body: Of<typeof ping> })
  | ({ readonly kind: 'pong' } & { readonly body: Of<typeof pong> })
  | ({ readonly kind: 'refusal' } & { readonly body: Of<typeof refusal> });

const FIELDS = { ping, pong, refusal } as const;
const KINDS: Readonly<Record<number, keyof typeof FIELDS>> = { [PING]: 'ping', [PONG]: 'pong', [REFUSAL]: 'refusal' };
const MARK = 0x80;
const BYTES_MIN = 7;

export function pingOf(encryption: number, network: string): Datagram {
  return { kind: 'ping', body: { type: PING, encryption, mark: MARK, name: network } };
}

export function pongOf(encryption: number, load: number, network: string): Datagram {
  return { kind: 'pong', body: { type: PONG, encryption, zero: 0, flag: 0, unknown: 0, load, other: 0, name: network } };
}

export function refusalOf(encryption: number): Datagram {
  return { kind: 'refusal', body: { type: REFUSAL, encryption, why: 1, flag: 0, zero: 0, id: 0 } };
}

export const datagramCodec: Codec<Datagram> = {
  name: 'fasttrack datagram',
  size: ({ kind, body }) => FIELDS[kind].size(body as never),
  encode: ({ kind, body }, into, offset) => FIELDS[kind].encode(body as never, into, offset),
  decode(bytes, start, end) {
    const kind = end > start ? KINDS[bytes[start] as number] : undefined;
    if (kind === undefined) throw new MalformedMessage(`no datagram of FastTrack: ${latin1(bytes, start, Math.min(end, start + 8))}`);
    const reader = new FieldReader();
    reader.bytes = bytes;
    reader.at = start;
    reader.end = end;
    // The kind says which field, and the field reads the body of that kind.
    const datagram = { kind, body: FIELDS[kind].decode(reader) } as Datagram;
    if (reader.at !== end) throw new MalformedMessage(`${end - reader.at} bytes behind a ${kind}`);
    return datagram;
  },
  recognizes: (bytes, start, end) => end - start >= BYTES_MIN && KINDS[bytes[start] as number] !== undefined,
};
