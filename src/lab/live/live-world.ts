/**
 * A simulated world that is watched: it goes on by the clock of whoever watches, and what he does to it becomes part of its plan. The same plan
 * gives the same world, so that going back is making it anew, and a fork is a second one. Owns the run.
 */

import { Random } from '../../core/random.ts';
import type { Step } from '../overlay-model.ts';
import { ACT_STREAM } from '../streams.ts';
import { type Frame, type LogLine, NodeState, type NodeView, type Places, type SearchTrailView } from './live-frame.ts';
import { counted, type LiveNetwork } from './live-network.ts';
import { type Act, type Deed, deedComplaint, LIVE_NODES_MAX, type LivePlan, planComplaint } from './live-plan.ts';
import { WatchedOverlay } from './overlay-network.ts';
import { WatchedSearchNetwork } from './search-network.ts';
import { watchedNetwork } from './watched-network.ts';

const MESSAGES_MAX = 400;
const LOG_MAX = 200;
/** A larger network is not looked over for what is wrong with it: that takes longer than a frame. */
const LOOKED_OVER_MAX = 2_000;
/** A search that sends nothing for so long waits for nothing: those that ask one after the other do it every few seconds. */
const SEARCH_QUIET_MS = 15_000;
/** Sender, receiver, whether it was lost. */
const MESSAGE_NUMBERS = 3;

type Watched = Omit<Frame, 'playing' | 'speed' | 'reached'>;

