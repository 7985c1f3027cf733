/** How many packets of each name a node has sent, by connection and datagram: what a search costs. Owns the numbers. */

export class PacketCounts {
  private readonly byName = new Map<string, number>();

  add(name: string): void {
    this.byName.set(name, this.of(name) + 1);
  }

  of(name: string): number {
    return this.byName.get(name) ?? 0;
  }

  /** For people. */
  toObject(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.byName);
  }
}
