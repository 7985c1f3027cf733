/**
 * Updates that spread by rumour, with anti-entropy behind it (Demers et al., PODC 1987 and CSL-89-1). A site is susceptible to an update, infective while
 * it is hot there, or has lost interest in it. Owns the updates, what is hot, and the calls under way.
 */

import { RumourEvent } from '../../core/events.ts';
import type { Endpoint, Host, Peer, Protocol } from '../../core/host.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { type Id160, mapKeyOf } from '../../core/id160.ts';
import { RPC_FULL, Rpc, type RpcOperation } from '../../core/rpc.ts';
import { Comparison, onCompare } from './anti-entropy.ts';
import {
  answer,
  busy,
  call,
  compare,
  compared,
  feedback,
  give,
  type RumourMessage,
  rumourCodec,
  type Told,
  TOLD_BYTES_MAX,
  TOLD_MAX,
} from './rumour-messages.ts';
import { RUMOUR_DEFAULTS, type RumourOptions } from './rumour-options.ts';
import { isNews, SITES_MAX, type Update, update as updateField } from './update.ts';
import { Updates } from './updates.ts';

const TIMER_RPC = 1;
const TIMER_ROUND = 2;
const PENDING_MAX = 1_024;
const COLD = 255;
/** Wants of others that are answered by what we told them are remembered for so many calls. */
const ASKED_MAX = 256;

interface Hot {
  update: Update;
  counter: number;
  /** What the contacts of this round have said: somebody needed it, somebody knew it. */
  needed: boolean;
  unneeded: number;
}

