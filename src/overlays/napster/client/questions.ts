/** What we ask the server about other users: who they are, what they share, how fast they are, whether they are there. Owns what is asked and not answered. */

import { type SharedEntry, entryOf, wholeNumber } from '../shared-entry.ts';
import { safeText } from '../../../wire/safe-text.ts';
import { nickKey } from '../accounts.ts';
import { fieldsOf } from '../frames.ts';
import { Type } from '../message-types.ts';
import type { Alarm, Alarms } from './alarms.ts';

const ANSWER_MS = 20_000;
const BROWSE_MS = 120_000;
const PENDING_MAX = 512;
const BROWSED_MAX = 5_000;
const TEXT_LENGTH_MAX = 200;

export interface UserFacts {
  readonly nick: string;
  readonly level: string;
  readonly seconds: number;
  readonly channels: readonly string[];
  readonly status: string;
  readonly files: number;
  readonly downloads: number;
  readonly uploads: number;
  readonly link: number;
  readonly client: string;
}

export interface WhoisListener {
  /** Null: he is not there, or nobody says. */
  onWhois(facts: UserFacts | null): void;
}

export interface SpeedListener {
  /** A number of LINK_NAMES; null: not there, or nobody says. */
  onSpeed(link: number | null): void;
}

export interface PongListener {
  /** Null: he does not answer. */
  onPong(roundTripMs: number | null): void;
}

export interface BrowseListener {
  onBrowsed(entry: SharedEntry): void;
  onBrowseEnd(): void;
}

export interface QuestionDesk {
  readonly alarms: Alarms;
  readonly isOnline: boolean;
  now(): number;
  onDropped(type: number): void;
  say(type: number, text: string): void;
}

/** Called with the fields of the answer, or null when there is none; true: it was the last one. */
type OnAnswer = (type: number, fields: readonly string[] | null) => boolean;

/** The answers that belong to each question, and where in them the nick is: always in front. */
const QUESTION_OF: Readonly<Record<number, number>> = {
  [Type.whoisIs]: Type.whois,
  [Type.whowas]: Type.whois,
  [Type.linkSpeedIs]: Type.linkSpeed,
  [Type.pong]: Type.ping,
  [Type.browsed]: Type.browse,
  [Type.browseEnd]: Type.browse,
};

export class Questions {
  private readonly desk: QuestionDesk;
  private readonly pending = new Map<string, Question>();

  constructor(desk: QuestionDesk) {
    this.desk = desk;
  }

  whois(nick: string, listener: WhoisListener): void {
    this.ask(Type.whois, nick, ANSWER_MS, (type, fields) => {
      listener.onWhois(fields === null || type !== Type.whoisIs ? null : factsOf(fields));
      return true;
    });
  }

  linkSpeed(nick: string, listener: SpeedListener): void {
    this.ask(Type.linkSpeed, nick, ANSWER_MS, (_type, fields) => {
      const link = wholeNumber(fields?.[1]);
      listener.onSpeed(fields === null || Number.isNaN(link) ? null : link);
      return true;
    });
  }

  ping(nick: string, waitMs: number, listener: PongListener): void {
    const askedMs = this.desk.now();
    this.ask(Type.ping, nick, waitMs, (_type, fields) => {
      listener.onPong(fields === null ? null : this.desk.now() - askedMs);
      return true;
    });
  }

  browse(nick: string, listener: BrowseListener): void {
    let count = 0;
    this.ask(Type.browse, nick, BROWSE_MS, (type, fields) => {
      if (type !== Type.browsed || fields === null) {
        listener.onBrowseEnd();
        return true;
      }
      const entry = entryOf(fields, 1);
      if (entry !== null && count++ < BROWSED_MAX) listener.onBrowsed(entry);
      return false;
    });
  }

  /** True: it is one of these. */
  onMessage(type: number, text: string): boolean {
    const question = QUESTION_OF[type];
    if (question === undefined) return false;
    const fields = fieldsOf(text);
    const asked = this.pending.get(keyOf(question, fields[0] ?? ''));
    if (asked === undefined) this.desk.onDropped(type);
    else asked.answer(type, fields);
    return true;
  }

  onServerGone(): void {
    for (const question of [...this.pending.values()]) question.onAlarm();
  }

  forget(question: Question): void {
    if (this.pending.get(question.key) === question) this.pending.delete(question.key);
  }

  private ask(type: number, nick: string, waitMs: number, onAnswer: OnAnswer): void {
    const question = new Question(this, this.desk.alarms, keyOf(type, nick), onAnswer);
    // Answers name no question: the same one twice at the same time could not be told apart, and the second is told that there is none.
    if (!this.desk.isOnline || this.pending.size >= PENDING_MAX || this.pending.has(question.key)) {
      question.wait(0);
      return;
    }
    this.pending.set(question.key, question);
    question.wait(waitMs);
    this.desk.say(type, nick);
  }
}

class Question {
  readonly key: string;
  private readonly owner: Questions;
  private readonly alarm: Alarm;
  private readonly onAnswer: OnAnswer;

  constructor(owner: Questions, alarms: Alarms, key: string, onAnswer: OnAnswer) {
    this.owner = owner;
    this.key = key;
    this.onAnswer = onAnswer;
    this.alarm = alarms.for(this);
  }

  wait(ms: number): void {
    this.alarm.in(ms);
  }

  answer(type: number, fields: readonly string[]): void {
    if (this.onAnswer(type, fields)) this.over();
  }

  onAlarm(): void {
    this.over();
    this.onAnswer(0, null);
  }

  private over(): void {
    this.alarm.clear();
    this.owner.forget(this);
  }
}

/** `nick "level" secs "channels" "status" shared dl ul link "client"`. */
function factsOf(fields: readonly string[]): UserFacts {
  const text = (at: number): string => safeText(fields[at] ?? '', TEXT_LENGTH_MAX);
  const number = (at: number): number => {
    const value = wholeNumber(fields[at]);
    return Number.isNaN(value) ? 0 : value;
  };
  return {
    nick: text(0),
    level: text(1),
    seconds: number(2),
    channels: text(3)
      .split(' ')
      .filter((name) => name !== ''),
    status: text(4),
    files: number(5),
    downloads: number(6),
    uploads: number(7),
    link: number(8),
    client: text(9),
  };
}

function keyOf(type: number, nick: string): string {
  return `${type} ${nickKey(nick)}`;
}
