/** One connection to a holder, whatever is spoken on it: asked for one range after another, and for the tree. Contract; owns no state. */

import type { Body } from '../../core/host.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import type { QueuePlace } from './queue-headers.ts';

export interface Speech {
  /** Delivers from a place to the end of the file: `cut` costs the connection. */
  readonly isOpenEnded: boolean;
  /** Asks for bytes [begin, end); nothing else is being asked for. */
  fetch(begin: number, end: number): void;
  /** What is asked for ends earlier than was said. */
  cut(end: number): void;
  /** Asks for the tree at that target. False: it cannot be had on this connection. */
  askTree(target: string): boolean;
  pause(): void;
  resume(): void;
  /** About once a second: sees whether he has stalled. */
  tick(now: number): void;
  /** Nothing more is told. */
  close(): void;
}

/**
 * Why a holder sent nothing. busy: later, perhaps. gone: he has not got the file, or not this part of it. other: what he has is another file, or he
 * breaks the rules of the protocol: he is asked no more. lost: the connection is gone, or never was.
 */
export type Refusal = 'busy' | 'gone' | 'other' | 'lost';

export interface SpeechListener {
  /** Bytes of the file from `at` on; borrowed. */
  onPart(at: number, body: Body): void;
  /** All that was asked for has come. `isOpen`: the next range can be asked for here. */
  onPartDone(isOpen: boolean): void;
  /** He delivers the file from that place on, wherever we wanted to begin, to its end. */
  onWhole(at: number): void;
  /** He keeps a place for us; `isOpen`: on this connection. */
  onQueued(place: QueuePlace, isOpen: boolean): void;
  /** `waitMs` as far as he says when to ask again. The speech is over unless `isOpen`. */
  onRefused(refusal: Refusal, waitMs: number | null, detail: string, isOpen: boolean): void;
  /** What a head tells besides. */
  onTold(headers: HttpHeaders): void;
  /** Null: there is none to be had. `isOpen` as above. */
  onTree(message: Uint8Array | null, isOpen: boolean): void;
  /** A web server says that it is somewhere else. The speech is over. */
  onMoved(location: string): void;
}

/** A holder that brings neither an answer nor this much of one in that time has stalled: his range goes to others. */
export const STALL_MS = 20_000;
export const STALL_BYTES = 16_384;

/** Counts what comes in windows of STALL_MS, in which being held back does not count. */
export class StallWatch {
  private startMs: number;
  private bytes = 0;

  constructor(now: number) {
    this.startMs = now;
  }

  restart(now: number): void {
    this.startMs = now;
    this.bytes = 0;
  }

  came(bytes: number): void {
    this.bytes += bytes;
  }

  hasStalled(now: number): boolean {
    if (now - this.startMs < STALL_MS) return false;
    const stalled = this.bytes < STALL_BYTES;
    this.restart(now);
    return stalled;
  }
}
