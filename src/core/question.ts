/** One question to one contact, asked again in vain before the contact counts as silent; owned by the operation that asks. */

import type { AskerOptions } from './asker.ts';
import type { Endpoint, Host, Peer } from './host.ts';
import { RPC_FULL, type RpcOperation } from './rpc.ts';

export interface Reachable {
  readonly endpoint: Endpoint;
}

/** Who asks, as a question sees it: somebody who can say `M`, and perhaps more. */
export interface Asking<M> {
  readonly host: Host;
  readonly options: AskerOptions;
  /** Begins to wait for an answer: the transaction, or RPC_FULL. It is slow after `slowMs`; 0: as all are. */
  expect(peer: Peer, operation: RpcOperation<M>, slowMs: number): number;
  say(to: Peer, message: M): void;
  /** Says it as far as the budget for answers goes. */
  answer(to: Peer, message: M): void;
  /** For what finds too many under way: `ask` is called later. */
  askLater(question: Askable): void;
}

export interface Askable {
  ask(): void;
}

/**
 * `M` is what is asked, and the answers that are expected: others of the overlay's messages may come, and count as refusals. `A` is who
 * asks, for subclasses that need more of it than asking.
 */
export abstract class Question<M, C extends Reachable = Reachable, A extends Asking<M> = Asking<M>> implements RpcOperation<M> {
  readonly contact: C;
  protected readonly asker: A;
  private attemptsLeft: number;
  private transaction = 0;

  constructor(asker: A, contact: C, attempts: number) {
    this.asker = asker;
    this.contact = contact;
    this.attemptsLeft = attempts;
  }

  protected abstract request(transaction: number): M;
  /** Exactly one of `answered` and `silent` follows `ask`, in a later event. */
  protected abstract answered(reply: M, rttMs: number): void;
  protected abstract silent(): void;
  /** When the contact is late, if that is known of it; 0: as for all. */
  protected get slowMs(): number {
    return 0;
  }

  /** Overdue, for the first time. */
  protected overdue(): void {}

  ask(): void {
    const { asker, contact } = this;
    const peer = asker.host.peer(contact.endpoint);
    const transaction = asker.expect(peer, this, this.slowMs);
    if (transaction === RPC_FULL) {
      asker.askLater(this);
      return;
    }
    this.transaction = transaction;
    this.attemptsLeft--;
    asker.say(peer, this.request(transaction));
  }

  /** Counts as silent now; what still comes finds an operation that does not wait for it any more. */
  giveUp(): void {
    this.silent();
  }

  onReply(reply: M, _from: Peer, rttMs: number): void {
    this.answered(reply, rttMs);
  }

  /** The question or its answer may be lost: once more, under the same number. Every request may be heard twice. */
  onSlow(peer: Peer): void {
    this.asker.say(peer, this.request(this.transaction));
    this.overdue();
  }

  onTimeout(): void {
    if (this.attemptsLeft > 0) this.ask();
    else this.silent();
  }
}
