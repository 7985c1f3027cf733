/**
 * A Chord node (Stoica et al., SIGCOMM 2001; membership after Zave 2017): one or more points of a host on a ring, lookups, and a table of
 * small values spread over all nodes. Owns the virtual nodes, the questions under way, and the host's datagrams.
 */

import { equalBytes } from '../../core/bytes.ts';
import type { Endpoint, Host, Peer } from '../../core/host.ts';
import { CHORD_DEFAULTS, type ChordOptions, checkOptions } from './chord-options.ts';
import { Contact, contactAt, ownEndpoint } from '../../core/contact.ts';
import { Asker } from '../../core/asker.ts';
import { Find, type FindHandler, type FindOptions } from './find.ts';
import { Forwarder, OWNERS_MAX } from './forward.ts';
import { type AccessHandler, Get, Put, type LeaveHandler, checkValue, fetched, stored, wanted, type ValueNode } from '../values/index.ts';
import { Departure, leaveAtOnce } from './departure.ts';
import * as messages from './messages.ts';
import { type ChordMessage, chordCodec } from './messages.ts';
import { gone, ping, pong } from '../../core/who.ts';
import { equalIds, idOfBytes } from './ring-id.ts';
import { TIMER_JOIN, TIMER_LOOKUP, TIMER_ROUND, TIMER_RPC } from './timer-kinds.ts';
import { VirtualNode } from './virtual-node.ts';

/** iterative: we ask every hop ourselves. recursive: each hop passes the lookup on, and the last one answers us. */
export type LookupStyle = 'iterative' | 'recursive';

const NOTHING = new Uint8Array(0);

