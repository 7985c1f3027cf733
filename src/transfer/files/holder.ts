/**
 * One holder of the file that is being downloaded: found again and again by his way, spoken to, let rest when he is busy or not there, dropped when he has
 * nothing for us. Owned by the download, which gives him ranges.
 */

import { endpointIp, formatEndpoint } from '../../core/endpoint.ts';
import type { Body, Endpoint, Host, Stream } from '../../core/host.ts';
import { RateMeter } from '../../core/rate-meter.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import { httpBulkResponses } from '../../wire/http.ts';
import type { ByteRange } from '../../wire/http-range.ts';
import type { ByteRanges } from './byte-ranges.ts';
import type { FileAsk, HolderWay, HttpAsk, WayAttempt, WayListener } from './holder-way.ts';
import { HttpSpeech } from './http-speech.ts';
import { napsterHello } from './napster-lines.ts';
import { NapsterSpeech } from './napster-speech.ts';
import type { QueueCaller } from './push-desk.ts';
import type { QueuePlace } from './queue-headers.ts';
import type { Refusal, Speech, SpeechListener } from './speech.ts';

/** What a holder needs of his download. */
export interface HolderOwner {
  readonly host: Host;
  readonly fileBytes: number;
  headersFor(holder: Holder): Map<string, string>;
  onHolderPart(holder: Holder, at: number, body: Body): void;
  /** What he was asked for is over, in whatever way; or he has become a better or worse source. */
  onHolderFree(holder: Holder): void;
  /** He sends all of it, from that place on: where shall he stop? */
  onHolderWhole(holder: Holder, at: number): number;
  onHolderTold(holder: Holder, headers: HttpHeaders): void;
  onHolderTree(holder: Holder, message: Uint8Array | null): void;
  /** He may call when it is our turn in his queue; null: he cannot. */
  expectCall(queueId: string, holder: Holder): WayAttempt | null;
}

/** Failures in a row, without a byte between them, after which nobody is asked any more. */
const FAILURES_MAX = 6;
const REST_MS_MIN = 5_000;
const REST_MS_MAX = 600_000;
/** Of one who says that he is busy, and not for how long. */
const BUSY_MS = 60_000;
/** The same of one who has no place free, which costs him less to say than a connection: Napster's users. */
const NO_PLACE_MS = 30_000;
/** A push goes through a network, and the other side has to dial. */
export const REACH_MS_MAX = 30_000;
const IDLE_MS_MAX = 10_000;
/** After a holder of a part has said which. */
const RETELL_MS = 500;
/** What somebody has who is fetching the file himself is more by then. */
const AVAILABLE_MS_MAX = 10_000;
const MOVES_MAX = 5;

export type HolderState = 'resting' | 'reaching' | 'asked' | 'sending' | 'idle' | 'queued' | 'tree' | 'dropped';

export class Holder implements WayListener, SpeechListener, QueueCaller {
  readonly way: HolderWay;
  readonly meter = new RateMeter();
  state: HolderState = 'resting';
  /** What he has been asked for, of which the bytes before `at` have come. */
  range: { at: number; end: number } | null = null;
  sinceMs = 0;
  /** What he has; null: all, as far as is known. */
  available: ByteRanges | null = null;
  /** He is fetching it himself. */
  isPartial = false;
  /** Where he can be dialled, once that is known. */
  endpoint: Endpoint | null = null;
  /** Where his tree is to be had; null: nowhere, or it was asked for. */
  treeTarget: string | null = null;
  place: QueuePlace | null = null;
  /** For people. */
  detail = '';
  /** Not before then. */
  restUntilMs = 0;
  private readonly owner: HolderOwner;
  private attempt: WayAttempt | null = null;
  private speech: Speech | null = null;
  private failures = 0;
  private moves = 0;
  private toldMs = 0;
  /** This connection has brought a range, and may bring another. */
  private hasServed = false;
  /** Where the present range began. */
  private begunAt = 0;
  private paused = false;
  /** While he may call. */
  private call: WayAttempt | null = null;
  /** He has called: what is asked for next goes there. */
  private called: Stream | null = null;
  /** How he was asked where he was dialled last. */
  private ask: HttpAsk | null = null;

  constructor(owner: HolderOwner, way: HolderWay) {
    this.owner = owner;
    this.way = way;
  }

  get name(): string {
    return this.way.name;
  }

  /** He may be given something to do. */
  isFree(now: number): boolean {
    if (this.state === 'idle') return true;
    return (this.state === 'resting' || this.state === 'queued') && now >= this.restUntilMs;
  }

  get isOpenEnded(): boolean {
    return this.speech?.isOpenEnded === true;
  }

  /** Costs a connection, or is about to. */
  get isConnected(): boolean {
    return this.speech !== null || this.attempt !== null;
  }

  rate(now: number): number {
    return this.meter.rate(now);
  }

  // ---- what the download has him do ------------------------------------------------------------------------------------------

