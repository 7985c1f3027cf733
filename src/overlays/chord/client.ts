/**
 * Who uses a ring without being in it: lookups and keys through members that it knows by their address (SIGCOMM 2001, section 4.3: a lookup
 * may begin at any node). It is nobody's neighbour, holds nothing and answers nothing. Owns the members that it was told of.
 */

import type { Host, Peer, Protocol } from '../../core/host.ts';
import { type AccessHandler, Get, Put } from './access.ts';
import { AskWho, type WhoHandler } from './ask-who.ts';
import { Asker, type Seeker } from './asker.ts';
import { CHORD_DEFAULTS, type ChordOptions, checkOptions } from './chord-options.ts';
import type { Contact } from './contact.ts';
import { Find, type FindHandler, type Hop } from './find.ts';
import { type ChordMessage, checkValue, chordCodec } from './messages.ts';
import { equalIds, idOfBytes, type RingId } from './ring-id.ts';
import type { Route } from './routing.ts';
import { TIMER_RPC } from './timer-kinds.ts';

/** How it stands with the addresses that the client was given. */
export type EntryState = 'asking' | 'found' | 'no-member' | 'nobody';

export interface EntryHandler {
  /** Once: a member has answered, or nobody has; `no-member`: somebody did who is in no ring. */
  onEntry(state: EntryState): void;
}

const NOTHING = new Uint8Array(0);
const NONE: readonly Contact[] = [];

export class ChordClient extends Asker implements Protocol, Seeker, WhoHandler {
  readonly self = null;
  private readonly handler: EntryHandler;
  private members: readonly Contact[] = NONE;
  private asked = 0;
  private answered = 0;
  private state: EntryState = 'asking';

  /** Of the options, `join` says whom to ask; replicas and quorums have to be those of the ring. */
  constructor(host: Host, options: ChordOptions = CHORD_DEFAULTS, handler: EntryHandler) {
    super(host, options);
    checkOptions(options);
    this.handler = handler;
  }

  get chord(): Asker {
    return this;
  }

  start(): void {
    this.host.bind(chordCodec, this);
    for (const endpoint of this.options.join) {
      this.asked++;
      new AskWho(this, endpoint, this).ask();
    }
    if (this.asked === 0) this.enter('nobody');
  }

  stop(): void {
    this.stopAsking();
  }

  // ---- what users do, once a member is found ---------------------------------------------------------------------------------

  lookup(target: Uint8Array, handler: FindHandler, want = 1): void {
    this.find(idOfBytes(target), want, handler, null);
  }

  /** A lookup that tells its way. */
  trace(target: Uint8Array, handler: FindHandler): void {
    this.find(idOfBytes(target), 1, handler, []);
  }

  get(key: Uint8Array, handler: AccessHandler): void {
    new Get(this, idOfBytes(key), handler).start();
  }

  /** The value is copied. Throws RangeError when it is longer than VALUE_BYTES_MAX. */
  put(key: Uint8Array, value: Uint8Array, handler: AccessHandler): void {
    checkValue(value);
    new Put(this, idOfBytes(key), value.slice(), false, handler).start();
  }

  remove(key: Uint8Array, handler: AccessHandler): void {
    new Put(this, idOfBytes(key), NOTHING, true, handler).start();
  }

  inspect(): unknown {
    return { state: this.state, members: this.members.map((member) => member.hex), questions: this.rpc.pending };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) this.onRpcTimer();
  }

  /** Answers to our own questions; what others ask is not for us. */
  onDatagram(from: Peer, message: ChordMessage): void {
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

  // ---- where its lookups begin -----------------------------------------------------------------------------------------------

  get canSeek(): boolean {
    return this.members.length > 0;
  }

  /** All that it knows: the lookup asks the nearest first. */
  route(_target: RingId, _want: number, width: number): Route {
    return { closer: this.members.slice(0, width), successors: NONE };
  }

  /** The last one is kept: it may have been a lost datagram, and there is nobody else to ask. */
  lose(contact: Contact): void {
    const left = this.members.filter((known) => !equalIds(known, contact));
    if (left.length > 0) this.members = left;
  }

  private find(target: RingId, want: number, handler: FindHandler, path: Hop[] | null): void {
    const { successors, endAtList } = this.options;
    new Find(this, target, { want: Math.min(want, successors), endAtList, confirm: true }, handler, path).start();
  }

  private enter(state: EntryState): void {
    if (this.state !== 'asking') return;
    this.state = state;
    this.handler.onEntry(state);
  }
}
