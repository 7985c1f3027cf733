/** A cipher for the first bytes of a direction alone: what follows an encrypted handshake may be plain. Owns how many are left. */

import type { StreamCipher } from '../../core/host.ts';

export class LeadingCipher implements StreamCipher {
  private readonly cipher: StreamCipher;
  private leftBytes: number;

  constructor(cipher: StreamCipher, bytes: number) {
    this.cipher = cipher;
    this.leftBytes = bytes;
  }

  transform(from: Uint8Array, start: number, end: number, into: Uint8Array, offset: number): void {
    const stop = Math.min(end, start + this.leftBytes);
    if (stop > start) this.cipher.transform(from, start, stop, into, offset);
    this.leftBytes -= stop - start;
    if (from !== into) into.set(from.subarray(stop, end), offset + stop - start);
  }
}
