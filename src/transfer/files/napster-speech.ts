/**
 * A holder that speaks Napster's few words: he sends from a place to the end of the file, once a connection, and what is wanted no more is cut off by
 * closing it. Owned by its holder in the download.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Body, CloseReason, Stream, StreamHandler } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { getText } from '../../overlays/napster/index.ts';
import type { NapsterAsk } from './holder-way.ts';
import { type NapsterAnswer, type NapsterBody, napsterDownload } from './napster-lines.ts';
import { type Speech, type SpeechListener, StallWatch } from './speech.ts';

export interface NapsterDownloadInfo {
  readonly fileBytes: number;
  now(): number;
}

export class NapsterSpeech implements Speech, StreamHandler<NapsterAnswer, NapsterBody> {
  readonly isOpenEnded = true;
  private readonly ask: NapsterAsk;
  private readonly info: NapsterDownloadInfo;
  private readonly listener: SpeechListener;
  private readonly stall: StallWatch;
  private stream: Stream | null = null;
  private state: 'greeting' | 'asked' | 'body' | 'over' = 'greeting';
  private paused = false;
  private at = 0;
  private end = 0;
  /** He has dialled, and waits for the place to begin at. */
  private isGiven = false;

  constructor(ask: NapsterAsk, info: NapsterDownloadInfo, listener: SpeechListener) {
    this.ask = ask;
    this.info = info;
    this.listener = listener;
    this.stall = new StallWatch(info.now());
  }

  /** On a stream on which he has said SEND. */
  take(stream: Stream): void {
    this.isGiven = true;
    this.stream = stream;
    stream.upgrade(napsterDownload(this.info.fileBytes, false), this);
  }

  fetch(begin: number, end: number): void {
    this.at = begin;
    this.end = end;
    this.stall.restart(this.info.now());
    if (!this.isGiven || this.stream === null) return;
    this.state = 'body';
    this.stream.send(rawBytes, new RawBytes(latin1Bytes(String(begin))));
  }

  cut(end: number): void {
    this.end = Math.min(this.end, end);
    if (this.state === 'body' && this.at >= this.end) this.partOver();
  }

  askTree(): boolean {
    return false;
  }

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (this.paused) stream.pause();
    if (this.state === 'over') stream.reset();
  }

  onMessage(message: NapsterAnswer): void {
    if (this.state === 'greeting') return this.onHello();
    if (this.state !== 'asked') return;
    if ('refused' in message) return this.refuse('gone', message.refused.toLowerCase());
    this.state = 'body';
  }

  private onHello(): void {
    const { stream, ask } = this;
    if (stream === null) return;
    this.state = 'asked';
    stream.upgrade(napsterDownload(this.info.fileBytes, true), this);
    stream.send(rawBytes, new RawBytes(utf8Bytes(getText(ask.nick, ask.fileName, this.at))));
  }

  onBulk(_head: NapsterBody, body: Body): void {
    // Where messages are passed on, the size is one with the first bytes.
    if (this.state === 'asked') this.state = 'body';
    if (this.state !== 'body') return;
    this.stall.came(body.length);
    const wanted = Math.min(body.length, this.end - this.at);
    const at = this.at;
    this.at += wanted;
    if (wanted > 0) this.listener.onPart(at, wanted === body.length ? body : body.subarray(0, wanted));
    if (this.state === 'body' && this.at >= this.end) this.partOver();
  }

  onDrain(): void {}

  onEnd(): void {
    if (this.state !== 'over') this.refuse('lost', `ended ${this.end - this.at} bytes too early`);
  }

  onClose(reason: CloseReason, detail: string): void {
    if (this.state !== 'over') this.refuse(reason === 'malformed' ? 'other' : 'lost', detail === '' ? reason : `${reason} (${detail})`);
  }

  private partOver(): void {
    this.over();
    this.listener.onPartDone(false);
  }

  private refuse(refusal: 'gone' | 'other' | 'lost', detail: string): void {
    this.over();
    this.listener.onRefused(refusal, null, detail, false);
  }

  private over(): void {
    this.state = 'over';
    this.stream?.reset();
  }

  pause(): void {
    this.paused = true;
    this.stream?.pause();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.stall.restart(this.info.now());
    this.stream?.resume();
  }

  tick(now: number): void {
    if (this.paused) this.stall.restart(now);
    else if (this.state !== 'over' && this.stall.hasStalled(now)) this.refuse('lost', 'stalled');
  }

  close(): void {
    if (this.state !== 'over') this.over();
  }
}
