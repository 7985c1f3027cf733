/**
 * Broadcast trees (Leitão, Pereira, Rodrigues, Epidemic Broadcast Trees, SRDS 2007): broadcasts go along the eager links, which become a tree; over the lazy ones
 * they are only announced, so that the tree mends itself. Owns the links' kinds, what has been received, and what is missing.
 */

import { BroadcastEvent } from '../../core/events.ts';
import type { Peer } from '../../core/host.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { type Id160, mapKeyOf } from '../../core/id160.ts';
import type { Broadcast } from './broadcast.ts';
import { type Announcement, ANNOUNCED_MAX, type BroadcastMessage, gossip, graft, ihave, prune } from './broadcast-messages.ts';

/** Broadcasts that are missed at the same time, whoever announces them, and announcers kept of each. */
const MISSING_MAX = 1_024;
const ANNOUNCERS_MAX = 8;
/** Broadcasts that are announced anew: of a thousand in a round, those that came last. */
const RECENT_MAX = 256;
export const TIMER_MISSING = 10;
export const TIMER_ANNOUNCE = 11;

/** Those that go along the links of the tree. */
export type TreeMessage = Extract<BroadcastMessage, { readonly tag: 20 | 21 | 22 | 23 }>;

interface Received {
  readonly id: Id160;
  readonly round: number;
  readonly payload: Uint8Array;
}

/** A broadcast that is still announced, and the rounds since it came. */
interface Recent extends Announcement {
  rounds: number;
}

interface Missing {
  readonly id: Id160;
  readonly announcers: { readonly peer: Peer; readonly round: number }[];
  /** A number for its timer. */
  readonly number: number;
  timer: Timer;
}

export class Plumtree {
  readonly eager = new Set<Peer>();
  readonly lazy = new Set<Peer>();
  /** Copies that came although they were known: the paper's redundancy. */
  duplicates = 0;
  private readonly node: Broadcast;
  /** In the order in which they came; the oldest is forgotten. */
  private readonly received = new Map<string, Received>();
  private readonly missing = new Map<string, Missing>();
  private readonly byNumber = new Map<number, Missing>();
  private nextNumber = 1;
  private recent: Recent[] = [];
  private readonly toAnnounce = new Map<Peer, Announcement[]>();
  private announceTimer: Timer = NO_TIMER;

  constructor(node: Broadcast) {
    this.node = node;
  }

  stop(): void {
    const { host } = this.node;
    for (const { timer } of this.missing.values()) host.clearTimer(timer);
    host.clearTimer(this.announceTimer);
  }

  has(id: Id160): boolean {
    return this.received.has(mapKeyOf(id));
  }

  send(id: Id160, payload: Uint8Array): void {
    const message = { id, round: 0, payload };
    this.keep(message);
    this.pass(message, null);
  }

  onNeighbour(peer: Peer, up: boolean): void {
    if (up) {
      this.eager.add(peer);
      for (const each of this.recent) this.announceTo(peer, each);
      this.armAnnounce();
      return;
    }
    this.eager.delete(peer);
    this.lazy.delete(peer);
    this.toAnnounce.delete(peer);
    for (const { announcers } of this.missing.values()) {
      const at = announcers.findIndex((announcer) => announcer.peer === peer);
      if (at >= 0) announcers.splice(at, 1);
    }
  }

  /** Only neighbours are heard. */
  onMessage(from: Peer, message: TreeMessage): void {
    switch (message.tag) {
      case gossip.tag:
        this.onGossip(from, message);
        return;
      case ihave.tag:
        for (const announced of message.announced) this.onAnnounced(from, announced);
        return;
      case graft.tag: {
        this.makeEager(from);
        const known = message.id === null ? undefined : this.received.get(mapKeyOf(message.id));
        if (known !== undefined) this.node.say(from, { tag: gossip.tag, ...known, round: known.round + 1 });
        return;
      }
      case prune.tag:
        this.makeLazy(from);
    }
  }

  /** To be called every round: whoever lost both a broadcast and its announcements hears of it again, and so do neighbours that are new. */
  round(): void {
    const { repeats, recentRounds } = this.node.options;
    for (const each of this.recent) {
      if (each.rounds++ >= repeats) continue;
      for (const peer of this.eager) this.announceTo(peer, each);
      for (const peer of this.lazy) this.announceTo(peer, each);
    }
    this.recent = this.recent.filter(({ rounds }) => rounds < recentRounds);
    this.armAnnounce();
  }

  onTimer(kind: number, arg: number): void {
    if (kind === TIMER_ANNOUNCE) this.announce();
    else if (kind === TIMER_MISSING) this.onMissing(arg);
  }

