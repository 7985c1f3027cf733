/**
 * A node's part in one coordinate space (SIGCOMM 2001, sections 2 and 3.2): its zones, who is next to them, and how both change. Owns them. What others
 * claim is believed as they say it of themselves: in an answer to our own question, or from the address of a neighbour that answered one.
 */

import { Contact } from '../../core/contact.ts';
import { CanEvent } from '../../core/events.ts';
import type { Endpoint } from '../../core/host.ts';
import { equalIds, mapKeyOf } from '../../core/id160.ts';
import { compareIds } from '../../core/ring.ts';
import type { Route, RouteOptions } from './asker.ts';
import type { Can } from './can.ts';
import { type Claim, isBetter, sameClaim } from './claim.ts';
import { Exchange } from './exchange.ts';
import { Grants } from './grants.ts';
import { Join } from './join.ts';
import { CLAIMS_MAX, HINTS_MAX, hint, type Named, NEAR_MAX, PEERS_MAX, update } from './messages.ts';
import { Neighbour } from './neighbour.ts';
import { Reassignment } from './reassignment.ts';
import { route } from './route.ts';
import { Takeovers } from './takeovers.ts';
import { type Point, type Zone, withoutAll } from './zone.ts';

export type Status = 'idle' | 'joining' | 'member' | 'left';

/** Contacts that are asked at once who they are; more are named again some time. */
const PROBES_MAX = 128;
/** Contacts that fell silent and may come back when a partition heals; the oldest is forgotten. */
const LOST_MAX = 32;
/** Others that have answered; of more, each newcomer takes the place of one at random. */
const MET_MAX = 16;
/** Neighbours that are kept; a zone with more borders has them told of it by others, and is split some time. */
const NEIGHBOURS_MAX = 512;

export class Reality {
  readonly node: Can;
  readonly unit: number;
  readonly self: Contact;
  /** The first is its own; others it has taken over, until they are reassigned. Replaced as a whole. */
  claims: readonly Claim[] = [];
  neighbours: readonly Neighbour[] = [];
  status: Status = 'idle';
  /** Who fell silent, and may come back. */
  readonly lost: Contact[] = [];
  /** Who has answered some time, wherever its zones are now: where to look from when those next to us know no further. */
  readonly met: Contact[] = [];
  readonly takeovers: Takeovers;
  readonly reassignment: Reassignment;
  readonly grants: Grants;
  join: Join | null = null;
  private readonly probing = new Set<string>();

  constructor(node: Can, unit: number) {
    this.node = node;
    this.unit = unit;
    this.self = unit === 0 ? node.self : new Contact(node.self, unit, node.self.endpoint);
    this.takeovers = new Takeovers(this);
    this.reassignment = new Reassignment(this);
    this.grants = new Grants(this);
  }

  get isMember(): boolean {
    return this.status === 'member';
  }

  get zones(): Zone[] {
    return this.claims.map(({ zone }) => zone);
  }

  /** All zones that it knows somebody alive for, its own included. */
  get knownZones(): Zone[] {
    return [...this.zones, ...this.neighbours.flatMap(({ claims }) => claims.map(({ zone }) => zone))];
  }

  claimAt(point: Point): Claim | null {
    return this.claims.find(({ zone }) => zone.has(point)) ?? null;
  }

  neighbour(contact: Contact): Neighbour | null {
    return this.neighbours.find((other) => equalIds(other.contact, contact)) ?? null;
  }

  /** Who shares a zone of ours. */
  peersOf(claim: Claim): Neighbour[] {
    if (this.node.options.zonePeers === 1) return [];
    return this.neighbours.filter(({ claims }) => claims.some((other) => sameClaim(other, claim)));
  }

  route(target: Point, { wide, width }: Omit<RouteOptions, 'any'>): Route {
    const claim = this.claimAt(target);
    if (claim !== null) {
      const peers = [this.self, ...this.peersOf(claim).map(({ contact }) => contact)];
      return { peers: peers.sort(compareIds).slice(0, PEERS_MAX), closer: [] };
    }
    const steps = route(this, target, this.node.options.byRtt, wide);
    return { peers: [], closer: steps.slice(0, width).map(({ neighbour }) => neighbour.named) };
  }

  /** Those that the asker with these zones needs most: next to them, or overlapping, peers among them. */
  nearTo(zones: readonly Zone[]): Named[] {
    const next = (neighbour: Neighbour): boolean => neighbour.claims.some((claim) => isNext(claim.zone, zones));
    const first = this.neighbours.filter(next);
    const rest = first.length < NEAR_MAX ? this.neighbours.filter((neighbour) => !next(neighbour)) : [];
    return [...first, ...rest].slice(0, NEAR_MAX).map((neighbour) => neighbour.named);
  }

  // ---- what others say -----------------------------------------------------------------------------------------------------

