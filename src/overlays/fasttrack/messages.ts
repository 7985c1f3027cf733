/**
 * The messages of FastTrack (giFT-FastTrack, `PROTOCOL`; seen from giFT and mldonkey), and those that supernodes of this house say to each other, which nobody
 * else has ever seen: what KaZaA's said among themselves is not known. Owns no state.
 */

import { readU16, readU32 } from '../../core/bytes.ts';
import { type Field, FieldReader, fixed, list, u16, u32, u64, u8 } from '../../core/fields.ts';
import { record, type Values } from '../../core/message.ts';
import { markedText, packed, packedBytes, packedList, restBytes, restList, restText } from './wire-fields.ts';

export const NETWORK = 'KaZaA';
/** What stands between names in results: no name may have it. */
export const CONTROLS = /[\u0000-\u001f]/g;
export const HASH_BYTES = 20;
export const NAME_BYTES_MAX = 64;
export const TAG_BYTES_MAX = 1024;
export const TAGS_MAX = 64;
export const TERMS_MAX = 32;
const RESULTS_PER_MESSAGE_MAX = 2048;
export const CENSUS_SLOTS = 64;
/** A node of a list: address, minutes since it was seen, load in per cent. */
const NODE_BYTES = 8;
/** An IPv4 address and a port, big-endian: an `Endpoint`. */
export const address = fixed(6);

export const Type = {
  nodes: 0x00,
  user: 0x02,
  unshare: 0x05,
  search: 0x06,
  results: 0x07,
  searchEnd: 0x08,
  stats: 0x09,
  push: 0x0d,
  share: 0x22,
  externalIp: 0x2c,
  // Between nodes of this house; giFT and mldonkey pass over what they do not know.
  capacity: 0x4b01,
  link: 0x4b02,
  query: 0x4b03,
  found: 0x4b04,
  census: 0x4b05,
  promote: 0x4b06,
  relayPush: 0x4b07,
  askBadHashes: 0x4b08,
  badHashes: 0x4b09,
} as const;

const tag = record({ kind: packed, value: packedBytes(TAG_BYTES_MAX) });
export type Tag = Values<{ kind: Field<number>; value: Field<Uint8Array> }>;
const tags = packedList(tag, TAGS_MAX);
const term = record({ comparison: u8, kind: packed, value: packedBytes(TAG_BYTES_MAX) });
export type Term = Values<{ comparison: Field<number>; kind: Field<number>; value: Field<Uint8Array> }>;
const terms = list(term, TERMS_MAX);
const file = { hash: fixed(HASH_BYTES), fileId: packed, bytes: packed, tags } as const;
const amount = { files: u32, mantissa: u16, exponent: u16 } as const;

/** One file at one user. */
export interface Result {
  readonly user: Uint8Array;
  readonly bandwidth: number;
  readonly name: string;
  readonly network: string;
  readonly hash: Uint8Array;
  readonly fileId: number;
  readonly bytes: number;
  readonly tags: readonly Tag[];
}

/** Between a user's name and his network's, behind both, and in place of both when an earlier result has the same address. */
const NAME_MARK = 1;
const NETWORK_MARK = 0;
const SAME_AS_BEFORE = 2;
const nameField = markedText(NAME_MARK, NAME_BYTES_MAX);
const networkField = markedText(NETWORK_MARK, NAME_BYTES_MAX);
const resultHead = record({ user: address, bandwidth: u8 });
const resultFile = record(file);

const results: Field<readonly Result[]> = {
  fixedBytes: -1,
  size(values) {
    const named = new Map<number, Result>();
    return values.reduce((sum, value) => sum + resultHead.size(value) + namesSize(value, named) + resultFile.size(value), 2);
  },
  encode(values, into, offset) {
    if (values.length > RESULTS_PER_MESSAGE_MAX)
      throw new RangeError(`at most ${RESULTS_PER_MESSAGE_MAX} results expected, got ${values.length}`);
    const named = new Map<number, Result>();
    let at = u16.encode(values.length, into, offset);
    for (const value of values) {
      at = resultHead.encode(value, into, at);
      if (isNamed(value, named)) into[at++] = SAME_AS_BEFORE;
      else at = networkField.encode(value.network, into, nameField.encode(value.name, into, at));
      at = resultFile.encode(value, into, at);
    }
    return at;
  },
  decode(reader) {
    const found: Result[] = [];
    const named = new Map<number, Result>();
    for (let left = u16.decode(reader); left > 0; left--) {
      const { user, bandwidth } = resultHead.decode(reader);
      const before = named.get(keyOf(user));
      let name = before?.name ?? '';
      let network = before?.network ?? '';
      if (reader.bytes[reader.at] === SAME_AS_BEFORE && reader.at < reader.end) reader.take(1);
      else {
        name = nameField.decode(reader);
        network = networkField.decode(reader);
      }
      const { hash, fileId, bytes, tags: facts } = resultFile.decode(reader);
      const result = { user, bandwidth, name, network, hash, fileId, bytes, tags: facts };
      named.set(keyOf(user), result);
      found.push(result);
    }
    return found;
  },
  random: (random) =>
    Array.from({ length: random.below(5) }, () => ({
      user: Uint8Array.of(10, 0, 0, random.below(3), 0, 1),
      bandwidth: u8.random(random),
      name: random.chance(0.5) ? 'alice' : nameField.random(random),
      network: NETWORK,
      ...resultFile.random(random),
    })),
};

