/**
 * Query keys, of GUESS and Gnutella2: who asks by datagram shows that he reads what is sent to his address, so that nobody can have a stranger flooded with answers. A key
 * is a keyed hash of the address, good for one to two hours. Owns the secret.
 */

import type { Endpoint } from '../core/host.ts';
import { KeyedHash } from '../core/keyed-hash.ts';
import type { Random } from '../core/random.ts';
import { addressOf } from './endpoint-key.ts';

const PERIOD_MS = 3_600_000;

export class KeyIssuer {
  private readonly hash: KeyedHash;
  private readonly words = new Uint32Array(2);

  constructor(random: Random) {
    this.hash = new KeyedHash(random.u32(), random.u32());
  }

  /** 32 bits. */
  keyOf(asker: Endpoint, nowMs: number): number {
    return this.keyAt(asker, Math.floor(nowMs / PERIOD_MS));
  }

  /** This hour's key or the last one's. */
  isValid(asker: Endpoint, key: number, nowMs: number): boolean {
    const period = Math.floor(nowMs / PERIOD_MS);
    return key === this.keyAt(asker, period) || key === this.keyAt(asker, period - 1);
  }

  private keyAt(asker: Endpoint, period: number): number {
    this.words[0] = addressOf(asker);
    this.words[1] = period;
    return this.hash.token(this.words, 2);
  }
}
