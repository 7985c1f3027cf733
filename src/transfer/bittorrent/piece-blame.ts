/** What is under way to find out whose block was bad: hashes of blocks from peers (BEP 52), fingerprints from the disk. Each waits for one answer. */

import type { FingerprintOperation } from '../../core/host.ts';
import type { Blame } from './leaf-trial.ts';
import type { SmartBan } from './smart-ban.ts';

/** Who hears how a failed piece came to be so; `sources` has the slot of each block's sender. */
interface FailedPieces {
  /** Nobody can say which blocks are bad. */
  suspect(piece: number, sources: readonly number[]): void;
  onBadBlocks(piece: number, blocks: readonly number[], sources: readonly number[]): void;
  onSuspects(piece: number, fingerprints: readonly string[], sources: readonly number[]): void;
}

interface Accuser {
  /** Proof that the peer at this slot sent a wrong block. */
  onPoisoner(slot: number, detail: string): void;
}

/** The search for the bad blocks of a piece that has failed. */
export class BlockBlame implements Blame {
  readonly sole: boolean;
  private readonly failures: FailedPieces;
  private readonly sources: readonly number[];

  constructor(failures: FailedPieces, sources: readonly number[]) {
    this.sole = sources.every((slot) => slot === sources[0]);
    this.failures = failures;
    this.sources = sources;
  }

  onVerdict(piece: number, badBlocks: readonly number[] | null): void {
    if (badBlocks === null) this.failures.suspect(piece, this.sources);
    else this.failures.onBadBlocks(piece, badBlocks, this.sources);
  }
}

/** Fingerprints of a piece that has failed, on their way. */
export class Suspicion implements FingerprintOperation {
  private readonly failures: FailedPieces;
  private readonly sources: readonly number[];

  constructor(failures: FailedPieces, sources: readonly number[]) {
    this.failures = failures;
    this.sources = sources;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    this.failures.onSuspects(piece, fingerprints, this.sources);
  }
}

/** Fingerprints of a piece that has passed after it had failed: they tell whose blocks were bad. */
export class Verdict implements FingerprintOperation {
  private readonly smartBan: SmartBan;
  private readonly accuser: Accuser;

  constructor(smartBan: SmartBan, accuser: Accuser) {
    this.smartBan = smartBan;
    this.accuser = accuser;
  }

  onFingerprints(piece: number, fingerprints: readonly string[]): void {
    for (const slot of this.smartBan.passed(piece, fingerprints)) this.accuser.onPoisoner(slot, `sent a bad block of piece ${piece}`);
  }
}
