/** A simulated world as a page watches it: the latest frame and where nodes lie, and what is asked of it. Owns the stream of events. */

import { ask } from '../api/ask.ts';
import { attempt } from '../shell/notices.svelte.ts';
import { type Deed, type Frame, frameOf, type LiveWorldView, type Places, type PlaceView, placesOf } from './shown.ts';

/** Moments of which the numbers are drawn. */
const HISTORY_MAX = 400;

export interface Moment {
  readonly atMs: number;
  readonly live: number;
  readonly sent: number;
}

export class WatchedWorld {
  readonly id: number;
  frame: Frame | null = $state.raw(null);
  places: Places | null = $state.raw(null);
  history: readonly Moment[] = $state.raw([]);
  /** The latest moment that was ever shown: the end of the timeline. */
  lastMs = $state(0);
  /** It runs no more. */
  ended = $state(false);
  chosen: number | null = $state(null);
  /** Of the chosen node. */
  tables: readonly PlaceView[] = $state.raw([]);
  #stream: EventSource | null = null;

  constructor(id: number) {
    this.id = id;
  }

  open(): void {
    const stream = new EventSource(`/api/v1/lab/worlds/${this.id}/frames`);
    this.#stream = stream;
    // What the node sends is in its own form.
    stream.addEventListener('places', ({ data }: MessageEvent<string>) => (this.places = placesOf(JSON.parse(data))));
    stream.addEventListener('frame', ({ data }: MessageEvent<string>) => this.#take(frameOf(JSON.parse(data))));
    stream.addEventListener('error', () => {
      if (stream.readyState === EventSource.CLOSED) this.ended = true;
    });
  }

  close(): void {
    this.#stream?.close();
    this.#stream = null;
  }

  play(speed: number): Promise<void> {
    return this.#tell('/play', { speed });
  }

  pause(): Promise<void> {
    return this.#tell('/pause');
  }

  step(): Promise<void> {
    return this.#tell('/step');
  }

  seek(atMs: number): Promise<void> {
    return this.#tell('/seek', { atMs: Math.max(0, Math.round(atMs)) });
  }

  act(deed: Deed): Promise<void> {
    return this.#tell('/acts', deed);
  }

  view(): Promise<LiveWorldView> {
    return ask('GET', `/lab/worlds/${this.id}`);
  }

  fork(): Promise<LiveWorldView> {
    return ask('POST', `/lab/worlds/${this.id}/fork`);
  }

  async end(): Promise<void> {
    this.close();
    await ask('DELETE', `/lab/worlds/${this.id}`);
  }

  /** The node whose tables are shown; null: none. */
  choose(node: number | null): void {
    this.chosen = node;
    this.tables = [];
    void this.lookAgain();
  }

  async lookAgain(): Promise<void> {
    const node = this.chosen;
    if (node === null || this.ended) return;
    const { places } = await ask<{ places: readonly PlaceView[] }>('GET', `/lab/worlds/${this.id}/nodes/${node}`).catch(() => ({
      places: [],
    }));
    if (this.chosen === node) this.tables = places;
  }

  #take(frame: Frame): void {
    const back = this.frame !== null && frame.nowMs < this.frame.nowMs;
    this.frame = frame;
    this.lastMs = Math.max(this.lastMs, frame.nowMs);
    const kept = back ? this.history.filter(({ atMs }) => atMs < frame.nowMs) : this.history;
    this.history = [...kept, { atMs: frame.nowMs, live: frame.live, sent: frame.sent }].slice(-HISTORY_MAX);
  }

  #tell(path: string, body?: unknown): Promise<void> {
    return attempt(() => ask('POST', `/lab/worlds/${this.id}${path}`, body === undefined ? {} : { body }));
  }
}
