/** Bytes that each node has sent and received, in one table by node index: the first thing that every packet touches. */

const NODES_INITIAL = 64;

export class Traffic {
  /** Bytes sent and received, side by side: a node that answers touches both. */
  private bytes = new Float64Array(NODES_INITIAL * 2);
  /** 1 where the access link has a limit; of the others nothing else needs to be looked at. */
  limited = new Uint8Array(NODES_INITIAL);

  add(index: number, limited: boolean): void {
    if (index >= this.limited.length) this.grow();
    this.limited[index] = limited ? 1 : 0;
  }

  sent(index: number, bytes: number): void {
    this.bytes[index * 2] = (this.bytes[index * 2] as number) + bytes;
  }

  received(index: number, bytes: number): void {
    this.bytes[index * 2 + 1] = (this.bytes[index * 2 + 1] as number) + bytes;
  }

  bytesUp(index: number): number {
    return this.bytes[index * 2] as number;
  }

  bytesDown(index: number): number {
    return this.bytes[index * 2 + 1] as number;
  }

  private grow(): void {
    const { bytes, limited } = this;
    this.bytes = new Float64Array(bytes.length * 2);
    this.limited = new Uint8Array(limited.length * 2);
    this.bytes.set(bytes);
    this.limited.set(limited);
  }
}
