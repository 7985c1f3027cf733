/** The ways in which one dial of a peer tries to reach it, over TCP or µTP, plainly or encrypted (MSE), in order and each at most once. */

import type { EncryptionPolicy } from './encryption-policy.ts';
import type { Transport } from './transports.ts';

export interface DialWay {
  readonly transport: Transport;
  /** A key is what it says first. */
  readonly encrypted: boolean;
}

/** How the first bytes may go, the better way first. */
const ENCRYPTED: Readonly<Record<EncryptionPolicy, readonly boolean[]>> = {
  off: [false],
  allow: [false, true],
  prefer: [true, false],
  require: [true],
};

export class DialWays {
  private left: readonly DialWay[];

  /** Over those transports, the best first; the way that led to the peer before comes before all others. */
  constructor(transports: readonly Transport[], encryption: EncryptionPolicy, before: DialWay | null) {
    const ways = transports.flatMap((transport) => ENCRYPTED[encryption].map((encrypted) => ({ transport, encrypted })));
    const first = ways.filter((way) => way.transport === before?.transport && way.encrypted === before.encrypted);
    this.left = [...first, ...ways.filter((way) => !first.includes(way))];
  }

  /** The way to try now; null when there is none left. */
  next(): DialWay | null {
    const [way, ...rest] = this.left;
    this.left = rest;
    return way ?? null;
  }

  /** Nobody is there over that transport: how the first bytes go does not matter. */
  unreachable(transport: Transport): void {
    this.left = this.left.filter((way) => way.transport !== transport);
  }
}
