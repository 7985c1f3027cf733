/** What goes wrong on the way, by chance; all zero in a world that is well. */

export interface FaultRates {
  /** Chance that a datagram is lost; a chunk of a stream then comes later by a retransmission. */
  readonly loss: number;
  /** Chance that a datagram comes twice. */
  readonly duplication: number;
  /** Chance that a datagram is held back, and for how long at most, so that others overtake it. */
  readonly reordering: number;
  readonly reorderingMs: number;
  /** Added to every packet: up to so much, drawn for each. */
  readonly jitterMs: number;
}

export const NO_FAULTS: FaultRates = { loss: 0, duplication: 0, reordering: 0, reorderingMs: 0, jitterMs: 0 };
