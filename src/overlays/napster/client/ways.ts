/**
 * Getting to one holder again and again, for who gets the bytes himself: dialled where the server says that he is; asked to come where nobody was there; without a server, dialled where he
 * was. Owns what is remembered of those that were reached for.
 */

import type { Endpoint, Stream } from '../../../core/host.ts';
import { Type } from '../message-types.ts';
import type { Alarms } from './alarms.ts';
import { type HeldFile, keyOfFile, type MeetingListener, type Meetings } from './meetings.ts';

/** The oldest is forgotten. */
const REMEMBERED_MAX = 1_000;
/** So many did not come, and nobody else has: nobody can dial us. */
const CALLS_MISSED_MAX = 3;

export interface WayDesk {
  readonly alarms: Alarms;
  readonly meetings: Meetings;
  readonly isOnline: boolean;
  readonly canBeDialled: boolean;
  /** Null: not known yet. */
  readonly isFirewalled: boolean | null;
  say(type: number, text?: string): void;
  reportUndialled(nick: string): void;
}

/** What becomes of a way that was told, by who went it. */
export interface WayNews {
  /** Nobody was there. */
  onUndialled(): void;
  /** Bytes come; and no more of them do. */
  onBegan(): void;
  onOver(): void;
}

/** Nothing is told after it. */
export interface Reach {
  cancel(): void;
}

interface Memory {
  /** Where he was said to be last, and perhaps still is. */
  endpoint: Endpoint | null;
  /** He could not be dialled there: the next time he shall come. */
  shallCome: boolean;
}

export class Ways {
  private readonly desk: WayDesk;
  private readonly memories = new Map<string, Memory>();
  /** Holders that were asked to come and did not, since the last that did. */
  private callsMissed = 0;

  constructor(desk: WayDesk) {
    this.desk = desk;
  }

  /** Answers in a later event. */
  reach(file: HeldFile, listener: MeetingListener): Reach {
    const { desk } = this;
    const memory = this.memoryOf(file);
    // Whom he had let in he lets come back.
    if (!desk.isOnline && memory.endpoint !== null) return this.goBack(memory.endpoint, listener);
    const isTried = desk.isFirewalled === false || this.callsMissed < CALLS_MISSED_MAX;
    const isPush = memory.shallCome && desk.canBeDialled && isTried;
    memory.shallCome = false;
    return desk.meetings.arrange(file, isPush, {
      onHolderAt: (endpoint: Endpoint) => {
        memory.endpoint = endpoint;
        listener.onHolderAt(endpoint);
      },
      onHolderCame: (stream: Stream) => {
        this.callsMissed = 0;
        listener.onHolderCame(stream);
      },
      onHolderBusy: (limit) => listener.onHolderBusy(limit),
      onNoMeeting: (why) => {
        if (isPush) this.callsMissed++;
        listener.onNoMeeting(why);
      },
    });
  }

  /** For who goes the way to that file. */
  newsOf(file: HeldFile): WayNews {
    const { desk } = this;
    return {
      onUndialled: () => {
        const memory = this.memoryOf(file);
        // He may not know that nobody reaches him; then he can still come to us.
        if (desk.isOnline) desk.reportUndialled(file.nick);
        memory.shallCome = true;
      },
      onBegan: () => desk.say(Type.downloading),
      onOver: () => desk.say(Type.downloaded),
    };
  }

  private goBack(endpoint: Endpoint, listener: MeetingListener): Reach {
    const alarm = this.desk.alarms.for({ onAlarm: () => listener.onHolderAt(endpoint) });
    alarm.in(0);
    return { cancel: () => alarm.clear() };
  }

  private memoryOf(file: HeldFile): Memory {
    const key = keyOfFile(file);
    const memory = this.memories.get(key) ?? { endpoint: null, shallCome: false };
    this.memories.delete(key);
    if (this.memories.size >= REMEMBERED_MAX) this.memories.delete(this.memories.keys().next().value as string);
    this.memories.set(key, memory);
    return memory;
  }
}
