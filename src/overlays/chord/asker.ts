/** Who asks questions over datagrams, in the ring or from outside of it. Owns the questions under way, and those that wait for their turn. */

import type { Host } from '../../core/host.ts';
import { Rpc } from '../../core/rpc.ts';
import type { ChordOptions } from './chord-options.ts';
import type { Contact } from './contact.ts';
import type { ChordMessage } from './messages.ts';
import type { Question } from './question.ts';
import type { RingId } from './ring-id.ts';
import type { Route } from './routing.ts';
import { TIMER_RPC } from './timer-kinds.ts';

/** Questions under way at once; more wait. */
const PENDING_MAX = 16_384;

export abstract class Asker {
  readonly host: Host;
  readonly options: ChordOptions;
  readonly rpc: Rpc<ChordMessage>;
  /** Questions that found too many under way; they are asked when the timer of those has fired. */
  private waiting: Question[] = [];

  constructor(host: Host, options: ChordOptions) {
    this.host = host;
    this.options = options;
    const { slowMs, timeoutMs } = options;
    this.rpc = new Rpc(host, { timerKind: TIMER_RPC, slowMs, timeoutMs, pendingMax: PENDING_MAX, transactionBits: 32 });
  }

  /** For a question that finds too many under way: later. What is under way is bounded by what users and rounds begin. */
  askLater(question: Question): void {
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

/** Who looks something up: a virtual node begins from its own tables, a client from the members that it was told of. */
export interface Seeker {
  readonly chord: Asker;
  /** Null: in no ring, and so neither an owner nor a hop. */
  readonly self: Contact | null;
  /** Whether there is anything to begin from. */
  readonly canSeek: boolean;
  route(target: RingId, want: number, width: number): Route;
  /** Somebody has not answered. */
  lose(contact: Contact): void;
}