  /** Somebody has said which zones it has: of itself, and it is there. */
  hear(contact: Contact, claims: readonly Claim[]): void {
    if (!this.isMember || equalIds(contact, this.self) || claims.some(({ zone }) => zone.dims !== this.node.options.dims)) return;
    const before = this.claims;
    this.giveWay(contact, claims);
    if (this.claims.some((own) => claims.some((theirs) => this.contest(own, theirs)))) this.tell(contact);
    this.forgive(contact);
    this.meet(contact);
    this.note(contact, claims);
    this.compareWithOthers(contact, claims);
    this.takeovers.heard(contact, claims);
    this.grants.heard(contact);
    if (this.claims !== before) this.onClaims();
  }

  /** They are somebody's neighbours: who may be ours is asked. */
  suggest(named: readonly Named[]): void {
    for (const { contact, zones } of named) {
      if (!this.isUseful(zones) || this.neighbour(contact) !== null || this.isOther(contact)) continue;
      this.probe(contact);
    }
  }

  probe(contact: Contact): void {
    const key = mapKeyOf(contact);
    if (this.probing.size >= PROBES_MAX || this.probing.has(key) || equalIds(contact, this.self) || contact.unit !== this.unit) return;
    if (!this.node.isRightful(contact)) return;
    this.probing.add(key);
    new Exchange(this, contact).ask();
  }

  /** The question to that contact is over. */
  probed(contact: Contact): void {
    this.probing.delete(mapKeyOf(contact));
  }

  /** It does not answer, and may come back. */
  lose(contact: Contact): void {
    const known = this.neighbour(contact) !== null;
    const place = this.met.findIndex((other) => equalIds(other, contact));
    if (place >= 0) this.met.splice(place, 1);
    this.drop(contact);
    if (!known || this.lost.some((other) => equalIds(other, contact))) return;
    this.lost.push(contact);
    if (this.lost.length > LOST_MAX) this.lost.shift();
  }

  /** It is no member any more. */
  drop(contact: Contact): void {
    for (const neighbour of this.neighbours) neighbour.others = neighbour.others.filter((other) => !equalIds(other, contact));
    const neighbour = this.neighbour(contact);
    if (neighbour === null) return;
    this.neighbours = this.neighbours.filter((other) => other !== neighbour);
    for (const other of neighbour.others) this.probe(other);
    this.takeovers.begin(neighbour);
    this.node.neighboursChanged();
  }

  anyMet(): Contact | null {
    return this.met.length === 0 ? null : (this.met[this.node.host.random.below(this.met.length)] as Contact);
  }

  // ---- its own zones -------------------------------------------------------------------------------------------------------

  /** It has other zones from now on. Who is next to them, or was, is told; `also` are others to tell. */
  setClaims(claims: readonly Claim[], also: readonly Contact[] = []): void {
    this.claims = claims;
    this.onClaims(also);
  }

  /** It is a member from now on, with that zone; `near` are said to be next to it. */
  enter(claim: Claim, near: readonly Named[]): void {
    this.status = 'member';
    this.join = null;
    this.claims = [claim];
    this.node.host.tap(CanEvent.joined, this.unit, claim.zone.depth, near.length);
    this.suggest(near);
    this.node.entered();
    this.node.hurry();
    this.onClaims();
  }

  /** Makes it a member of a network that others are linked into as well, before it starts. */
  link(claim: Claim, neighbours: readonly Neighbour[]): void {
    this.status = 'member';
    this.claims = [claim];
    this.neighbours = neighbours;
  }

  beginJoin(through: readonly Endpoint[]): void {
    this.status = 'joining';
    this.join = new Join(this, through);
    this.join.start();
  }

  /** Tells everybody near that it is gone, if it was there. */
  halt(): void {
    this.join?.halt();
    this.takeovers.halt();
    this.status = 'left';
  }

  tell(contact: Contact): void {
    this.node.say(this.node.host.peer(contact.endpoint), { tag: update.tag, unit: this.unit, sender: this.self, claims: this.claims });
  }

  // ---- inside --------------------------------------------------------------------------------------------------------------

  private onClaims(also: readonly Contact[] = []): void {
    const told = [...this.neighbours.map(({ contact }) => contact), ...also.filter((contact) => this.neighbour(contact) === null)];
    for (const contact of told) this.tell(contact);
    this.node.zonesChanged(this);
    if (this.claims.length === 0) {
      this.evicted();
      return;
    }
    this.neighbours = this.neighbours.filter(({ claims }) => this.isNeighbour(claims));
    for (const { near } of this.neighbours) this.suggest(near);
  }

  /** Others had better claims to all that it had: it joins again, through those that it knows. */
  private evicted(): void {
    const known = [...this.neighbours.map(({ contact }) => contact), ...this.met];
    this.takeovers.halt();
    this.neighbours = [];
    this.beginJoin([...known.slice(0, HINTS_MAX).map(({ endpoint }) => endpoint), ...this.node.entryPoints]);
  }

  /** Gives up what the other has a better claim to. */
  private giveWay(contact: Contact, claims: readonly Claim[]): void {
    const { self } = this;
    const lost = (own: Claim): Zone[] =>
      claims.filter((theirs) => this.contest(own, theirs) && isBetter(theirs, contact, own, self)).map(({ zone }) => zone);
    if (this.claims.every((own) => lost(own).length === 0)) return;
    this.claims = this.claims.flatMap((own) => withoutAll(own.zone, lost(own)).map((zone) => ({ ...own, zone }))).slice(0, CLAIMS_MAX);
  }

