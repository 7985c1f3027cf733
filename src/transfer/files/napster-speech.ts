/**
 * A holder that speaks Napster's few words: he sends from a place to the end of the file, once a connection, and what is wanted no more is cut off by
 * closing it. Owned by its holder in the download.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import type { Body, Stream } from '../../core/host.ts';
import { RawBytes, rawBytes } from '../../core/raw-bytes.ts';
import { utf8Bytes } from '../../core/utf8.ts';
import { getText, REFUSALS } from '../../overlays/napster/index.ts';
import type { NapsterAsk } from './holder-way.ts';
import { type NapsterAnswer, type NapsterBody, napsterDownload } from './napster-lines.ts';
import { RangeSpeech, type SpeechPlace } from './range-speech.ts';
import type { Refusal, Speech, SpeechListener } from './speech.ts';

export class NapsterSpeech extends RangeSpeech<NapsterAnswer, NapsterBody> implements Speech {
  readonly isOpenEnded = true;
  private readonly ask: NapsterAsk;
  private state: 'greeting' | 'asked' | 'body' = 'greeting';
  /** He has dialled, and waits for the place to begin at. */
  private isGiven = false;
  /** Bytes have come, which the network has been told. */
  private hasBegun = false;

  constructor(ask: NapsterAsk, place: SpeechPlace, listener: SpeechListener) {
    super(place, listener);
    this.ask = ask;
  }

  protected override get isWaiting(): boolean {
    return true;
  }

  /** On a stream on which he has said SEND. */
  take(stream: Stream): void {
    this.isGiven = true;
    this.stream = stream;
    stream.upgrade(napsterDownload(this.place.fileBytes, false), this);
  }

  fetch(begin: number, end: number): void {
    this.at = begin;
    this.end = end;
    this.stall.restart(this.place.now());
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

  onMessage(message: NapsterAnswer): void {
    if (this.isOver) return;
    if (this.state === 'greeting') return this.onHello();
    if (this.state !== 'asked') return;
    if ('refused' in message) this.onRefused(message.refused);
    else this.state = 'body';
  }

  private onHello(): void {
    const { stream, ask } = this;
    if (stream === null) return;
    this.state = 'asked';
    stream.upgrade(napsterDownload(this.place.fileBytes, true), this);
    stream.send(rawBytes, new RawBytes(utf8Bytes(getText(ask.nick, ask.fileName, this.at))));
  }

  /** Who is not let in any more, since he has come too late, may be let in again. */
  private onRefused(text: string): void {
    this.refuse(text === REFUSALS.invalid ? 'lost' : 'gone', text.toLowerCase());
  }

  onBulk(_head: NapsterBody, body: Body): void {
    // Where messages are passed on, the size is one with the first bytes.
    if (this.state === 'asked') this.state = 'body';
    if (this.isOver || this.state !== 'body') return;
    if (!this.hasBegun) {
      this.hasBegun = true;
      this.ask.news?.onBegan();
    }
    this.stall.came(body.length);
    this.bring(body);
    if (!this.isOver && this.at >= this.end) this.partOver();
  }

  onEnd(): void {
    if (!this.isOver) this.refuse('lost', `ended ${this.end - this.at} bytes too early`);
  }

  private partOver(): void {
    this.over();
    this.listener.onPartDone(false);
  }

  protected override refuse(refusal: Refusal, detail: string): void {
    if (this.stream === null) this.ask.news?.onUndialled();
    this.over();
    this.listener.onRefused(refusal, null, detail, false);
  }

  protected override over(): void {
    super.over();
    if (this.hasBegun) this.ask.news?.onOver();
    this.hasBegun = false;
  }
}