export class Rumours implements Protocol {
  readonly host: Host;
  readonly options: RumourOptions;
  readonly updates: Updates;
  readonly rpc: Rpc<RumourMessage>;
  /** Updates sent to others, whether they needed them or not: the paper's traffic. */
  sent = 0;
  round = 0;
  private readonly hot = new Map<string, Hot>();
  /** The round in which each update that is hot was first heard of. */
  private readonly heardIn = new Map<string, number>();
  /** What was told in answers that wait for feedback, by peer and transaction. */
  private readonly asked = new Map<string, readonly Told[]>();
  /** The sites; null before the first has spoken. */
  private sites: ReadonlySet<Peer> | null = null;
  private taken = 0;
  private timer: Timer = NO_TIMER;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: RumourOptions = RUMOUR_DEFAULTS) {
    this.host = host;
    this.options = options;
    this.updates = new Updates(options.certificateMs, options.dormantMs);
    const { timeoutMs } = options;
    this.rpc = new Rpc(host, { timerKind: TIMER_RPC, slowMs: timeoutMs, timeoutMs, pendingMax: PENDING_MAX, transactionBits: 32 });
  }

  start(): void {
    this.host.bind(rumourCodec, this);
    this.armRound();
  }

  stop(): void {
    this.rpc.stop();
    this.host.clearTimer(this.timer);
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** The value is copied. */
  write(key: Id160, value: Uint8Array): Update {
    return this.originate({ key, value: value.slice(), removed: false, sites: [] });
  }

  /** A few sites, chosen by chance, remember it when all others have forgotten. */
  remove(key: Id160): Update {
    const sites = this.host.random.shuffle([...this.options.peers]).slice(0, SITES_MAX);
    return this.originate({ key, value: new Uint8Array(0), removed: true, sites });
  }

  get(key: Id160): Uint8Array | null {
    const known = this.updates.get(key);
    return known === null || known.removed ? null : known.value;
  }

  /** Infective, for that key. */
  isHot(key: Id160): boolean {
    return this.hot.has(mapKeyOf(key));
  }

  get hotCount(): number {
    return this.hot.size;
  }

  inspect(): unknown {
    return { updates: this.updates.size, hot: this.hot.size, round: this.round, sent: this.sent };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) {
      this.rpc.onTimer();
      return;
    }
    this.timer = NO_TIMER;
    this.armRound();
    this.endRound();
    this.round++;
    this.taken = 0;
    const { antiEntropyRounds } = this.options;
    this.updates.forget(this.host.now(), this.host.self.datagram);
    if (this.hot.size > 0 || this.options.direction !== 'push') new Contact(this, this.options.hunts).start();
    if (antiEntropyRounds > 0 && this.round % antiEntropyRounds === 0) this.compareWithSomebody();
  }

  onDatagram(from: Peer, message: RumourMessage): void {
    // Only sites have a say in what all of them know, and get an answer.
    if (!this.isSite(from)) return;
    switch (message.tag) {
      case call.tag:
        this.onCall(from, message);
        return;
      case feedback.tag:
        this.onFeedback(from, message.transaction, message.knew);
        return;
      case compare.tag:
        onCompare(this, from, message);
        return;
      case give.tag:
        for (const update of message.updates) this.hear(update, true);
        return;
      case answer.tag:
      case busy.tag:
      case compared.tag:
        this.rpc.reply(from, message.transaction, message);
    }
  }

  // ---- rumours -------------------------------------------------------------------------------------------------------------

  /** What a call tells: the hot ones, as many as fit; those that had to wait come first the next time. */
  tellable(): Told[] {
    const told: Told[] = [];
    let bytes = 0;
    for (const [key, { update, counter }] of this.hot) {
      bytes += updateField.size(update) + 1;
      if (told.length === TOLD_MAX || bytes > TOLD_BYTES_MAX) break;
      told.push({ update: this.toldOf(update), counter: Math.min(counter, COLD - 1) });
      if (this.hot.size <= TOLD_MAX) continue;
      const waiting = this.hot.get(key) as Hot;
      this.hot.delete(key);
      this.hot.set(key, waiting);
    }
    this.sent += told.length;
    return told;
  }

  /** As it is told to others now. */
  toldOf(update: Update): Update {
    return this.updates.told(update, this.host.now());
  }

  somebody(): Peer | null {
    const { peers } = this.options;
    const own = this.host.self.datagram;
    for (let attempt = 0; attempt < 2 * peers.length && peers.length > 0; attempt++) {
      const endpoint = peers[this.host.random.below(peers.length)] as Endpoint;
      const peer = this.host.peer(endpoint);
      if (own === null || peer !== this.host.peer(own)) return peer;
    }
    return null;
  }

  /** Of those told, bit by bit which were known; each becomes hot here if it was news. */
  hearAll(told: readonly Told[], round: number): number {
    let knew = 0;
    for (const [index, { update }] of told.entries()) {
      const key = mapKeyOf(update.key);
      const wasNews = this.hear(update, true);
      // On paper, two who tell the same in one cycle both were of use.
      const isOfThisRound = this.options.synchronous && (this.heardIn.get(key) ?? -1) >= round;
      if (!wasNews && !isOfThisRound) knew |= 1 << index;
    }
    return knew >>> 0;
  }

  /** What the other said of what it was told. */
  judge(told: readonly Told[], knew: number, counters: readonly number[]): void {
    for (const [index, { update }] of told.entries()) {
      const hot = this.hot.get(mapKeyOf(update.key));
      if (hot === undefined || isNews(update, hot.update) || isNews(hot.update, update)) continue;
      const known = ((knew >>> index) & 1) === 1;
      const theirs = counters[index] ?? COLD;
      if (this.options.feedback && !known) hot.needed = true;
      // The smaller counter counts, so that of many who have it hot some stay at it.
      else if (!this.options.minimises || theirs === COLD || hot.counter <= theirs) hot.unneeded++;
    }
  }

  /** An update from anybody; true when it was news here. `spreads`: it becomes hot. */
  hear(update: Update, spreads: boolean): boolean {
    const { taken, awakened } = this.updates.take(update, this.host.now());
    if (awakened !== null) this.heat(awakened);
    if (taken !== 'new') return false;
    this.host.tap(RumourEvent.heard, this.round, update.removed ? 1 : 0, 0);
    if (spreads) this.heat(update);
    return true;
  }

  private originate(what: Pick<Update, 'key' | 'value' | 'removed' | 'sites'>): Update {
    const made = { ...what, version: this.updates.nextVersion(), writer: this.host.random.u32(), activation: 0, ageMs: 0 };
    this.hear(made, true);
    return made;
  }

  private heat(update: Update): void {
    const key = mapKeyOf(update.key);
    this.hot.set(key, { update, counter: 0, needed: false, unneeded: 0 });
    this.heardIn.set(key, this.round);
    if (this.hot.size <= this.options.hotMax) return;
    const [oldest] = this.hot.keys() as Iterable<string> as unknown as [string];
    this.cool(oldest);
  }

  private cool(key: string): void {
    this.hot.delete(key);
    this.heardIn.delete(key);
  }

  /** Interest is lost at the end of a round: with several contacts in it, one that needed the update counts for all (table 3, footnote). */
  private endRound(): void {
    const { counter, k, resets, feedback: hasFeedback } = this.options;
    for (const [key, hot] of this.hot) {
      const { needed, unneeded } = hot;
      hot.needed = false;
      hot.unneeded = 0;
      if (needed && hasFeedback) {
        if (resets) hot.counter = 0;
      } else if (unneeded > 0) {
        hot.counter++;
        if (counter ? hot.counter >= k : this.host.random.chance(1 / k)) this.cool(key);
      }
    }
  }

  private onCall(from: Peer, { transaction, round, asks, told }: Extract<RumourMessage, { readonly tag: typeof call.tag }>): void {
    const { connectionsMax, minimises } = this.options;
    if (connectionsMax > 0 && this.taken >= connectionsMax) {
      this.host.send(from, rumourCodec, { tag: busy.tag, transaction });
      return;
    }
    this.taken++;
    // What was hot before the call is told, not what the caller has just said.
    const hot = asks ? this.tellable() : [];
    const counters = minimises ? told.map(({ update }) => this.hot.get(mapKeyOf(update.key))?.counter ?? COLD) : [];
    const knew = this.hearAll(told, round);
    if (minimises)
      this.judge(
        told,
        knew,
        told.map(({ counter }) => counter),
      );
    if (hot.length > 0) this.remember(from, transaction, hot);
    this.host.send(from, rumourCodec, { tag: answer.tag, transaction, knew, counters, told: hot });
  }

  private onFeedback(from: Peer, transaction: number, knew: number): void {
    const key = `${from}:${transaction}`;
    const told = this.asked.get(key);
    this.asked.delete(key);
    if (told !== undefined) this.judge(told, knew, []);
  }

  private remember(from: Peer, transaction: number, told: readonly Told[]): void {
    this.asked.set(`${from}:${transaction}`, told);
    if (this.asked.size <= ASKED_MAX) return;
    for (const oldest of this.asked.keys()) {
      this.asked.delete(oldest);
      return;
    }
  }

  private isSite(peer: Peer): boolean {
    this.sites ??= new Set(this.options.peers.map((endpoint) => this.host.peer(endpoint)));
    return this.sites.has(peer);
  }

  private compareWithSomebody(): void {
    const peer = this.somebody();
    if (peer !== null) new Comparison(this, peer).start();
  }

  private armRound(): void {
    const { roundMs, synchronous } = this.options;
    if (this.timer !== NO_TIMER) return;
    const delayMs = synchronous ? roundMs : roundMs * (0.5 + this.host.random.unit());
    this.timer = this.host.setTimer(delayMs, TIMER_ROUND, 0);
  }
}