  /** Both cannot be right; peers can. */
  private contest(a: Claim, b: Claim): boolean {
    return a.zone.overlaps(b.zone) && !(this.node.options.zonePeers > 1 && sameClaim(a, b));
  }

  private note(contact: Contact, claims: readonly Claim[]): void {
    const known = this.neighbour(contact);
    if (!this.isNeighbour(claims)) {
      if (known !== null) this.neighbours = this.neighbours.filter((other) => other !== known);
      return;
    }
    if (known !== null) {
      // The same as before: what was concluded from it still holds.
      if (!sameClaims(known.claims, claims)) known.claims = claims;
    } else if (this.neighbours.length < NEIGHBOURS_MAX) {
      this.neighbours = [...this.neighbours, new Neighbour(contact, claims)];
      this.node.neighboursChanged();
    }
  }

  /** What neighbours say must fit together: old news of one is corrected by another's, and who is wrong is told whom to ask. */
  private compareWithOthers(contact: Contact, claims: readonly Claim[]): void {
    const better: Contact[] = [];
    for (const other of this.neighbours) {
      if (equalIds(other.contact, contact)) continue;
      const beaten = other.claims.some((theirs) =>
        claims.some((claim) => this.contest(claim, theirs) && isBetter(claim, contact, theirs, other.contact)),
      );
      if (beaten) {
        const zones = claims.map(({ zone }) => zone);
        other.claims = other.claims.flatMap((theirs) => withoutAll(theirs.zone, zones).map((zone) => ({ ...theirs, zone })));
      } else if (other.claims.some((theirs) => claims.some((claim) => this.contest(claim, theirs)))) better.push(other.contact);
    }
    if (better.length > 0) {
      const contacts = better.slice(0, HINTS_MAX);
      this.node.say(this.node.host.peer(contact.endpoint), { tag: hint.tag, unit: this.unit, contacts });
    }
    this.neighbours = this.neighbours.filter((other) => this.isNeighbour(other.claims));
  }

  /** Of nodes that share a zone next to ours, the nearest is kept (section 3.4); the others are remembered. */
  thinOut(): void {
    if (this.node.options.zonePeers === 1) return;
    const kept: Neighbour[] = [];
    for (const neighbour of this.neighbours) {
      const [claim] = neighbour.claims;
      const isPeer = this.claims.some((own) => neighbour.claims.some((other) => sameClaim(own, other)));
      const place = isPeer
        ? -1
        : kept.findIndex((other) => claim !== undefined && isSoleClaim(other, claim) && isSoleClaim(neighbour, claim));
      const rival = kept[place];
      if (rival === undefined) kept.push(neighbour);
      else {
        const isNearer = neighbour.rttMs > 0 && (rival.rttMs === 0 || neighbour.rttMs < rival.rttMs);
        const [near, far] = isNearer ? [neighbour, rival] : [rival, neighbour];
        near.others = [far.contact, ...far.others, ...near.others].filter(
          (other, at, all) => !equalIds(other, near.contact) && all.findIndex((each) => equalIds(each, other)) === at,
        );
        near.others = near.others.slice(0, PEERS_MAX);
        kept[place] = near;
      }
    }
    this.neighbours = kept;
  }

  private isNeighbour(claims: readonly Claim[]): boolean {
    return claims.some((theirs) => this.claims.some((own) => own.zone.abuts(theirs.zone) || this.isPeers(own, theirs)));
  }

  private isPeers(own: Claim, theirs: Claim): boolean {
    return this.node.options.zonePeers > 1 && sameClaim(own, theirs);
  }

  private isUseful(zones: readonly Zone[]): boolean {
    return zones.some((zone) => zone.dims === this.node.options.dims && isNext(zone, this.zones));
  }

  private isOther(contact: Contact): boolean {
    return this.neighbours.some(({ others }) => others.some((other) => equalIds(other, contact)));
  }

  private meet(contact: Contact): void {
    if (this.met.some((other) => equalIds(other, contact))) return;
    if (this.met.length < MET_MAX) this.met.push(contact);
    else this.met[this.node.host.random.below(MET_MAX)] = contact;
  }

  private forgive(contact: Contact): void {
    const place = this.lost.findIndex((other) => equalIds(other, contact));
    if (place >= 0) this.lost.splice(place, 1);
  }
}

function isNext(zone: Zone, zones: readonly Zone[]): boolean {
  return zones.some((own) => own.abuts(zone) || own.overlaps(zone));
}

function isSoleClaim(neighbour: Neighbour, claim: Claim): boolean {
  return neighbour.claims.length === 1 && sameClaim(neighbour.claims[0] as Claim, claim);
}

function sameClaims(a: readonly Claim[], b: readonly Claim[]): boolean {
  return a === b || (a.length === b.length && a.every((claim, at) => sameClaim(claim, b[at] as Claim)));
}
