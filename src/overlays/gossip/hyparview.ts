/**
 * Membership for broadcasts (Leitão, Pereira, Rodrigues, HyParView, DSN 2007): a small active view of symmetric links, which are watched, and a larger passive
 * view to mend it from. Owns both views and the requests under way.
 */

import type { Endpoint, Peer } from '../../core/host.ts';
import { RPC_FULL, type RpcOperation } from '../../core/rpc.ts';
import type { Broadcast } from './broadcast.ts';
import {
  type BroadcastMessage,
  disconnect,
  forwardJoin,
  join,
  neighbour,
  neighbourReply,
  ping,
  pong,
  SHUFFLE_MAX,
  shuffle,
  shuffleReply,
  welcome,
} from './broadcast-messages.ts';

/** A walk is no longer than this, whatever its message says. */
const WALK_MAX = 16;
/** Who has been refused so often in a row, for each neighbour that it has, may not be refused any more: at once who has none. */
const REFUSALS_PER_NEIGHBOUR = 4;

export class HyParView {
  readonly node: Broadcast;
  readonly active = new Set<Peer>();
  readonly passive = new Set<Peer>();
  /** Those that are being asked to be neighbours: one at a time for each place that is free. */
  private readonly asking = new Set<Peer>();
  /** Since somebody became our neighbour: a few who know only each other are refused by all that have as many as they want. */
  private refusals = 0;
  /** What the last shuffle sent: makes room for what comes back. */
  private shuffled: readonly Peer[] = [];

  constructor(node: Broadcast) {
    this.node = node;
  }

  start(): void {
    for (const entry of this.node.options.join) {
      const peer = this.node.host.peer(entry);
      if (!this.node.isSelf(peer)) new Join(this, peer).start();
    }
  }

  /** Neighbours are told. */
  leave(): void {
    for (const peer of this.active) this.node.say(peer, { tag: disconnect.tag, leaving: true });
    this.active.clear();
  }

  round(): void {
    for (const peer of this.active) new Watch(this, peer).start();
    this.shuffle();
    this.mend();
    this.mix();
    // Alone again: by the way it came.
    if (this.active.size === 0 && this.asking.size === 0) this.start();
  }

  // ---- what is said to it ----------------------------------------------------------------------------------------------------

  /** False: it was none of these messages. */
  onMessage(from: Peer, message: BroadcastMessage): boolean {
    const { node } = this;
    switch (message.tag) {
      case join.tag:
        this.onJoin(from, message.transaction);
        return true;
      case forwardJoin.tag:
        this.onForwardJoin(from, node.host.peer(message.newcomer), Math.min(message.ttl, WALK_MAX));
        return true;
      case neighbour.tag: {
        const accepted = message.urgent || this.active.size < node.options.activeSize || this.active.has(from);
        if (accepted) this.connect(from);
        node.answers.say(from, { tag: neighbourReply.tag, transaction: message.transaction, accepted });
        return true;
      }
      case disconnect.tag:
        this.onDisconnect(from, message.leaving);
        return true;
      case shuffle.tag:
        this.onShuffle(from, message);
        return true;
      case shuffleReply.tag:
        this.keep(message.nodes, this.shuffled);
        return true;
      case ping.tag:
        node.answers.say(from, { tag: pong.tag, transaction: message.transaction, isNeighbour: this.active.has(from) });
        return true;
      default:
        return false;
    }
  }

  // ---- links -----------------------------------------------------------------------------------------------------------------

  /** It is a neighbour from now on; if need be another makes room. */
  connect(peer: Peer): void {
    const { node } = this;
    if (this.active.has(peer) || node.isSelf(peer)) return;
    while (this.active.size >= node.options.activeSize) this.dropAny();
    this.passive.delete(peer);
    this.active.add(peer);
    this.refusals = 0;
    node.onNeighbour(peer, true);
  }

  /** It does not answer, or does not take us for its neighbour. */
  lose(peer: Peer, isDead: boolean): void {
    this.passive.delete(peer);
    if (!this.active.delete(peer)) return;
    this.node.onNeighbour(peer, false);
    if (!isDead) this.remember(peer);
    this.mend();
  }

