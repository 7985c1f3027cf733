/**
 * What a node says to whoever asks, members or not: the sender of a question may be forged, and the answer many times as long. Owns what may still be
 * said.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import type { Codec } from '../../core/codec.ts';
import type { Host, Peer } from '../../core/host.ts';

/** Far more than a node of any size has to say. */
const BYTES_PER_SECOND = 1 << 18;

export class Answers<M> {
  private readonly host: Host;
  private readonly codec: Codec<M>;
  private readonly budget: AnswerBudget;

  constructor(host: Host, codec: Codec<M>) {
    this.host = host;
    this.codec = codec;
    this.budget = new AnswerBudget(BYTES_PER_SECOND, host.now());
  }

  /** Unless too much was said already, which looks like a lost datagram. */
  say(to: Peer, message: M): void {
    if (this.budget.take(this.codec.size(message), this.host.now())) this.host.send(to, this.codec, message);
  }
}
