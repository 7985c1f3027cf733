/** The ways in which one dial of a peer tries to reach it, over TCP or µTP, plainly or encrypted (MSE), in order and each at most once. */

import type { EncryptionPolicy } from './encryption-policy.ts';
import type { Transport } from './transports.ts';

export interface DialWay {
  readonly transport: Transport;
  /** A key is what it says first. */
  readonly encrypted: boolean;
}

/** What is known of a peer before it is dialled. */
export interface DialHints {
  /** The way that led to it last. */
  readonly before: DialWay | null;
  /** What others say of it (BEP 11), or the occasion (BEP 55). */
  readonly prefersEncryption: boolean;
  readonly prefersUtp: boolean;
}

export const NO_HINTS: DialHints = { before: null, prefersEncryption: false, prefersUtp: false };
/** Who is introduced dials over µTP: its first datagram leaves where the other's comes in. What led there before says nothing of now. */
export const INTRODUCED: DialHints = { before: null, prefersEncryption: false, prefersUtp: true };

/** How the first bytes may go, the better way first. */
const ENCRYPTED: Readonly<Record<EncryptionPolicy, readonly boolean[]>> = {
  off: [false],
  allow: [false, true],
  prefer: [true, false],
  require: [true],
};

export class DialWays {
  private left: readonly DialWay[];

  /** Over those transports, the best first, unless the hints say otherwise; the way that led to the peer before comes before all others. */
  constructor(transports: readonly Transport[], encryption: EncryptionPolicy, { before, prefersEncryption, prefersUtp }: DialHints) {
    const inOrder = prefersUtp ? transports.toSorted((a, b) => Number(b === 'utp') - Number(a === 'utp')) : transports;
    const firstBytes = ENCRYPTED[encryption === 'allow' && prefersEncryption ? 'prefer' : encryption];
    const ways = inOrder.flatMap((transport) => firstBytes.map((encrypted) => ({ transport, encrypted })));
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
