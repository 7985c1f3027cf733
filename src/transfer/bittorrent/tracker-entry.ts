/** What the announcer knows about one tracker of a torrent; owned and changed by the announcer alone. */

import type { HttpTrackerPeers } from '../../wire/tracker-http.ts';
import type { AnnounceAttempt } from './announce-attempt.ts';
import type { TrackerStatus } from './torrent-status.ts';
import { parseTrackerUrl, type TrackerUrl } from './tracker-url.ts';

/** A tracker that asks for more or less is not obeyed to the letter: a day without announces, or one a second, is a mistake. */
const INTERVAL_SECONDS_MIN = 10;
const INTERVAL_SECONDS_MAX = 7200;
const INTERVAL_SECONDS_DEFAULT = 1800;
/** Where the tracker names no least interval (UDP cannot). libtorrent and others use five minutes too. */
const MIN_INTERVAL_SECONDS_DEFAULT = 300;
const MINUTE_MS = 60_000;

export class TrackerEntry {
  readonly text: string;
  readonly url: TrackerUrl | null;
  readonly tier: number;
  state: TrackerStatus['state'] = 'idle';
  message = '';
  seeders = 0;
  leechers = 0;
  downloaders: number | null = null;
  trackerId: string | null = null;
  intervalMs = INTERVAL_SECONDS_DEFAULT * 1000;
  minIntervalMs = MIN_INTERVAL_SECONDS_DEFAULT * 1000;
  answeredMs = Number.NEGATIVE_INFINITY;
  /** When the latest announce came to an end, good or bad. */
  endedMs = Number.NEGATIVE_INFINITY;
  /** The tracker, or its scheme, rules out announces before this moment (BEP 31). */
  notBeforeMs = Number.NEGATIVE_INFINITY;
  /** It has been sent `started`, answered or not, and so is owed `stopped`. */
  askedToStart = false;
  toldStarted = false;
  toldCompleted = false;
  attempt: AnnounceAttempt | null = null;

  constructor(text: string, tier: number, fetches: boolean, introduces: boolean) {
    this.text = text;
    this.url = parseTrackerUrl(text);
    this.tier = tier;
    const fault =
      this.url === null
        ? 'no URL'
        : this.url.kind === 'other'
          ? 'unknown scheme'
          : this.url.kind === 'http' && !fetches
            ? 'no HTTP here'
            : this.url.kind === 'websocket' && !introduces
              ? 'WebRTC is not in use here'
              : '';
    if (fault === '') return;
    this.state = 'failed';
    this.message = fault;
    this.notBeforeMs = Number.POSITIVE_INFINITY;
  }

  onAnswer(answer: HttpTrackerPeers, nowMs: number): void {
    this.state = 'working';
    this.message = answer.warning ?? '';
    this.answeredMs = nowMs;
    this.endedMs = nowMs;
    this.seeders = answer.complete ?? this.seeders;
    this.leechers = answer.incomplete ?? this.leechers;
    this.trackerId = answer.trackerId ?? this.trackerId;
    const interval = clamp(answer.intervalSeconds ?? INTERVAL_SECONDS_DEFAULT, INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX);
    this.intervalMs = interval * 1000;
    this.minIntervalMs = clamp(answer.minIntervalSeconds ?? MIN_INTERVAL_SECONDS_DEFAULT, INTERVAL_SECONDS_MIN, interval) * 1000;
  }

  onFailure(message: string, retryInMinutes: number | null, nowMs: number): void {
    this.state = 'failed';
    this.message = message;
    this.endedMs = nowMs;
    if (retryInMinutes !== null) this.notBeforeMs = nowMs + retryInMinutes * MINUTE_MS;
  }

  /** A torrent that starts again introduces itself again. */
  reset(): void {
    this.askedToStart = false;
    this.toldStarted = false;
    this.toldCompleted = false;
    this.attempt = null;
    if (this.notBeforeMs !== Number.POSITIVE_INFINITY) this.state = 'idle';
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
