/**
 * A Pastry node (Rowstron and Druschel, Middleware 2001; upkeep under churn after Rhea et al., USENIX 2004): leaf set, routing table by
 * proximity, neighbourhood set, lookups, and a table of small values spread over all nodes. Owns the tables, the questions under way, and the
 * host's datagrams.
 */

import type { Contact } from '../../core/contact.ts';
import { PastryEvent } from '../../core/events.ts';
import type { Host, Peer } from '../../core/host.ts';
import { equalIds, type Id160, mapKeyOf, readId } from '../../core/id160.ts';
import { isClockwise } from '../../core/ring-distance.ts';
import {
  HandOver,
  type HandOverHandler,
  type Hop,
  type OwnersHandler,
  PointMember,
  type QuestionOf,
  type Standing,
  type ValueNode,
  type WordOf,
} from '../values/index.ts';
import type { Route, Seeker } from './asker.ts';
import { Find } from './find.ts';
import { Join } from './join.ts';
import { Known } from '../../core/known.ts';
import { BOTH_ENDS, type Ends, NO_END } from './leaf-ends.ts';
import { LeafHeirs } from './leaf-heirs.ts';
import { LeafSet } from './leaf-set.ts';
import * as messages from './messages.ts';
import { type PastryMessage, pastryCodec } from './messages.ts';
import { Neighbourhood } from './neighbourhood.ts';
import { checkOptions, PASTRY_DEFAULTS, type PastryOptions } from './pastry-options.ts';
import { Probe, type ProbeHandler } from './questions.ts';
import { RoundTrips } from '../../core/round-trips.ts';
import { route } from './route.ts';
import { RoutingTable } from './routing-table.ts';
import { SecondStage } from './second-stage.ts';
import { Upkeep } from './upkeep.ts';

/** Contacts named by others that are asked at once whether they are there; more are named again some time. */
const PROBES_MAX = 256;
/** So many who fell silent are remembered; the oldest is forgotten. */
const LOST_MAX = 16;

