/** A holder that speaks HTTP/1.1: Gnutella's, Gnutella2's and FastTrack's servents, and any web server. Owned by its holder in the download. */

import type { Body, Stream } from '../../core/host.ts';
import { httpBulkResponses, httpRequest, httpResponses } from '../../wire/http.ts';
import { HTTP_UNTIL_END, type HttpBodyEnd, type HttpResponse, httpBodyBytes, httpKeepsAlive, NO_BODY } from '../../wire/http-head.ts';
import { contentRange, formatRange } from '../../wire/http-range.ts';
import type { HttpAsk } from './holder-way.ts';
import { parseQueue, retrySecondsOf } from './queue-headers.ts';
import { RangeSpeech, type SpeechPlace } from './range-speech.ts';
import type { Refusal, Speech, SpeechListener } from './speech.ts';

/** Of an answer that was cut, so much is read to its end rather than open another connection. */
const DRAIN_BYTES_MAX = 128 * 1024;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What the download says in every request. */
export interface RequestHeaders extends SpeechPlace {
  /** Names in lower case; `host` is that of the address. */
  headers(): Map<string, string>;
}

export class HttpSpeech extends RangeSpeech<HttpResponse | HttpBodyEnd, HttpResponse> implements Speech {
  isOpenEnded = false;
  private readonly ask: HttpAsk;
  private readonly request: RequestHeaders;
  private readonly host: string;
  private state: 'idle' | 'asked' | 'body' | 'drain' | 'tree' = 'idle';
  private keepsAlive = true;
  /** As it was asked for: what is wanted may have become less since. */
  private askedEnd = 0;
  /** Bytes of the answer to come, HTTP_CHUNKED or HTTP_UNTIL_END. */
  private rest = 0;
  /** Asked for before the stream was there. */
  private pending: string | null = null;

  constructor(ask: HttpAsk, request: RequestHeaders, listener: SpeechListener, host: string) {
    super(request, listener);
    this.ask = ask;
    this.request = request;
    this.host = host;
  }

  protected override get isWaiting(): boolean {
    return this.state !== 'idle';
  }

  /** On a stream that somebody else has opened. */
  take(stream: Stream): void {
    this.stream = stream;
    stream.upgrade(httpBulkResponses, this);
    this.onOpen(stream);
  }

  // ---- asking --------------------------------------------------------------------------------------------------------------

  fetch(begin: number, end: number): void {
    this.at = begin;
    this.end = end;
    this.askedEnd = end;
    this.state = 'asked';
    this.say(this.ask.target, formatRange(begin, end));
  }

  cut(end: number): void {
    this.end = Math.min(this.end, end);
    if (this.state === 'body' && this.at >= this.end) this.partOver();
  }

  askTree(target: string): boolean {
    if (this.state !== 'idle' || this.stream === null) return false;
    this.state = 'tree';
    this.stream.upgrade(httpResponses, this);
    this.say(target, null);
    return true;
  }

  private say(target: string, range: string | null): void {
    this.stall.restart(this.request.now());
    if (this.stream === null) {
      this.pending = range;
      return;
    }
    const headers = new Map([...this.request.headers(), ['host', this.host]]);
    if (range !== null) headers.set('range', range);
    for (const [name, value] of this.ask.headers) headers.set(name.toLowerCase(), value);
    this.stream.send(httpRequest, { method: 'GET', target, minor: 1, headers, body: NO_BODY });
  }

  // ---- the stream ------------------------------------------------------------------------------------------------------------

  override onOpen(stream: Stream): void {
    super.onOpen(stream);
    if (this.isOver) return;
    if (this.pending !== null) this.say(this.ask.target, this.pending);
    this.pending = null;
  }

  onMessage(message: HttpResponse | HttpBodyEnd): void {
    if (this.isOver) return;
    if ('end' in message) return this.bodyOver();
    // 100 and 103 announce the answer.
    if (message.status < 200) return;
    this.keepsAlive = httpKeepsAlive(message);
    if (this.state === 'tree') return this.onTreeAnswer(message);
    if (this.state !== 'asked') return this.refuse('other', 'an answer that nobody asked for');
    this.listener.onTold(message.headers);
    if (this.isOver) return;
    const bodyBytes = httpBodyBytes(message);
    this.rest = bodyBytes < 0 ? bodyBytes : bodyBytes - message.body.length;
    const objection = this.begin(message);
    if (objection !== null) return this.refuse('other', objection);
    if (!this.isReceiving) return;
    // An empty answer is whole already; and what was asked for may not be wanted any more.
    if (this.rest === 0) this.bodyOver();
    else if (this.at >= this.end) this.partOver();
  }

