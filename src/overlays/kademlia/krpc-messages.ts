/**
 * What KRPC says (BEP 5), with the fields of BEP 32, 33, 42, 43, 44 and 51. Owns no state. Byte strings that only travel and are compared
 * (transaction, token, salt, version) are strings of one character a byte; bencoded values stay as they came.
 */

import type { Endpoint } from '../../core/host.ts';
import type { Contact } from './contact.ts';
import type { NodeId } from './node-id.ts';

/** Address families wanted in a reply (BEP 32), to be added up; 0: that of the datagram. */
export const WANT_V4 = 1;
export const WANT_V6 = 2;

/** Codes of errors: BEP 5, and from 205 on BEP 44. */
export const KrpcCode = {
  generic: 201,
  server: 202,
  protocol: 203,
  unknownMethod: 204,
  valueTooBig: 205,
  badSignature: 206,
  saltTooBig: 207,
  casMismatch: 301,
  seqTooLow: 302,
} as const;

/** What all messages have. `version` is `v`, up to 16 bytes, mostly two letters and two of version; empty: none. */
interface Envelope {
  readonly transaction: string;
  readonly version: string;
}

interface QueryEnvelope extends Envelope {
  readonly kind: 'query';
  readonly id: NodeId;
  /** BEP 43: whoever asks answers no queries itself. */
  readonly readOnly: boolean;
}

export interface PingQuery extends QueryEnvelope {
  readonly method: 'ping';
}

export interface FindNodeQuery extends QueryEnvelope {
  readonly method: 'find_node';
  readonly target: NodeId;
  readonly want: number;
}

export interface GetPeersQuery extends QueryEnvelope {
  readonly method: 'get_peers';
  /** The info-hash. */
  readonly target: NodeId;
  readonly want: number;
  readonly noseed: boolean;
  readonly scrape: boolean;
}

export interface AnnouncePeerQuery extends QueryEnvelope {
  readonly method: 'announce_peer';
  readonly target: NodeId;
  readonly port: number;
  /** The port of the datagram counts instead. */
  readonly impliedPort: boolean;
  readonly seed: boolean;
  readonly token: string;
}

export interface GetQuery extends QueryEnvelope {
  readonly method: 'get';
  readonly target: NodeId;
  readonly want: number;
  /** The value is wanted only when its number is larger; null: in any case. */
  readonly seq: bigint | null;
}

export interface PutQuery extends QueryEnvelope {
  readonly method: 'put';
  readonly token: string;
  /** Bencoded, canonical or not. */
  readonly value: Uint8Array;
  readonly mutable: MutableFields | null;
}

export interface MutableFields {
  readonly key: Uint8Array;
  readonly salt: string;
  readonly seq: bigint;
  readonly signature: Uint8Array;
  readonly cas: bigint | null;
}

export interface SampleQuery extends QueryEnvelope {
  readonly method: 'sample_infohashes';
  readonly target: NodeId;
  readonly want: number;
}

/** A method that we do not know. One with a target is answered like find_node, as libtorrent does, so that new methods can be routed. */
export interface UnknownQuery extends QueryEnvelope {
  readonly method: 'unknown';
  readonly name: string;
  readonly target: NodeId | null;
  readonly want: number;
}

/** A query whose arguments are missing or wrong: answered with error 203. */
export interface InvalidQuery extends Envelope {
  readonly kind: 'query';
  readonly method: 'invalid';
  readonly name: string;
  readonly readOnly: boolean;
}

export type KrpcQuery =
  | PingQuery
  | FindNodeQuery
  | GetPeersQuery
  | AnnouncePeerQuery
  | GetQuery
  | PutQuery
  | SampleQuery
  | UnknownQuery
  | InvalidQuery;

export interface KrpcReply extends Envelope {
  readonly kind: 'reply';
  readonly id: NodeId;
  /** BEP 42: where the query came from. */
  readonly ip: Endpoint | null;
  readonly nodes: readonly Contact[] | null;
  readonly nodes6: readonly Contact[] | null;
  readonly token: string | null;
  /** Peers in a row, 6 bytes each. Both null: the reply speaks of no peers. */
  readonly values: Uint8Array | null;
  /** Peers in a row, 18 bytes each. */
  readonly values6: Uint8Array | null;
  readonly scrape: ScrapeFields | null;
  readonly item: ItemFields | null;
  readonly samples: SampleFields | null;
}

/** Bloom filters of 256 bytes (BEP 33). */
export interface ScrapeFields {
  readonly seeds: Uint8Array;
  readonly peers: Uint8Array;
}

/** BEP 44. Of an item that is not newer than the asker's there is `seq` alone. */
export interface ItemFields {
  readonly value: Uint8Array | null;
  readonly key: Uint8Array | null;
  readonly seq: bigint | null;
  readonly signature: Uint8Array | null;
}

/** BEP 51. */
export interface SampleFields {
  readonly intervalSeconds: number;
  readonly total: number;
  /** Info-hashes of 20 bytes in a row. */
  readonly infoHashes: Uint8Array;
}

export interface KrpcError extends Envelope {
  readonly kind: 'error';
  readonly ip: Endpoint | null;
  readonly code: number;
  /** One character a byte. */
  readonly text: string;
}

export type KrpcMessage = KrpcQuery | KrpcReply | KrpcError;
