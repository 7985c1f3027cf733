/**
 * A simulated world that is watched: it goes on by the clock of whoever watches, and what he does to it becomes part of its plan. The same plan
 * gives the same world, so that going back is making it anew, and a fork is a second one. Owns the run.
 */

import { Random } from '../../core/random.ts';
import { hexOf } from '../../core/hex.ts';
import { sha1 } from '../../core/sha1.ts';
import type { PlaceView, Step } from '../overlay-model.ts';
import { OverlayRun } from '../overlay-run.ts';
import { ACT_STREAM } from '../streams.ts';
import { overlaySystemOf } from '../systems/index.ts';
import { spotOf } from './layout.ts';
import { type Frame, type LiveLookup, type LogLine, NodeState, type Places } from './live-frame.ts';
import { type Act, type Deed, deedComplaint, LIVE_NODES_MAX, type LivePlan, planComplaint } from './live-plan.ts';

const MESSAGES_MAX = 400;
const LOOKUPS_MAX = 20;
const LOG_MAX = 200;
/** A larger network is not looked over for what is wrong with it: that takes longer than a frame. */
const LOOKED_OVER_MAX = 2_000;
const FOREVER_MS = 1e12;
/** Sender, receiver, whether it was lost. */
const MESSAGE_NUMBERS = 3;

type Watched = Omit<Frame, 'playing' | 'speed' | 'reached'>;

export class LiveWorld {
  private readonly spec: LivePlan['spec'];
  private readonly seed: number;
  private readonly acts: Act[];
  private readonly run: OverlayRun;
  /** Acts that were done. */
  private done = 0;
  private readonly lookups: LiveLookup[] = [];
  private readonly lines: LogLine[] = [];
  private lookupCount = 0;
  private sent = 0;
  private lost = 0;
  private readonly messages = new Uint32Array(MESSAGES_MAX * MESSAGE_NUMBERS);
  private messageCount = 0;
  private places: Places | null = null;

  /** Throws RangeError for a plan that cannot be carried out. */
  constructor(plan: LivePlan) {
    const complaint = planComplaint(plan);
    if (complaint !== null) throw new RangeError(complaint);
    this.spec = plan.spec;
    this.seed = plan.seed;
    this.acts = [...plan.acts];
    this.run = new OverlayRun(plan.spec, plan.seed);
    if (plan.spec.start === 'ideal') this.run.begin();
    else this.grow(plan.spec.nodes);
    this.run.churn.start(FOREVER_MS);
    this.run.world.watcher = { onMessage: (from, to, _bytes, _message, lost) => this.note(from, to, lost) };
    this.stepTo(Math.ceil(this.nowMs));
  }

  /** Whole milliseconds. */
  get nowMs(): number {
    return Math.round(this.run.world.now);
  }

  /** What would make the same world, with all that was done to it and what it has ahead. */
  get plan(): LivePlan {
    return { spec: this.spec, seed: this.seed, acts: [...this.acts] };
  }

  /** The same up to this moment, with nothing ahead. */
  get planSoFar(): LivePlan {
    return { spec: this.spec, seed: this.seed, acts: this.acts.slice(0, this.done) };
  }

  /** Lets time pass, and does what the plan has for it. */
  advanceTo(atMs: number): void {
    for (;;) {
      const act = this.acts[this.done];
      if (act === undefined || act.atMs > atMs) break;
      this.stepTo(act.atMs);
      this.carryOut(act.deed, this.done++);
    }
    this.stepTo(atMs);
  }

  /** To the next whole millisecond in which something happens; at most an hour on. */
  stepOnce(): void {
    const { counters } = this.run.world;
    const before = counters.events;
    const next = this.acts[this.done];
    const withinMs = next === undefined ? 3_600_000 : Math.max(0, next.atMs - this.nowMs);
    this.run.runUntil(() => counters.events > before, withinMs);
    this.advanceTo(Math.ceil(this.run.world.now));
  }

