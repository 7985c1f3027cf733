/** What is searched for (Q2): words, a hash, a size; and where the hits go. Owns no state. */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import type { FileQuery, SharedFile } from '../../wire/shared-file.ts';
import { endpointAndNumber, endpointBytes, GUID_BYTES, textPart, u32Bytes, u64Bytes } from './packet-parts.ts';
import { Packet } from './packet.ts';
import { hashOfUrn, type UrnHash, urnPayload } from './urn-payload.ts';

const WORDS_MAX = 32;
const U32_MAX = 0xffff_ffff;
const INTERESTS = latin1Bytes('URL\0DN\0');

/** What somebody looks for; as `FileQuery`, and by a hash. */
export interface HashedQuery extends FileQuery {
  readonly hash?: UrnHash;
}

export interface Query {
  readonly guid: Uint8Array;
  readonly words: readonly string[];
  readonly without: readonly string[];
  readonly hash: UrnHash | null;
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** Where hits go by datagram; null: back along the connection. */
  readonly answersTo: Endpoint | null;
  /** For that address; null where none was given. */
  readonly key: number | null;
}

export function queryPacket(guid: Uint8Array, query: HashedQuery): Packet {
  const children: Packet[] = [];
  if (query.hash !== undefined) children.push(new Packet('URN', urnPayload(query.hash)));
  const without = (query.without ?? []).map((word) => `-${word}`);
  if (query.words.length > 0) children.push(textPart('DN', [...query.words, ...without].join(' ')));
  const { bytesMin = 0, bytesMax = Number.POSITIVE_INFINITY } = query;
  if (bytesMin > 0 || bytesMax < Number.POSITIVE_INFINITY) {
    const isSmall = bytesMin <= U32_MAX && (bytesMax <= U32_MAX || bytesMax === Number.POSITIVE_INFINITY);
    children.push(
      new Packet('SZR', isSmall ? u32Bytes(bytesMin, bytesMax) : u64Bytes(bytesMin, Math.min(bytesMax, Number.MAX_SAFE_INTEGER))),
    );
  }
  children.push(new Packet('I', INTERESTS));
  return new Packet('Q2', guid, children);
}

/** The same query with hits to be sent to an address, or (null) back along the connection; what we do not understand of it stays. */
export function answeredTo(packet: Packet, endpoint: Endpoint | null, key: number | null = null): Packet {
  const children = packet.children.filter((child) => child.name !== 'UDP');
  if (endpoint !== null) children.unshift(new Packet('UDP', key === null ? endpointBytes(endpoint) : endpointAndNumber(endpoint, key, 4)));
  return new Packet(packet.name, packet.payload, children, packet.isBigEndian);
}

/** Null: it has no name, or looks for nothing. */
export function parseQuery(packet: Packet): Query | null {
  if (packet.payload.length < GUID_BYTES) return null;
  const text = packet.child('DN')?.text() ?? '';
  const without = keywordsOf((text.match(/(?<=^|\s)-\S+/g) ?? []).join(' ')).slice(0, WORDS_MAX);
  const words = keywordsOf(text.replace(/(?<=^|\s)-\S+/g, ' ')).slice(0, WORDS_MAX);
  const urn = packet.child('URN');
  const hash = urn === null ? null : hashOfUrn(urn.payload);
  if (words.length === 0 && hash === null) return null;
  const sizes = packet.child('SZR');
  const width = sizes !== null && sizes.payload.length >= 16 ? 8 : 4;
  const bytesMax = sizes === null || sizes.payload.length < 2 * width ? 0 : sizes.number(width, width);
  const reply = packet.child('UDP');
  return {
    guid: packet.payload.slice(0, GUID_BYTES),
    words,
    without,
    hash,
    bytesMin: sizes?.number(0, width) ?? 0,
    bytesMax: bytesMax === 0 || bytesMax === U32_MAX ? Number.POSITIVE_INFINITY : bytesMax,
    answersTo: reply?.endpoint() ?? null,
    key: reply !== null && reply.payload.length >= 10 ? reply.number(6, 4) : null,
  };
}

/** What of a collection answers it. */
export function asFileQuery({ words, without, bytesMin, bytesMax }: Query, limit: number): FileQuery {
  return { words, without, bytesMin, bytesMax, limit };
}

export function fitsBounds(file: Pick<SharedFile, 'bytes'>, { bytesMin, bytesMax }: Query): boolean {
  return file.bytes >= bytesMin && file.bytes <= bytesMax;
}
