/**
 * Peer sampling by shuffles (Voulgaris, Gavidia, van Steen, Cyclon, 2005): every node keeps a small view that is at any time like a random draw from all.
 * Owns the view, and the shuffle under way.
 */

import { endpoint, list, u16, u32 } from '../../core/fields.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { RPC_FULL, Rpc, type RpcOperation } from '../../core/rpc.ts';
import { Answers } from './answers.ts';

export interface CyclonOptions {
  /** Whom a newcomer begins with. */
  readonly join: readonly Endpoint[];
  /** c: nodes in the view. */
  readonly viewSize: number;
  /** l: entries exchanged, the own one included. */
  readonly shuffleLength: number;
  readonly roundMs: number;
  readonly timeoutMs: number;
}

export const CYCLON_DEFAULTS: CyclonOptions = { join: [], viewSize: 20, shuffleLength: 8, roundMs: 10_000, timeoutMs: 2_000 };

/** Entries of one message, whatever the other's options. */
const ENTRIES_MAX = 64;
const AGE_MAX = 0xffff;
const TIMER_RPC = 1;
const TIMER_ROUND = 2;

const entry = record({ endpoint, age: u16 });
const shuffle = message('shuffle', 1, { transaction: u32, entries: list(entry, ENTRIES_MAX) });
const shuffled = message('shuffled', 2, { transaction: u32, entries: list(entry, ENTRIES_MAX) });
export const cyclonCodec = family('cyclon', shuffle, shuffled);

type CyclonMessage = MessageOf<typeof cyclonCodec>;
type Entry = MessageOf<typeof shuffle>['entries'][number];

interface Neighbour {
  readonly peer: Peer;
  age: number;
}

export class Cyclon implements Protocol, RpcOperation<CyclonMessage> {
  private readonly host: Host;
  private readonly options: CyclonOptions;
  private readonly rpc: Rpc<CyclonMessage>;
  private readonly answers: Answers<CyclonMessage>;
  private view: Neighbour[] = [];
  /** What the node that is asked was sent: those entries make room for what it answers. */
  private sent: readonly Peer[] = [];
  private timer: Timer = NO_TIMER;

  constructor(host: Host, options: CyclonOptions = CYCLON_DEFAULTS) {
    this.host = host;
    this.options = options;
    this.answers = new Answers(host, cyclonCodec);
    const { timeoutMs } = options;
    this.rpc = new Rpc(host, { timerKind: TIMER_RPC, slowMs: timeoutMs, timeoutMs, pendingMax: 1, transactionBits: 32 });
  }

  start(): void {
    this.host.bind(cyclonCodec, this);
    this.enter();
    this.armRound(true);
  }

  stop(): void {
    this.rpc.stop();
    this.host.clearTimer(this.timer);
  }

  get peers(): readonly Peer[] {
    return this.view.map(({ peer }) => peer);
  }

  /** One of all nodes, about as likely as any other; null when nobody is known. */
  sample(): Peer | null {
    return this.view.length === 0 ? null : (this.view[this.host.random.below(this.view.length)] as Neighbour).peer;
  }

  inspect(): unknown {
    return { view: this.view.map(({ peer, age }) => ({ peer, age })) };
  }

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) {
      this.rpc.onTimer();
      return;
    }
    this.timer = NO_TIMER;
    this.armRound(false);
    for (const neighbour of this.view) neighbour.age = Math.min(neighbour.age + 1, AGE_MAX);
    this.shuffle();
  }

  onDatagram(from: Peer, message: CyclonMessage): void {
    if (message.tag === shuffled.tag) {
      this.rpc.reply(from, message.transaction, message);
      return;
    }
    const given = this.draw(this.options.shuffleLength, from);
    this.answers.say(from, {
      tag: shuffled.tag,
      transaction: message.transaction,
      entries: given.map((each) => this.entryOf(each)),
    });
    this.merge(
      message.entries,
      given.map(({ peer }) => peer),
    );
  }

  onReply(reply: CyclonMessage): void {
    if (reply.tag === shuffled.tag) this.merge(reply.entries, this.sent);
  }

  onSlow(): void {}

  /** The oldest has been taken out already: a node that is dead is asked once. */
  onTimeout(): void {
    // All that it knew are gone, or were the inventions of a liar.
    if (this.view.length === 0) this.enter();
  }

  private enter(): void {
    for (const known of this.options.join) this.add(this.host.peer(known), 0);
  }

  private shuffle(): void {
    const own = this.host.self.datagram;
    let oldest: Neighbour | null = null;
    for (const neighbour of this.view) if (oldest === null || neighbour.age > oldest.age) oldest = neighbour;
    if (oldest === null || own === null) return;
    const { peer } = oldest;
    const transaction = this.rpc.open(peer, this);
    if (transaction === RPC_FULL) return;
    this.view = this.view.filter((neighbour) => neighbour !== oldest);
    const given = this.draw(this.options.shuffleLength - 1, peer);
    this.sent = given.map((each) => each.peer);
    const entries = [{ endpoint: own, age: 0 }, ...given.map((each) => this.entryOf(each))];
    this.host.send(peer, cyclonCodec, { tag: shuffle.tag, transaction, entries });
  }

  /** Fills what is free, then what was sent away; never twice, never ourselves. */
  private merge(entries: readonly Entry[], sent: readonly Peer[]): void {
    const away = [...sent];
    for (const { endpoint: named, age } of entries.slice(0, this.options.shuffleLength)) {
      const peer = this.host.peer(named);
      if (this.isSelf(peer) || this.view.some((neighbour) => neighbour.peer === peer)) continue;
      while (this.view.length >= this.options.viewSize) {
        const gone = away.pop();
        if (gone === undefined) return;
        this.view = this.view.filter((neighbour) => neighbour.peer !== gone);
      }
      this.view.push({ peer, age });
    }
  }

  private add(peer: Peer, age: number): void {
    const isNew = !this.isSelf(peer) && this.view.every((neighbour) => neighbour.peer !== peer);
    if (isNew && this.view.length < this.options.viewSize) this.view.push({ peer, age });
  }

  private draw(count: number, without: Peer): Neighbour[] {
    const others = this.view.filter(({ peer }) => peer !== without);
    return this.host.random.shuffle(others).slice(0, count);
  }

  private entryOf({ peer, age }: Neighbour): Entry {
    return { endpoint: this.host.endpoint(peer), age };
  }

  private isSelf(peer: Peer): boolean {
    const own = this.host.self.datagram;
    return own !== null && this.host.peer(own) === peer;
  }

  private armRound(first: boolean): void {
    const { random } = this.host;
    const delayMs = this.options.roundMs * (first ? random.unit() : 0.9 + 0.2 * random.unit());
    this.timer = this.host.setTimer(delayMs, TIMER_ROUND, 0);
  }
}
