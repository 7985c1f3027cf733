/** One connection to the upload server: answers its requests one after the other. It may have been opened by us, when we were asked to. Owned by the server. */

import { type BodyListener, BodySender } from '../../core/body-sender.ts';
import { endpointIp } from '../../core/endpoint.ts';
import type { Endpoint, Stream, StreamHandler } from '../../core/host.ts';
import { httpBodyPart, httpResponse } from '../../wire/http.ts';
import { type HttpRequest, type HttpResponse, httpKeepsAlive, NO_BODY } from '../../wire/http-head.ts';
import { type UploadAnswer, uploadAnswer } from './upload-answer.ts';
import { busyHead } from './upload-heads.ts';
import type { UploadServer } from './upload-server.ts';
import type { SlotTaker } from './upload-slots.ts';

const QUEUE_BYTES_MAX = 512 * 1024;
/** Between requests; and without taking anything of an answer. */
const IDLE_MS_MAX = 30_000;
const UNREAD_MS_MAX = 60_000;
/** So long the slot is kept for the next range: downloads come in many. */
const SLOT_IDLE_MS_MAX = 10_000;
/** Of one who waits for his turn, on top of when he should ask again. */
const TURN_GRACE_MS = 30_000;
const RETRY_SECONDS = 30;

export class UploadConnection implements StreamHandler<HttpRequest>, BodyListener, SlotTaker {
  readonly hostKey: string;
  readonly endpoint: Endpoint;
  readonly stream: Stream;
  private readonly server: UploadServer;
  private sender: BodySender<HttpResponse> | null = null;
  /** A request that came before the last one was answered. */
  private held: HttpRequest | null = null;
  private finished = false;
  private closes = false;
  private holdsSlot = false;
  private activeMs: number;
  private waitsMs = 0;
  private queuedBytes = 0;

  constructor(server: UploadServer, stream: Stream) {
    this.server = server;
    this.stream = stream;
    this.endpoint = server.host.endpoint(stream.peer);
    this.hostKey = endpointIp(this.endpoint);
    this.activeMs = server.host.now();
    stream.queueBytesMax = QUEUE_BYTES_MAX;
  }

  get isSending(): boolean {
    return this.sender !== null;
  }

  onOpen(): void {}
  onBulk(): void {}

  onMessage(request: HttpRequest): void {
    if (this.finished) return;
    this.activeMs = this.server.host.now();
    if (this.sender === null) return this.take(request);
    // One answer at a time: what else he asks for waits in his own memory.
    this.held = request;
    this.stream.pause();
  }

  private take(request: HttpRequest): void {
    const { server, stream } = this;
    server.requests++;
    const answer = uploadAnswer(server, request, this, this.endpoint);
    this.closes = answer.closes || !httpKeepsAlive(request) || (request.method !== 'GET' && request.method !== 'HEAD');
    this.waitsMs = answer.waitsMs;
    this.holdsSlot ||= answer.source !== null;
    const bytes = answer.range.end - answer.range.begin;
    const sender = new BodySender(server.turns, stream, this, bytes, httpBodyPart, answer.head);
    const reading = answer.source === null || bytes === 0 ? null : answer.source.open(answer.range.begin, answer.range.end, sender);
    if (answer.source !== null && bytes > 0 && reading === null) return this.refuse();
    this.say(answer, request.method === 'HEAD');
    if (reading === null) return this.answered();
    this.sender = sender;
    server.onUploadBegin(answer.source?.file ?? null, this.endpoint);
    sender.begin(reading);
  }

  private say({ head }: UploadAnswer, isHead: boolean): void {
    const headers = new Map([...head.headers, ['connection', this.closes ? 'close' : 'keep-alive']]);
    this.stream.send(httpResponse, { ...head, headers, body: isHead ? NO_BODY : head.body });
  }

  /** It cannot be read now. */
  private refuse(): void {
    this.closes = true;
    this.stream.send(httpResponse, busyHead(this.server.style, RETRY_SECONDS, [['connection', 'close']]));
    this.answered();
  }

  onDrain(): void {
    this.activeMs = this.server.host.now();
    this.sender?.onDrain();
  }

  onEnd(): void {
    this.closes = true;
    if (this.sender === null) this.finish();
  }

  onClose(): void {
    this.letGo();
  }

  onBodySent(bytes: number): void {
    this.server.sentBytes += bytes;
  }

  onBodyDone(): void {
    this.server.uploads++;
    this.answered();
  }

  onBodyLost(): void {
    this.drop();
  }

  private answered(): void {
    this.sender = null;
    this.activeMs = this.server.host.now();
    if (this.closes) return this.finish();
    const next = this.held;
    this.held = null;
    if (next === null) return;
    this.stream.resume();
    this.take(next);
  }

  tick(now: number): void {
    const queued = this.stream.queuedBytes;
    if (queued < this.queuedBytes) this.activeMs = now;
    this.queuedBytes = queued;
    const isBusy = this.sender !== null || queued > 0;
    // It has taken all that there is: we are the one who lets wait.
    if (this.sender !== null && this.sender.readingBytes > 0 && queued === 0) this.activeMs = now;
    const idleMs = now - this.activeMs;
    if (!isBusy && this.holdsSlot && idleMs > SLOT_IDLE_MS_MAX) {
      this.holdsSlot = false;
      this.server.slots.release(this);
    }
    const idleMsMax = this.waitsMs > 0 ? this.waitsMs + TURN_GRACE_MS : IDLE_MS_MAX;
    if (idleMs > (isBusy ? UNREAD_MS_MAX : idleMsMax)) this.drop();
  }

  finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.sender?.close();
    this.server.slots.left(this);
    this.stream.end();
  }

  drop(): void {
    this.stream.reset();
    this.letGo();
  }

  private letGo(): void {
    this.finished = true;
    this.sender?.close();
    this.sender = null;
    this.server.slots.left(this);
    this.server.closed(this);
  }
}
