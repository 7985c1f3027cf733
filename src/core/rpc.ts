/**
 * Requests and their replies over datagrams: matches by transaction id and sender, tells first that an answer is slow and then that it
 * will not come. Owns the calls in flight of one node and its one timer; the messages are the overlay's own.
 */

import { isNamed } from './named-endpoint.ts';
import { type Host, NO_TIMER, type Peer, type Timer } from './host.ts';

/** One request in flight, told what becomes of it: `onReply` or `onTimeout` once, `onSlow` at most once before that. */
export interface RpcOperation<M> {
  /** `rttMs` is the time since the request was sent. */
  onReply(reply: M, from: Peer, rttMs: number): void;
  /** Nothing after `slowMs`: ask someone else too, but the answer may still come. */
  onSlow(peer: Peer): void;
  /** Nothing after `timeoutMs`: the last call. */
  onTimeout(peer: Peer): void;
}

export interface RpcOptions {
  /** The kind that the owner's `onTimer` passes on to `Rpc.onTimer`. */
  readonly timerKind: number;
  readonly slowMs: number;
  readonly timeoutMs: number;
  /** Calls in flight; `open` refuses more, as a full send queue would. */
  readonly pendingMax: number;
  /** Size of the transaction id in the overlay's messages: 16 (as deployed in the DHT of BEP 5) or 32 bits. */
  readonly transactionBits: 16 | 32;
}

export const RPC_DEFAULTS: Omit<RpcOptions, 'timerKind'> = { slowMs: 2000, timeoutMs: 10_000, pendingMax: 4096, transactionBits: 32 };

/** What `open` answers when `pendingMax` calls are in flight. */
export const RPC_FULL = -1;

export class Rpc<M> {
  private readonly host: Host;
  private readonly options: RpcOptions;
  /** By transaction id. A Map keeps the order of insertion, which is the order in which calls grow slow and time out. */
  private readonly calls = new Map<number, Call<M>>();
  private timer: Timer = NO_TIMER;
  private looksAtMs = 0;
  /** Some calls under way have times of their own: they grow slow in another order than they were made. */
  private uneven = false;

  constructor(host: Host, options: RpcOptions) {
    if (options.slowMs > options.timeoutMs) throw new RangeError(`slow after ${options.slowMs} ms, dropped after ${options.timeoutMs}`);
    this.host = host;
    this.options = options;
  }

  get pending(): number {
    return this.calls.size;
  }

  /**
   * Begins a call: the caller sends its request with the transaction id returned, or gives up on RPC_FULL. Ids are random, so that
   * who does not see the request cannot answer it. `slowMs`, if it is not 0, is this call's own, and its timeout in proportion.
   */
  open(peer: Peer, operation: RpcOperation<M>, slowMs = 0): number {
    const { calls, options, host } = this;
    if (calls.size >= Math.min(options.pendingMax, PENDING_LIMIT)) return RPC_FULL;
    let transaction = 0;
    do transaction = host.random.u32() >>> (32 - options.transactionBits);
    while (calls.has(transaction));
    const isOwn = slowMs > 0;
    const slowAfterMs = isOwn ? slowMs : options.slowMs;
    const timeoutMs = isOwn ? (slowMs * options.timeoutMs) / options.slowMs : options.timeoutMs;
    const now = host.now();
    calls.set(transaction, { transaction, peer, operation, sentAtMs: now, slowMs: slowAfterMs, timeoutMs, slow: false });
    if (isOwn) this.uneven = true;
    if (this.timer === NO_TIMER) this.look(slowAfterMs);
    else if (isOwn && now + slowAfterMs < this.looksAtMs) {
      host.clearTimer(this.timer);
      this.look(slowAfterMs);
    }
    return transaction;
  }

  /**
   * A reply has come. False: nobody waits for it from that peer; it is late, a duplicate or forged. Who was asked by a name that only a proxy can look up may answer from
   * anywhere.
   */
  reply(from: Peer, transaction: number, message: M): boolean {
    const call = this.calls.get(transaction);
    if (call === undefined || (call.peer !== from && !isNamed(this.host.endpoint(call.peer)))) return false;
    this.calls.delete(transaction);
    call.operation.onReply(message, from, this.host.now() - call.sentAtMs);
    return true;
  }

  /** Forgets the calls of an operation that has what it wants. Late replies to them count as unwanted. */
  abandon(operation: RpcOperation<M>): void {
    for (const call of this.calls.values()) if (call.operation === operation) this.calls.delete(call.transaction);
  }

  /** The owner's timer of `timerKind` has fired. It is left running when the last reply comes, and finds nothing then. */
  onTimer(): void {
    this.timer = NO_TIMER;
    const now = this.host.now();
    for (const call of this.calls.values()) {
      const ageMs = now - call.sentAtMs;
      if (ageMs >= call.timeoutMs) {
        this.calls.delete(call.transaction);
        call.operation.onTimeout(call.peer);
      } else if (ageMs >= call.slowMs) {
        if (call.slow) continue;
        call.slow = true;
        call.operation.onSlow(call.peer);
      } else if (!this.uneven) break;
    }
    this.arm(now);
  }

  /** Forgets all calls without a word, and the timer. */
  stop(): void {
    this.calls.clear();
    this.host.clearTimer(this.timer);
    this.timer = NO_TIMER;
  }

  private arm(now: number): void {
    if (this.timer !== NO_TIMER) return;
    if (this.calls.size === 0) {
      this.uneven = false;
      return;
    }
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const call of this.calls.values()) {
      dueAtMs = Math.min(dueAtMs, call.sentAtMs + (call.slow ? call.timeoutMs : call.slowMs));
      // Behind the first that is not slow yet, none is due sooner, where all have the same times.
      if (!call.slow && !this.uneven) break;
    }
    // Calls that fall due close together share one look at them, so that a thousand dead peers do not cost a thousand looks.
    const { slowMs } = this.options;
    this.look(Math.max(dueAtMs - now, (this.uneven ? slowMs / LOOKS_PER_OWN_SLOW : slowMs) / LOOKS_PER_SLOW));
  }

  private look(delayMs: number): void {
    this.looksAtMs = this.host.now() + delayMs;
    this.timer = this.host.setTimer(delayMs, this.options.timerKind, 0);
  }
}

/** Half of the 16-bit ids: a free one is found in two tries on average. */
const PENDING_LIMIT = 0x8000;
/** How many times at most the calls in flight are looked at within `slowMs`. */
const LOOKS_PER_SLOW = 16;
/** Calls with times of their own are short ones. */
const LOOKS_PER_OWN_SLOW = 8;

interface Call<M> {
  readonly transaction: number;
  readonly peer: Peer;
  readonly operation: RpcOperation<M>;
  readonly sentAtMs: number;
  readonly slowMs: number;
  readonly timeoutMs: number;
  slow: boolean;
}
