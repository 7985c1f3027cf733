/**
 * A Tapestry node (Zhao, Huang, Stribling, Rhea, Joseph, Kubiatowicz, IEEE JSAC 22(1), 2004): a neighbour map by prefix and proximity, surrogate routing,
 * objects located by the pointers that their servers leave on the way to their roots, and a table of small values held by several roots of each key.
 * Owns the tables, the questions under way, and the host's datagrams.
 */

import type { Contact } from '../../core/contact.ts';
import { sharedDigits } from '../../core/digits.ts';
import { TapestryEvent } from '../../core/events.ts';
import type { Host, Peer } from '../../core/host.ts';
import { equalIds, type Id160, mapKeyOf, readId } from '../../core/id160.ts';
import { Known } from '../../core/known.ts';
import {
  type HandOverHandler,
  type OwnersHandler,
  PointMember,
  type QuestionOf,
  type Standing,
  type ValueNode,
  type WordOf,
} from '../values/index.ts';
import { answerTo } from './answers.ts';
import type { Seeker } from './asker.ts';
import { Backpointers } from './backpointers.ts';
import { Departure } from './departure.ts';
import { FindOwners } from './find-owners.ts';
import { Join } from './join.ts';
import { Locate, type LocateHandler } from './locate.ts';
import { leaving, link, type TapestryMessage, tapestryCodec } from './messages.ts';
import { Multicasts } from './multicasts.ts';
import { NeighbourMap } from './neighbour-map.ts';
import { NeighbourSearch } from './neighbour-search.ts';
import { ObjectPointers } from './object-pointers.ts';
import type { PublishHandler } from './publish.ts';
import { PublishedObjects } from './published-objects.ts';
import { Probe } from './questions.ts';
import { ReplicaBook } from './replica-book.ts';
import { type Route, route } from './route.ts';
import { saltedId } from './salts.ts';
import { checkOptions, TAPESTRY_DEFAULTS, type TapestryOptions } from './tapestry-options.ts';
import { Upkeep } from './upkeep.ts';

const NONE: readonly Id160[] = [];
/** Contacts named by others that are asked at once whether they are there; more are named again some time. */
const PROBES_MAX = 256;
/** Contacts that fell silent and may come back when a partition heals; the oldest is forgotten. */
const LOST_MAX = 16;
/** Of the keys of this node whose other roots are looked up in a round. */
const STRAYS_PER_ROUND = 16;

export class Tapestry extends PointMember<TapestryMessage, TapestryOptions> implements ValueNode, Seeker {
  readonly map: NeighbourMap;
  readonly backpointers: Backpointers;
  readonly multicasts: Multicasts;
  readonly replicas: ReplicaBook;
  readonly pointers: ObjectPointers;
  readonly objects: PublishedObjects;
  readonly lost: Contact[] = [];
  private readonly upkeep: Upkeep;
  private readonly probing = new Set<string>();

  /** The options are kept, not copied: nodes of one world share them. */
  constructor(host: Host, options: TapestryOptions = TAPESTRY_DEFAULTS) {
    super(host, tapestryCodec, options);
    checkOptions(options);
    this.map = new NeighbourMap(this.self, options.digitBits, options.links);
    this.backpointers = new Backpointers(this.self, options.digitBits);
    this.multicasts = new Multicasts(this);
    this.replicas = new ReplicaBook(this);
    this.pointers = new ObjectPointers(this);
    this.objects = new PublishedObjects(this);
    this.upkeep = new Upkeep(this);
  }

  /** Its surrogate has begun to make it known. */
  get isEntering(): boolean {
    return this.status === 'joining';
  }

  readonly looksPerRound = STRAYS_PER_ROUND;

  // ---- what users do -------------------------------------------------------------------------------------------------------

  /** The root of that point, and with `want` the other owners of a key. Ends within a bounded number of questions. */
  lookup(target: Uint8Array, handler: OwnersHandler, want = 1): void {
    new FindOwners(this, readId(target), want, handler).start();
  }

  trace(target: Uint8Array, handler: OwnersHandler): void {
    this.lookup(target, handler);
  }

  /** PublishObject: this node serves an object of that name, and goes on saying so. Throws RangeError beyond `objectsMax`. */
  publish(name: Uint8Array, handler: PublishHandler): void {
    this.objects.publish(readId(name), handler);
  }

