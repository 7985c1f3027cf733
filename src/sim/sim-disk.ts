/** The disk of a node: the pieces that are verified on it, by content, and how it misbehaves. Outlives the processes of the node. */

import { Bitset } from '../core/bitset.ts';
import { Random } from '../core/random.ts';
import { GENUINE } from './sim-body.ts';

export interface DiskSpec {
  /** What is there from the beginning, by the `key` of a store: everything, or some pieces. */
  readonly stores?: Readonly<Record<string, 'full' | Bitset>>;
  /** What one operation takes. */
  readonly diskMs?: number;
  /** How fast it writes and hashes; 0 or absent is at once. */
  readonly diskBytesPerSecond?: number;
  /** Verified content that fits on it, on top of what was there; absent is no limit. */
  readonly spaceBytes?: number;
  /** Chance that a block read from it is poison: a bad disk, or a node that lies. */
  readonly corruptReads?: number;
}

const DISK_MS = 0.25;
/** What was never written. */
export const NO_MARK = -1;

export class SimDisk {
  readonly latencyMs: number;
  readonly bytesPerSecond: number;
  /** How much more fits on it. */
  freeBytes: number;
  /** Chance that a block read is poison. */
  corruptReads: number;
  private readonly initial: Readonly<Record<string, 'full' | Bitset>>;
  private readonly pieces = new Map<string, Bitset>();
  /** By place, the mark of each block of files whose pieces nobody could check when they came. */
  private readonly marks = new Map<string, Int16Array>();
  private readonly random: Random | null;

  constructor(spec: DiskSpec, seed: number, stream: number) {
    this.latencyMs = spec.diskMs ?? DISK_MS;
    this.bytesPerSecond = spec.diskBytesPerSecond ?? 0;
    this.freeBytes = spec.spaceBytes ?? Number.POSITIVE_INFINITY;
    this.corruptReads = spec.corruptReads ?? 0;
    this.initial = spec.stores ?? {};
    this.random = this.corruptReads > 0 ? new Random(seed, stream) : null;
  }

  /** The verified pieces of a content; the very object, which the store keeps up to date. Null: nothing was ever there. */
  find(key: string, pieceCount: number): Bitset | null {
    const known = this.pieces.get(key);
    if (known !== undefined) return known;
    const initial = this.initial[key];
    if (initial === undefined) return null;
    const bits = initial === 'full' ? new Bitset(pieceCount) : initial.copy();
    if (initial === 'full') bits.fill();
    if (bits.length !== pieceCount) throw new RangeError(`${pieceCount} pieces of ${key} expected, got ${bits.length}`);
    this.pieces.set(key, bits);
    return bits;
  }

  create(key: string, pieceCount: number): Bitset {
    const bits = new Bitset(pieceCount);
    this.pieces.set(key, bits);
    return bits;
  }

  /** The marks at that place, which whoever writes there keeps up to date. */
  marksAt(place: string, blockCount: number): Int16Array {
    let marks = this.marks.get(place);
    if (marks?.length !== blockCount) {
      marks = new Int16Array(blockCount).fill(NO_MARK);
      this.marks.set(place, marks);
    }
    return marks;
  }

  /** The mark of a block that is read now. */
  markOfRead(): number {
    if (this.random === null || !this.random.chance(this.corruptReads)) return GENUINE;
    return 1 + this.random.below(255);
  }
}