export class Pastry extends PointMember<PastryMessage, PastryOptions> implements ValueNode, Seeker, ProbeHandler {
  readonly leaves: LeafSet;
  readonly table: RoutingTable;
  readonly near: Neighbourhood;
  /** Whoever fell silent and may come back when a partition heals. */
  readonly lost: Contact[] = [];
  /** Known, but silent when a lookup asked them: they are asked again before they count as dead, and till then others go first. */
  readonly suspects: Contact[] = [];
  private readonly upkeep: Upkeep;
  /** Whom it asks whether they are there, by point; null while nobody. */
  private probing: Set<string> | null = null;
  /** Of everybody who has answered a lookup: what is to be expected of a stranger. Null: nobody has. */
  private roundTrips: RoundTrips | null = null;

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: PastryOptions = PASTRY_DEFAULTS) {
    super(host, pastryCodec, options);
    checkOptions(options);
    this.leaves = new LeafSet(this.self, options.leaves);
    this.table = new RoutingTable(this.self, options.digitBits);
    this.near = new Neighbourhood(options.neighbours);
    this.upkeep = new Upkeep(this);
  }

  get knowsNobody(): boolean {
    return this.leaves.larger.length === 0;
  }

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** Who is numerically nearest to that point, with `want` owners. Ends within a bounded number of questions. */
  lookup(target: Uint8Array, handler: OwnersHandler, want = 1): void {
    new Find(this, readId(target), { want, confirm: true }, handler).start();
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    const path: Hop[] = [];
    new Find(this, readId(target), { want: 1, confirm: true }, handler, path).start();
  }

  inspect(): unknown {
    return {
      id: this.self.hex,
      status: this.status,
      smaller: this.leaves.smaller.map(({ contact }) => contact.hex),
      larger: this.leaves.larger.map(({ contact }) => contact.hex),
      table: this.table.all().map(({ contact }) => contact.hex),
      neighbourhood: this.near.all.map(({ contact }) => contact.hex),
      keys: this.keys.size,
      questions: this.rpc.pending,
    };
  }

  // ---- whom it knows -------------------------------------------------------------------------------------------------------

  knownOf(contact: Contact): Known | null {
    return this.table.get(contact) ?? this.leaves.get(contact) ?? this.near.get(contact);
  }

  /** Everybody, once. */
  allKnown(): Known[] {
    return [...new Set([...this.leaves.larger, ...this.leaves.smaller, ...this.table.all(), ...this.near.all])];
  }

  /** Its word about who is next to us counts: it is a leaf, or has to lead us to our leaves. */
  isBeside(contact: Contact): boolean {
    const { larger, smaller } = this.leaves;
    return larger.length === 0 || smaller.length === 0 || this.leaves.get(contact) !== null;
  }

  /**
   * Somebody has answered by itself: it gets every place in the tables that it is good for. Points follow from addresses (section 2.2), so that
   * nobody chooses a place or bears the id of another; where they are given by options, all are believed.
   */
  heard(contact: Contact, rttMs: number, ends: Ends = NO_END): void {
    if (equalIds(contact, this.self)) return;
    let known = this.knownOf(contact);
    if (known !== null) known.heard(rttMs);
    else if (this.isRightful(contact)) known = new Known(contact, rttMs);
    else return;
    this.forgive(contact);
    const rival = this.table.towards(contact);
    if (rival === null || (rival !== known && this.options.byProximity && known.rttMs < rival.rttMs)) this.table.put(known);
    this.near.keep(known);
    if (this.leaves.add(known, this.endsFor(ends))) this.onLeaf(contact);
  }

  /** Others have named them: who may be of use is asked whether it is there. `nearer`: also to replace one that is farther away. */
  suggest(contacts: readonly Contact[], nearer: boolean, ends: Ends = NO_END): void {
    for (const contact of contacts) if (this.isUseful(contact, nearer, ends)) this.probe(contact, ends);
  }

  onProbed(contact: Contact): void {
    this.probing?.delete(mapKeyOf(contact));
    this.trust(contact);
  }

  /** A lookup got no answer, which is no proof: one datagram lost would do. */
  suspect(contact: Contact): void {
    const known = this.knownOf(contact);
    if (known === null || this.suspects.includes(known.contact)) return;
    this.probe(known.contact, NO_END);
    if (this.probing?.has(mapKeyOf(contact))) this.suspects.push(known.contact);
  }

  slowMsOf(contact: Contact): number {
    if (!this.options.timeoutsByRtt) return 0;
    return this.knownOf(contact)?.slowMs ?? this.roundTrips?.slowMs ?? 0;
  }

  timed(contact: Contact, rttMs: number): void {
    this.knownOf(contact)?.heard(rttMs);
    this.roundTrips ??= RoundTrips.expecting(this.options.slowMs);
    this.roundTrips.heard(rttMs);
  }

  /** It does not answer, and may come back. */
  lose(contact: Contact): void {
    const wasKnown = this.knownOf(contact) !== null;
    this.drop(contact);
    if (!wasKnown || this.hasLost(contact)) return;
    this.lost.push(contact);
    if (this.lost.length > LOST_MAX) this.lost.shift();
  }

  /** It is no member any more. */
  drop(contact: Contact): void {
    const hadPlace = this.table.remove(contact);
    this.near.remove(contact);
    this.trust(contact);
    if (this.leaves.remove(contact)) this.keys.onNeighbours();
    if (hadPlace) this.upkeep.repair(contact);
  }

  // ---- coming and going ----------------------------------------------------------------------------------------------------

  /** And says so to all that it knows. */
  override enter(): void {
    super.enter();
    this.host.tap(PastryEvent.joined, this.leaves.count, this.table.rowCount, 0);
    for (const { contact } of this.allKnown()) this.greet(contact);
    this.beginRounds();
    if (this.options.secondStage) new SecondStage(this).start();
  }

  /** It is told of us, and measures us if we may be of use to it. */
  greet(contact: Contact): void {
    this.tell(contact, messages.hello.tag);
  }

  // ---- the keys it holds ---------------------------------------------------------------------------------------------------

  route(target: Id160, want: number, width: number): Route {
    const { self, leaves, table, near, suspects, options } = this;
    const alike = options.endAtReplica ? options.replicas : 0;
    return route({ self, leaves, table, near: near.all, suspects, alike }, target, want, width);
  }

  findOwners(key: Id160, confirmed: boolean, handler: OwnersHandler): void {
    new Find(this, key, { want: this.options.replicas, confirm: confirmed }, handler).start();
  }

  standing(key: Id160): Standing {
    if (!this.leaves.covers(key)) return 'stray';
    const place = this.leaves.holders(key, this.options.replicas).findIndex((contact) => contact === this.self);
    return place < 0 ? 'stray' : place === 0 ? 'owner' : 'replica';
  }

  replicasOf(key: Id160): readonly Contact[] {
    return this.leaves.holders(key, this.options.replicas).filter((contact) => contact !== this.self);
  }

  /** From a key clockwise to its owner, all are nearest to that owner. */
  ownsThrough(owner: Contact, target: Id160): Id160 {
    return isClockwise(target, owner) ? owner : target;
  }

  // ---- what is said to it --------------------------------------------------------------------------------------------------

  protected round(): void {
    this.upkeep.round();
  }

  protected onWord(from: Peer, { tag, sender }: WordOf<PastryMessage>): void {
    if (!this.speaksForItself(from, sender)) return;
    if (tag === messages.leaving.tag) this.drop(sender);
    else this.greeted(sender);
  }

  protected onQuestion(from: Peer, message: QuestionOf<PastryMessage>): void {
    const { transaction } = message;
    switch (message.tag) {
      case messages.find.tag: {
        const { closer, owners } = this.route(message.target, message.want, Math.min(message.width, messages.CLOSER_MAX));
        const told = owners.slice(0, messages.LEAVES_MAX);
        this.answer(from, { tag: messages.found.tag, transaction, closer, owners: told });
        return;
      }
      case messages.getLeaves.tag:
        this.answer(from, {
          tag: messages.leaves.tag,
          transaction,
          smaller: contactsOf(this.leaves.smaller),
          larger: contactsOf(this.leaves.larger),
        });
        if (this.speaksForItself(from, message.sender)) this.greeted(message.sender);
        return;
      case messages.getRow.tag:
        this.answer(from, { tag: messages.row.tag, transaction, contacts: contactsOf(this.table.row(message.row)) });
        return;
      case messages.getNear.tag:
        this.answer(from, { tag: messages.near.tag, transaction, contacts: contactsOf(this.near.all) });
    }
  }

  protected wayIn(): Join {
    return new Join(this);
  }

  protected handOver(handler: HandOverHandler): void {
    new HandOver(this, this.keys.all(), new LeafHeirs(this.self, this.leaves), handler).start();
  }

  protected sayGoodbye(): void {
    for (const { contact } of this.allKnown()) this.tell(contact, messages.leaving.tag);
  }

  /** Somebody knows us, and lives. */
  private greeted(sender: Contact): void {
    if (!this.isMember) return;
    this.forgive(sender);
    this.suggest([sender], true);
  }

  private onLeaf(contact: Contact): void {
    this.keys.onNeighbours();
    if (!this.isMember || this.keys.size === 0) return;
    const { replicas } = this.options;
    const items = this.keys.all().filter(({ key }) => this.leaves.holders(key, replicas).some((other) => equalIds(other, contact)));
    this.keys.bring(contact, items);
  }

  private isUseful(contact: Contact, nearer: boolean, ends: Ends): boolean {
    if (equalIds(contact, this.self) || this.hasLost(contact)) return false;
    if (!this.leaves.wants(contact, this.endsFor(ends))) {
      if (this.knownOf(contact) !== null) return false;
      if (this.table.towards(contact) !== null && !(nearer && this.options.byProximity)) return false;
    }
    return this.isRightful(contact);
  }

  /** Where all are known, a newcomer may be anywhere. Who is joining knows nobody, and still not all. */
  private endsFor(ends: Ends): Ends {
    return this.isMember && this.leaves.knowsAll ? BOTH_ENDS : ends;
  }

  /** Unless it is being asked already, or too many are. */
  private probe(contact: Contact, ends: Ends): void {
    this.probing ??= new Set();
    const key = mapKeyOf(contact);
    if (this.probing.size >= PROBES_MAX || this.probing.has(key)) return;
    this.probing.add(key);
    new Probe(this, contact, ends, this).ask();
  }

  private trust(contact: Contact): void {
    const place = this.suspects.findIndex((other) => equalIds(other, contact));
    if (place >= 0) this.suspects.splice(place, 1);
  }

  private hasLost(contact: Contact): boolean {
    return this.lost.some((other) => equalIds(other, contact));
  }

  private forgive(contact: Contact): void {
    const place = this.lost.findIndex((other) => equalIds(other, contact));
    if (place >= 0) this.lost.splice(place, 1);
  }

  private tell(contact: Contact, tag: typeof messages.hello.tag | typeof messages.leaving.tag): void {
    this.say(this.host.peer(contact.endpoint), { tag, unit: 0, sender: this.self });
  }
}

function contactsOf(known: readonly Known[]): Contact[] {
  return known.slice(0, messages.LEAVES_MAX).map(({ contact }) => contact);
}
