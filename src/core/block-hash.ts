/**
 * What the hashes of the MD4 family have in common (MD4, SHA-1, SHA-256): input cut into blocks of 64 bytes, and an ending with its length.
 * Owns the unfinished block; a subclass owns the state.
 */

const BLOCK_BYTES = 64;

export abstract class BlockHash {
  private readonly block = new Uint8Array(BLOCK_BYTES);
  private pending = 0;
  private totalBytes = 0;

  /** The 64 bytes at `from` into the state. */
  protected abstract compress(bytes: Uint8Array, from: number): void;

  /** Any number of times; the bytes are not kept. */
  update(bytes: Uint8Array, start = 0, end = bytes.length): this {
    let at = start;
    this.totalBytes += end - start;
    if (this.pending > 0) {
      const stop = Math.min(end, at + BLOCK_BYTES - this.pending);
      this.block.set(bytes.subarray(at, stop), this.pending);
      this.pending += stop - at;
      at = stop;
      if (this.pending < BLOCK_BYTES) return this;
      this.compress(this.block, 0);
      this.pending = 0;
    }
    for (; end - at >= BLOCK_BYTES; at += BLOCK_BYTES) this.compress(bytes, at);
    this.block.set(bytes.subarray(at, end));
    this.pending = end - at;
    return this;
  }

  /** The ending: a mark, zeros, and the length in bits, its lower word first if `isLittle`. The object is spent. */
  protected finish(isLittle: boolean): void {
    const { block } = this;
    block.fill(0, this.pending);
    block[this.pending] = 0x80;
    if (this.pending >= BLOCK_BYTES - 8) {
      this.compress(block, 0);
      block.fill(0);
    }
    const view = new DataView(block.buffer);
    view.setUint32(isLittle ? 60 : 56, Math.floor(this.totalBytes / 0x2000_0000), isLittle);
    view.setUint32(isLittle ? 56 : 60, this.totalBytes << 3, isLittle);
    this.compress(block, 0);
  }
}
