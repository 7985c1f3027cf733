/**
 * Sending what others ask for: who is let in (607), who is told of the queue (619), who comes for it (GET) and to whom we bring it (501, SEND). Owns the tickets of those that were
 * let in, the uploads, and those who have just come.
 */

import type { BudgetTurns } from '../../../core/budget-turns.ts';
import { endpointIp } from '../../../core/endpoint.ts';
import { NapsterEvent } from '../../../core/events.ts';
import type { Endpoint, Host, Peer, Stream } from '../../../core/host.ts';
import type { SharedFile } from '../../../wire/shared-file.ts';
import { nickKey } from '../accounts.ts';
import { quoted } from '../frames.ts';
import { Type } from '../message-types.ts';
import { type IncomingDesk, IncomingPeer } from '../transfer/incoming-peer.ts';
import { NapsterUpload, type SharedBytes, type UploadOwner } from '../transfer/napster-upload.ts';
import { OutgoingPush, type PushOwner } from '../transfer/outgoing-push.ts';
import { type FileTransferAsk, REFUSALS, type TransferAsk } from '../transfer/transfer-texts.ts';
import type { Alarms } from './alarms.ts';
import type { NapsterClientOptions } from './client-options.ts';
import type { Looks } from './looks.ts';
import type { Meetings } from './meetings.ts';
import { toldEndpoint } from './told-endpoint.ts';
import type { PushedCalls } from './pushed-calls.ts';
import type { ShareList } from './share-list.ts';
import type { ShownLists } from './shown-lists.ts';

/** For who was let in a place is kept so long. */
const PLACE_MS = 30_000;
/** He may come so much later, where there is a place; and come back so long after his connection broke. */
const TICKET_MS = 120_000;
const TICKETS_MAX = 512;
const INCOMING_MAX = 128;
const INCOMING_PER_PLACE_MAX = 8;

export interface UploadDesk {
  readonly host: Host;
  readonly alarms: Alarms;
  readonly options: NapsterClientOptions;
  readonly shares: ShareList;
  readonly meetings: Meetings;
  readonly looks: Looks;
  readonly shownLists: ShownLists;
  readonly pushedCalls: PushedCalls;
  readonly content: SharedBytes;
  readonly turns: BudgetTurns;
  readonly serverEndpoint: Endpoint | null;
  say(type: number, text?: string): void;
  /** Somebody has dialled us: others can, too. */
  onDialled(): void;
}

interface Ticket {
  readonly placeUntilMs: number;
  readonly untilMs: number;
}

export class Uploads implements UploadOwner, PushOwner, IncomingDesk {
  readonly alarms: Alarms;
  readonly content: SharedBytes;
  readonly turns: BudgetTurns;
  /** Files that went out to their end, or as far as the other wanted. */
  done = 0;
  sentBytes = 0;
  private readonly desk: UploadDesk;
  /** By who and what. */
  private readonly tickets = new Map<string, Ticket>();
  private readonly active = new Set<NapsterUpload>();
  private readonly pushes = new Set<OutgoingPush>();
  private readonly incoming = new Set<IncomingPeer>();

  constructor(desk: UploadDesk) {
    this.desk = desk;
    this.alarms = desk.alarms;
    this.content = desk.content;
    this.turns = desk.turns;
  }

  get count(): number {
    return this.active.size;
  }

  now(): number {
    return this.desk.host.now();
  }

  stop(): void {
    for (const upload of [...this.active]) upload.cancel();
    for (const push of [...this.pushes]) push.cancel();
    for (const peer of [...this.incoming]) peer.drop();
  }

  /** True: it is one of these. */
  onMessage(type: number, fields: readonly string[]): boolean {
    if (type === Type.uploadRequest) this.onRequest(fields[0] ?? '', fields[1] ?? '');
    else if (type === Type.pushReady) this.onPush(fields);
    else return false;
    return true;
  }

  // ---- asked by the server ---------------------------------------------------------------------------------------------------

  private onRequest(nick: string, name: string): void {
    const { desk } = this;
    const file = desk.shares.fileOf(name);
    if (file === null) {
      desk.say(Type.uploadFailed, `${nick} ${quoted(name)}`);
      return;
    }
    const key = keyOf(nick, file.id);
    // Who asks for what he is being sent has lost that connection, and comes back to his place.
    if (!this.isServed(key) && !this.isExpected(key) && !this.hasPlaceFor(nick)) {
      desk.say(Type.queueLimit, `${nick} ${quoted(name)} ${desk.options.uploadSlots}`);
      return;
    }
    this.tickets.set(key, { placeUntilMs: this.now() + PLACE_MS, untilMs: this.now() + TICKET_MS });
    desk.say(Type.uploadAccept, `${nick} ${quoted(name)}`);
  }

  /** `nick ip port "file" md5 speed`: he cannot come, and waits for us. */
  private onPush([nick = '', ip, port, name = '']: readonly string[]): void {
    const { desk } = this;
    const file = desk.shares.fileOf(name);
    const endpoint = toldEndpoint(ip, port, desk.serverEndpoint);
    if (file === null || endpoint === null) return;
    // Who was let in has his place; who comes without having asked needs one.
    if (!this.isExpected(keyOf(nick, file.id)) && !this.hasPlaceFor(nick)) return;
    if (!desk.pushedCalls.begin(this.now())) return;
    const push = new OutgoingPush(this, nick, file, desk.options.nick, name);
    this.pushes.add(push);
    push.dial(desk.host, endpoint);
  }