/** One call of a round, to the first who takes it. */
class Contact implements RpcOperation<RumourMessage> {
  private readonly site: Rumours;
  private huntsLeft: number;
  private told: readonly Told[] = [];

  constructor(site: Rumours, hunts: number) {
    this.site = site;
    this.huntsLeft = hunts;
  }

  start(): void {
    const { site } = this;
    const { direction } = site.options;
    const peer = site.somebody();
    const transaction = peer === null ? RPC_FULL : site.rpc.open(peer, this);
    if (peer === null || transaction === RPC_FULL) return;
    this.told = direction === 'pull' ? [] : site.tellable();
    site.host.send(peer, rumourCodec, { tag: call.tag, transaction, round: site.round, asks: direction !== 'push', told: this.told });
    // Who does not look at answers has lost interest by calling.
    if (!site.options.feedback) site.judge(this.told, 0xffff_ffff, []);
  }

  onReply(reply: RumourMessage, from: Peer): void {
    const { site } = this;
    if (reply.tag === busy.tag) {
      // Nothing was told after all.
      site.sent -= this.told.length;
      if (this.huntsLeft-- > 0) this.start();
      return;
    }
    if (reply.tag !== answer.tag) return;
    if (site.options.feedback) site.judge(this.told, reply.knew, reply.counters);
    if (reply.told.length === 0) return;
    const knew = site.hearAll(reply.told, site.round);
    site.host.send(from, rumourCodec, {
      tag: feedback.tag,
      transaction: reply.transaction,
      knew: site.options.feedback ? knew : 0xffff_ffff,
    });
  }

  onSlow(): void {}

  onTimeout(): void {}
}
