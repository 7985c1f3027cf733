/**
 * A file from one holder at a time: those who have it are pinged, the nearest is asked first, and when he fails the next goes on where he stopped. Owns the way to the holder
 * who is at work. (Downloads from several at once, with hashes that prove what came, are not of Napster.)
 */

import type { Body, Endpoint, Stream } from '../../../core/host.ts';
import { nickKey } from '../accounts.ts';
import { Type } from '../message-types.ts';
import { type FetchOperation, NapsterFetch } from '../transfer/napster-fetch.ts';
import type { Alarm } from './alarms.ts';
import type { HeldFile, Meeting, MeetingListener } from './meetings.ts';
import type { NapsterClient } from './napster-client.ts';

/** Who does not answer a ping in this time is as good as far away. */
const PING_MS = 2_000;
const PINGED_MAX = 16;
const HOLDERS_MAX = 64;
/** A holder whose places are taken is asked again. */
const BUSY_MS = 30_000;
const RETRY_MS_MIN = 2_000;
const RETRY_MS_MAX = 60_000;
/** Without a byte between them. */
const FAILURES_MAX = 6;

export interface PlannedHolder {
  readonly nick: string;
  /** As he calls it. */
  readonly fileName: string;
  /** Kilobits a second, as he says. */
  readonly speed: number;
}

export interface DownloadPlan {
  readonly bytes: number;
  /** What is there already. */
  readonly offset: number;
  readonly holders: readonly PlannedHolder[];
}

/** After the last two, or a `cancel`, nothing more comes. */
export interface DownloadListener {
  /** In order, borrowed. False: no more until `resume`. */
  onDownloaded(body: Body, offset: number): boolean;
  onDownloadDone(): void;
  onDownloadFailed(why: string): void;
}

class TriedHolder {
  readonly holder: PlannedHolder;
  /** Infinite until he has answered. */
  roundTripMs = Number.POSITIVE_INFINITY;
  failures = 0;
  notBeforeMs = 0;
  /** Where he was dialled last. */
  endpoint: Endpoint | null = null;

  constructor(holder: PlannedHolder) {
    this.holder = holder;
  }
}

export class NapsterDownload implements MeetingListener, FetchOperation {
  readonly bytes: number;
  /** What has been told on. */
  offset: number;
  /** Who is at work, or was last. */
  nick = '';
  state: 'pinging' | 'asking' | 'fetching' | 'waiting' | 'over' = 'pinging';
  private readonly client: NapsterClient;
  private readonly listener: DownloadListener;
  private holders: TriedHolder[];
  private readonly alarm: Alarm;
  private current: TriedHolder | null = null;
  private meeting: Meeting | null = null;
  private fetch: NapsterFetch | null = null;
  /** The bytes of this fetch have begun to come. */
  private isComing = false;
  private isPush = false;
  private pongsMissing = 0;
  private lastWhy = 'nobody has it';

  constructor(client: NapsterClient, plan: DownloadPlan, listener: DownloadListener) {
    this.client = client;
    this.bytes = plan.bytes;
    this.offset = plan.offset;
    this.listener = listener;
    this.holders = plan.holders.slice(0, HOLDERS_MAX).map((holder) => new TriedHolder(holder));
    this.alarm = client.alarms.for(this);
  }

  start(): void {
    const pinged = this.holders.length > 1 && this.client.isOnline && this.offset < this.bytes ? this.holders.slice(0, PINGED_MAX) : [];
    if (pinged.length === 0) {
      this.alarm.in(0);
      return;
    }
    this.pongsMissing = pinged.length;
    for (const tried of pinged) {
      this.client.questions.ping(tried.holder.nick, PING_MS, {
        onPong: (roundTripMs) => {
          tried.roundTripMs = roundTripMs ?? Number.POSITIVE_INFINITY;
          if (--this.pongsMissing === 0 && this.state === 'pinging') this.next();
        },
      });
    }
  }

  /** One holder more; known ones cost nothing. */
  addHolder(holder: PlannedHolder): void {
    const isKnown = this.holders.some(
      ({ holder: other }) => nickKey(other.nick) === nickKey(holder.nick) && other.fileName === holder.fileName,
    );
    if (isKnown || this.holders.length >= HOLDERS_MAX || this.isOver) return;
    this.holders.push(new TriedHolder(holder));
    if (this.state === 'waiting') this.next();
  }

  resume(): void {
    this.fetch?.resume();
  }

  cancel(): void {
    this.over();
  }

  /** There is a server again. */
  onServer(): void {
    if (this.state !== 'waiting') return;
    for (const tried of this.holders) tried.notBeforeMs = Math.min(tried.notBeforeMs, this.client.now() + RETRY_MS_MIN);
    this.alarm.in(RETRY_MS_MIN);
  }