  /** UnpublishObject: it does not any more. Pointers that are not reached expire. */
  unpublish(name: Uint8Array, handler: PublishHandler): void {
    this.objects.unpublish(readId(name), handler);
  }

  /** RouteToObject: the nearest server of the object that a pointer leads to. */
  locate(name: Uint8Array, handler: LocateHandler): void {
    new Locate(this, readId(name), handler).start();
  }

  inspect(): unknown {
    return {
      id: this.self.hex,
      status: this.status,
      links: this.map.all().map(({ contact }) => contact.hex),
      backpointers: this.backpointers.all().map(({ hex }) => hex),
      keys: this.keys.size,
      pointers: this.pointers.size,
      objects: this.objects.size,
      questions: this.rpc.pending,
    };
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  protected round(): void {
    this.upkeep.round();
  }

  protected onWord(from: Peer, word: WordOf<TapestryMessage>): void {
    if (!this.speaksForItself(from, word.sender)) return;
    if (word.tag === link.tag) this.onLink(word.sender, word.on);
    else this.onLeaving(word.sender, word.replacements);
  }

  protected onQuestion(from: Peer, question: QuestionOf<TapestryMessage>): void {
    answerTo(this, from, question);
  }

  /** Newcomers hear of other newcomers, and are brought what they are to hold; `answerTo` knows which questions are for members. */
  protected override isOpen(unit: number): boolean {
    return unit === 0;
  }

  // ---- whom it knows -------------------------------------------------------------------------------------------------------

  knownOf(contact: Contact): Known | null {
    return this.map.get(contact);
  }

  /** The nearest by round-trip time. */
  nearest(count: number): Contact[] {
    if (count === 0) return [];
    const sorted = this.map.all().sort((a, b) => a.rttMs - b.rttMs);
    return sorted.slice(0, count).map(({ contact }) => contact);
  }

  /**
   * Somebody has answered by itself: it becomes a link where there is room, or where it is nearer. Points follow from addresses, so that nobody chooses a
   * place or bears the id of another; where they are given by options, all are believed.
   */
  heard(contact: Contact, rttMs: number): void {
    if (equalIds(contact, this.self) || !this.isRightful(contact)) return;
    this.forgive(contact);
    const there = this.map.get(contact);
    there?.heard(rttMs);
    const known = there ?? new Known(contact, rttMs);
    const evicted = this.map.add(known, this.options.byProximity);
    if (evicted !== null && evicted !== known) this.tellLink(evicted.contact, false);
    if (there !== null || evicted === known) return;
    this.tellLink(contact, true);
    this.keys.onNeighbours();
  }

  /** Others have named them: who may be of use is asked whether it is there. `nearer`: also to replace one that is farther away. */
  suggest(contacts: readonly Contact[], nearer: boolean): void {
    for (const contact of contacts) if (this.isUseful(contact, nearer)) this.probe(contact);
  }

  /** The probe of that contact is over. */
  probed(contact: Contact): void {
    this.probing.delete(mapKeyOf(contact));
  }

  /** A question got no answer: a link is asked again before it counts as dead. */
  suspect(contact: Contact): void {
    if (this.map.get(contact) !== null) this.probe(contact);
  }

  /** It does not answer, and may come back. */
  lose(contact: Contact): void {
    const wasLink = this.map.get(contact) !== null;
    this.drop(contact);
    if (!wasLink || this.hasLost(contact)) return;
    this.lost.push(contact);
    if (this.lost.length > LOST_MAX) this.lost.shift();
  }

  /** It is no member any more. A backup is the primary link of its entry now, and another is looked for. */
  drop(contact: Contact): void {
    this.backpointers.remove(contact);
    this.multicasts.unpin(contact);
    this.replicas.lose(contact);
    if (!this.map.remove(contact)) return;
    this.keys.onNeighbours();
    this.upkeep.repair(sharedDigits(this.self, contact, this.options.digitBits));
  }

  /** It has answered after all. */
  forgive(contact: Contact): void {
    const place = this.lost.findIndex((other) => equalIds(other, contact));
    if (place >= 0) this.lost.splice(place, 1);
  }

  // ---- coming and going ----------------------------------------------------------------------------------------------------

  /** And says so to all to whom it has links. */
  override enter(): void {
    super.enter();
    const links = this.map.all();
    this.host.tap(TapestryEvent.joined, links.length, this.map.levelCount, 0);
    for (const { contact } of links) this.tellLink(contact, true);
    this.beginRounds();
    if (this.options.nearest > 0) new NeighbourSearch(this).start();
  }

  protected wayIn(): Join {
    return new Join(this);
  }

  protected handOver(handler: HandOverHandler): void {
    new Departure(this, handler).start();
  }

  protected sayGoodbye(): void {
    for (const contact of this.backpointers.all()) this.tellLeaving(contact);
    for (const { contact } of this.map.all()) this.tellLeaving(contact);
  }

  /** A multicast has brought a newcomer, and it has answered: it gets what it is a root of, and what passes it. */
  welcome(newcomer: Contact, rttMs: number): void {
    this.heard(newcomer, rttMs);
    if (!this.isMember) return;
    this.pointers.share(newcomer);
    if (this.keys.size === 0) return;
    const isNext = (id: Id160): boolean => {
      const next = this.route(id, 0, NONE).contacts[0];
      return next !== undefined && equalIds(next, newcomer);
    };
    const items = this.keys.all().filter(({ key }) => this.saltsOf(key).some(isNext));
    this.keys.bring(newcomer, items);
  }

  // ---- the keys it holds ---------------------------------------------------------------------------------------------------

  route(target: Id160, level: number, passed: readonly Id160[]): Route {
    return route(this.self, this.map, target, level, passed);
  }

  isRootOf(id: Id160): boolean {
    return this.route(id, 0, NONE).root;
  }

  findOwners(key: Id160, _confirmed: boolean, handler: OwnersHandler): void {
    new FindOwners(this, key, this.options.replicas, handler).start();
  }

  /** Of the other roots nothing is known that lasts: whoever is not the first looks up whether it is one still. */
  standing(key: Id160): Standing {
    return this.isRootOf(key) ? 'owner' : 'stray';
  }

  replicasOf(key: Id160): readonly Contact[] {
    return this.replicas.othersOf(key);
  }

  /** Nothing is near in the space of names that is near on the way. */
  ownsThrough(_owner: Contact, target: Id160): Id160 {
    return target;
  }

  private saltsOf(key: Id160): Id160[] {
    return Array.from({ length: this.options.replicas }, (_, salt) => saltedId(key, salt));
  }

  private probe(contact: Contact): void {
    const key = mapKeyOf(contact);
    if (this.probing.size >= PROBES_MAX || this.probing.has(key)) return;
    this.probing.add(key);
    new Probe(this, contact, null).ask();
  }

  private onLink(sender: Contact, on: boolean): void {
    if (!on) {
      this.backpointers.remove(sender);
      return;
    }
    this.backpointers.heard(sender, this.host.now());
    this.suggest([sender], true);
  }

  private onLeaving(sender: Contact, replacements: readonly Contact[]): void {
    this.drop(sender);
    this.suggest(replacements, false);
  }

  private isUseful(contact: Contact, nearer: boolean): boolean {
    if (equalIds(contact, this.self) || !this.isRightful(contact) || this.hasLost(contact)) return false;
    if (this.map.get(contact) !== null) return false;
    return this.map.hasRoomFor(contact) || (nearer && this.options.byProximity);
  }

  private hasLost(contact: Contact): boolean {
    return this.lost.some((other) => equalIds(other, contact));
  }

  private tellLink(contact: Contact, on: boolean): void {
    this.say(this.host.peer(contact.endpoint), { tag: link.tag, unit: 0, sender: this.self, on });
  }

  /** Those that share more digits with us than it does stand in the same entry of its table. */
  private tellLeaving(contact: Contact): void {
    const level = sharedDigits(this.self, contact, this.options.digitBits) + 1;
    const others = this.map.from(level).sort((a, b) => a.rttMs - b.rttMs);
    const replacements = others.slice(0, this.options.links).map((known) => known.contact);
    this.say(this.host.peer(contact.endpoint), { tag: leaving.tag, unit: 0, sender: this.self, replacements });
  }
}