  asked(peer: Peer, accepted: boolean, isDead: boolean): void {
    this.asking.delete(peer);
    if (accepted) this.connect(peer);
    else if (isDead) this.passive.delete(peer);
    else this.refusals++;
    if (accepted || isDead) this.mend();
  }

  /** Asks nodes of the passive view until the active one is full, or all have been asked. */
  private mend(): void {
    const { options, host } = this.node;
    const free = options.activeSize - this.active.size - this.asking.size;
    if (free <= 0) return;
    const candidates = host.random.shuffle([...this.passive].filter((peer) => !this.asking.has(peer)));
    for (const peer of candidates.slice(0, free)) {
      this.asking.add(peer);
      new AskNeighbour(this, peer, this.refusals >= REFUSALS_PER_NEIGHBOUR * this.active.size).start();
    }
  }

  /** Two parts of a network whose views are all full would stay apart for good, as lost pings can leave them: nobody has a place to ask for. */
  private mix(): void {
    const { options, host } = this.node;
    if (options.mixRounds === 0 || this.active.size < options.activeSize || host.random.below(options.mixRounds) !== 0) return;
    const peer = this.any(this.passive, null);
    if (peer === null || this.asking.has(peer)) return;
    this.asking.add(peer);
    new AskNeighbour(this, peer, true).start();
  }

  private dropAny(): void {
    const { node } = this;
    const peer = this.any(this.active, null);
    if (peer === null) return;
    this.active.delete(peer);
    node.say(peer, { tag: disconnect.tag, leaving: false });
    node.onNeighbour(peer, false);
    this.remember(peer);
  }

  private onJoin(from: Peer, transaction: number): void {
    const { node } = this;
    const newcomer = node.host.endpoint(from);
    this.connect(from);
    node.answers.say(from, { tag: welcome.tag, transaction });
    for (const peer of this.active) {
      if (peer !== from) node.answers.say(peer, { tag: forwardJoin.tag, newcomer, ttl: node.options.activeWalk });
    }
  }

  private onForwardJoin(from: Peer, newcomer: Peer, ttl: number): void {
    const { node } = this;
    if (node.isSelf(newcomer) || this.active.has(newcomer)) return;
    if (ttl === node.options.passiveWalk) this.remember(newcomer);
    const next = ttl === 0 ? null : this.any(this.active, from);
    if (next !== null && next !== newcomer) {
      node.answers.say(next, { tag: forwardJoin.tag, newcomer: node.host.endpoint(newcomer), ttl: ttl - 1 });
      return;
    }
    // The walk ends here: the newcomer is asked, so that both sides know, and nobody is made a neighbour by the word of a third.
    if (this.asking.has(newcomer)) return;
    this.asking.add(newcomer);
    new AskNeighbour(this, newcomer, true).start();
  }

  private onDisconnect(from: Peer, leaving: boolean): void {
    if (!this.active.delete(from)) return;
    this.node.onNeighbour(from, false);
    if (leaving) this.passive.delete(from);
    else this.remember(from);
    this.mend();
  }

  // ---- the passive view ------------------------------------------------------------------------------------------------------

  private shuffle(): void {
    const { node } = this;
    const own = node.host.self.datagram;
    const to = this.any(this.active, null);
    if (to === null || own === null) return;
    const { random } = node.host;
    const { shuffledActive, shuffledPassive, activeWalk } = node.options;
    const some = (view: Set<Peer>, count: number): Peer[] => random.shuffle([...view].filter((peer) => peer !== to)).slice(0, count);
    this.shuffled = [...some(this.active, shuffledActive), ...some(this.passive, shuffledPassive)];
    const nodes = this.shuffled.map((peer) => node.host.endpoint(peer));
    node.say(to, { tag: shuffle.tag, origin: own, ttl: activeWalk, nodes: [own, ...nodes].slice(0, SHUFFLE_MAX) });
  }

  private onShuffle(from: Peer, { origin, ttl, nodes }: Extract<BroadcastMessage, { readonly tag: typeof shuffle.tag }>): void {
    const { node } = this;
    // Only neighbours are walked through, so that a stranger cannot have us answer somebody else.
    if (!this.active.has(from)) return;
    const next = ttl > 0 && this.active.size > 1 ? this.any(this.active, from) : null;
    if (next !== null) {
      node.say(next, { tag: shuffle.tag, origin, ttl: Math.min(ttl, WALK_MAX) - 1, nodes });
      return;
    }
    const asker = node.host.peer(origin);
    if (node.isSelf(asker)) return;
    const given = node.host.random.shuffle([...this.passive]).slice(0, nodes.length);
    node.say(asker, { tag: shuffleReply.tag, nodes: given.map((peer) => node.host.endpoint(peer)) });
    this.keep(nodes, given);
  }

