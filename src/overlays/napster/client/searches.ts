/**
 * What we look for on our server. Answers name no question, so that questions follow one another; what comes that was not asked for, or is not what was asked
 * for, is dropped. Owns the searches that wait and the one that is asked.
 */

import { hexOf } from '../../../core/hex.ts';
import type { Search, SearchHit, SearchListener, SearchRequest } from '../../../wire/search-hit.ts';
import { fieldsOf } from '../frames.ts';
import { Type } from '../message-types.ts';
import { type Bound, type Comparison, formatQuery } from '../search-query.ts';
import { entryOf, wholeNumber } from '../shared-entry.ts';
import type { Alarm, Alarms } from './alarms.ts';
import { hitOf, kilobitsOf, linkOf, wordsOfName } from './found-file.ts';

/** What can be asked of Napster beyond what all networks know. */
export interface NapsterQuery extends SearchRequest {
  /** Kilobits a second of the holder's line. */
  readonly speedMin?: number;
  readonly speedMax?: number;
  readonly sampleRateMin?: number;
  readonly sampleRateMax?: number;
  readonly secondsMin?: number;
  readonly secondsMax?: number;
  /** Users of other servers are left out. */
  readonly isLocal?: boolean;
}

const WAITING_MAX = 64;
/** The server has all in memory: one that takes so long does not answer any more. */
const ANSWER_MS = 60_000;
const RESULTS_MAX = 2_000;

export interface SearchDesk {
  readonly alarms: Alarms;
  /** dialling: a server may be there in a moment. */
  readonly serverState: 'in' | 'dialling' | 'none';
  say(type: number, text: string): void;
  /** It has not answered. */
  onServerStuck(): void;
  /** It has said what nobody had asked for. */
  onDropped(type: number): void;
}

export class Searches {
  private readonly desk: SearchDesk;
  private readonly waiting: OneSearch[] = [];
  private asked: OneSearch | null = null;
  private readonly alarm: Alarm;
  /** Searches that end without having been asked are told so in an event of their own. */
  private readonly unasked: OneSearch[] = [];
  private readonly unaskedAlarm: Alarm;

  constructor(desk: SearchDesk) {
    this.desk = desk;
    this.alarm = desk.alarms.for({ onAlarm: () => desk.onServerStuck() });
    this.unaskedAlarm = desk.alarms.for({ onAlarm: () => this.unasked.splice(0).forEach((search) => search.end()) });
  }

  begin(query: NapsterQuery, listener: SearchListener): Search {
    const search = new OneSearch(query, listener);
    if (search.question === null || this.desk.serverState === 'none' || this.waiting.length >= WAITING_MAX) {
      this.unasked.push(search);
      this.unaskedAlarm.in(0);
    } else {
      this.waiting.push(search);
      this.next();
    }
    return search;
  }

  /** True: it is one of these. */
  onMessage(type: number, text: string): boolean {
    if (type === Type.result || type === Type.resumeResult) {
      if (this.asked?.onResult(type, fieldsOf(text)) !== true) this.desk.onDropped(type);
      return true;
    }
    if (type !== Type.resultsEnd && type !== Type.resumeEnd) return false;
    if (this.asked === null || this.asked.question?.endType !== type) this.desk.onDropped(type);
    else {
      const { asked } = this;
      this.asked = null;
      this.alarm.clear();
      asked.end();
      this.next();
    }
    return true;
  }

  onLoggedIn(): void {
    this.next();
  }

  /** There is no server any more: nobody answers what was asked. */
  onServerGone(): void {
    const all = [...(this.asked === null ? [] : [this.asked]), ...this.waiting];
    this.asked = null;
    this.waiting.length = 0;
    this.alarm.clear();
    for (const search of all) search.end();
  }

  private next(): void {
    while (this.asked === null && this.desk.serverState === 'in') {
      const search = this.waiting.shift();
      if (search === undefined) return;
      if (search.isOver || search.question === null) continue;
      this.asked = search;
      this.alarm.in(ANSWER_MS);
      this.desk.say(search.question.type, search.question.text);
    }
  }
}

interface Question {
  readonly type: number;
  readonly text: string;
  readonly endType: number;
}

class OneSearch implements Search {
  readonly question: Question | null;
  isOver = false;
  private readonly query: NapsterQuery;
  private readonly listener: SearchListener;
  private readonly seen = new Set<string>();
  private readonly limit: number;

  constructor(query: NapsterQuery, listener: SearchListener) {
    this.query = query;
    this.listener = listener;
    this.limit = Math.min(query.limit, RESULTS_MAX);
    this.question = questionOf(query, this.limit);
  }

  /** What the server still says of it goes nowhere. */
  stop(): void {
    this.isOver = true;
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.listener.onSearchEnd();
  }