/** A little less than a body may have. */
const RESULTS_BYTES_MAX = 60_000;

/** Cut so that each part fits into a message; one that fits into none is left out. */
export function inMessages(all: readonly Result[]): Result[][] {
  const parts: Result[][] = [];
  let left = 0;
  for (const result of all) {
    const size = resultHead.size(result) + nameField.size(result.name) + networkField.size(result.network) + resultFile.size(result);
    if (size > RESULTS_BYTES_MAX) continue;
    if (size > left) {
      parts.push([]);
      left = RESULTS_BYTES_MAX;
    }
    (parts.at(-1) as Result[]).push(result);
    left -= size;
  }
  return parts;
}

function namesSize(result: Result, named: Map<number, Result>): number {
  return isNamed(result, named) ? 1 : nameField.size(result.name) + networkField.size(result.network);
}

/** Whether the latest result with that address has the same names; this one is the latest from now on. */
function isNamed(result: Result, named: Map<number, Result>): boolean {
  const key = keyOf(result.user);
  const before = named.get(key);
  named.set(key, result);
  return before !== undefined && before.name === result.name && before.network === result.network;
}

function keyOf(endpoint: Uint8Array): number {
  return readU32(endpoint, 0) * 0x1_0000 + readU16(endpoint, 4);
}

const target = record({ target: address, supernode: address, name: restText(NAME_BYTES_MAX) });

/** What a user asks for has a target; what the one who shall connect is told has none. */
const pushTarget: Field<ReturnType<typeof target.decode> | null> = {
  fixedBytes: -1,
  size: (value) => (value === null ? 0 : target.size(value)),
  encode: (value, into, offset) => (value === null ? offset : target.encode(value, into, offset)),
  decode: (reader) => (reader.at === reader.end ? null : target.decode(reader)),
  random: (random) => (random.chance(0.5) ? target.random(random) : null),
};

const BODIES = {
  [Type.nodes]: record({ nodes: restList(record({ endpoint: address, ageMinutes: u8, load: u8 }), NODE_BYTES) }),
  [Type.user]: record({ endpoint: address, bandwidth: u8, zero: u8, name: restText(NAME_BYTES_MAX) }),
  [Type.unshare]: record(file),
  [Type.search]: record({ version: u16, resultsMax: u16, id: u16, one: u8, realm: u8, terms }),
  [Type.results]: record({ supernode: address, id: u16, results }),
  [Type.searchEnd]: record({ id: u16 }),
  [Type.stats]: record({
    users: u32,
    ...amount,
    misc: record(amount),
    audio: record(amount),
    video: record(amount),
    image: record(amount),
    document: record(amount),
    software: record(amount),
    networks: restList(record({ name: markedText(NETWORK_MARK, NAME_BYTES_MAX), users: u32 }), 5),
  }),
  [Type.push]: record({ id: u32, requester: address, target: pushTarget }),
  [Type.share]: record({ zero: u8, media: u8, none: u16, ...file }),
  [Type.externalIp]: record({ ip: fixed(4) }),
  [Type.capacity]: record({ uptimeMinutes: u32, level: u16, files: u32, willing: u8 }),
  [Type.link]: record({ endpoint: address, nonce: u32, children: u16, childrenMax: u16 }),
  [Type.query]: record({ id: u64, ttl: u8, hops: u8, resultsMax: u16, realm: u8, terms }),
  [Type.found]: record({ id: u64, supernode: address, results }),
  [Type.census]: record({ users: u32, files: u32, megabytes: u32, load: u8, slots: list(record({ value: u32, age: u8 }), CENSUS_SLOTS) }),
  [Type.promote]: record({}),
  [Type.relayPush]: record({ hops: u8, id: u32, requester: address, target: address, supernode: address, name: restText(NAME_BYTES_MAX) }),
  [Type.askBadHashes]: record({ publisher: fixed(32), serial: u32 }),
  [Type.badHashes]: record({ list: restBytes }),
} as const;

type Bodies = typeof BODIES;
export type KnownType = keyof Bodies;
export type BodyOf<T extends KnownType> = Bodies[T] extends Field<infer B> ? B : never;
export type Packet = { readonly [T in KnownType]: { readonly type: T; readonly body: BodyOf<T> } }[KnownType];
/** A message that is not known here, as it is: passed over. */
export interface OtherPacket {
  readonly type: 'other';
  readonly number: number;
  readonly body: Uint8Array;
}
export type Beat = { readonly type: 'ping' } | { readonly type: 'pong' };
/** The first thing that either side says behind the handshake. */
export interface NetworkName {
  readonly type: 'network';
  readonly name: string;
}

export type SessionMessage = Packet | OtherPacket | Beat;

/** Tags as they go over the wire. */
export function packTags(list: readonly Tag[]): Uint8Array {
  const bytes = new Uint8Array(tags.size(list));
  tags.encode(list, bytes, 0);
  return bytes;
}

/** What `packTags` gave. */
export function unpackTags(bytes: Uint8Array): readonly Tag[] {
  const reader = new FieldReader();
  reader.bytes = bytes;
  reader.end = bytes.length;
  return tags.decode(reader);
}

/** How the body of a type is written; null where the type is not known. */
export function bodyField(type: number): Field<unknown> | null {
  // Each entry takes exactly the bodies of its own type, which is how it is chosen.
  return Object.hasOwn(BODIES, type) ? BODIES[type as KnownType] : null;
}

export const KNOWN_TYPES: readonly KnownType[] = Object.values(Type);
