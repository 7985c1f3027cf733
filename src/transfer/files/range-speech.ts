/**
 * What connections to holders have in common, whatever is spoken on them: where the next byte belongs and what is wanted, being held back, stalling, ending. Each
 * speech adds its words.
 */

import type { Body, CloseReason, Stream, StreamHandler } from '../../core/host.ts';
import { type Refusal, type SpeechListener, StallWatch } from './speech.ts';

/** What a speech needs of its holder. */
export interface SpeechPlace {
  readonly fileBytes: number;
  now(): number;
}

export abstract class RangeSpeech<M, H> implements StreamHandler<M, H> {
  protected readonly place: SpeechPlace;
  protected readonly listener: SpeechListener;
  protected readonly stall: StallWatch;
  protected stream: Stream | null = null;
  /** Of the file: where the next byte belongs, and where what is wanted ends. */
  protected at = 0;
  protected end = 0;
  protected isOver = false;
  private isPaused = false;

  constructor(place: SpeechPlace, listener: SpeechListener) {
    this.place = place;
    this.listener = listener;
    this.stall = new StallWatch(place.now());
  }

  /** Something is waited for that has to come. */
  protected abstract readonly isWaiting: boolean;
  abstract onMessage(message: M): void;
  abstract onBulk(head: H, body: Body): void;
  abstract onEnd(): void;
  /** Over, before all that was wanted has come. */
  protected abstract refuse(refusal: Refusal, detail: string): void;

  onOpen(stream: Stream): void {
    this.stream = stream;
    if (this.isPaused) stream.pause();
    if (this.isOver) stream.reset();
  }

  onDrain(): void {}

  onClose(reason: CloseReason, detail: string): void {
    if (!this.isOver) this.refuse(reason === 'malformed' ? 'other' : 'lost', detail === '' ? reason : `${reason} (${detail})`);
  }

  /** Of the body of an answer, what is wanted. */
  protected bring(body: Body): void {
    const wanted = Math.min(body.length, this.end - this.at);
    const { at } = this;
    this.at += wanted;
    if (wanted > 0) this.listener.onPart(at, wanted === body.length ? body : body.subarray(0, wanted));
  }

  protected over(): void {
    this.isOver = true;
    this.stream?.reset();
  }

  pause(): void {
    this.isPaused = true;
    this.stream?.pause();
  }

  resume(): void {
    if (!this.isPaused) return;
    this.isPaused = false;
    this.stall.restart(this.place.now());
    this.stream?.resume();
  }

  /** How long a connection takes to be there is the host's to bound. */
  tick(now: number): void {
    if (this.isPaused || this.isOver || this.stream === null || !this.isWaiting) this.stall.restart(now);
    else if (this.stall.hasStalled(now)) this.refuse('lost', 'stalled');
  }

  close(): void {
    if (!this.isOver) this.over();
  }
}
