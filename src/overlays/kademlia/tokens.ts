/**
 * Write tokens (BEP 5) without a table of them: a keyed hash of the asker's IP, whose key changes every five minutes and is good for two
 * periods. Owns the two keys. Who forges the address of a query never sees its token, and so stores nothing in another's name.
 */

import { readU32 } from '../../core/bytes.ts';
import type { Endpoint } from '../../core/host.ts';
import { KeyedHash } from '../../core/keyed-hash.ts';
import type { Random } from '../../core/random.ts';

export const TOKEN_PERIOD_MS = 300_000;

export class Tokens {
  private readonly random: Random;
  private current: KeyedHash;
  private before: KeyedHash;
  private rotatesAtMs: number;
  private readonly words = new Uint32Array(4);

  constructor(random: Random, nowMs: number) {
    this.random = random;
    this.current = new KeyedHash(random.u32(), random.u32());
    this.before = this.current;
    this.rotatesAtMs = nowMs + TOKEN_PERIOD_MS;
  }

  /** 8 bytes, one character each. The port of the asker does not count: NATs change it. */
  issue(from: Endpoint, nowMs: number): string {
    this.rotate(nowMs);
    return this.tokenOf(this.current, from);
  }

  accepts(token: string, from: Endpoint, nowMs: number): boolean {
    this.rotate(nowMs);
    return token === this.tokenOf(this.current, from) || token === this.tokenOf(this.before, from);
  }

  private rotate(nowMs: number): void {
    if (nowMs < this.rotatesAtMs) return;
    // After a long sleep the one before is too old as well.
    const fresh = new KeyedHash(this.random.u32(), this.random.u32());
    this.before = nowMs < this.rotatesAtMs + TOKEN_PERIOD_MS ? this.current : fresh;
    this.current = fresh;
    this.rotatesAtMs = nowMs + TOKEN_PERIOD_MS;
  }

  private tokenOf(hash: KeyedHash, from: Endpoint): string {
    const count = (from.length - 2) >> 2;
    for (let word = 0; word < count; word++) this.words[word] = readU32(from, word * 4);
    const low = hash.token(this.words, count);
    const { high } = hash;
    return String.fromCharCode(
      low >>> 24,
      (low >>> 16) & 0xff,
      (low >>> 8) & 0xff,
      low & 0xff,
      high >>> 24,
      (high >>> 16) & 0xff,
      (high >>> 8) & 0xff,
      high & 0xff,
    );
  }
}
