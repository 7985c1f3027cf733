/**
 * Servents that we have heard of, and whom to dial next: rows of three words, so that a hundred thousand simulated servents with some dozens each
 * fit into memory. The oldest gives way. Owns the rows.
 */

import { isNowhere } from '../../core/address-scope.ts';
import { ENDPOINT_V4_BYTES, endpointPort } from '../../core/endpoint.ts';
import type { Endpoint } from '../../core/host.ts';
import { addressOf, endpointFrom } from '../../wire/endpoint-key.ts';
import type { Random } from '../../core/random.ts';

const ROW_WORDS = 3;
const ROWS_MIN = 8;
/** In the word of the port: has answered once, and how often it did not. */
const PROVEN = 0x1_0000;
const FAILURE = 0x10_0000;
const FAILURES_MAX = 3;

export class HostCache {
  private readonly rowsMax: number;
  /** Address, port with marks, second in which it was tried last plus one. */
  private words = new Int32Array(0);
  private used = 0;
  private oldest = 0;

  constructor(rowsMax: number) {
    this.rowsMax = Math.max(1, rowsMax);
  }

  get size(): number {
    return this.used;
  }

  /** False: it is nowhere, or known already. */
  add(endpoint: Endpoint): boolean {
    if (endpoint.length !== ENDPOINT_V4_BYTES || endpointPort(endpoint) === 0 || isNowhere(endpoint) || this.rowOf(endpoint) >= 0)
      return false;
    const row = this.used < this.rowsMax ? this.used++ : this.oldest++ % this.rowsMax;
    if (row * ROW_WORDS >= this.words.length) this.grow();
    this.words[row * ROW_WORDS] = addressOf(endpoint);
    this.words[row * ROW_WORDS + 1] = endpointPort(endpoint);
    this.words[row * ROW_WORDS + 2] = 0;
    return true;
  }

  /** It has talked to us. */
  proven(endpoint: Endpoint): void {
    this.add(endpoint);
    const at = this.rowOf(endpoint) * ROW_WORDS;
    if (at >= 0) this.words[at + 1] = endpointPort(endpoint) | PROVEN;
  }

  /** It did not answer; after some times it is forgotten. */
  failed(endpoint: Endpoint): void {
    const row = this.rowOf(endpoint);
    if (row < 0) return;
    const at = row * ROW_WORDS + 1;
    const marked = ((this.words[at] as number) + FAILURE) | 0;
    this.words[at] = marked;
    if (marked >= FAILURES_MAX * FAILURE) this.removeRow(row);
  }

  /** One to dial, which counts as tried now: of some picked at random one that was not tried within `againMs`, a proven one if there is. Null: nobody is left. */
  next(random: Random, nowMs: number, againMs: number, isUnwanted: (endpoint: Endpoint) => boolean): Endpoint | null {
    if (this.used === 0) return null;
    const second = Math.floor(nowMs / 1000);
    const from = random.below(this.used);
    let found = -1;
    for (let count = 0; count < this.used; count++) {
      const row = (from + count) % this.used;
      const tried = this.words[row * ROW_WORDS + 2] as number;
      if ((tried > 0 && (second + 1 - tried) * 1000 < againMs) || isUnwanted(this.endpointAt(row))) continue;
      if (found < 0) found = row;
      if (((this.words[row * ROW_WORDS + 1] as number) & PROVEN) === 0) continue;
      found = row;
      break;
    }
    if (found < 0) return null;
    this.words[found * ROW_WORDS + 2] = second + 1;
    return this.endpointAt(found);
  }

  /** Up to so many, from a random one on: what others are told. */
  some(random: Random, countMax: number): Endpoint[] {
    const count = Math.min(countMax, this.used);
    if (count === 0) return [];
    const from = random.below(this.used);
    return Array.from({ length: count }, (_, index) => this.endpointAt((from + index) % this.used));
  }

  private endpointAt(row: number): Endpoint {
    const address = this.words[row * ROW_WORDS] as number;
    const port = (this.words[row * ROW_WORDS + 1] as number) & 0xffff;
    return endpointFrom(address, port);
  }

  private rowOf(endpoint: Endpoint): number {
    if (endpoint.length !== ENDPOINT_V4_BYTES) return -1;
    // As rows have it: with a sign.
    const address = addressOf(endpoint) | 0;
    const port = endpointPort(endpoint);
    for (let row = 0; row < this.used; row++)
      if (this.words[row * ROW_WORDS] === address && ((this.words[row * ROW_WORDS + 1] as number) & 0xffff) === port) return row;
    return -1;
  }

  private removeRow(row: number): void {
    this.used--;
    this.words.copyWithin(row * ROW_WORDS, this.used * ROW_WORDS, (this.used + 1) * ROW_WORDS);
  }

  private grow(): void {
    const larger = new Int32Array(ROW_WORDS * Math.min(this.rowsMax, Math.max(ROWS_MIN, (2 * this.words.length) / ROW_WORDS)));
    larger.set(this.words);
    this.words = larger;
  }
}
