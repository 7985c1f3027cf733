/** The trace hash: two 32-bit lanes over every event handled, integer arithmetic only, the same on every machine. */

export class TraceHash {
  private first = 0x9e3779b9 | 0;
  private second = 0x85ebca6b | 0;
  /** Events mixed in. */
  events = 0;

  /** `ticks` is a whole number below 2^53; the others are taken modulo 2^32. */
  mix(ticks: number, where: number, what: number): void {
    const low = ticks | 0;
    const high = Math.floor(ticks / 0x1_0000_0000) | 0;
    let first = Math.imul(this.first ^ low, 0xcc9e2d51);
    first = Math.imul((first << 13) ^ (first >>> 19) ^ where, 0x1b873593);
    let second = Math.imul(this.second ^ (what | 0), 0x85ebca77);
    second = Math.imul((second << 15) ^ (second >>> 17) ^ (low + high), 0xc2b2ae3d);
    this.first = (first + second) | 0;
    this.second = (second ^ (first >>> 15)) | 0;
    this.events++;
  }

  /** 16 hex digits. */
  digest(): string {
    return hex(this.first) + hex(this.second);
  }
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
