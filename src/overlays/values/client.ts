/**
 * Who uses an overlay without being in it: keys through members that it knows by their address. It is nobody's neighbour, holds nothing and
 * answers nothing. Owns the members that it was told of; the overlay says how the owners of a key are found from them.
 */

import type { AskerOptions } from '../../core/asker.ts';
import type { Codec } from '../../core/codec.ts';
import type { Contact } from '../../core/contact.ts';
import type { Endpoint, Host, Peer, Protocol } from '../../core/host.ts';
import { equalIds } from '../../core/id160.ts';
import { AskWho, type WhoHandler, type WhoMessage } from '../../core/who.ts';
import type { ValueMessage } from './messages.ts';
import type { Replication } from './owners.ts';
import { TIMER_RPC } from './timer-kinds.ts';
import { ValueUser } from './user.ts';

/** How it stands with the addresses that the client was given. */
export type EntryState = 'asking' | 'found' | 'no-member' | 'nobody';

export interface EntryHandler {
  /** Once: a member has answered, or nobody has; `no-member`: somebody did who is in no overlay. */
  onEntry(state: EntryState): void;
}

export interface ClientOptions extends AskerOptions, Replication {
  /** Whom to ask. */
  readonly join: readonly Endpoint[];
}

/** Requests of the overlay's messages have a `unit`, answers a `transaction` alone: so they are told apart. */
export abstract class ValueClient<M extends { readonly tag: number }, O extends ClientOptions>
  extends ValueUser<M, O>
  implements Protocol, WhoHandler
{
  protected members: readonly Contact[] = [];
  private readonly handler: EntryHandler;
  private asked = 0;
  private answered = 0;
  private state: EntryState = 'asking';

  /** Of the options, replicas and quorums have to be those of the overlay. */
  constructor(host: Host, codec: Codec<M | ValueMessage | WhoMessage>, options: O, handler: EntryHandler) {
    super(host, codec, options, TIMER_RPC);
    this.handler = handler;
  }

  /** Whether there is anything to begin from. */
  get canSeek(): boolean {
    return this.members.length > 0;
  }

  start(): void {
    this.host.bind(this.codec, this);
    for (const endpoint of this.options.join) {
      this.asked++;
      new AskWho(this, endpoint, this).ask();
    }
    if (this.asked === 0) this.enter('nobody');
  }

  stop(): void {
    this.stopAsking();
  }

  inspect(): unknown {
    return { state: this.state, members: this.members.map((member) => member.hex), questions: this.rpc.pending };
  }

  /** Somebody has not answered. The last one is kept: it may have been a lost datagram, and there is nobody else to ask. */
  lose(contact: Contact): void {
    const left = this.members.filter((known) => !equalIds(known, contact));
    if (left.length > 0) this.members = left;
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) this.onRpcTimer();
  }

  /** Answers to our own questions; what others ask is not for us. */
  onDatagram(from: Peer, message: M | ValueMessage | WhoMessage): void {
    if ('transaction' in message && !('unit' in message)) this.rpc.reply(from, message.transaction, message);
  }

  onMember(member: Contact): void {
    if (this.members.every((known) => !equalIds(known, member))) this.members = [...this.members, member];
    this.answered++;
    this.enter('found');
  }

  onNoMember(there: boolean): void {
    this.asked--;
    if (there) this.answered++;
    if (this.asked === 0) this.enter(this.answered > 0 ? 'no-member' : 'nobody');
  }

  private enter(state: EntryState): void {
    if (this.state !== 'asking') return;
    this.state = state;
    this.handler.onEntry(state);
  }
}