  private onGossip(from: Peer, { id, round, payload }: Extract<BroadcastMessage, { readonly tag: typeof gossip.tag }>): void {
    const { node } = this;
    if (this.has(id)) {
      this.duplicates++;
      if (node.options.floods) return;
      this.makeLazy(from);
      node.say(from, { tag: prune.tag });
      return;
    }
    const message = { id, round, payload };
    const missed = this.missing.get(mapKeyOf(id));
    this.found(missed);
    this.keep(message);
    this.makeEager(from);
    this.pass({ id, round: Math.min(round + 1, 0xffff), payload }, from);
    if (missed !== undefined) this.optimise(from, round, missed);
    node.deliver(id, payload, round);
  }

  private onAnnounced(from: Peer, { id, round }: Announcement): void {
    if (this.has(id)) return;
    const { host, options } = this.node;
    const key = mapKeyOf(id);
    let missed = this.missing.get(key);
    if (missed === undefined) {
      if (this.missing.size >= MISSING_MAX) return;
      missed = { id, announcers: [], number: this.nextNumber, timer: NO_TIMER };
      this.nextNumber = (this.nextNumber % 0x7fff_ffff) + 1;
      missed.timer = host.setTimer(options.missingMs, TIMER_MISSING, missed.number);
      this.missing.set(key, missed);
      this.byNumber.set(missed.number, missed);
    }
    if (missed.announcers.length < ANNOUNCERS_MAX) missed.announcers.push({ peer: from, round });
  }

  /** It has not come: the one who announced it first is asked, and its link becomes part of the tree. */
  private onMissing(number: number): void {
    const { host, options } = this.node;
    const missed = this.byNumber.get(number);
    if (missed === undefined) return;
    const announcer = missed.announcers.shift();
    if (announcer === undefined) {
      // Nobody is left to ask: the next who announces it begins anew.
      this.found(missed);
      return;
    }
    missed.timer = host.setTimer(options.graftMs, TIMER_MISSING, number);
    this.makeEager(announcer.peer);
    this.node.say(announcer.peer, { tag: graft.tag, id: missed.id, round: announcer.round });
  }

  private found(missed: Missing | undefined): void {
    if (missed === undefined) return;
    this.node.host.clearTimer(missed.timer);
    this.missing.delete(mapKeyOf(missed.id));
    this.byNumber.delete(missed.number);
  }

  /** Somebody had announced it over a path that is much shorter: that link replaces the one that it came by. */
  private optimise(from: Peer, round: number, { announcers }: Missing): void {
    const { threshold } = this.node.options;
    const shorter = announcers.find((announcer) => announcer.round < round && round - announcer.round >= threshold);
    if (threshold === 0 || shorter === undefined || shorter.peer === from) return;
    this.makeEager(shorter.peer);
    this.node.say(shorter.peer, { tag: graft.tag, id: null, round });
    this.makeLazy(from);
    this.node.say(from, { tag: prune.tag });
  }

  private pass(message: Received, except: Peer | null): void {
    const { id, round, payload } = message;
    for (const peer of this.eager) if (peer !== except) this.node.say(peer, { tag: gossip.tag, id, round, payload });
    for (const peer of this.lazy) if (peer !== except) this.announceTo(peer, { id, round });
    const { recentRounds, floods } = this.node.options;
    if (recentRounds > 0 && !floods) {
      this.recent.push({ id, round, rounds: 0 });
      if (this.recent.length > RECENT_MAX) this.recent.shift();
    }
    this.armAnnounce();
  }

  private announceTo(peer: Peer, announcement: Announcement): void {
    const waiting = this.toAnnounce.get(peer);
    if (waiting === undefined) this.toAnnounce.set(peer, [announcement]);
    else waiting.push(announcement);
  }

  private armAnnounce(): void {
    if (this.toAnnounce.size === 0 || this.announceTimer !== NO_TIMER) return;
    this.announceTimer = this.node.host.setTimer(this.node.options.announceMs, TIMER_ANNOUNCE, 0);
  }

  private announce(): void {
    this.announceTimer = NO_TIMER;
    for (const [peer, announced] of this.toAnnounce) {
      for (let at = 0; at < announced.length; at += ANNOUNCED_MAX) {
        this.node.say(peer, { tag: ihave.tag, announced: announced.slice(at, at + ANNOUNCED_MAX) });
      }
    }
    this.toAnnounce.clear();
  }

  private keep(message: Received): void {
    const key = mapKeyOf(message.id);
    this.received.set(key, message);
    this.node.host.tap(BroadcastEvent.delivered, message.round, message.payload.length, 0);
    if (this.received.size <= this.node.options.rememberedMax) return;
    for (const oldest of this.received.keys()) {
      this.received.delete(oldest);
      return;
    }
  }

  private makeEager(peer: Peer): void {
    if (!this.lazy.has(peer) && !this.eager.has(peer)) return;
    this.lazy.delete(peer);
    this.eager.add(peer);
  }

  private makeLazy(peer: Peer): void {
    if (this.eager.delete(peer)) this.lazy.add(peer);
  }
}