  /** Those that are kept for who was let in are taken. */
  private hasPlaceFor(nick: string): boolean {
    const { uploadSlots, uploadsPerUserMax } = this.desk.options;
    const now = this.now();
    let taken = this.active.size + this.pushes.size;
    let own = 0;
    for (const upload of this.active) if (nickKey(upload.nick) === nickKey(nick)) own++;
    for (const [key, { untilMs }] of this.tickets) {
      if (untilMs <= now) this.tickets.delete(key);
      else if (this.isExpected(key) && !this.isServed(key)) {
        taken++;
        if (key.startsWith(`${nickKey(nick)} `)) own++;
      }
    }
    return taken < uploadSlots && own < uploadsPerUserMax && this.tickets.size < TICKETS_MAX;
  }

  /** A place is kept for him. */
  private isExpected(key: string): boolean {
    return (this.tickets.get(key)?.placeUntilMs ?? 0) > this.now();
  }

  /** He was let in, and finds his place, or a free one. */
  private mayTake(nick: string, { id }: SharedFile): boolean {
    const key = keyOf(nick, id);
    const isAdmitted = (this.tickets.get(key)?.untilMs ?? 0) > this.now();
    return isAdmitted && (this.isExpected(key) || this.isServed(key) || this.hasPlaceFor(nick));
  }

  private isServed(key: string): boolean {
    for (const upload of this.active) if (keyOf(upload.nick, upload.file.id) === key) return true;
    return false;
  }

  // ---- those who come --------------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): IncomingPeer | null {
    const place = endpointIp(this.desk.host.endpoint(peer));
    let same = 0;
    for (const other of this.incoming) if (other.place === place) same++;
    if (this.incoming.size >= INCOMING_MAX || same >= INCOMING_PER_PLACE_MAX) return null;
    const incoming = new IncomingPeer(this, place);
    this.incoming.add(incoming);
    return incoming;
  }

  onIncomingOver(peer: IncomingPeer): void {
    this.incoming.delete(peer);
  }

  bytesOf(ask: FileTransferAsk): number | null {
    if (ask.kind === 'get') return this.desk.shares.fileOf(ask.name)?.bytes ?? null;
    return this.desk.meetings.expects(ask.nick, ask.name);
  }

  onAsk(ask: TransferAsk, stream: Stream): string | null {
    this.desk.onDialled();
    if (ask.kind === 'get-list') return this.desk.shownLists.onGetList(stream) ? null : REFUSALS.invalid;
    if (ask.kind === 'send-list') return this.desk.looks.onCaller(ask.nick, stream) ? null : REFUSALS.invalid;
    if (ask.kind === 'send') {
      const isRight = this.desk.meetings.expects(ask.nick, ask.name) === ask.bytes;
      return isRight && this.desk.meetings.onCaller(ask.nick, ask.name, stream) ? null : REFUSALS.invalid;
    }
    const file = this.desk.shares.fileOf(ask.name);
    if (file === null) return REFUSALS.unshared;
    if (!this.mayTake(ask.nick, file) || ask.offset > file.bytes) return REFUSALS.invalid;
    return this.send(ask.nick, file, ask.offset, stream, true) ? null : REFUSALS.unshared;
  }

  onPushAnswered(push: OutgoingPush, stream: Stream, offset: number): void {
    this.onPushOver(push);
    if (!this.send(push.nick, push.file, offset, stream, false)) stream.reset();
  }

  onPushOver(push: OutgoingPush): void {
    if (this.pushes.delete(push)) this.desk.pushedCalls.over();
  }

  onUploadOver(upload: NapsterUpload): void {
    if (!this.active.delete(upload)) return;
    this.desk.host.tap(NapsterEvent.uploadOver, this.active.size, upload.sentBytes, upload.isComplete ? 1 : 0);
    this.done++;
    this.sentBytes += upload.sentBytes;
    this.desk.say(Type.uploaded);
    const key = keyOf(upload.nick, upload.file.id);
    // Who has all of it needs no ticket; who has not may come back.
    if (upload.isComplete) this.tickets.delete(key);
    else if (this.tickets.size < TICKETS_MAX) this.tickets.set(key, { placeUntilMs: 0, untilMs: this.now() + TICKET_MS });
  }

  private send(nick: string, file: SharedFile, offset: number, stream: Stream, tellsSize: boolean): boolean {
    const key = keyOf(nick, file.id);
    // The first connection of somebody who has come back is dead, though nobody may have told us.
    for (const other of [...this.active]) if (keyOf(other.nick, other.file.id) === key) other.cancel();
    const upload = new NapsterUpload(this, nick, file, offset);
    const ticket = this.tickets.get(key);
    if (ticket !== undefined) this.tickets.set(key, { ...ticket, placeUntilMs: 0 });
    this.active.add(upload);
    this.desk.host.tap(NapsterEvent.uploadBegan, this.active.size, file.bytes - offset, 0);
    this.desk.say(Type.uploading);
    if (upload.start(stream, tellsSize)) return true;
    this.onUploadOver(upload);
    return false;
  }
}

function keyOf(nick: string, id: number): string {
  return `${nickKey(nick)} ${id}`;
}
