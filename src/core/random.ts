/** Random numbers that depend on (seed, stream) alone: sfc32, integer arithmetic only, the same on every machine. */

export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  /** `stream` separates nodes, links and workloads of one seed, so that adding one disturbs no other. */
  constructor(seed: number, stream = 0) {
    this.a = seed | 0;
    this.b = stream | 0;
    // The high parts take part too, so that 2^53 different seeds and streams stay different.
    this.c = (Math.floor(seed / 0x1_0000_0000) ^ Math.imul(Math.floor(stream / 0x1_0000_0000), 0x9e3779b1)) | 0;
    this.counter = 1;
    for (let round = 0; round < 15; round++) this.u32();
  }

  /** Uniform in [0, 2^32). */
  u32(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** Uniform in [0, bound) for an integer 1 ≤ bound ≤ 2^32, without bias. */
  below(bound: number): number {
    const rejected = 0x1_0000_0000 % bound;
    let draw = this.u32();
    while (draw < rejected) draw = this.u32();
    return draw % bound;
  }

  /** Uniform in [0, 1) in steps of 2^-53. */
  unit(): number {
    return ((this.u32() >>> 5) * 0x400_0000 + (this.u32() >>> 6)) / 0x20_0000_0000_0000;
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  /** Fills the bytes with random values. */
  fill(bytes: Uint8Array): Uint8Array {
    for (let index = 0; index < bytes.length; index++) bytes[index] = this.u32() & 0xff;
    return bytes;
  }

  /** Fisher–Yates in place. */
  shuffle<T>(items: T[]): T[] {
    for (let last = items.length - 1; last > 0; last--) {
      const chosen = this.below(last + 1);
      const item = items[last] as T;
      items[last] = items[chosen] as T;
      items[chosen] = item;
    }
    return items;
  }
}
