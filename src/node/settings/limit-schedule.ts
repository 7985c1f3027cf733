/**
 * Other limits by weekday and time of day: `mon-fri 08:00-18:00 up=200k down=1MB; sat,sun pause`. A plan of the minutes of a week,
 * made from text; knows no clock. Of two entries for one minute the first holds.
 */

import { parseBytes } from '../quantity.ts';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY_MINUTES = 24 * 60;
export const WEEK_MINUTES = 7 * DAY_MINUTES;
const ENTRIES_MAX = 100;
const CHARS_MAX = 10_000;

/** Bytes a second, 0 for no limit; null leaves what holds otherwise. */
export interface ScheduledLimits {
  readonly uploadRateMax: number | null;
  readonly downloadRateMax: number | null;
  /** Nothing moves at all. */
  readonly paused: boolean;
}

const AS_OTHERWISE: ScheduledLimits = { uploadRateMax: null, downloadRateMax: null, paused: false };

/** The text is no schedule; the message says which part, and what was expected. */
export class LimitScheduleError extends Error {
  override readonly name = 'LimitScheduleError';
}

interface Entry {
  readonly days: readonly number[];
  readonly startMinute: number;
  readonly minutes: number;
  readonly limits: ScheduledLimits;
}

export class LimitSchedule {
  /** What holds in each minute of the week, from Monday 00:00 on; the same object in all minutes of an entry. */
  private readonly plan: readonly ScheduledLimits[];

  /** Throws LimitScheduleError. An empty text is a schedule without entries. */
  constructor(text: string) {
    this.plan = planOf(text);
  }

  at(minuteOfWeek: number): ScheduledLimits {
    return this.plan[minuteOfWeek % WEEK_MINUTES] as ScheduledLimits;
  }

  /** How many minutes what holds now goes on to hold; null: for ever. */
  minutesUntilChange(minuteOfWeek: number): number | null {
    const now = this.at(minuteOfWeek);
    for (let minutes = 1; minutes <= WEEK_MINUTES; minutes++) if (this.at(minuteOfWeek + minutes) !== now) return minutes;
    return null;
  }
}

/** Why the text is no schedule, "expected …"; '' when it is one. */
export function scheduleProblem(text: string): string {
  try {
    planOf(text);
    return '';
  } catch (error) {
    if (error instanceof LimitScheduleError) return error.message;
    throw error;
  }
}

function planOf(text: string): ScheduledLimits[] {
  if (text.length > CHARS_MAX) throw new LimitScheduleError(`expected at most ${CHARS_MAX} characters, got ${text.length}`);
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length > ENTRIES_MAX) throw new LimitScheduleError(`expected at most ${ENTRIES_MAX} entries, got ${parts.length}`);
  const plan = new Array<ScheduledLimits>(WEEK_MINUTES).fill(AS_OTHERWISE);
  // The first comes last, so that it holds.
  for (const entry of parts.map(entryOf).reverse()) {
    for (const day of entry.days) {
      for (let minute = 0; minute < entry.minutes; minute++) {
        plan[(day * DAY_MINUTES + entry.startMinute + minute) % WEEK_MINUTES] = entry.limits;
      }
    }
  }
  return plan;
}

/** Of local time. */
export function minuteOfWeek(date: Date): number {
  return ((date.getDay() + 6) % 7) * DAY_MINUTES + date.getHours() * 60 + date.getMinutes();
}

function entryOf(text: string): Entry {
  const words = text.toLowerCase().split(/\s+/);
  const first = words[0] as string;
  const days = isAction(first) || /^\d/.test(first) ? [...DAYS.keys()] : daysOf(words.shift() as string, text);
  const times = /^\d/.test(words[0] ?? '') ? timesOf(words.shift() as string, text) : { startMinute: 0, minutes: DAY_MINUTES };
  return { days, ...times, limits: limitsOf(words, text) };
}

function isAction(word: string): boolean {
  return word === 'pause' || word.includes('=');
}

/** `mon-fri`, `sat,sun`, `fri-mon`, `daily`. */
function daysOf(word: string, entry: string): number[] {
  if (word === 'daily') return [...DAYS.keys()];
  const days: number[] = [];
  for (const part of word.split(',')) {
    const [from, to = from, ...more] = part.split('-');
    const [start, end] = [DAYS.indexOf(from as string), DAYS.indexOf(to as string)];
    if (start < 0 || end < 0 || more.length > 0) {
      throw new LimitScheduleError(`expected days like mon-fri, sat,sun or daily in '${entry}', got '${word}'`);
    }
    for (let day = start; ; day = (day + 1) % DAYS.length) {
      days.push(day);
      if (day === end) break;
    }
  }
  return days;
}

/** `08:00-18:00`; `22:00-06:00` ends on the next day. */
function timesOf(word: string, entry: string): { startMinute: number; minutes: number } {
  const match = /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(word);
  const [start, end] = match === null ? [-1, -1] : [minuteOf(match[1], match[2]), minuteOf(match[3], match[4])];
  if (start < 0 || end < 0 || start === DAY_MINUTES || start === end) {
    throw new LimitScheduleError(`expected times like 08:00-18:00 or 22:00-06:00 in '${entry}', got '${word}'`);
  }
  return { startMinute: start, minutes: end > start ? end - start : end + DAY_MINUTES - start };
}

/** -1 for what is no time; 24:00 is one. */
function minuteOf(hours = '', minutes = ''): number {
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= DAY_MINUTES ? minute : -1;
}

function limitsOf(words: readonly string[], entry: string): ScheduledLimits {
  const limits: { uploadRateMax: number | null; downloadRateMax: number | null; paused: boolean } = { ...AS_OTHERWISE };
  if (words.length === 0) throw new LimitScheduleError(`expected up=RATE, down=RATE or pause in '${entry}', got none of them`);
  for (const word of words) {
    const match = /^(up|down)=(.+)$/.exec(word);
    const rate = match === null ? null : parseBytes(match[2] as string);
    if (word === 'pause') limits.paused = true;
    else if (rate === null) throw new LimitScheduleError(`expected up=200k, down=1MB or pause in '${entry}', got '${word}'`);
    else if (match?.[1] === 'up') limits.uploadRateMax = rate;
    else limits.downloadRateMax = rate;
  }
  if (limits.paused && words.length > 1) throw new LimitScheduleError(`expected pause alone in '${entry}', got limits beside it`);
  return limits;
}
