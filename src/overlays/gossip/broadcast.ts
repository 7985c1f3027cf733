/**
 * A node that broadcasts: what anybody says reaches every node once (Plumtree), over links that outlive their nodes (HyParView). Owns both parts and the host's
 * datagrams.
 */

import { BroadcastEvent } from '../../core/events.ts';
import { type Host, NO_TIMER, type Peer, type Protocol, type Timer } from '../../core/host.ts';
import { type Id160, readId } from '../../core/id160.ts';
import { Rpc } from '../../core/rpc.ts';
import { Answers } from './answers.ts';
import {
  type BroadcastMessage,
  broadcastCodec,
  gossip,
  graft,
  ihave,
  neighbourReply,
  PAYLOAD_BYTES_MAX,
  pong,
  prune,
  welcome,
} from './broadcast-messages.ts';
import { BROADCAST_DEFAULTS, type BroadcastOptions } from './broadcast-options.ts';
import { HyParView } from './hyparview.ts';
import { Plumtree } from './plumtree.ts';

export interface BroadcastHandler {
  /** Each broadcast once; `hops` is how far it came. */
  onBroadcast(payload: Uint8Array, hops: number): void;
}

const TIMER_RPC = 1;
const TIMER_ROUND = 2;
const PENDING_MAX = 1_024;
const ID_BYTES = 20;

export class Broadcast implements Protocol {
  readonly host: Host;
  readonly options: BroadcastOptions;
  readonly rpc: Rpc<BroadcastMessage>;
  readonly membership: HyParView;
  readonly tree: Plumtree;
  /** To anybody. */
  readonly answers: Answers<BroadcastMessage>;
  private readonly handler: BroadcastHandler | null;
  private timer: Timer = NO_TIMER;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: BroadcastOptions = BROADCAST_DEFAULTS, handler: BroadcastHandler | null = null) {
    this.host = host;
    this.options = options;
    this.handler = handler;
    const { slowMs, timeoutMs } = options;
    this.rpc = new Rpc(host, { timerKind: TIMER_RPC, slowMs, timeoutMs, pendingMax: PENDING_MAX, transactionBits: 32 });
    this.answers = new Answers(host, broadcastCodec);
    this.membership = new HyParView(this);
    this.tree = new Plumtree(this);
  }

  start(): void {
    this.host.bind(broadcastCodec, this);
    this.membership.start();
    this.armRound();
  }

  stop(): void {
    this.membership.leave();
    this.tree.stop();
    this.rpc.stop();
    this.host.clearTimer(this.timer);
  }

  /** To everybody. The payload is copied. Throws RangeError when it is longer than PAYLOAD_BYTES_MAX. */
  broadcast(payload: Uint8Array): Id160 {
    if (payload.length > PAYLOAD_BYTES_MAX) throw new RangeError(`at most ${PAYLOAD_BYTES_MAX} bytes expected, got ${payload.length}`);
    const id = readId(this.host.random.fill(new Uint8Array(ID_BYTES)));
    this.tree.send(id, payload.slice());
    return id;
  }

  inspect(): unknown {
    const { active, passive } = this.membership;
    const { eager, lazy } = this.tree;
    return { active: [...active], passive: [...passive], eager: [...eager], lazy: [...lazy] };
  }

  onTimer(kind: number, arg: number): void {
    if (kind === TIMER_RPC) this.rpc.onTimer();
    else if (kind === TIMER_ROUND) {
      this.timer = NO_TIMER;
      this.armRound();
      this.membership.round();
      this.tree.round();
    } else this.tree.onTimer(kind, arg);
  }

  onDatagram(from: Peer, message: BroadcastMessage): void {
    switch (message.tag) {
      case welcome.tag:
      case neighbourReply.tag:
      case pong.tag:
        this.rpc.reply(from, message.transaction, message);
        return;
      case gossip.tag:
      case ihave.tag:
      case graft.tag:
      case prune.tag:
        // Links are symmetric: a stranger is nobody to take a broadcast from, or to send one to.
        if (this.membership.active.has(from)) this.tree.onMessage(from, message);
        return;
      default:
        this.membership.onMessage(from, message);
    }
  }

  // ---- for its parts ---------------------------------------------------------------------------------------------------------

  say(to: Peer, message: BroadcastMessage): void {
    this.host.send(to, broadcastCodec, message);
  }

  isSelf(peer: Peer): boolean {
    const own = this.host.self.datagram;
    return own !== null && this.host.peer(own) === peer;
  }

  onNeighbour(peer: Peer, up: boolean): void {
    this.host.tap(BroadcastEvent.neighbour, up ? 1 : 0, this.membership.active.size, 0);
    this.tree.onNeighbour(peer, up);
  }

  deliver(_id: Id160, payload: Uint8Array, hops: number): void {
    this.handler?.onBroadcast(payload, hops);
  }

  private armRound(): void {
    this.timer = this.host.setTimer(this.options.roundMs * (0.5 + this.host.random.unit()), TIMER_ROUND, 0);
  }
}
