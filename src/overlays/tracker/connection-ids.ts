/**
 * Connection ids of UDP trackers (BEP 15) without a table of them: a keyed hash of the sender's IP and the minute, as SYN cookies are.
 * Owns the key. An id is good for two to three minutes, where BEP 15 asks for two.
 */

import { readU32 } from '../../core/bytes.ts';
import { KeyedHash } from '../../core/keyed-hash.ts';
import type { ConnectionId } from '../../wire/tracker-udp.ts';

const SLOT_MS = 60_000;
const SLOTS_VALID = 3;
/** The two lowest bits of an id name its minute, so that checking it takes one hash. */
const SLOT_MASK = 3;

export class ConnectionIds {
  private readonly hash: KeyedHash;
  private readonly words = new Uint32Array(5);

  constructor(key0: number, key1: number) {
    this.hash = new KeyedHash(key0, key1);
  }

  /** The port of the sender does not count: NATs change it, and clients share an id among their sockets. */
  issue(from: Uint8Array, nowMs: number): ConnectionId {
    return this.idOf(from, slotAt(nowMs));
  }

  accepts(connection: ConnectionId, from: Uint8Array, nowMs: number): boolean {
    const slot = slotAt(nowMs);
    const age = (slot - connection.low) & SLOT_MASK;
    if (age >= SLOTS_VALID) return false;
    const expected = this.idOf(from, slot - age);
    return expected.low === connection.low && expected.high === connection.high;
  }

  private idOf(from: Uint8Array, slot: number): ConnectionId {
    const words = (from.length - 2) / 4;
    this.words[0] = slot;
    for (let word = 0; word < words; word++) this.words[word + 1] = readU32(from, word * 4);
    const low = this.hash.token(this.words, words + 1);
    return { high: this.hash.high, low: ((low & ~SLOT_MASK) | (slot & SLOT_MASK)) >>> 0 };
  }
}

function slotAt(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS) + SLOTS_VALID;
}