  fetch({ begin, end }: ByteRange): void {
    this.range = { at: begin, end };
    this.begunAt = begin;
    this.sinceMs = this.owner.host.now();
    if (this.speech !== null) {
      this.state = 'asked';
      this.speech.fetch(begin, end);
      return;
    }
    this.state = 'reaching';
    const { called, ask } = this;
    this.called = null;
    if (called !== null && ask !== null) return this.onStream(called, ask);
    // The answer may come from inside.
    const attempt = this.way.reach(this);
    if (this.speech === null && this.range !== null) this.attempt = attempt;
  }

  /** What he has been asked for ends earlier: somebody else brings the rest. */
  cut(end: number): void {
    if (this.range === null) return;
    this.range.end = Math.min(this.range.end, end);
    if (this.state === 'reaching') {
      if (this.range.at >= this.range.end) this.rest(REST_MS_MIN, 'not needed now');
    } else this.speech?.cut(this.range.end);
  }

  askTree(): boolean {
    const target = this.treeTarget;
    if (target === null || this.speech === null || this.state !== 'idle') return false;
    this.treeTarget = null;
    if (!this.speech.askTree(target)) return false;
    this.state = 'tree';
    this.sinceMs = this.owner.host.now();
    return true;
  }

  pause(): void {
    this.paused = true;
    this.speech?.pause();
  }

  resume(): void {
    this.paused = false;
    this.speech?.resume();
  }

  tick(now: number): void {
    if (this.available !== null && now - this.toldMs > AVAILABLE_MS_MAX && this.range === null) this.available = null;
    if (this.state === 'reaching' && this.attempt !== null && now - this.sinceMs > REACH_MS_MAX) return this.failed('no answer', null);
    if (this.state === 'idle' && now - this.sinceMs > IDLE_MS_MAX) return this.rest(0, '');
    this.speech?.tick(now);
  }

  /** He is asked no more, ever. */
  drop(why: string): void {
    if (this.state === 'dropped') return;
    this.hangUp();
    this.call?.cancel();
    this.range = null;
    this.state = 'dropped';
    this.detail = why;
  }

  // ---- how he is reached -----------------------------------------------------------------------------------------------------

  onAddress(endpoint: Endpoint, ask: FileAsk): void {
    if (this.state !== 'reaching') return;
    this.endpoint = endpoint;
    const { host } = this.owner;
    this.ask = ask.speech === 'http' ? ask : null;
    if (ask.speech === 'http') {
      const speech = this.httpSpeech(ask, formatEndpoint(endpoint));
      this.begin(speech);
      if (ask.secureName === undefined) host.connect(host.peer(endpoint), httpBulkResponses, speech);
      else host.connect(host.peer(endpoint), httpBulkResponses, speech, ask.secureName);
    } else {
      const speech = new NapsterSpeech(ask, this.info(), this);
      this.begin(speech);
      host.connect(host.peer(endpoint), napsterHello, speech);
    }
  }

  onStream(stream: Stream, ask: FileAsk): void {
    if (this.state !== 'reaching') return stream.reset();
    const speech = ask.speech === 'http' ? this.httpSpeech(ask, 'push') : new NapsterSpeech(ask, this.info(), this);
    speech.take(stream);
    this.begin(speech);
  }

  onUnreachable(why: string, isBusy = false): void {
    if (this.state !== 'reaching') return;
    if (isBusy) this.busy(why, NO_PLACE_MS, false);
    else this.failed(why, null);
  }

  private httpSpeech(ask: FileAsk & { readonly speech: 'http' }, host: string): HttpSpeech {
    return new HttpSpeech(ask, { ...this.info(), headers: () => this.owner.headersFor(this) }, this, host);
  }

  private info(): { readonly fileBytes: number; now(): number } {
    return { fileBytes: this.owner.fileBytes, now: () => this.owner.host.now() };
  }

  private begin(speech: Speech): void {
    this.attempt = null;
    this.call?.cancel();
    this.call = null;
    this.hasServed = false;
    this.speech = speech;
    this.state = 'asked';
    if (this.paused) speech.pause();
    if (this.range === null) return;
    // Each end costs him a connection: he shall go on as long as he can.
    if (speech.isOpenEnded) this.range.end = this.owner.onHolderWhole(this, this.range.at);
    speech.fetch(this.range.at, this.range.end);
  }

  // ---- what he says ----------------------------------------------------------------------------------------------------------

  onPart(at: number, body: Body): void {
    const now = this.owner.host.now();
    this.state = 'sending';
    this.place = null;
    this.failures = 0;
    this.meter.add(body.length, now);
    if (this.range !== null) this.range.at = at + body.length;
    this.owner.onHolderPart(this, at, body);
  }

  onPartDone(isOpen: boolean): void {
    this.range = null;
    this.hasServed = isOpen;
    this.settle(isOpen, 0, '');
  }

  onWhole(at: number): void {
    this.range = { at, end: this.owner.fileBytes };
    const end = this.owner.onHolderWhole(this, at);
    this.range = { at, end };
    this.speech?.cut(end);
  }

