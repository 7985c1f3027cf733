/**
 * Who asks questions over datagrams, in an overlay or from outside of it, and answers those of others. Owns the questions under way, those
 * that wait for their turn, and what may still be said.
 */

import { AnswerBudget } from './answer-budget.ts';
import type { Codec } from './codec.ts';
import type { Host, Peer } from './host.ts';
import type { Askable, Asking } from './question.ts';
import { Rpc, type RpcOperation } from './rpc.ts';

/** Questions under way at once; more wait. */
const PENDING_MAX = 16_384;

export interface AskerOptions {
  /** A question is slow, and given up, after so long. */
  readonly slowMs: number;
  readonly timeoutMs: number;
  /** Questions in vain after which a neighbour counts as dead. Lookups ask once. */
  readonly attempts: number;
  /** Bytes of answers a second, whoever asks; 0: no bound, for experiments. */
  readonly answerBytesPerSecond: number;
}

/** `O` are the options of the overlay. */
export abstract class Asker<M, O extends AskerOptions = AskerOptions> implements Asking<M> {
  readonly host: Host;
  protected readonly codec: Codec<M>;
  readonly options: O;
  readonly rpc: Rpc<M>;
  /** Answers that were over the budget, and not given. */
  unanswered = 0;
  private readonly budget: AnswerBudget | null;
  /** Questions that found too many under way; they are asked when the timer of those has fired. */
  private waiting: Askable[] = [];

  /** `timerKind` is the kind that the subclass's `onTimer` passes on to `onRpcTimer`. The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, codec: Codec<M>, options: O, timerKind: number) {
    this.host = host;
    this.codec = codec;
    this.options = options;
    const { slowMs, timeoutMs, answerBytesPerSecond } = options;
    this.rpc = new Rpc(host, { timerKind, slowMs, timeoutMs, pendingMax: PENDING_MAX, transactionBits: 32 });
    this.budget = answerBytesPerSecond > 0 ? new AnswerBudget(answerBytesPerSecond, host.now()) : null;
  }

  expect(peer: Peer, operation: RpcOperation<M>, slowMs: number): number {
    return this.rpc.open(peer, operation, slowMs);
  }

  say(to: Peer, message: M): void {
    this.host.send(to, this.codec, message);
  }

  answer(to: Peer, message: M): void {
    if (this.budget === null || this.budget.take(this.codec.size(message), this.host.now())) this.say(to, message);
    else this.unanswered++;
  }

  /** What is under way is bounded by what users and rounds begin. */
  askLater(question: Askable): void {
    this.waiting.push(question);
  }

  protected onRpcTimer(): void {
    this.rpc.onTimer();
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const question of waiting) question.ask();
  }

  protected stopAsking(): void {
    this.rpc.stop();
    this.waiting = [];
  }
}
