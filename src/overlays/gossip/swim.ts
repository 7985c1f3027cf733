/**
 * Failure detection (Das, Gupta, Motivala, SWIM, DSN 2002): every period one member is pinged, through others when it does not answer; who does not answer then is
 * suspected, and after a while declared dead unless it speaks up. News ride on those messages. Owns the list of members.
 */

import { SwimEvent } from '../../core/events.ts';
import { bool, endpoint, list, u8, u32 } from '../../core/fields.ts';
import { type Endpoint, type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { family, type MessageOf, message, record } from '../../core/message.ts';
import { RPC_FULL, Rpc, type RpcOperation } from '../../core/rpc.ts';
import { Answers } from './answers.ts';

export interface SwimOptions {
  readonly join: readonly Endpoint[];
  /** T': one member is pinged in each. */
  readonly periodMs: number;
  /** A ping that is not answered for so long is tried through others. */
  readonly ackMs: number;
  /** k: members that try in our place. */
  readonly helpers: number;
  /** Periods for which somebody is suspected before it is dead, times log2 of the members. */
  readonly suspectPeriods: number;
  /** λ: each piece of news is told λ·log2 of the members times. */
  readonly tellFactor: number;
  /** Members that are kept, whoever spreads them. */
  readonly membersMax: number;
}

export const SWIM_DEFAULTS: SwimOptions = {
  join: [],
  periodMs: 1_000,
  ackMs: 300,
  helpers: 3,
  suspectPeriods: 3,
  tellFactor: 3,
  membersMax: 65_536,
};

export type MemberState = 'alive' | 'suspect' | 'dead';
const STATES: readonly MemberState[] = ['alive', 'suspect', 'dead'];

/** News of one message: twenty of them fit beside the rest of any packet. */
const NEWS_MAX = 20;
/** The dead are remembered for so many periods, so that old news does not bring them back. */
const DEAD_PERIODS = 200;
const TIMER_RPC = 1;
const TIMER_PERIOD = 2;
const PENDING_MAX = 4_096;

const news = record({ endpoint, state: u8, incarnation: u32 });
const NEWS = { news: list(news, NEWS_MAX) } as const;
export const ping = message('ping', 1, { transaction: u32, ...NEWS });
export const ack = message('ack', 2, { transaction: u32, ...NEWS });
/** Ping it in my place. */
const pingReq = message('pingReq', 3, { transaction: u32, target: endpoint, ...NEWS });
/** It has answered. */
const reached = message('reached', 4, { transaction: u32, ...NEWS });
/** I am new: whom do you know? `hears`: there are more than fit. */
const join = message('join', 5, { transaction: u32, ...NEWS });
const joined = message('joined', 6, { transaction: u32, more: bool, ...NEWS });
export const swimCodec = family('swim', ping, ack, pingReq, reached, join, joined);

type SwimMessage = MessageOf<typeof swimCodec>;
type News = MessageOf<typeof ping>['news'][number];

interface Member {
  readonly peer: Peer;
  state: MemberState;
  incarnation: number;
  /** When the state was entered. */
  sinceMs: number;
  /** Times that its state has been told since it changed. */
  told: number;
  /** It has answered a question of ours: what it says of others is believed. */
  answered: boolean;
}

export class Swim implements Protocol {
  readonly host: Host;
  readonly options: SwimOptions;
  readonly rpc: Rpc<SwimMessage>;
  private readonly answers: Answers<SwimMessage>;
  private readonly members = new Map<Peer, Member>();
  /** Members in the order of this turn: each is pinged once before any is again, so that none waits for ever. */
  private turn: Peer[] = [];
  private own: Member | null = null;
  private timer: Timer = NO_TIMER;

  constructor(host: Host, options: SwimOptions = SWIM_DEFAULTS) {
    this.host = host;
    this.options = options;
    const { ackMs, periodMs } = options;
    this.answers = new Answers(host, swimCodec);
    this.rpc = new Rpc(host, {
      timerKind: TIMER_RPC,
      slowMs: ackMs,
      timeoutMs: Math.max(ackMs, periodMs),
      pendingMax: PENDING_MAX,
      transactionBits: 32,
    });
  }

  start(): void {
    this.host.bind(swimCodec, this);
    const { datagram } = this.host.self;
    if (datagram === null) throw new RangeError('a host that listens for datagrams expected');
    this.own = {
      peer: this.host.peer(datagram),
      state: 'alive',
      incarnation: this.host.now() > 0 ? this.host.random.u32() >>> 8 : 0,
      sinceMs: 0,
      told: 0,
      answered: true,
    };
    for (const entry of this.options.join) if (this.host.peer(entry) !== this.own.peer) new Entry(this, this.host.peer(entry)).start();
    this.armPeriod();
  }

  /** Tells that it goes: the others need not suspect it. */
  stop(): void {
    this.rpc.stop();
    this.host.clearTimer(this.timer);
    const { own } = this;
    if (own === null) return;
    own.state = 'dead';
    own.told = 0;
    for (const peer of this.draw(this.options.helpers, own.peer)) {
      this.host.send(peer, swimCodec, { tag: ping.tag, transaction: 0, news: [this.newsOf(own)] });
    }
  }

  /** Members that are not known to be dead, ourselves excluded. */
  get alive(): readonly Peer[] {
    return [...this.members.values()].filter(({ state }) => state !== 'dead').map(({ peer }) => peer);
  }

  stateOf(peer: Peer): MemberState | null {
    return this.members.get(peer)?.state ?? null;
  }

  inspect(): unknown {
    return Array.from(this.members.values(), ({ peer, state, incarnation }) => ({ peer, state, incarnation }));
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number): void {
    if (kind === TIMER_RPC) {
      this.rpc.onTimer();
      return;
    }
    this.timer = NO_TIMER;
    this.armPeriod();
    this.expire();
    const next = this.nextInTurn();
    if (next !== null) new Probe(this, next).start();
  }

  onDatagram(from: Peer, message: SwimMessage): void {
    const isBelieved = this.members.get(from)?.answered === true;
    for (const item of message.news) if (isBelieved || this.isOwnBusiness(from, item)) this.hear(item);
    switch (message.tag) {
      case ping.tag:
        this.hearFrom(from);
        // A goodbye waits for no answer.
        if (message.transaction !== 0) this.answer(from, { tag: ack.tag, transaction: message.transaction, news: this.tell(from) });
        return;
      case pingReq.tag:
        new Errand(this, from, message.transaction, this.host.peer(message.target)).start();
        return;
      case join.tag: {
        const known = [...this.members.values()].filter(({ state }) => state !== 'dead');
        const told = this.host.random.shuffle(known).slice(0, NEWS_MAX);
        this.answer(from, {
          tag: joined.tag,
          transaction: message.transaction,
          more: known.length > told.length,
          news: told.map((member) => this.newsOf(member)),
        });
        this.hearFrom(from);
        return;
      }
      default:
        this.rpc.reply(from, message.transaction, message);
    }
  }

  // ---- what probes do --------------------------------------------------------------------------------------------------------

  say(to: Peer, message: SwimMessage): void {
    this.host.send(to, swimCodec, message);
  }

  /** To anybody who asks. */
  answer(to: Peer, message: SwimMessage): void {
    this.answers.say(to, message);
  }

  suspect(peer: Peer): void {
    const member = this.members.get(peer);
    if (member?.state === 'alive') this.enter(member, 'suspect', member.incarnation);
  }

  /** Whoever was asked is there, and knows something: anybody else who speaks to us may be nobody, and fill our list with others who are nobody. */
  hearAnswer(peer: Peer, message: SwimMessage): void {
    this.hearFrom(peer);
    const member = this.members.get(peer);
    if (member !== undefined) member.answered = true;
    for (const item of message.news) this.hear(item);
  }

  /** Somebody has spoken to us: it is there, whatever is said of it elsewhere. */
  hearFrom(peer: Peer): void {
    if (this.members.has(peer) || peer === this.own?.peer || this.members.size >= this.options.membersMax) return;
    this.add(peer, 'alive', 0);
  }

  draw(count: number, without: Peer): Peer[] {
    return this.host.random.shuffle(this.alive.filter((peer) => peer !== without)).slice(0, count);
  }

  /** News for somebody: what was told the fewest times first. */
  tell(to: Peer): News[] {
    const limit = Math.ceil(this.options.tellFactor * this.logMembers);
    const fresh: Member[] = [];
    for (const member of this.members.values()) if (member.told < limit && member.peer !== to) fresh.push(member);
    const own = this.own as Member;
    if (own.told < limit) fresh.push(own);
    // Somebody who is suspected, or thought dead, has to hear of it from whoever speaks to it.
    const itself = this.members.get(to);
    fresh.sort((a, b) => a.told - b.told);
    const told = [...(itself === undefined || itself.state === 'alive' ? [] : [itself]), ...fresh].slice(0, NEWS_MAX);
    for (const member of told) member.told++;
    return told.map((member) => this.newsOf(member));
  }

  private hear({ endpoint: named, state: stateNumber, incarnation }: News): void {
    const state = STATES[stateNumber] ?? 'alive';
    const peer = this.host.peer(named);
    const own = this.own as Member;
    if (peer === own.peer) {
      // Refuted: a greater incarnation is ours alone to give. Who has old news of us has missed it, and all that told of it.
      if (state === 'alive' || own.state === 'dead') return;
      if (incarnation >= own.incarnation) own.incarnation = Math.min(incarnation + 1, 0xffff_ffff);
      own.told = 0;
      return;
    }
    const member = this.members.get(peer);
    if (member === undefined) {
      if (state !== 'dead' && this.members.size < this.options.membersMax) this.add(peer, state, incarnation);
      return;
    }
    if (overrides(state, incarnation, member)) this.enter(member, state, incarnation);
  }

  /** What anybody may say: how it is itself, and that we are suspected, as we are known at this moment. */
  private isOwnBusiness(from: Peer, { endpoint: named, incarnation }: News): boolean {
    const peer = this.host.peer(named);
    return peer === from || (peer === this.own?.peer && incarnation === this.own.incarnation);
  }

  private add(peer: Peer, state: MemberState, incarnation: number): void {
    this.members.set(peer, { peer, state, incarnation, sinceMs: this.host.now(), told: 0, answered: false });
    // At a random place of the turn: a newcomer waits no longer than the others.
    this.turn.splice(this.host.random.below(this.turn.length + 1), 0, peer);
    this.host.tap(SwimEvent.state, STATES.indexOf(state), this.members.size, 0);
  }

  private enter(member: Member, state: MemberState, incarnation: number): void {
    member.state = state;
    member.incarnation = incarnation;
    member.sinceMs = this.host.now();
    member.told = 0;
    this.host.tap(SwimEvent.state, STATES.indexOf(state), this.members.size, 0);
  }

  private expire(): void {
    const now = this.host.now();
    const { periodMs, suspectPeriods } = this.options;
    const suspectMs = suspectPeriods * this.logMembers * periodMs;
    for (const member of this.members.values()) {
      if (member.state === 'suspect' && now - member.sinceMs >= suspectMs) this.enter(member, 'dead', member.incarnation);
      else if (member.state === 'dead' && now - member.sinceMs >= DEAD_PERIODS * periodMs) this.members.delete(member.peer);
    }
  }

  private nextInTurn(): Peer | null {
    for (;;) {
      if (this.turn.length === 0) this.turn = this.host.random.shuffle([...this.alive]);
      const peer = this.turn.pop();
      if (peer === undefined) return null;
      if (this.members.get(peer)?.state !== 'dead' && this.members.has(peer)) return peer;
    }
  }

  private get logMembers(): number {
    // Whole bits: no logarithm, which differs by platform.
    return Math.max(1, 32 - Math.clz32(this.members.size + 1));
  }

  private newsOf({ peer, state, incarnation }: Member): News {
    return { endpoint: this.host.endpoint(peer), state: STATES.indexOf(state), incarnation };
  }

  private armPeriod(): void {
    this.timer = this.host.setTimer(this.options.periodMs * (0.9 + 0.2 * this.host.random.unit()), TIMER_PERIOD, 0);
  }
}

/** Alive refutes suspicion of a smaller incarnation; suspicion stands against the same one; death is final but for a greater one. */
function overrides(state: MemberState, incarnation: number, member: Member): boolean {
  if (incarnation !== member.incarnation) return incarnation > member.incarnation && (member.state !== 'dead' || state === 'alive');
  return STATES.indexOf(state) > STATES.indexOf(member.state);
}

/** One member in its turn: a ping, then, when it is late, pings through others. */
class Probe implements RpcOperation<SwimMessage> {
  private readonly site: Swim;
  private readonly target: Peer;
  private lives = false;

  constructor(site: Swim, target: Peer) {
    this.site = site;
    this.target = target;
  }

  start(): void {
    const { site, target } = this;
    const transaction = site.rpc.open(target, this);
    if (transaction !== RPC_FULL) site.say(target, { tag: ping.tag, transaction, news: site.tell(target) });
  }

  onReply(reply: SwimMessage, from: Peer): void {
    this.site.hearAnswer(from, reply);
    this.lives = true;
  }

  onSlow(): void {
    const { site, target } = this;
    for (const helper of site.draw(site.options.helpers, target)) {
      const transaction = site.rpc.open(helper, new Help(site, this));
      if (transaction === RPC_FULL) return;
      site.say(helper, { tag: pingReq.tag, transaction, target: site.host.endpoint(target), news: site.tell(helper) });
    }
  }

  onTimeout(): void {
    if (!this.lives) this.site.suspect(this.target);
  }

  helped(): void {
    this.lives = true;
  }
}

class Help implements RpcOperation<SwimMessage> {
  private readonly site: Swim;
  private readonly probe: Probe;

  constructor(site: Swim, probe: Probe) {
    this.site = site;
    this.probe = probe;
  }

  onReply(reply: SwimMessage, from: Peer): void {
    this.site.hearAnswer(from, reply);
    if (reply.tag === reached.tag) this.probe.helped();
  }

  onSlow(): void {}

  onTimeout(): void {}
}

/** A ping in somebody's place. */
class Errand implements RpcOperation<SwimMessage> {
  private readonly site: Swim;
  private readonly asker: Peer;
  private readonly transaction: number;
  private readonly target: Peer;

  constructor(site: Swim, asker: Peer, transaction: number, target: Peer) {
    this.site = site;
    this.asker = asker;
    this.transaction = transaction;
    this.target = target;
  }

  start(): void {
    const { site, target } = this;
    // Nobody is pinged for strangers whom we do not know ourselves.
    if (site.stateOf(target) === null) return;
    const transaction = site.rpc.open(target, this);
    if (transaction !== RPC_FULL) site.answer(target, { tag: ping.tag, transaction, news: site.tell(target) });
  }

  onReply(reply: SwimMessage, from: Peer): void {
    this.site.hearAnswer(from, reply);
    this.site.answer(this.asker, { tag: reached.tag, transaction: this.transaction, news: this.site.tell(this.asker) });
  }

  onSlow(): void {}

  onTimeout(): void {}
}

/** The way in. */
class Entry implements RpcOperation<SwimMessage> {
  private readonly site: Swim;
  private readonly entry: Peer;

  constructor(site: Swim, entry: Peer) {
    this.site = site;
    this.entry = entry;
  }

  start(): void {
    const { site, entry } = this;
    const transaction = site.rpc.open(entry, this);
    if (transaction !== RPC_FULL) site.say(entry, { tag: join.tag, transaction, news: [] });
  }

  /** If there are more than it has told, somebody else among those is asked. */
  onReply(reply: SwimMessage): void {
    const { site, entry } = this;
    site.hearAnswer(entry, reply);
    if (reply.tag !== joined.tag || !reply.more) return;
    const [other] = site.draw(1, entry);
    if (other !== undefined && site.alive.length < ENTRY_MEMBERS) new Entry(site, other).start();
  }

  onSlow(): void {}

  /** It may have been a lost datagram, and there may be nobody else. */
  onTimeout(): void {
    if (this.site.alive.length === 0) this.start();
  }
}

/** Who knows so many leaves the rest to the news. */
const ENTRY_MEMBERS = 64;
