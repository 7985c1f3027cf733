/**
 * Getting together with holders of files (203, 204, 500): the server asks the holder, he has a place free or a queue, and then one of both is told where the other is. Owns the
 * meetings that are being arranged, by who and what they are for: an answer that nobody waits for is dropped.
 */

import type { Endpoint, Stream } from '../../../core/host.ts';
import { nickKey } from '../accounts.ts';
import { quoted } from '../frames.ts';
import { Type } from '../message-types.ts';
import { wholeNumber } from '../shared-entry.ts';
import type { Alarm, Alarms } from './alarms.ts';
import { toldEndpoint } from './told-endpoint.ts';

const MEETINGS_MAX = 256;
/** The holder's program answers by itself; a server that is held up takes longer. */
const ANSWER_MS = 45_000;
/** He dials us as soon as he has heard. */
const CALLER_MS = 30_000;

/** What one user has, under his name for it. */
export interface HeldFile {
  readonly nick: string;
  readonly fileName: string;
  readonly bytes: number;
}

/** Told once, by one of these; nothing after `cancel`. */
export interface MeetingListener {
  /** He can be dialled there. */
  onHolderAt(endpoint: Endpoint): void;
  /** He has dialled us, and has said what he brings: the offset is the next thing to be said on it. */
  onHolderCame(stream: Stream): void;
  /** His places are taken: so many may be served at once, as he says. */
  onHolderBusy(limit: number): void;
  onNoMeeting(why: string): void;
}

export interface MeetingDesk {
  readonly alarms: Alarms;
  readonly isOnline: boolean;
  /** Whether anybody can dial us. */
  readonly canBeDialled: boolean;
  /** The server that names addresses to us. */
  readonly serverEndpoint: Endpoint | null;
  say(type: number, text: string): void;
  onDropped(type: number): void;
  onMet(how: MeetingEnd): void;
}

/** As `NapsterEvent.met` has it. */
export const MeetingEnd = { at: 1, came: 2, busy: 3, none: 4 } as const;
export type MeetingEnd = (typeof MeetingEnd)[keyof typeof MeetingEnd];

export class Meetings {
  private readonly desk: MeetingDesk;
  private readonly pending = new Map<string, Meeting>();

  constructor(desk: MeetingDesk) {
    this.desk = desk;
  }

  get count(): number {
    return this.pending.size;
  }

  /** `isPush`: he could not be dialled, and shall come. Answers in a later event. */
  arrange(file: HeldFile, isPush: boolean, listener: MeetingListener): Meeting {
    const meeting = new Meeting(this, this.desk.alarms, file, listener);
    if (!this.desk.isOnline) meeting.failSoon('there is no index server at the moment');
    else if (this.pending.has(meeting.key)) meeting.failSoon('he is being asked for it already');
    else if (this.pending.size >= MEETINGS_MAX) meeting.failSoon('too many holders are being asked');
    else if (isPush && !this.desk.canBeDialled) meeting.failSoon('neither of both can be dialled');
    else {
      this.pending.set(meeting.key, meeting);
      if (isPush) this.ask(meeting);
      else this.desk.say(Type.download, `${file.nick} ${quoted(file.fileName)}`);
      meeting.wait(ANSWER_MS);
    }
    return meeting;
  }

  /** True: it is one of these. */
  onMessage(type: number, fields: readonly string[]): boolean {
    switch (type) {
      case Type.downloadReady:
        this.onReady(fields);
        return true;
      case Type.downloadFailed:
      case Type.uploadFailed:
        this.meetingOf(type, fields[0], fields[1])?.fail('he has it no more, or is gone');
        return true;
      case Type.queueLimitIs:
        this.meetingOf(type, fields[0], fields[1])?.busy(wholeNumber(fields[3]));
        return true;
      default:
        return false;
    }
  }