export class Chord extends Asker<ChordMessage, ChordOptions> implements ValueNode {
  readonly units: readonly VirtualNode[];
  /** Where to join: the addresses given but our own. */
  readonly entryPoints: readonly Endpoint[];
  private readonly forwarder: Forwarder;
  stopped = false;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: ChordOptions = CHORD_DEFAULTS) {
    super(host, chordCodec, options, TIMER_RPC);
    checkOptions(options);
    const endpoint = ownEndpoint(host, options.endpoint);
    this.entryPoints = options.join.filter((entry) => !equalBytes(entry, endpoint));
    const units: VirtualNode[] = [];
    for (let unit = 0; unit < options.units; unit++) {
      const id = options.ids?.[unit];
      units.push(new VirtualNode(this, id === undefined ? contactAt(endpoint, unit) : new Contact(id, unit, endpoint)));
    }
    this.units = units;
    this.forwarder = new Forwarder(this);
  }

  start(): void {
    this.host.bind(chordCodec, this);
    const [first, ...others] = this.units as [VirtualNode, ...VirtualNode[]];
    first.start();
    // The virtual nodes of a founder join its ring.
    for (const unit of others) {
      if (unit.isMember || this.entryPoints.length > 0) unit.start();
      else unit.enterThrough([first.self], false);
    }
  }

  /** Leaves at once: neighbours are told, keys stay with the replicas. `leave` hands them over first. */
  stop(): void {
    this.stopped = true;
    leaveAtOnce(this);
    this.forwarder.stop();
    this.stopAsking();
  }

  /** True while all points are in the ring. */
  get isMember(): boolean {
    return this.units.every((unit) => unit.isMember);
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** Who owns that point, with `want` owners: the first and those that follow it, recursively no more than two. Ends within a bounded number of questions. */
  lookup(target: Uint8Array, handler: FindHandler, style: LookupStyle = 'iterative', want = 1): void {
    const node = this.memberOrFirst();
    const wanted = Math.min(want, this.options.successors);
    if (style === 'recursive') this.forwarder.begin(node, idOfBytes(target), Math.min(wanted, OWNERS_MAX), handler);
    else new Find(node, idOfBytes(target), this.findOptions(wanted), handler).start();
  }

  /** An iterative lookup of the owner that tells its way. */
  trace(target: Uint8Array, handler: FindHandler): void {
    new Find(this.memberOrFirst(), idOfBytes(target), this.findOptions(1), handler, []).start();
  }

  get(key: Uint8Array, handler: AccessHandler): void {
    new Get(this.memberOrFirst(), idOfBytes(key), handler).start();
  }

  /** The value is copied. Throws RangeError when it is longer than VALUE_BYTES_MAX. */
  put(key: Uint8Array, value: Uint8Array, handler: AccessHandler): void {
    checkValue(value);
    new Put(this.memberOrFirst(), idOfBytes(key), value.slice(), false, handler).start();
  }

  remove(key: Uint8Array, handler: AccessHandler): void {
    new Put(this.memberOrFirst(), idOfBytes(key), NOTHING, true, handler).start();
  }

  /** Hands all keys over, then leaves; `handler.onLeft` follows, also when nobody took them. `stop` after that does nothing more. */
  leave(handler: LeaveHandler): void {
    new Departure(this, handler).start();
  }

  inspect(): unknown {
    return { units: this.units.map((unit) => unit.inspect()), questions: this.rpc.pending };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case TIMER_RPC:
        this.onRpcTimer();
        return;
      case TIMER_ROUND:
        this.units[arg]?.onRound();
        return;
      case TIMER_JOIN:
        this.units[arg]?.onJoinTimer();
        return;
      case TIMER_LOOKUP:
        this.forwarder.onTimer(arg);
    }
  }

  onDatagram(from: Peer, message: ChordMessage): void {
    switch (message.tag) {
      case messages.notify.tag:
      case messages.news.tag:
      case messages.leaving.tag:
        this.onWord(from, message);
        return;
      case messages.arrived.tag:
        this.forwarder.onArrived(message);
        return;
      case pong.tag:
      case messages.state.tag:
      case messages.busy.tag:
      case gone.tag:
      case messages.found.tag:
      case messages.forwarded.tag:
      case fetched.tag:
      case stored.tag:
      case wanted.tag:
        // Late or double answers are nobody's: the matching has decided before.
        this.rpc.reply(from, message.transaction, message);
        return;
      default:
        this.onRequest(from, message);
    }
  }

  /**
   * Whether a point is the one that its address gives (SIGCOMM 2001, section 4.2): nobody chooses a place, or bears the id of another. Where
   * points are given by options, all are believed.
   */
  isRightful(contact: Contact): boolean {
    return this.options.ids !== null || equalIds(contact, contactAt(contact.endpoint, contact.unit));
  }

  private onRequest(from: Peer, message: Request): void {
    const { transaction } = message;
    const node = this.units[message.unit];
    if (node === undefined) {
      this.answer(from, { tag: gone.tag, transaction });
      return;
    }
    switch (message.tag) {
      case messages.find.tag:
        node.onFind(from, message);
        return;
      case messages.getState.tag:
        node.onGetState(from, transaction);
        return;
      case ping.tag:
        this.answer(from, { tag: pong.tag, transaction, member: node.isMember, self: node.self });
        return;
      case messages.forward.tag:
        this.forwarder.onForward(from, node, message);
        return;
      default:
        node.keys.onRequest(from, message);
    }
  }

  /** What needs no answer. Only its sender may say it of itself: its address, and the point that follows from it, are what we can check. */
  private onWord(from: Peer, message: Word): void {
    const node = this.units[message.unit];
    if (node === undefined || this.host.peer(message.sender.endpoint) !== from || !this.isRightful(message.sender)) return;
    if (message.tag === messages.notify.tag) node.onNotify(message.sender);
    else if (message.tag === messages.news.tag) node.onNews(message.sender);
    else node.onLeaving(message.sender);
  }

  private findOptions(want: number): FindOptions {
    const { endAtList, passDead } = this.options;
    return { want, endAtList, confirm: true, failAtDead: !passDead };
  }

  private memberOrFirst(): VirtualNode {
    return this.units.find((unit) => unit.isMember) ?? (this.units[0] as VirtualNode);
  }
}

type Request = Extract<ChordMessage, { readonly transaction: number; readonly unit: number }>;
type Word = Extract<ChordMessage, { readonly sender: Contact }>;
