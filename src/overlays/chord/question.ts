/** One question to one contact, asked again in vain before the contact counts as silent; owned by the operation that asks. */

import type { Peer } from '../../core/host.ts';
import { RPC_FULL, type RpcOperation } from '../../core/rpc.ts';
import type { Asker } from './asker.ts';
import type { Contact } from './contact.ts';
import { type ChordMessage, chordCodec } from './messages.ts';

export abstract class Question implements RpcOperation<ChordMessage> {
  protected readonly chord: Asker;
  readonly contact: Contact;
  private attemptsLeft: number;
  private transaction = 0;

  constructor(chord: Asker, contact: Contact, attempts: number) {
    this.chord = chord;
    this.contact = contact;
    this.attemptsLeft = attempts;
  }

  protected abstract request(transaction: number): ChordMessage;
  /** Exactly one of `answered` and `silent` follows `ask`, in a later event. */
  protected abstract answered(reply: ChordMessage, rttMs: number): void;
  protected abstract silent(): void;
  /** Overdue, for the first time. */
  protected overdue(): void {}

  ask(): void {
    const { chord, contact } = this;
    const peer = chord.host.peer(contact.endpoint);
    const transaction = chord.rpc.open(peer, this);
    if (transaction === RPC_FULL) {
      chord.askLater(this);
      return;
    }
    this.transaction = transaction;
    this.attemptsLeft--;
    chord.host.send(peer, chordCodec, this.request(transaction));
  }

  /** Counts as silent now; what still comes finds an operation that does not wait for it any more. */
  giveUp(): void {
    this.silent();
  }

  onReply(reply: ChordMessage, _from: Peer, rttMs: number): void {
    this.answered(reply, rttMs);
  }

  /** The question or its answer may be lost: once more, under the same number. Every request may be heard twice. */
  onSlow(peer: Peer): void {
    this.chord.host.send(peer, chordCodec, this.request(this.transaction));
    this.overdue();
  }

  onTimeout(): void {
    if (this.attemptsLeft > 0) this.ask();
    else this.silent();
  }
}
