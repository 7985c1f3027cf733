/** A query as a servent looks at it: its words, and where they lie in route tables, worked out once however often it is passed on. Owns no state. */

import { MalformedMessage } from '../../core/codec.ts';
import { keywordsOf } from '../../wire/keywords.ts';
import { parseUrn } from '../../wire/urn.ts';
import type { Packet } from './packet.ts';
import { type Query, QueryFlag, queryCodec } from './query.ts';
import { hashesOfQuery } from './route-table-hash.ts';

/** What asks for everything that somebody shares. */
const INDEX_TEXT = '    ';

export class Question {
  readonly query: Query;
  readonly words: readonly string[];
  /** Null: it looks around. */
  readonly hashes: readonly number[] | null;
  /** 20 bytes; null when it is not for a hash. */
  readonly sha1: Uint8Array | null;

  constructor(query: Query) {
    this.query = query;
    this.words = keywordsOf(query.text);
    this.hashes = hashesOfQuery(query);
    let sha1: Uint8Array | null = null;
    for (const urn of query.urns) sha1 ??= parseUrn(urn)?.sha1 ?? null;
    this.sha1 = sha1;
  }

  get isForEverything(): boolean {
    return this.query.text === INDEX_TEXT;
  }

  /** The bits mean something only if they are marked; old servents put a speed there. */
  has(flag: number): boolean {
    return (this.query.flags & QueryFlag.mark) !== 0 && (this.query.flags & flag) !== 0;
  }
}

/** Null when it is no query. */
export function questionOf(packet: Packet): Question | null {
  // Whoever has read a query before has read it here.
  if (packet.parsed !== undefined) return packet.parsed as Question | null;
  try {
    packet.parsed = new Question(queryCodec.decode(packet.payload, 0, packet.payload.length));
  } catch (error) {
    if (!(error instanceof MalformedMessage)) throw error;
    packet.parsed = null;
  }
  return packet.parsed as Question | null;
}
