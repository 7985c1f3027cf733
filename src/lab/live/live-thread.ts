/**
 * The thread that a watched world runs in: it lets virtual time pass at the speed asked for, as far as it can, and sends frames to whoever has
 * taken the last one. Owns the world.
 */

import { parentPort } from 'node:worker_threads';
import type { Step } from '../overlay-model.ts';
import type { Frame, NodeView, Places, SearchTrailView } from './live-frame.ts';
import type { Deed, LivePlan } from './live-plan.ts';
import { LiveWorld } from './live-world.ts';

/** What is asked of it; each gets a ThreadAnswer with its number. */
export type ThreadQuestion =
  | { readonly do: 'begin'; readonly plan: LivePlan; readonly atMs: number }
  | { readonly do: 'play'; readonly speed: number }
  | { readonly do: 'pause' }
  | { readonly do: 'step' }
  | { readonly do: 'seek'; readonly atMs: number }
  | { readonly do: 'perform'; readonly deed: Deed }
  | { readonly do: 'look' }
  | { readonly do: 'lookAt'; readonly node: number }
  | { readonly do: 'walk'; readonly from: number; readonly key: string }
  | { readonly do: 'trail'; readonly search: number }
  | { readonly do: 'stepSearch'; readonly search: number }
  | { readonly do: 'plan'; readonly soFar: boolean }
  /** Whoever watches has taken the last frame. */
  | { readonly do: 'next' };

export type ThreadValue =
  | null
  | Places
  | readonly NodeView[]
  | readonly Step[]
  | SearchTrailView
  | { readonly plan: LivePlan; readonly nowMs: number };
export interface ThreadAnswer {
  readonly number: number;
  readonly value: ThreadValue;
  /** What was wrong with the question, or null. */
  readonly error: string | null;
}
export type FromThread = { readonly answer: ThreadAnswer } | { readonly frame: Frame };

/** Ten a second are enough for the eye. */
const FRAME_EVERY_MS = 100;
const PLACES_EVERY_MS = 500;
/** Questions are heard so often while the world is busy. */
const SLICE_MS = 20;
const IDLE_MS = 10;

class LiveThread {
  private readonly post: (message: FromThread) => void;
  private world: LiveWorld | null = null;
  private playing = false;
  private speed = 1;
  /** The moment of the world that goes with the moment of the clock, since it was last changed or could not keep up. */
  private anchorMs = 0;
  private anchorClockMs = 0;
  /** Nothing is sent before the last was taken, nor when nothing has changed. */
  private taken = true;
  private changed = true;
  private frameAtMs = -Infinity;
  private placesAtMs = -Infinity;
  private frameWorldMs = 0;
  private scheduled = false;

  constructor(post: (message: FromThread) => void) {
    this.post = post;
  }

  hear(number: number, question: ThreadQuestion): void {
    try {
      const value = this.answer(question);
      if (question.do !== 'next') this.post({ answer: { number, value, error: null } });
    } catch (error) {
      // A RangeError says what is wrong with the question; anything else is a bug of the simulator that is worth showing.
      this.post({ answer: { number, value: null, error: error instanceof Error ? error.message : String(error) } });
    }
    this.schedule(0);
  }

  private answer(question: ThreadQuestion): ThreadValue {
    switch (question.do) {
      case 'begin':
        this.begin(question.plan, question.atMs);
        return null;
      case 'play':
        this.speed = question.speed;
        this.playing = true;
        this.anchor();
        break;
      case 'pause':
        this.playing = false;
        break;
      case 'step':
        this.playing = false;
        this.made.stepOnce();
        break;
      case 'seek':
        this.seek(question.atMs);
        break;
      case 'perform':
        this.made.perform(question.deed);
        break;
      case 'next':
        this.taken = true;
        return null;
      case 'look':
        return this.made.look();
      case 'lookAt':
        return this.made.lookAt(question.node);
      case 'walk':
        return this.made.walk(question.from, question.key);
      case 'trail':
        return this.made.trail(question.search);
      case 'stepSearch':
        this.playing = false;
        this.made.stepSearch(question.search);
        break;
      case 'plan':
        return { plan: question.soFar ? this.made.planSoFar : this.made.plan, nowMs: this.made.nowMs };
    }
    this.changed = true;
    return null;
  }

  private begin(plan: LivePlan, atMs: number): void {
    this.world = new LiveWorld(plan);
    this.world.advanceTo(Math.max(atMs, this.world.nowMs));
    this.changed = true;
    this.placesAtMs = -Infinity;
    this.anchor();
  }

  /** Back is anew: the plan says all. */
  private seek(atMs: number): void {
    if (atMs < this.made.nowMs) this.begin(this.made.plan, atMs);
    else this.made.advanceTo(atMs);
    this.anchor();
  }

  private get made(): LiveWorld {
    if (this.world === null) throw new Error('there is no world yet');
    return this.world;
  }

  private anchor(): void {
    this.anchorMs = this.made.nowMs;
    this.anchorClockMs = performance.now();
  }

  private schedule(inMs: number): void {
    if (this.scheduled || this.world === null) return;
    this.scheduled = true;
    setTimeout(() => this.turn(), inMs);
  }

  /** A slice of the world's time, then a frame when one is due. */
  private turn(): void {
    this.scheduled = false;
    const behind = this.playing && this.advance();
    this.showFrame();
    if (this.playing) this.schedule(behind ? 0 : IDLE_MS);
    else if (this.changed && this.taken) this.schedule(FRAME_EVERY_MS);
  }

  /** True when it has not come as far as it should have. */
  private advance(): boolean {
    const world = this.made;
    const startedAtMs = performance.now();
    const wantedMs = Math.floor(this.anchorMs + (startedAtMs - this.anchorClockMs) * this.speed);
    // Short steps of virtual time, so that a busy world is left in time.
    const stepMs = Math.max(1, Math.ceil((wantedMs - world.nowMs) / SLICE_MS));
    while (world.nowMs < wantedMs && performance.now() - startedAtMs < SLICE_MS) {
      world.advanceTo(Math.min(wantedMs, world.nowMs + stepMs));
      this.changed = true;
    }
    const behind = world.nowMs < wantedMs;
    // What it could not do is not made up for later.
    if (behind) this.anchor();
    return behind;
  }

  private showFrame(): void {
    const nowMs = performance.now();
    if (!this.taken || !this.changed || nowMs - this.frameAtMs < FRAME_EVERY_MS) return;
    const places = !this.playing || nowMs - this.placesAtMs >= PLACES_EVERY_MS;
    const world = this.made;
    const reached = (world.nowMs - this.frameWorldMs) / (nowMs - this.frameAtMs);
    const { playing, speed } = this;
    const frame: Frame = { ...world.frame(places), playing, speed, reached: Math.max(0, reached) };
    if (places) this.placesAtMs = performance.now();
    this.frameAtMs = nowMs;
    this.frameWorldMs = world.nowMs;
    this.taken = this.changed = false;
    this.post({ frame });
  }
}

const port = parentPort;
if (port !== null) {
  const thread = new LiveThread((message) => port.postMessage(message));
  port.on('message', ({ number, question }: { readonly number: number; readonly question: ThreadQuestion }) =>
    thread.hear(number, question),
  );
}
