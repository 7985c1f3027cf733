/** A fixed number of bits, stored as BitTorrent's bitfield has them (BEP 3: the high bit of the first byte is index 0). */

export class Bitset {
  readonly length: number;
  /** The bits themselves; spare bits at the end are zero. Shared with the caller on purpose: it is the wire form. */
  readonly bytes: Uint8Array;
  private ones: number;

  constructor(length: number, bytes: Uint8Array = new Uint8Array((length + 7) >> 3)) {
    if (bytes.length !== (length + 7) >> 3) throw new RangeError(`${length} bits need ${(length + 7) >> 3} bytes, got ${bytes.length}`);
    this.length = length;
    this.bytes = bytes;
    this.ones = countOnes(bytes);
  }

  /** How many bits are set. */
  get count(): number {
    return this.ones;
  }

  get full(): boolean {
    return this.ones === this.length;
  }

  has(index: number): boolean {
    return ((this.bytes[index >> 3] as number) & (0x80 >> (index & 7))) !== 0;
  }

  /** Sets a bit; true when it was clear before. */
  add(index: number): boolean {
    const mask = 0x80 >> (index & 7);
    const byte = this.bytes[index >> 3] as number;
    if ((byte & mask) !== 0) return false;
    this.bytes[index >> 3] = byte | mask;
    this.ones++;
    return true;
  }

  /** Clears a bit; true when it was set before. */
  delete(index: number): boolean {
    const mask = 0x80 >> (index & 7);
    const byte = this.bytes[index >> 3] as number;
    if ((byte & mask) === 0) return false;
    this.bytes[index >> 3] = byte & ~mask;
    this.ones--;
    return true;
  }

  fill(): void {
    this.bytes.fill(0xff);
    const spare = this.bytes.length * 8 - this.length;
    if (spare > 0) this.bytes[this.bytes.length - 1] = (0xff << spare) & 0xff;
    this.ones = this.length;
  }

  clear(): void {
    this.bytes.fill(0);
    this.ones = 0;
  }

  copy(): Bitset {
    return new Bitset(this.length, this.bytes.slice());
  }
}

function countOnes(bytes: Uint8Array): number {
  let ones = 0;
  for (const byte of bytes) {
    for (let rest = byte; rest !== 0; rest &= rest - 1) ones++;
  }
  return ones;
}