  private get isReceiving(): boolean {
    return this.state === 'body' && !this.isOver;
  }

  /** Why this is no answer to what was asked for; null when it is one, or was dealt with. */
  private begin(head: HttpResponse): string | null {
    const { status, headers } = head;
    const location = headers.get('location');
    if (status === 206) {
      const range = contentRange(headers);
      if (range === null) return 'a part of nobody knows what';
      if (range.total !== null && range.total !== this.request.fileBytes) return `a file of ${range.total} bytes`;
      if (range.begin !== this.at || range.end > this.askedEnd) return `bytes ${range.begin} to ${range.end} that nobody asked for`;
      if (this.rest >= 0 && this.rest !== range.end - range.begin)
        return `${this.rest} bytes that are said to be ${range.end - range.begin}`;
      this.end = Math.min(this.end, range.end);
      this.state = 'body';
      return null;
    }
    if (status === 200) {
      if (this.rest >= 0 && this.rest !== this.request.fileBytes) return `a file of ${this.rest} bytes`;
      this.state = 'body';
      // He knows no ranges: what he sends begins at the beginning, and ends at the end.
      if (this.at > 0 || this.end < this.request.fileBytes) {
        this.isOpenEnded = true;
        this.at = 0;
        this.end = this.request.fileBytes;
        this.listener.onWhole(0);
      }
      return null;
    }
    const isOpen = this.keepsAlive && this.rest === 0;
    const detail = `${status} ${head.reason}`;
    if (REDIRECTS.has(status) && location !== undefined) {
      this.over();
      this.listener.onMoved(location);
    } else if (status === 503 || status === 429) this.notNow(head, isOpen, detail);
    else this.decline(status === 404 || status === 410 || status === 416 ? 'gone' : 'other', null, detail, isOpen);
    return null;
  }

  private notNow({ headers }: HttpResponse, isOpen: boolean, detail: string): void {
    const place = parseQueue(headers);
    const retry = retrySecondsOf(headers);
    if (place === null) return this.decline('busy', retry === null ? null : retry * 1000, detail, isOpen);
    if (isOpen) this.state = 'idle';
    else this.over();
    this.listener.onQueued(place, isOpen);
  }

  onBulk(_head: HttpResponse, body: Body): void {
    this.stall.came(body.length);
    if (this.rest > 0) this.rest -= body.length;
    if (this.isReceiving) {
      this.bring(body);
      // He may have been cut in it, or closed.
      if (this.isReceiving && this.at >= this.end && this.rest !== 0) this.partOver();
    }
    if (this.rest === 0) this.bodyOver();
  }

  onEnd(): void {
    if (this.isOver) return;
    if (this.rest === HTTP_UNTIL_END && this.state === 'body') {
      this.keepsAlive = false;
      return this.bodyOver();
    }
    this.refuse('lost', this.state === 'idle' ? 'closed' : 'closed before the end');
  }

  // ---- ends ----------------------------------------------------------------------------------------------------------------

  /** All that is wanted has come, and the answer goes on. */
  private partOver(): void {
    if (this.rest >= 0 && this.rest <= DRAIN_BYTES_MAX && this.keepsAlive) {
      this.state = 'drain';
      return;
    }
    this.over();
    this.listener.onPartDone(false);
  }

  private bodyOver(): void {
    const { state } = this;
    if (this.isOver || (state !== 'body' && state !== 'drain')) return;
    this.rest = 0;
    if (state === 'body' && this.at < this.end) return this.refuse('other', `ended ${this.end - this.at} bytes too early`);
    if (this.keepsAlive) this.state = 'idle';
    else this.over();
    this.listener.onPartDone(this.keepsAlive);
  }

  private onTreeAnswer(message: HttpResponse): void {
    const isOpen = this.keepsAlive;
    if (isOpen) {
      this.state = 'idle';
      this.stream?.upgrade(httpBulkResponses, this);
    } else this.over();
    this.listener.onTree(message.status === 200 ? message.body : null, isOpen);
  }

  protected override refuse(refusal: Refusal, detail: string): void {
    this.decline(refusal, null, detail, false);
  }

  private decline(refusal: Refusal, waitMs: number | null, detail: string, isOpen: boolean): void {
    const askedForTree = this.state === 'tree';
    if (isOpen) this.state = 'idle';
    else this.over();
    if (askedForTree) this.listener.onTree(null, isOpen);
    else this.listener.onRefused(refusal, waitMs, detail, isOpen);
  }
}
