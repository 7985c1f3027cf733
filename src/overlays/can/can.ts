/**
 * A CAN node (Ratnasamy, Francis, Handley, Karp and Shenker, SIGCOMM 2001): a zone of the torus in each reality, lookups, and a table of small values spread
 * over all nodes. Owns the realities, the questions under way, and the host's datagrams.
 */

import { type Contact, contactAt, UNITS_MAX } from '../../core/contact.ts';
import type { Host, Peer } from '../../core/host.ts';
import { equalIds, type Id160, readId } from '../../core/id160.ts';
import { gone } from '../../core/who.ts';
import {
  type LeaveHandler,
  type OwnersHandler,
  type QuestionOf,
  type Standing,
  TIMER_JOIN,
  ValueMember,
  type ValueNode,
  type WordOf,
} from '../values/index.ts';
import type { Route, RouteOptions, Seeker } from './asker.ts';
import { CAN_DEFAULTS, type CanOptions, checkOptions } from './can-options.ts';
import { type Claim, founded } from './claim.ts';
import { Departure } from './departure.ts';
import { FindOwners, placeOfKey, pointsMaxOf } from './find-owners.ts';
import * as messages from './messages.ts';
import { type CanMessage, canCodec } from './messages.ts';
import { distanceOf } from './neighbour.ts';
import { Reality } from './reality.ts';
import { Replicas } from './replicas.ts';
import { TIMER_TAKEOVER } from './takeovers.ts';
import { traceKey } from './trace-key.ts';
import { Upkeep } from './upkeep.ts';
import { type Point, Zone } from './zone.ts';

/** Told whenever a node has other zones: an oracle beside a simulated network. */
export interface ZoneWatcher {
  onZones(node: Can, reality: Reality): void;
}

