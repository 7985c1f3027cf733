/**
 * Whose bytes were wrong: remembers what each version of a piece looked like and who had brought it, and compares when one of them is known to be right.
 * Owns the versions; bounded.
 */

import type { Given } from './gathering.ts';
import type { Holder } from './holder.ts';

/** The unit of fingerprints (`Store.fingerprints`). */
const BLOCK_BYTES = 16_384;
/** Versions of one piece; and pieces of which there are versions. The oldest are forgotten, and their guilty with them. */
const VERSIONS_MAX = 6;
const PIECES_MAX = 4096;

interface Version {
  readonly fingerprints: readonly string[];
  readonly given: readonly Given[];
}

export class BlameBook {
  private readonly pieces = new Map<number, Version[]>();

  remembers(piece: number): boolean {
    return this.pieces.has(piece);
  }

  /** Pieces of which there is more than what counts now. */
  get doubted(): Iterable<number> {
    return this.pieces.keys();
  }

  /** A version that failed, or that nobody could check. */
  add(piece: number, fingerprints: readonly string[], given: readonly Given[]): void {
    const versions = this.pieces.get(piece) ?? [];
    this.pieces.delete(piece);
    this.pieces.set(piece, [...versions, { fingerprints, given: [...given] }].slice(-VERSIONS_MAX));
    if (this.pieces.size > PIECES_MAX) this.pieces.delete(this.pieces.keys().next().value as number);
  }

  /** Who brought, in any version of it, a block that is not as in this one. `begin`: where the piece begins in the file. */
  others(piece: number, begin: number, right: readonly string[]): Set<Holder> {
    const found = new Set<Holder>();
    for (const { fingerprints, given } of this.pieces.get(piece) ?? []) {
      for (const [block, fingerprint] of fingerprints.entries()) {
        if (fingerprint === right[block]) continue;
        for (const holder of giversOf(given, begin + block * BLOCK_BYTES)) found.add(holder);
      }
    }
    return found;
  }

  forget(piece: number): void {
    this.pieces.delete(piece);
  }

  clear(): void {
    this.pieces.clear();
  }
}

/** All who brought a part of the block share the doubt, which is proof only against one who brought all of it. */
function giversOf(given: readonly Given[], begin: number): Holder[] {
  const end = begin + BLOCK_BYTES;
  const own = given.filter((each) => each.begin < end && each.end > begin);
  const holders = [...new Set(own.map(({ holder }) => holder))];
  return holders.length === 1 ? holders : [];
}