  /** What was sent away makes room first. */
  private keep(nodes: readonly Endpoint[], sent: readonly Peer[]): void {
    const away = [...sent];
    for (const named of nodes) {
      const peer = this.node.host.peer(named);
      if (this.node.isSelf(peer) || this.active.has(peer) || this.passive.has(peer)) continue;
      while (this.passive.size >= this.node.options.passiveSize && away.length > 0) this.passive.delete(away.pop() as Peer);
      this.remember(peer);
    }
  }

  private remember(peer: Peer): void {
    if (this.node.isSelf(peer) || this.active.has(peer) || this.passive.has(peer)) return;
    if (this.passive.size >= this.node.options.passiveSize) {
      const gone = this.any(this.passive, null);
      if (gone !== null) this.passive.delete(gone);
    }
    this.passive.add(peer);
  }

  private any(view: Set<Peer>, without: Peer | null): Peer | null {
    const others = [...view].filter((peer) => peer !== without);
    return others.length === 0 ? null : (others[this.node.host.random.below(others.length)] as Peer);
  }
}

abstract class Request implements RpcOperation<BroadcastMessage> {
  protected readonly view: HyParView;
  protected readonly peer: Peer;

  constructor(view: HyParView, peer: Peer) {
    this.view = view;
    this.peer = peer;
  }

  start(): void {
    const { node } = this.view;
    const transaction = node.rpc.open(this.peer, this);
    if (transaction === RPC_FULL) this.onTimeout();
    else node.say(this.peer, this.request(transaction));
  }

  /** It, or its answer, may be lost. */
  onSlow(): void {
    this.again();
  }

  abstract onReply(reply: BroadcastMessage): void;
  abstract onTimeout(): void;
  protected abstract request(transaction: number): BroadcastMessage;

  private again(): void {
    const { node } = this.view;
    // Under a number of its own: an answer to either will do.
    const transaction = node.rpc.open(this.peer, new Echo(this));
    if (transaction !== RPC_FULL) node.say(this.peer, this.request(transaction));
  }
}

/** A request that was sent once more. */
class Echo implements RpcOperation<BroadcastMessage> {
  private readonly request: Request;

  constructor(request: Request) {
    this.request = request;
  }

  onReply(reply: BroadcastMessage): void {
    this.request.onReply(reply);
  }

  onSlow(): void {}

  onTimeout(): void {}
}

class Join extends Request {
  protected request(transaction: number): BroadcastMessage {
    return { tag: join.tag, transaction };
  }

  onReply(reply: BroadcastMessage): void {
    if (reply.tag === welcome.tag) this.view.connect(this.peer);
  }

  /** The next round tries again. */
  onTimeout(): void {}
}

class AskNeighbour extends Request {
  private readonly urgent: boolean;
  private isOver = false;

  constructor(view: HyParView, peer: Peer, urgent: boolean) {
    super(view, peer);
    this.urgent = urgent;
  }

  protected request(transaction: number): BroadcastMessage {
    return { tag: neighbour.tag, transaction, urgent: this.urgent };
  }

  onReply(reply: BroadcastMessage): void {
    this.end(reply.tag === neighbourReply.tag && reply.accepted, false);
  }

  onTimeout(): void {
    this.end(false, true);
  }

  private end(accepted: boolean, isDead: boolean): void {
    if (this.isOver) return;
    this.isOver = true;
    this.view.asked(this.peer, accepted, isDead);
  }
}

/** Whether a neighbour is there, and takes us for one. */
class Watch extends Request {
  private answered = false;

  protected request(transaction: number): BroadcastMessage {
    return { tag: ping.tag, transaction };
  }

  onReply(reply: BroadcastMessage): void {
    this.answered = true;
    if (reply.tag === pong.tag && !reply.isNeighbour) this.view.lose(this.peer, false);
  }

  onTimeout(): void {
    if (!this.answered) this.view.lose(this.peer, true);
  }
}
