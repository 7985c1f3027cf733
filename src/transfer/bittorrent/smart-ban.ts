/**
 * Whose block was bad: compares the blocks of a piece that failed its hash with those of the same piece once it has passed, so that
 * only the poisoner is banned and not everybody who contributed. Owns the fingerprints of failed pieces until they pass.
 */

/** Failed pieces remembered at once; beyond it the oldest is forgotten, and its poisoner gets another chance. */
const FAILED_PIECES_MAX = 256;
/** Failures of one piece remembered: each may have other senders. */
const FAILURES_PER_PIECE_MAX = 8;

interface FailedPiece {
  readonly fingerprints: readonly string[];
  /** Who sent each block, by slot. */
  readonly sources: readonly number[];
}

export class SmartBan {
  private readonly failures = new Map<number, FailedPiece[]>();

  failed(piece: number, fingerprints: readonly string[], sources: readonly number[]): void {
    const earlier = this.failures.get(piece) ?? [];
    this.failures.delete(piece);
    this.failures.set(piece, [...earlier, { fingerprints, sources }].slice(-FAILURES_PER_PIECE_MAX));
    if (this.failures.size <= FAILED_PIECES_MAX) return;
    for (const oldest of this.failures.keys()) {
      this.failures.delete(oldest);
      return;
    }
  }

  remembers(piece: number): boolean {
    return this.failures.has(piece);
  }

  /** The piece has passed with these blocks: the slots of those who had sent other ones. Forgets the piece. */
  passed(piece: number, fingerprints: readonly string[]): number[] {
    const guilty = new Set<number>();
    for (const failure of this.failures.get(piece) ?? []) {
      for (const [block, fingerprint] of failure.fingerprints.entries()) {
        if (fingerprint !== fingerprints[block]) guilty.add(failure.sources[block] as number);
      }
    }
    this.failures.delete(piece);
    return [...guilty];
  }
}
