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
   * who does not see the request cannot answer it.
   */
  open(peer: Peer, operation: RpcOperation<M>): number {
    const { calls, options, host } = this;
    if (calls.size >= Math.min(options.pendingMax, PENDING_LIMIT)) return RPC_FULL;
    let transaction = 0;
    do transaction = host.random.u32() >>> (32 - options.transactionBits);
    while (calls.has(transaction));
    calls.set(transaction, { transaction, peer, operation, sentAtMs: host.now(), slow: false });
    if (this.timer === NO_TIMER) this.timer = host.setTimer(options.slowMs, options.timerKind, 0);
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
    const { slowMs, timeoutMs } = this.options;
    for (const call of this.calls.values()) {
      const ageMs = now - call.sentAtMs;
      if (ageMs >= timeoutMs) {
        this.calls.delete(call.transaction);
        call.operation.onTimeout(call.peer);
      } else if (ageMs >= slowMs) {
        if (call.slow) continue;
        call.slow = true;
        call.operation.onSlow(call.peer);
      } else break;
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
    if (this.timer !== NO_TIMER || this.calls.size === 0) return;
    const { slowMs, timeoutMs, timerKind } = this.options;
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const call of this.calls.values()) {
      dueAtMs = Math.min(dueAtMs, call.sentAtMs + (call.slow ? timeoutMs : slowMs));
      // Behind the first that is not slow yet, none is due sooner.
      if (!call.slow) break;
    }
    // Calls that fall due close together share one look at them, so that a thousand dead peers do not cost a thousand looks.
    const delayMs = Math.max(dueAtMs - now, slowMs / LOOKS_PER_SLOW);
    this.timer = this.host.setTimer(delayMs, timerKind, 0);
  }
}

/** Half of the 16-bit ids: a free one is found in two tries on average. */
const PENDING_LIMIT = 0x8000;
/** How many times at most the calls in flight are looked at within `slowMs`. */
const LOOKS_PER_SLOW = 16;

interface Call<M> {
  readonly transaction: number;
  readonly peer: Peer;
  readonly operation: RpcOperation<M>;
  readonly sentAtMs: number;
  slow: boolean;
}