export class LiveWorld {
  private readonly spec: LivePlan['spec'];
  private readonly seed: number;
  private readonly acts: Act[];
  private readonly network: LiveNetwork;
  /** Acts that were done. */
  private done = 0;
  private readonly lines: LogLine[] = [];
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
    this.network = watchedNetwork(plan.spec, plan.seed, (text) => this.say(text));
    this.network.startChurn();
    this.network.world.watcher = { onMessage: (from, to, _bytes, message, lost) => this.note(from, to, message, lost) };
    this.stepTo(Math.ceil(this.nowMs));
  }

  /** Whole milliseconds. */
  get nowMs(): number {
    return Math.round(this.network.world.now);
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
    const { world } = this.network;
    const before = world.counters.events;
    const next = this.acts[this.done];
    const withinMs = next === undefined ? 3_600_000 : Math.max(0, next.atMs - this.nowMs);
    world.runUntil(() => world.counters.events > before, withinMs);
    this.advanceTo(Math.ceil(world.now));
  }

  /** Until all that is under way of a search has arrived; where nothing is, until something is sent for it again, at most SEARCH_QUIET_MS on. */
  stepSearch(number: number): void {
    const network = this.searched;
    const untilMs = network.movingUntilMs(number);
    if (untilMs !== null) return this.advanceTo(Math.ceil(untilMs));
    const next = this.acts[this.done];
    const withinMs = Math.min(SEARCH_QUIET_MS, next === undefined ? Number.POSITIVE_INFINITY : Math.max(0, next.atMs - this.nowMs));
    network.world.runUntil(() => network.movingUntilMs(number) !== null, withinMs);
    this.advanceTo(Math.ceil(network.world.now));
  }

  /** Does it now. What the plan had ahead is dropped: this is another future. Throws RangeError for what cannot be done. */
  perform(deed: Deed): void {
    const complaint = deedComplaint(deed) ?? this.impossible(deed);
    if (complaint !== null) throw new RangeError(complaint);
    this.acts.length = this.done;
    this.acts.push({ atMs: this.nowMs, deed });
    this.carryOut(deed, this.done++);
    // What it sends at once belongs to this moment.
    this.network.world.runFor(0);
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------------

  /** Begins the next frame: what was sent is counted anew. `places`: looks where all nodes lie, too, which takes its time. */
  frame(places: boolean): Watched {
    const { network } = this;
    const { world, live } = network;
    const { states, members } = this.states();
    const looked = live.length <= LOOKED_OVER_MAX;
    const frame = {
      nowMs: this.nowMs,
      events: world.counters.events,
      trace: world.traceHash(),
      live: live.length,
      members,
      complaint: looked && live.length > 0 ? network.complaint() : null,
      looked,
      states,
      sent: this.sent,
      lost: this.lost,
      messages: this.messages.slice(0, this.messageCount * MESSAGE_NUMBERS),
      placesVersion: places || this.places === null ? this.look().version : this.places.version,
      done: this.done,
      ahead: this.acts.length - this.done,
      ...network.seen(),
      log: [...this.lines],
    };
    this.sent = this.lost = this.messageCount = 0;
    return frame;
  }

  /** Where all nodes lie now. */
  look(): Places {
    this.places = newer(this.places, this.network.look(this.places));
    return this.places;
  }

  /** Throws RangeError for a node that there never was. */
  lookAt(node: number): readonly NodeView[] {
    this.checkNode(node);
    return this.network.lookAt(node);
  }

  /** The way to a key by the tables of this moment; nothing is sent. Throws RangeError for a node that does not live, and where there are no keys. */
  walk(from: number, key: string): readonly Step[] {
    if (this.network instanceof WatchedOverlay) return this.network.walk(from, key);
    throw new RangeError('an overlay expected: here are no keys, and no ways to them');
  }

  /** Throws RangeError for a search that is not kept. */
  trail(number: number): SearchTrailView {
    return this.searched.trail(number);
  }

  private get searched(): WatchedSearchNetwork {
    if (this.network instanceof WatchedSearchNetwork) return this.network;
    throw new RangeError('a network that finds files by words expected');
  }

  // ---- what is done to it ----------------------------------------------------------------------------------------------------

  private carryOut(deed: Deed, number: number): void {
    const { network } = this;
    const { world } = network;
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
        return this.say(`${(100 * deed.share).toFixed(1)}% of the packets are lost from now on`);
      case 'lookup':
      case 'search':
        return network.ask(deed, random);
    }
  }

  /** Those of them that still live: a plan may be older than what churn has done. */
  private end(nodes: readonly number[], how: 'crash' | 'leave'): void {
    const { network } = this;
    const living = new Set([...network.live, ...network.helpers]);
    const gone = nodes.filter((node) => living.delete(node));
    for (const node of gone) {
      if (how === 'crash') network.crash(node);
      else network.leave(node, () => this.say(`node ${node} has left`));
    }
    const names = gone.length <= 8 ? `node ${gone.join(', ')}` : counted(gone.length, 'node');
    this.say(gone.length === 0 ? 'nobody of them lives any more' : `${names} ${how === 'crash' ? 'crashed' : 'began to leave'}`);
  }

  private draw(random: Random, share: number): number[] {
    const living = [...this.network.live].sort((a, b) => a - b);
    return random.shuffle(living).slice(0, Math.round(share * living.length));
  }

  private impossible(deed: Deed): string | null {
    const { network } = this;
    if (deed.kind === 'lookup' || deed.kind === 'search') return network.refusal(deed);
    const most = 2 * LIVE_NODES_MAX;
    if (deed.kind === 'join' && network.world.nodes.length + deed.count > most) return `at most ${most} nodes in all`;
    if (deed.kind === 'crash-share' && deed.share === 1) return 'share: less than 1 expected, so that somebody is left';
    if (deed.kind === 'crash' || deed.kind === 'leave') {
      const named = new Set(deed.nodes);
      return network.live.some((node) => !named.has(node)) ? null : 'nodes: fewer expected, so that somebody is left';
    }
    return null;
  }

  // ---- bookkeeping -----------------------------------------------------------------------------------------------------------

  /** To that moment, unless it is over already. */
  private stepTo(atMs: number): void {
    const { world } = this.network;
    world.runFor(Math.max(0, atMs - world.now));
  }

  private states(): { states: Uint8Array; members: number } {
    const { network } = this;
    const states = new Uint8Array(network.world.nodes.length);
    let members = 0;
    for (const node of network.live) {
      const isMember = network.isMember(node);
      states[node] = isMember ? NodeState.member : NodeState.joining;
      if (isMember) members++;
    }
    for (const node of network.helpers) states[node] = NodeState.member;
    return { states, members };
  }

  /** The first of a frame and then a sample: whole bursts are too much to draw. */
  private note(from: number, to: number, message: unknown, lost: boolean): void {
    this.network.onMessage(from, to, message, lost);
    this.sent++;
    if (lost) this.lost++;
    if (this.messageCount === MESSAGES_MAX) return;
    this.messages.set([from, to, lost ? 1 : 0], this.messageCount++ * MESSAGE_NUMBERS);
  }

  private say(text: string): void {
    this.lines.push({ atMs: this.nowMs, text });
    if (this.lines.length > LOG_MAX) this.lines.shift();
  }

  private checkNode(node: number): void {
    const count = this.network.world.nodes.length;
    if (!Number.isInteger(node) || node < 0 || node >= count) throw new RangeError(`a node of 0 to ${count - 1} expected, got ${node}`);
  }
}

function newer(old: Places | null, found: Omit<Places, 'version'>): Places {
  if (old !== null && isSame(old, found)) return old;
  return { ...found, version: (old?.version ?? 0) + 1 };
}

function isSame(old: Places, { spots, boxes, roles, links }: Omit<Places, 'version'>): boolean {
  return sameNumbers(old.spots, spots) && sameNumbers(old.boxes, boxes) && sameNumbers(old.roles, roles) && sameNumbers(old.links, links);
}

function sameNumbers<T extends Float32Array | Uint32Array | Uint8Array>(one: T, other: T): boolean {
  if (one === other) return true;
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