  /** Bytes of what he is expected with; null: he is not. */
  expects(nick: string, fileName: string): number | null {
    const meeting = this.pending.get(keyOf(nick, fileName));
    return meeting?.awaitsCaller === true ? meeting.file.bytes : null;
  }

  /** Somebody has come with a file: the stream is the meeting's. False: nobody waits for him. */
  onCaller(nick: string, fileName: string, stream: Stream): boolean {
    const meeting = this.pending.get(keyOf(nick, fileName));
    if (meeting === undefined || !meeting.awaitsCaller) return false;
    meeting.came(stream);
    return true;
  }

  onServerGone(): void {
    // Who is on his way to us comes without a server.
    for (const meeting of [...this.pending.values()]) if (!meeting.awaitsCaller) meeting.fail('the index server is gone');
  }

  forget(meeting: Meeting, how: MeetingEnd | null): void {
    if (how !== null) this.desk.onMet(how);
    if (this.pending.get(meeting.key) === meeting) this.pending.delete(meeting.key);
  }

  private onReady([nick = '', ip, port, fileName = '']: readonly string[]): void {
    const meeting = this.meetingOf(Type.downloadReady, nick, fileName);
    if (meeting === null) return;
    if (wholeNumber(port) === 0) {
      if (this.desk.canBeDialled) this.ask(meeting);
      else meeting.fail('neither of both can be dialled');
      return;
    }
    const endpoint = toldEndpoint(ip, port, this.desk.serverEndpoint);
    if (endpoint === null) meeting.fail('the server names an address at which nobody can be');
    else meeting.at(endpoint);
  }

  private ask(meeting: Meeting): void {
    const { nick, fileName } = meeting.file;
    meeting.awaitsCaller = true;
    meeting.wait(CALLER_MS);
    this.desk.say(Type.push, `${nick} ${quoted(fileName)}`);
  }

  private meetingOf(type: number, nick = '', fileName = ''): Meeting | null {
    const meeting = this.pending.get(keyOf(nick, fileName)) ?? null;
    if (meeting === null) this.desk.onDropped(type);
    return meeting;
  }
}

export class Meeting {
  readonly file: HeldFile;
  readonly key: string;
  awaitsCaller = false;
  private readonly owner: Meetings;
  private readonly listener: MeetingListener;
  private readonly alarm: Alarm;
  private isOver = false;
  private why = 'he does not answer';

  constructor(owner: Meetings, alarms: Alarms, file: HeldFile, listener: MeetingListener) {
    this.owner = owner;
    this.file = file;
    this.key = keyOfFile(file);
    this.listener = listener;
    this.alarm = alarms.for(this);
  }

  cancel(): void {
    this.over(null);
  }

  wait(ms: number): void {
    this.alarm.in(ms);
  }

  failSoon(why: string): void {
    this.why = why;
    this.alarm.in(0);
  }

  onAlarm(): void {
    this.fail(this.awaitsCaller ? 'he does not come' : this.why);
  }

  at(endpoint: Endpoint): void {
    if (this.over(MeetingEnd.at)) this.listener.onHolderAt(endpoint);
  }

  came(stream: Stream): void {
    if (this.over(MeetingEnd.came)) this.listener.onHolderCame(stream);
  }

  busy(limit: number): void {
    if (this.over(MeetingEnd.busy)) this.listener.onHolderBusy(Number.isNaN(limit) ? 0 : limit);
  }

  fail(why: string): void {
    if (this.over(MeetingEnd.none)) this.listener.onNoMeeting(why);
  }

  /** False: it was over before. */
  private over(how: MeetingEnd | null): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.alarm.clear();
    this.owner.forget(this, how);
    return true;
  }
}

/** By which a file of somebody is known; nicks are the same in either case. */
export function keyOfFile({ nick, fileName }: Pick<HeldFile, 'nick' | 'fileName'>): string {
  return keyOf(nick, fileName);
}

function keyOf(nick: string, fileName: string): string {
  return `${nickKey(nick)} ${fileName}`;
}