  onQueued(place: QueuePlace, isOpen: boolean): void {
    this.range = null;
    this.place = place;
    this.failures = 0;
    const { pollSecondsMin, pollSecondsMax } = place;
    const span = Math.max(0, pollSecondsMax - pollSecondsMin);
    // Early in the time that he gives, since the line may break; not at its very beginning, where clocks differ.
    const waitMs = (pollSecondsMin + span * (0.05 + 0.2 * this.owner.host.random.unit())) * 1000;
    if (!isOpen) this.awaitCall(place);
    this.settle(isOpen, waitMs, `queued, place ${place.position}`);
  }

  private awaitCall({ id }: QueuePlace): void {
    this.call?.cancel();
    this.call = id === '' ? null : this.owner.expectCall(id, this);
  }

  /** It is our turn, he says, and dials us. Nobody else can say so for him. */
  onCalled(stream: Stream, from: Endpoint): void {
    const isHe = this.endpoint !== null && endpointIp(this.endpoint) === endpointIp(from);
    if (!isHe || this.state !== 'resting' || this.called !== null) return stream.reset();
    this.called = stream;
    this.restUntilMs = 0;
    this.owner.onHolderFree(this);
    // There was nothing for him to bring.
    this.called?.reset();
    this.called = null;
  }

  onRefused(refusal: Refusal, waitMs: number | null, detail: string, isOpen: boolean): void {
    if (!isOpen) this.speech = null;
    if (refusal === 'lost' && this.closedAtRest()) return;
    if (refusal === 'other' || (refusal === 'gone' && this.available === null)) {
      this.drop(detail);
      this.owner.onHolderFree(this);
    } else if (refusal === 'busy') {
      this.busy(`busy: ${detail}`, waitMs ?? BUSY_MS, isOpen);
    } else if (refusal === 'gone') {
      // He has a part of the file, and the one that was asked for is none of it; now he has said which.
      this.range = null;
      if (++this.failures >= FAILURES_MAX) this.drop(detail);
      else this.settle(isOpen, this.available?.isEmpty === true ? BUSY_MS : RETELL_MS, detail);
    } else this.failed(detail, waitMs);
  }

  /** A connection that nobody was using, or that had served before and was closed just then, is no fault of his. */
  private closedAtRest(): boolean {
    const { range } = this;
    if (range !== null && !(this.hasServed && range.at === this.begunAt)) return false;
    this.hasServed = false;
    const untilMs = range === null ? this.restUntilMs : 0;
    if (range === null && this.place !== null) this.awaitCall(this.place);
    this.rest(0, this.detail);
    this.restUntilMs = untilMs;
    this.owner.onHolderFree(this);
    return true;
  }

  onTold(headers: HttpHeaders): void {
    this.toldMs = this.owner.host.now();
    this.isPartial = headers.has('x-available-ranges');
    this.owner.onHolderTold(this, headers);
  }

  onTree(message: Uint8Array | null, isOpen: boolean): void {
    this.settle(isOpen, 0, '', false);
    this.owner.onHolderTree(this, message);
    this.owner.onHolderFree(this);
  }

  onMoved(location: string): void {
    this.speech = null;
    if (++this.moves > MOVES_MAX || this.way.onMoved?.(location) !== true) this.drop(`sent elsewhere: ${location.slice(0, 80)}`);
    else this.rest(0, '');
    this.owner.onHolderFree(this);
  }

  // ---- ends ------------------------------------------------------------------------------------------------------------------

  private busy(detail: string, waitMs: number, isOpen: boolean): void {
    this.range = null;
    this.failures = 0;
    this.settle(isOpen, waitMs, detail);
  }

  private failed(detail: string, waitMs: number | null): void {
    this.failures++;
    if (this.failures >= FAILURES_MAX) this.drop(detail);
    else {
      const patience = Math.min(REST_MS_MAX, REST_MS_MIN * 2 ** (this.failures - 1));
      this.rest(waitMs ?? patience * (0.75 + 0.5 * this.owner.host.random.unit()), detail);
    }
    this.owner.onHolderFree(this);
  }

  private settle(isOpen: boolean, waitMs: number, detail: string, tells = true): void {
    const now = this.owner.host.now();
    this.detail = detail;
    this.sinceMs = now;
    if (!isOpen) this.rest(waitMs, detail);
    else {
      this.state = waitMs > 0 ? 'queued' : 'idle';
      this.restUntilMs = now + waitMs;
    }
    if (tells) this.owner.onHolderFree(this);
  }

  private rest(waitMs: number, detail: string): void {
    this.hangUp();
    this.range = null;
    this.state = 'resting';
    this.detail = detail;
    this.restUntilMs = this.owner.host.now() + waitMs;
  }

  private hangUp(): void {
    this.attempt?.cancel();
    this.attempt = null;
    this.speech?.close();
    this.speech = null;
  }
}