export class Can extends ValueMember<CanMessage, CanOptions> implements ValueNode, Seeker {
  readonly realities: readonly Reality[];
  readonly replicas: Replicas;
  watcher: ZoneWatcher | null = null;
  private readonly upkeep: Upkeep;
  private keysDirty = false;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: CanOptions = CAN_DEFAULTS) {
    super(host, canCodec, options);
    checkOptions(options);
    this.realities = Array.from({ length: options.units }, (_, unit) => new Reality(this, unit));
    this.replicas = new Replicas(this);
    this.upkeep = new Upkeep(this);
  }

  protected begin(): void {
    for (const reality of this.realities) {
      // Who was linked into a network before its first event is in it already.
      if (reality.isMember) this.entered();
      else if (this.entryPoints.length === 0) reality.enter(founded(new Zone(1, this.options.dims)), []);
      else reality.beginJoin(this.entryPoints);
    }
  }

  get isMember(): boolean {
    return this.realities.every((reality) => reality.isMember);
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** Who owns the first point of that key; with `any`, in whichever reality that is nearest. Ends within a bounded number of questions. */
  lookup(target: Uint8Array, handler: OwnersHandler, any = false): void {
    traceKey(this, readId(target), handler, any);
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    traceKey(this, readId(target), handler);
  }

  leave(handler: LeaveHandler): void {
    this.departing = true;
    new Departure(this, handler).start();
  }

  inspect(): unknown {
    return {
      id: this.self.hex,
      realities: this.realities.map(({ status, claims, neighbours, takeovers }) => ({
        status,
        zones: claims.map(({ zone }) => zone.text),
        neighbours: neighbours.map((neighbour) => ({
          id: neighbour.contact.hex,
          zones: neighbour.claims.map(({ zone }) => zone.text),
        })),
        takeovers: takeovers.count,
      })),
      keys: this.keys.size,
      questions: this.rpc.pending,
    };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  override onTimer(kind: number, arg: number): void {
    if (kind === TIMER_JOIN) this.realities[arg]?.join?.start();
    else if (kind === TIMER_TAKEOVER) this.realities[arg % UNITS_MAX]?.takeovers.onTimer(Math.floor(arg / UNITS_MAX));
    else super.onTimer(kind, arg);
  }

  protected round(): void {
    this.upkeep.round();
  }

  // ---- what its realities tell ---------------------------------------------------------------------------------------------

  /** One of its realities has become a member. */
  entered(): void {
    this.beginRounds();
  }

  /** Much is new: the next round does not wait. */
  hurry(): void {
    const { roundMs, slowMs } = this.options;
    if (roundMs > slowMs) this.hastenRound(slowMs);
  }

  zonesChanged(reality: Reality): void {
    this.watcher?.onZones(this, reality);
    this.neighboursChanged();
  }

  neighboursChanged(): void {
    this.keysDirty = true;
    this.keys.onNeighbours();
  }

  /** Whether neighbours have changed since it was asked last. */
  takeKeysDirty(): boolean {
    const dirty = this.keysDirty;
    this.keysDirty = false;
    return dirty;
  }

  /** Somebody has got zones of ours: what is kept by points in them is brought at once. */
  bringKeys(to: Contact, claims: readonly Claim[]): void {
    if (this.keys.size === 0) return;
    const items = this.keys.all().filter(({ key }) => {
      for (let index = to.unit; index < this.options.replicas; index += this.options.units) {
        const { point } = placeOfKey(key, index, this.options);
        if (claims.some(({ zone }) => zone.has(point))) return true;
      }
      return false;
    });
    this.keys.bring(to, items);
  }

  /** Members are known by the hash of their address, so that nobody speaks for another; where ids are given by options, all are believed. */
  override isRightful(contact: Contact): boolean {
    return this.options.id !== null || equalIds(contact, contactAt(contact.endpoint, 0));
  }

  /** Says goodbye to all neighbours. */
  goAway(): void {
    for (const { isMember, neighbours, unit, self } of this.realities) {
      if (isMember)
        for (const { contact } of neighbours) this.say(this.host.peer(contact.endpoint), { tag: messages.leaving.tag, unit, sender: self });
    }
    for (const reality of this.realities) reality.halt();
    this.endRounds();
  }

  // ---- lookups, and the keys it holds ----------------------------------------------------------------------------------------

  canBegin(unit: number): boolean {
    return this.realities[unit]?.isMember === true;
  }

  route(unit: number, target: Point, options: RouteOptions): Route {
    const own = this.realities[unit] as Reality;
    if (!options.any || this.realities.length === 1) return own.route(target, options);
    // Of all realities the one that is nearest already (section 3.2): the point is found in each of them.
    const members = this.realities.filter((reality) => reality.isMember);
    const routes = members.map((reality) => reality.route(target, options));
    const owned = routes.find(({ peers }) => peers.length > 0);
    if (owned !== undefined) return owned;
    const steps = members.flatMap((reality) =>
      reality.neighbours.filter(({ claims }) => distanceOf(claims, target) < distanceOf(reality.claims, target)),
    );
    steps.sort((a, b) => a.distance(target) - b.distance(target));
    const closer = (steps.length > 0 && !options.wide ? steps.map(({ named }) => named) : routes.flatMap((route) => route.closer)).slice(
      0,
      options.width,
    );
    return { peers: [], closer };
  }

  suspect(contact: Contact): void {
    const reality = this.realities[contact.unit];
    if (reality !== undefined && reality.neighbour(contact) !== null) reality.probe(contact);
  }

  findOwners(key: Id160, _confirmed: boolean, handler: OwnersHandler): void {
    new FindOwners(this, key, this.options.replicas, handler).start();
  }

  /** Who else has a point of the key has to be looked up, which `Replicas` does; where none is ours, the key is out of place. */
  standing(key: Id160): Standing {
    for (let index = 0; index < pointsMaxOf(this.options.replicas); index++) {
      const { unit, point } = placeOfKey(key, index, this.options);
      if (this.realities[unit]?.claimAt(point)) return 'unknown';
    }
    return 'stray';
  }

  replicasOf(): readonly Contact[] {
    return [];
  }

  /** Points of keys are scattered: one says nothing of the next. */
  ownsThrough(_owner: Contact, target: Id160): Id160 {
    return target;
  }

  protected isMemberAt(unit: number): boolean {
    return this.canBegin(unit);
  }

  protected onQuestion(from: Peer, message: QuestionOf<CanMessage>): void {
    const { transaction } = message;
    const reality = this.realities[message.unit] as Reality;
    switch (message.tag) {
      case messages.find.tag: {
        const { any, wide, width } = message;
        if (message.target.length !== this.options.dims) {
          this.answer(from, { tag: gone.tag, transaction });
          return;
        }
        const { peers, closer } = this.route(message.unit, message.target, { any, wide, width: Math.min(width, messages.NEAR_MAX) });
        this.answer(from, { tag: messages.found.tag, transaction, peers, closer });
        return;
      }
      case messages.exchange.tag: {
        const near = reality.nearTo(message.claims.map(({ zone }) => zone));
        this.answer(from, { tag: messages.state.tag, transaction, claims: reality.claims, near });
        if (this.speaksForItself(from, message.sender)) this.hear(reality, message.sender, message.claims);
        return;
      }
      case messages.split.tag:
        if (this.speaksForItself(from, message.sender)) reality.grants.onRequest(from, message);
        return;
      case messages.give.tag:
        if (this.speaksForItself(from, message.sender)) reality.reassignment.onGive(from, message);
        return;
      case messages.reassign.tag:
        reality.reassignment.onReassign(from, message);
    }
  }

  protected onWord(from: Peer, word: WordOf<CanMessage>): void {
    const reality = this.realities[word.unit];
    if (word.tag === messages.hint.tag) {
      for (const contact of word.contacts) reality?.probe(contact);
      return;
    }
    const { sender, unit } = word;
    if (reality === undefined || sender.unit !== unit || !reality.isMember || !this.speaksForItself(from, sender)) return;
    if (word.tag === messages.leaving.tag) reality.drop(sender);
    else if (word.tag === messages.update.tag) this.hear(reality, sender, word.claims);
    else if (reality.neighbour(sender) !== null) reality.grants.onDivided(word.from, word.lower);
  }

  /** Of a neighbour it counts; of anybody else it is a reason to ask. */
  private hear(reality: Reality, sender: Contact, claims: readonly Claim[]): void {
    if (sender.unit !== reality.unit) return;
    if (reality.neighbour(sender) !== null) reality.hear(sender, claims);
    else reality.suggest([{ contact: sender, zones: claims.map(({ zone }) => zone) }]);
  }
}