  /** Does it now. What the plan had ahead is dropped: this is another future. Throws RangeError for what cannot be done. */
  perform(deed: Deed): void {
    const complaint = deedComplaint(deed) ?? this.impossible(deed);
    if (complaint !== null) throw new RangeError(complaint);
    this.acts.length = this.done;
    this.acts.push({ atMs: this.nowMs, deed });
    this.carryOut(deed, this.done++);
    // What it sends at once belongs to this moment.
    this.run.runFor(0);
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------------

  /** Begins the next frame: what was sent is counted anew. `places`: looks where all nodes lie, too, which takes its time. */
  frame(places: boolean): Watched {
    const { world, network } = this.run;
    const { states, members } = this.states();
    const looked = network.live.length <= LOOKED_OVER_MAX;
    const frame = {
      nowMs: this.nowMs,
      events: world.counters.events,
      trace: world.traceHash(),
      live: network.live.length,
      members,
      complaint: looked && network.live.length > 0 ? network.complaint() : null,
      looked,
      states,
      sent: this.sent,
      lost: this.lost,
      messages: this.messages.slice(0, this.messageCount * MESSAGE_NUMBERS),
      placesVersion: places || this.places === null ? this.look().version : this.places.version,
      done: this.done,
      ahead: this.acts.length - this.done,
      lookups: [...this.lookups],
      log: [...this.lines],
    };
    this.sent = this.lost = this.messageCount = 0;
    return frame;
  }

  /** Where all nodes lie now. */
  look(): Places {
    const { world, network } = this.run;
    const { shape } = overlaySystemOf(this.spec.system);
    // A ring only grows by those who come; boxes also change hands.
    const count = world.nodes.length;
    if (this.places !== null && shape !== 'torus' && this.places.spots.length === 2 * count) return this.places;
    const { groups } = this;
    const spots = new Float32Array(2 * count);
    const boxes: number[] = [];
    if (this.places !== null) spots.set(this.places.spots.subarray(0, 2 * count));
    const living = new Set(network.live);
    for (let node = 0; node < count; node++) {
      const isOld = 2 * node < (this.places?.spots.length ?? 0);
      if (isOld && (shape !== 'torus' || !living.has(node))) continue;
      const [place] = network.look(node);
      if (place === undefined) continue;
      const { x, y } = spotOf(shape, place, groups);
      spots.set([x, y], 2 * node);
      for (const { lows, sizes } of place.boxes) boxes.push(node, lows[0] ?? 0, lows[1] ?? 0, sizes[0] ?? 1, sizes[1] ?? 1);
    }
    this.places = newer(this.places, { shape, groups, spots, boxes: Float32Array.from(boxes) });
    return this.places;
  }

  /** Throws RangeError for a node that there never was. */
  lookAt(node: number): readonly PlaceView[] {
    this.checkNode(node);
    return this.run.network.look(node);
  }

  /** The way to a key by the tables of this moment; nothing is sent. Throws RangeError for a node that does not live. */
  walk(from: number, key: string): readonly Step[] {
    if (!this.run.network.live.includes(from)) throw new RangeError(`a node that lives expected, got ${from}`);
    return this.run.network.walk(from, sha1(new TextEncoder().encode(key)));
  }

  // ---- what is done to it ----------------------------------------------------------------------------------------------------

  private carryOut(deed: Deed, number: number): void {
    const { network, world } = this.run;
    const random = new Random(this.seed, ACT_STREAM + number);
    switch (deed.kind) {
      case 'crash':
        return this.end(deed.nodes, 'crash');
      case 'leave':
        return this.end(deed.nodes, 'leave');
      case 'crash-share':
        return this.end(this.draw(random, deed.share), 'crash');
      case 'join':
        for (let count = 0; count < deed.count; count++) network.join();
        return this.say(`${counted(deed.count, 'node')} joined`);
      case 'partition': {
        const side = this.draw(random, deed.share).map((node) => world.nodes[node]);
        world.partition(side.filter((node) => node !== undefined));
        return this.say(`${counted(side.length, 'node')} cut off from the others`);
      }
      case 'heal':
        world.heal();
        return this.say('everybody reaches everybody again');
      case 'loss':
        world.faults = { ...world.faults, loss: deed.share };
        return this.say(`${(100 * deed.share).toFixed(1)}% of the datagrams are lost from now on`);
      case 'lookup':
        return this.lookup(deed.from < 0 ? this.run.drawMember(random) : deed.from, deed.key);
    }
  }

  /** Those of them that still live: a plan may be older than what churn has done. */
  private end(nodes: readonly number[], how: 'crash' | 'leave'): void {
    const { network } = this.run;
    const living = new Set(network.live);
    const gone = nodes.filter((node) => living.delete(node));
    for (const node of gone) {
      if (how === 'crash') network.crash(node);
      else network.leave(node, () => this.say(`node ${node} has left`));
    }
    const names = gone.length <= 8 ? `node ${gone.join(', ')}` : counted(gone.length, 'node');
    this.say(gone.length === 0 ? 'nobody of them lives any more' : `${names} ${how === 'crash' ? 'crashed' : 'began to leave'}`);
  }

  private draw(random: Random, share: number): number[] {
    const living = [...this.run.network.live].sort((a, b) => a - b);
    return random.shuffle(living).slice(0, Math.round(share * living.length));
  }

  private lookup(from: number, key: string): void {
    const { network } = this.run;
    const bytes = sha1(new TextEncoder().encode(key));
    if (!network.live.includes(from)) return this.say(`nobody looks for "${key}": node ${from} does not live`);
    const number = ++this.lookupCount;
    const begun: LiveLookup = {
      number,
      atMs: this.nowMs,
      from,
      key,
      keyHex: hexOf(bytes),
      steps: network.walk(from, bytes),
      owner: network.ownerOf(bytes),
      outcome: null,
    };
    this.lookups.push(begun);
    if (this.lookups.length > LOOKUPS_MAX) this.lookups.shift();
    network.lookup(from, bytes, 'iterative', (outcome) => {
      const place = this.lookups.findIndex((other) => other.number === number);
      if (place >= 0) this.lookups[place] = { ...begun, outcome };
      const { owner, hops, tookMs } = outcome;
      const what =
        owner < 0 ? 'nobody' : `node ${owner}${owner === begun.owner ? '' : `, but ${begun.owner} was responsible when it began`}`;
      this.say(`"${key}" looked for by node ${from}: ${what}, after ${counted(hops, 'hop')} and ${Math.round(tookMs)} ms`);
    });
  }

  private impossible(deed: Deed): string | null {
    const { network, world } = this.run;
    if (deed.kind === 'join' && world.nodes.length + deed.count > 2 * LIVE_NODES_MAX) return `at most ${2 * LIVE_NODES_MAX} nodes in all`;
    if (deed.kind === 'crash-share' && deed.share === 1) return 'share: less than 1 expected, so that somebody is left';
    if (deed.kind === 'crash' || deed.kind === 'leave') {
      return network.live.length > new Set(deed.nodes).size ? null : 'nodes: fewer expected, so that somebody is left';
    }
    return null;
  }

  // ---- bookkeeping -----------------------------------------------------------------------------------------------------------

  /** Nodes come one by one, as the spec has it: to watch how a network builds itself. */
  private grow(nodes: number): void {
    const { world, network } = this.run;
    const { joinEveryMs } = this.spec;
    for (let count = 0; count < nodes; count++) world.at(count * joinEveryMs, () => void network.join());
  }

  private stepTo(atMs: number): void {
    this.run.runTo(atMs);
  }

  private states(): { states: Uint8Array; members: number } {
    const { world, network } = this.run;
    const states = new Uint8Array(world.nodes.length);
    let members = 0;
    for (const node of network.live) {
      const isMember = network.isMember(node);
      states[node] = isMember ? NodeState.member : NodeState.joining;
      if (isMember) members++;
    }
    return { states, members };
  }

  /** The first of a frame and then a sample: whole bursts are too much to draw. */
  private note(from: number, to: number, lost: boolean): void {
    this.sent++;
    if (lost) this.lost++;
    if (this.messageCount === MESSAGES_MAX) return;
    this.messages.set([from, to, lost ? 1 : 0], this.messageCount++ * MESSAGE_NUMBERS);
  }

  private say(text: string): void {
    this.lines.push({ atMs: this.nowMs, text });
    if (this.lines.length > LOG_MAX) this.lines.shift();
  }

  private get groups(): number {
    const { groups } = { ...overlaySystemOf(this.spec.system).defaults, ...this.spec.options };
    return typeof groups === 'number' ? groups : 1;
  }

  private checkNode(node: number): void {
    const count = this.run.world.nodes.length;
    if (!Number.isInteger(node) || node < 0 || node >= count) throw new RangeError(`a node of 0 to ${count - 1} expected, got ${node}`);
  }
}

function newer(old: Places | null, found: Omit<Places, 'version'>): Places {
  if (old !== null && sameNumbers(old.spots, found.spots) && sameNumbers(old.boxes, found.boxes)) return old;
  return { ...found, version: (old?.version ?? 0) + 1 };
}

function sameNumbers(one: Float32Array, other: Float32Array): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
