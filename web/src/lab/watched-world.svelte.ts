/** A simulated world as a page watches it: the latest frame and where nodes lie, and what is asked of it. Owns the stream of events. */

import { ask } from '../api/ask.ts';
import { attempt } from '../shell/notices.svelte.ts';
import {
  type Deed,
  type Frame,
  frameOf,
  type LiveSearch,
  type LiveWorldView,
  type NodeView,
  type Places,
  placesOf,
  type SearchTrailView,
  trailOf,
} from './shown.ts';

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
  tables: readonly NodeView[] = $state.raw([]);
  /** The search that is looked at; null: the last one. */
  searchNumber: number | null = $state(null);
  /** Of that search; null before there is one, and when none is to be shown. */
  trail: SearchTrailView | null = $state.raw(null);
  /** Up to which of its steps it is shown; null: as far as it has come. */
  chosenStep: number | null = $state(null);
  #trailSeen = '';
  #trailAsked = false;
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

  /** The search that is looked at, as the last frame has it. */
  get search(): LiveSearch | null {
    const searches = this.frame?.searches ?? [];
    return searches.find(({ number }) => number === this.searchNumber) ?? searches.at(-1) ?? null;
  }

  /** The step that is shown, from 0. */
  get shownStep(): number {
    const last = (this.trail?.steps.length ?? 0) - 1;
    return this.chosenStep === null ? last : Math.min(this.chosenStep, last);
  }

  /** One step on: what is known already, or what happens until all that is under way has arrived. */
  async stepOn(): Promise<void> {
    const { search, trail } = this;
    if (search === null || trail === null) return;
    const last = trail.steps.length - 1;
    if (this.chosenStep !== null && this.chosenStep < last) {
      this.chosenStep++;
      return;
    }
    // What comes is shown when it is there.
    this.chosenStep = null;
    await this.#tell(`/searches/${search.number}/step`);
  }

  stepBack(): void {
    this.chosenStep = Math.max(0, this.shownStep - 1);
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
    const { places } = await ask<{ places: readonly NodeView[] }>('GET', `/lab/worlds/${this.id}/nodes/${node}`).catch(() => ({
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

  /** Looks at the way of the search again when it has come further; what is under way is not asked for twice. */
  async followTrail(): Promise<void> {
    const { search } = this;
    if (search === null) {
      this.trail = null;
      this.#trailSeen = '';
      return;
    }
    const seen = `${search.number} ${search.atMs} ${search.queries} ${search.hits} ${search.found}`;
    if (seen === this.#trailSeen || this.#trailAsked || this.ended) return;
    this.#trailAsked = true;
    this.#trailSeen = seen;
    try {
      const sent = await ask<Parameters<typeof trailOf>[0]>('GET', `/lab/worlds/${this.id}/searches/${search.number}`);
      this.trail = trailOf(sent);
    } catch {
      // It was gone back behind its beginning: the next frame has it no more.
      this.trail = null;
    } finally {
      this.#trailAsked = false;
    }
    // A frame may have come meanwhile, and be the last one.
    await this.followTrail();
  }

  #tell(path: string, body?: unknown): Promise<void> {
    return attempt(() => ask('POST', `/lab/worlds/${this.id}${path}`, body === undefined ? {} : { body }));
  }
}