  onAlarm(): void {
    this.next();
  }

  // ---- the holder ------------------------------------------------------------------------------------------------------------

  private next(): void {
    if (this.isOver) return;
    if (this.offset === this.bytes) return this.done();
    this.current = null;
    const now = this.client.now();
    this.holders = this.holders.filter(({ failures }) => failures < FAILURES_MAX).sort(better);
    if (this.holders.length === 0) return this.fail(this.lastWhy);
    const ready = this.holders.find((tried) => tried.notBeforeMs <= now && (this.client.isOnline || tried.endpoint !== null));
    if (ready === undefined) {
      this.state = 'waiting';
      const soonest = Math.min(...this.holders.map(({ notBeforeMs }) => notBeforeMs));
      this.alarm.in(Math.max(RETRY_MS_MIN, soonest - now));
      return;
    }
    this.current = ready;
    this.nick = ready.holder.nick;
    this.isPush = false;
    // Without a server he is dialled where he was: whom he had let in he lets come back.
    if (this.client.isOnline) this.arrange(ready, false);
    else if (ready.endpoint !== null) this.onHolderAt(ready.endpoint);
  }

  private arrange({ holder }: TriedHolder, isPush: boolean): void {
    this.state = 'asking';
    this.isPush = isPush;
    const file: HeldFile = { nick: holder.nick, fileName: holder.fileName, bytes: this.bytes };
    this.meeting = this.client.meet(file, isPush, this);
  }

  onHolderAt(endpoint: Endpoint): void {
    if (this.current !== null) this.current.endpoint = endpoint;
    this.begin().dial(this.client.host, endpoint);
  }

  onHolderCame(stream: Stream): void {
    this.begin().take(stream);
  }

  onHolderBusy(): void {
    this.lastWhy = 'all places are taken';
    if (this.current !== null) this.current.notBeforeMs = this.client.now() + BUSY_MS;
    this.next();
  }

  onNoMeeting(why: string): void {
    this.setBack(why);
  }

  // ---- the bytes -------------------------------------------------------------------------------------------------------------

  onFetched(body: Body, offset: number): boolean {
    if (!this.isComing) {
      this.isComing = true;
      this.client.say(Type.downloading);
    }
    this.offset = offset + body.length;
    if (this.current !== null) this.current.failures = 0;
    return this.listener.onDownloaded(body, offset);
  }

  onFetchDone(): void {
    this.ended();
    this.done();
  }

  onFetchFailed(why: string, reached: boolean): void {
    this.ended();
    const { current } = this;
    if (reached || this.isPush || current === null || !this.client.isOnline) return this.setBack(why);
    // He may not know that nobody reaches him; then he can still come to us.
    this.client.reportUndialled(current.holder.nick);
    current.endpoint = null;
    if (this.client.canBeDialled) this.arrange(current, true);
    else this.setBack(why);
  }

  private begin(): NapsterFetch {
    this.state = 'fetching';
    this.meeting = null;
    this.isComing = false;
    const fileName = this.current?.holder.fileName ?? '';
    const wish = { ownNick: this.client.options.nick, fileName, bytes: this.bytes, offset: this.offset };
    this.fetch = new NapsterFetch(this.client.alarms, wish, this);
    return this.fetch;
  }

  private ended(): void {
    this.fetch = null;
    if (this.isComing) this.client.say(Type.downloaded);
    this.isComing = false;
  }

  private setBack(why: string): void {
    this.meeting = null;
    this.lastWhy = why;
    const { current } = this;
    if (current !== null) {
      current.notBeforeMs = this.client.now() + Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** current.failures);
      current.failures++;
    }
    this.next();
  }

  // ---- the end ---------------------------------------------------------------------------------------------------------------

  private get isOver(): boolean {
    return this.state === 'over';
  }

  private done(): void {
    if (this.over()) this.listener.onDownloadDone();
  }

  private fail(why: string): void {
    if (this.over()) this.listener.onDownloadFailed(why);
  }

  private over(): boolean {
    if (this.isOver) return false;
    this.state = 'over';
    this.alarm.clear();
    this.meeting?.cancel();
    if (this.fetch !== null) {
      this.fetch.cancel();
      this.ended();
    }
    this.client.downloads.delete(this);
    return true;
  }
}

/** Who answers sooner; among those who have not, whose line is faster. */
function better(a: TriedHolder, b: TriedHolder): number {
  if (a.roundTripMs !== b.roundTripMs) return a.roundTripMs < b.roundTripMs ? -1 : 1;
  return b.holder.speed - a.holder.speed;
}