  /** False: nothing that was asked for. */
  onResult(type: number, fields: readonly string[]): boolean {
    const hit = type === Type.result ? resultOf(fields) : this.resumedOf(fields);
    if (hit === null || this.question?.type !== (type === Type.result ? Type.search : Type.resume)) return false;
    const key = `${hit.holder.id.toLowerCase()} ${hit.holder.locator}`;
    if (this.seen.size >= this.limit || this.seen.has(key) || !this.isWanted(hit)) return false;
    this.seen.add(key);
    if (!this.isOver) this.listener.onHit(hit);
    return true;
  }

  /** `user ip port "file" checksum size speed`. */
  private resumedOf(fields: readonly string[]): SearchHit | null {
    const [nick, , , name, md5, bytes, link] = fields;
    const size = wholeNumber(bytes);
    if (nick === undefined || name === undefined || md5 === undefined || Number.isNaN(size)) return null;
    const hit = hitOf({ name, md5, bytes: size, bitRate: 0, frequency: 0, seconds: 0 }, nick, wholeNumber(link));
    const head = this.query.hashes?.head ?? null;
    const same = hit?.hashes.head !== null && head !== null && hit !== null && hexOf(hit.hashes.head) === hexOf(head);
    return same ? hit : null;
  }

  /** A server may know less than we have asked, and may say anything. */
  private isWanted(hit: SearchHit): boolean {
    const { query } = this;
    const { tags, bytes, kind, holder } = hit;
    const words = wordsOfName(holder.locator);
    const named = this.question?.type === Type.resume || query.words.every((word) => words.has(word));
    return (
      named &&
      !(query.without ?? []).some((word) => words.has(word)) &&
      (query.kind === undefined || query.kind === kind) &&
      isBetween(bytes, query.bytesMin, query.bytesMax) &&
      (this.question?.type === Type.resume ||
        (isBetween(tags.bitRate, query.bitRateMin, query.bitRateMax) &&
          isBetween(tags.sampleRate, query.sampleRateMin, query.sampleRateMax) &&
          isBetween(tags.seconds, query.secondsMin, query.secondsMax))) &&
      isBetween(holder.speed, floorSpeed(query.speedMin), query.speedMax)
    );
  }
}

/** `"name" md5 size bitrate freq length nick ip link`. */
function resultOf(fields: readonly string[]): SearchHit | null {
  const entry = entryOf(fields, 0);
  const [nick, , link] = fields.slice(6);
  return entry === null || nick === undefined ? null : hitOf(entry, nick, wholeNumber(link));
}

function questionOf(query: NapsterQuery, limit: number): Question | null {
  const { hashes, words, without = [] } = query;
  if (hashes !== null && hashes.head !== null && query.bytesMin !== undefined && query.bytesMin === query.bytesMax) {
    return { type: Type.resume, text: `${hexOf(hashes.head)} ${query.bytesMin}`, endType: Type.resumeEnd };
  }
  // Napster finds names, and the beginnings of files of a known length.
  if (words.length === 0) return null;
  const text = formatQuery({
    words,
    without,
    // Where we look again ourselves, what is left has to be enough.
    resultsMax: sievesMore(query) ? RESULTS_MAX : limit,
    linkSpeed: boundOf(query.speedMin, query.speedMax, linkOf),
    bitRate: boundOf(query.bitRateMin, query.bitRateMax),
    frequency: boundOf(query.sampleRateMin, query.sampleRateMax),
    bytes: boundOf(query.bytesMin, query.bytesMax),
    seconds: boundOf(query.secondsMin, query.secondsMax),
    isLocal: query.isLocal === true,
  });
  return { type: Type.search, text, endType: Type.resultsEnd };
}

/** Whether there is more to the query than a server can be asked. */
function sievesMore(query: NapsterQuery): boolean {
  const pairs = [
    [query.bytesMin, query.bytesMax],
    [query.bitRateMin, query.bitRateMax],
    [query.sampleRateMin, query.sampleRateMax],
    [query.secondsMin, query.secondsMax],
  ] as const;
  return query.kind !== undefined || pairs.some(([min, max]) => min !== undefined && max !== undefined && min !== max);
}

/** One bound can be asked for; where there are two, the lower one, and the other is seen to here. */
function boundOf(min: number | undefined, max: number | undefined, toUnit = Math.floor): Bound | null {
  const bound = (comparison: Comparison, value: number): Bound => ({ comparison, value: toUnit(value) });
  if (min !== undefined && min === max) return bound('EQUAL TO', min);
  if (min !== undefined && min > 0) return bound('AT LEAST', min);
  return max === undefined ? null : bound('AT BEST', Math.ceil(max));
}

function floorSpeed(kilobits: number | undefined): number | undefined {
  return kilobits === undefined ? undefined : kilobitsOf(linkOf(kilobits));
}

function isBetween(value: number, min = 0, max = Number.POSITIVE_INFINITY): boolean {
  return value >= min && value <= max;
}
