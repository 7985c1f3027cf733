/**
 * The paper's own insert and lookup of files (IPTPS 2003, section 2): a question walks through the group of the name at random. An insert makes a home
 * of whoever it ends at, who spreads a filetuple for as long as it lives; a lookup ends at the first member that has one. Owns the files that are at
 * home here, and the questions begun here.
 */

import type { Contact } from '../../core/contact.ts';
import type { Timer } from '../../core/host.ts';
import { type Id160, mapKeyOf } from '../../core/id160.ts';
import type { MessageOf } from '../../core/message.ts';
import { TIMER_OWN } from '../values/index.ts';
import type { Kelips } from './kelips.ts';
import { WALK_HOPS_MAX, walk, walked } from './messages.ts';
import { draw } from './rations.ts';
import { ALL_GROUPS } from './soft-state.ts';

/** Its argument is the number of the walk. */
export const TIMER_WALK = TIMER_OWN;
/** A walk in the group takes so many times log2 N steps (section 4). */
const STEPS_PER_DOUBLING = 3;

export interface FileFound {
  readonly key: Id160;
  /** Of an insert the one home that it has got; of a lookup those that are known. Empty: it has failed. */
  readonly homes: readonly Contact[];
  /** Walks that were begun. */
  readonly tries: number;
  /** Of the last of them, with the step into the group. */
  readonly hops: number;
  readonly tookMs: number;
}

export interface FileHandler {
  /** In a later event. */
  onFile(found: FileFound): void;
}

type Walk = MessageOf<typeof walk>;

interface Begun {
  readonly key: Id160;
  readonly seeks: boolean;
  readonly handler: FileHandler;
  readonly startedAtMs: number;
  tries: number;
  timer: Timer;
}

export class Files {
  private readonly node: Kelips;
  private readonly homes = new Map<string, Id160>();
  private readonly begun = new Map<number, Begun>();

  constructor(node: Kelips) {
    this.node = node;
  }

  /** Those that are at home here. */
  get homed(): Iterable<Id160> {
    return this.homes.values();
  }

  get homedCount(): number {
    return this.homes.size;
  }

  begin(key: Id160, seeks: boolean, handler: FileHandler): void {
    const { host } = this.node;
    let question = 0;
    do question = host.random.u32();
    while (this.begun.has(question));
    const begun = { key, seeks, handler, startedAtMs: host.now(), tries: 0, timer: 0 as Timer };
    this.begun.set(question, begun);
    this.tryAgain(question, begun);
  }

  /** A walk comes by, or begins here. */
  onWalk(message: Walk): void {
    const { node } = this;
    const { state, host } = node;
    const { key, seeks, hops } = message;
    const isOurs = state.holds(key);
    const homes = seeks && isOurs ? state.tuples.homesOf(key) : [];
    if (homes.length > 0) return this.tell(message, homes);
    if (hops >= WALK_HOPS_MAX) return;
    if (!isOurs) {
      this.pass(state.foreign.nearestIn(state.groupHolding(key))[0], message, message.steps);
      return;
    }
    const around = state.groupHolding(key) === ALL_GROUPS ? state.everybody : state.view.entries.contacts;
    const [next] = draw(host.random, around, 1);
    if (message.steps > 0 && next !== undefined) this.pass(next, message, message.steps - 1);
    else this.tell(message, seeks || !this.takeIn(key) ? [] : [node.self]);
  }

  /** The number of the question is what only those on its way have seen. */
  onWalked({ question, homes, hops }: MessageOf<typeof walked>): void {
    const begun = this.begun.get(question);
    if (begun === undefined) return;
    this.node.host.clearTimer(begun.timer);
    if (homes.length === 0) this.tryAgain(question, begun);
    else this.end(question, begun, homes, hops);
  }

  /** Nothing has come back: somebody on the way is dead, or a datagram is lost. */
  onTimer(question: number): void {
    const begun = this.begun.get(question);
    if (begun !== undefined) this.tryAgain(question, begun);
  }

  stop(): void {
    for (const { timer } of this.begun.values()) this.node.host.clearTimer(timer);
    this.begun.clear();
  }

  /** False when there is no room. */
  private takeIn(key: Id160): boolean {
    const { node, homes } = this;
    const place = mapKeyOf(key);
    if (!homes.has(place) && homes.size >= node.options.itemsMax) return false;
    homes.set(place, key);
    node.announce(key);
    return true;
  }

  private tryAgain(question: number, begun: Begun): void {
    const { node } = this;
    const { options, host, self } = node;
    if (begun.tries >= options.fileTriesMax) {
      this.end(question, begun, [], 0);
      return;
    }
    const { key, seeks } = begun;
    begun.timer = host.setTimer(options.walkTimeoutMs, TIMER_WALK, question);
    const message: Walk = { tag: walk.tag, unit: 0, question, seeks, key, steps: this.steps(), hops: 0, origin: self };
    const entry = this.entryFor(key, begun.tries++);
    if (entry === null) this.onWalk(message);
    else this.pass(entry, message, message.steps);
  }

  /** Where a walk begins: with each contact of the group in turn, nearest first, then with members of our own, who have others. Null: with ourselves. */
  private entryFor(key: Id160, tried: number): Contact | null {
    const { state, host } = this.node;
    if (state.holds(key)) return null;
    const contact = state.foreign.nearestIn(state.groupHolding(key)).slice(0, this.node.options.contacts)[tried];
    return contact ?? draw(host.random, state.view.entries.contacts, 1)[0] ?? null;
  }

  /** As often as the number of nodes doubles: all groups are about as large as ours. */
  private steps(): number {
    const { groups, view } = this.node.state;
    return Math.min(STEPS_PER_DOUBLING * (32 - Math.clz32(groups * (view.size + 1) - 1)), WALK_HOPS_MAX / 2);
  }

  private pass(to: Contact | undefined, message: Walk, steps: number): void {
    const { node } = this;
    // Counted as an answer, so that a flood of walks is no way to a flood of others.
    if (to !== undefined) node.answer(node.host.peer(to.endpoint), { ...message, steps, hops: message.hops + 1 });
  }

  private tell({ question, hops, origin }: Walk, homes: readonly Contact[]): void {
    const { node } = this;
    // By a datagram even to ourselves: a result never comes from inside `begin`.
    node.answer(node.host.peer(origin.endpoint), { tag: walked.tag, question, hops, homes });
  }

  private end(question: number, { key, tries, startedAtMs, handler, timer }: Begun, homes: readonly Contact[], hops: number): void {
    const { host } = this.node;
    host.clearTimer(timer);
    this.begun.delete(question);
    handler.onFile({ key, homes, tries, hops, tookMs: host.now() - startedAtMs });
  }
}
