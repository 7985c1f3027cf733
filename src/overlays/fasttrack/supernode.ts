/**
 * What a node does while it is a supernode: takes children in up to its bound, knows what they share, asks other supernodes for them, promotes one of them
 * when it is crowded, and steps down when nobody needs it. Owns children, index, links and what passes.
 */

import type { Endpoint, Host } from '../../core/host.ts';
import { NO_TIMER, type Timer } from '../../core/host.ts';
import { PartingStreams } from '../../core/parting-streams.ts';
import { Census } from './census.ts';
import { Child, type Sharer } from './child.ts';
import { ChildIndex, hashOf, type IndexedFile, tagsOfFile } from './child-index.ts';
import { fitness, isCrowded, isEligible, isIdle } from './election.ts';
import { sizeOf } from './file-facts.ts';
import { Flood } from './flood.ts';
import type { FastTrackNode } from './fasttrack-node.ts';
import type { Link } from './link.ts';
import { Links, placeOf } from './links.ts';
import { type BodyOf, type Result, Type } from './messages.ts';
import type { KnownNode } from './node-cache.ts';
import type { FastTrackOptions } from './options.ts';
import { Probe, type Probed } from './probe.ts';
import { Pushes } from './pushes.ts';
import type { Wanted } from './search-terms.ts';
import type { Session } from './session.ts';
import { shareOf } from './share-upload.ts';
import { TimerKind } from './timer-kinds.ts';

/** A round of the census, in ticks; and how often children hear of the network. */
const ROUND_TICKS = 6;
const NEWS_TICKS = 60;
const NODES_FIRST = 200;
const NODES_TOLD = 30;
/** What a child is sent away with: no more than he takes as a hint. */
const HINTS = 3;
/** With no room left, whoever has been here for so long is good enough. */
const URGENT_UPTIME_MS = 30_000;
const URGENT_PAUSE_MS = 10_000;
/** Of children that are due to step down in the same minute, not all do. */
const STEP_DOWN_CHANCE = 0.1;
/** A list that goes in one message. */
const MESSAGE_LIST_BYTES_MAX = 60_000;
/** Of those who find no room between two promotions, so many are dialled. */
const REFUSED_PROBED_MAX = 16;
/** Most of those who rise come back at once. */
const RISING_MAX = 32;
const NUMBER_MAX = 0xffff_ffff;
const UNHEARD: Probed = { onProbed() {} };

export class Supernode {
  readonly node: FastTrackNode;
  readonly host: Host;
  readonly options: FastTrackOptions;
  readonly children = new Set<Child>();
  readonly index = new ChildIndex<Sharer>();
  readonly links: Links;
  readonly flood: Flood;
  readonly pushes: Pushes;
  readonly census: Census;
  /** Of those who were dialled to see whether they can be. */
  readonly parting = new PartingStreams();
  readonly sinceMs: number;
  private readonly own: Sharer;
  private ownFiles: IndexedFile<Sharer>[] = [];
  private ownVersion = -1;
  private refused = 0;
  private promotedMs = Number.NEGATIVE_INFINITY;
  /** Where children are that have been asked to rise, and have not come back as neighbours yet. */
  private readonly rising = new Set<number>();
  private idleSinceMs = Number.POSITIVE_INFINITY;
  private ticks = 0;
  /** What newcomers of the same tick are told. */
  private told: { readonly stats: BodyOf<typeof Type.stats>; readonly nodes: readonly KnownNode[] } | null = null;
  private timer: Timer = NO_TIMER;

  constructor(node: FastTrackNode) {
    this.node = node;
    this.host = node.host;
    this.options = node.options;
    this.sinceMs = node.host.now();
    this.links = new Links(this);
    this.flood = new Flood(this);
    this.pushes = new Pushes(this);
    this.census = new Census(node.ownAddress);
    this.own = new OwnFiles(node);
  }

  get endpoint(): Endpoint {
    return this.node.ownAddress;
  }

  /** Per cent; 100: nobody is taken in. */
  get load(): number {
    return Math.min(100, Math.floor((100 * this.children.size) / this.options.childrenMax));
  }

  /** Under whom we were is our first neighbour, and waits for us. */
  start(parent: Endpoint | null): void {
    this.indexOwn();
    if (parent !== null) this.links.linkTo(parent);
    this.links.keepUp();
    this.timer = this.host.setTimer(this.options.tickMs * this.host.random.unit(), TimerKind.supernode, 0);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    for (const child of [...this.children]) this.sendAway(child);
    this.links.stop();
    this.parting.stop();
  }

  isBad(hash: Uint8Array): boolean {
    return this.node.isBad(hash);
  }

  /** Of what is shared here, as results. */
  find(wanted: Wanted, limit: number): Result[] {
    return this.index.search(wanted, limit).map((file) => {
      const { child, fileId, bytes } = file;
      child.hits++;
      return {
        user: child.publicEndpoint,
        bandwidth: child.bandwidth,
        name: child.name,
        network: this.options.network,
        hash: hashOf(file),
        fileId,
        bytes,
        tags: tagsOfFile(file),
      };
    });
  }

  // ---- newcomers -------------------------------------------------------------------------------------------------------------

  admit(session: Session, user: BodyOf<typeof Type.user>): void {
    const endpoint = this.node.seenAddress(session, user.endpoint);
    if (this.children.size >= this.options.childrenMax) {
      // He may have to become a supernode himself, and has to know whether he can be reached.
      if (this.refused++ < REFUSED_PROBED_MAX && this.node.mayDial(session, endpoint))
        Probe.dial(this.host, this.parting, endpoint, UNHEARD);
      return this.refuse(session);
    }
    if (this.children.size >= this.options.perAddressMax && this.countAt(endpoint) >= this.options.perAddressMax)
      return this.refuse(session);
    this.children.add(new Child(this, session, endpoint, user));
    this.sayExternalIp(session);
    this.told ??= { stats: this.stats(), nodes: this.nodesFor(NODES_FIRST) };
    session.send({ type: Type.stats, body: this.told.stats });
    session.send({ type: Type.nodes, body: { nodes: this.told.nodes } });
  }

  /** Told of others, and let go. */
  refuse(session: Session): void {
    session.send({ type: Type.nodes, body: { nodes: this.nodesFor(NODES_TOLD) } });
    session.end();
  }

  private countAt(endpoint: Endpoint): number {
    let count = 0;
    for (const child of this.children) if (hasAddressOf(child.endpoint, endpoint)) count++;
    return count;
  }

  onChildGone(child: Child): void {
    this.children.delete(child);
  }

  sayExternalIp(session: Session): void {
    session.send({ type: Type.externalIp, body: { ip: this.node.seenAddress(session, this.endpoint).slice(0, 4) } });
  }

  /** Neighbours that have been reached first, then who is remembered. */
  nodesFor(count: number): KnownNode[] {
    const near = this.links.all.filter(({ verified }) => verified).map(({ endpoint, load }) => ({ endpoint, ageMinutes: 0, load }));
    const known = new Set(near.map(({ endpoint }) => placeOf(endpoint)));
    const others = this.node.cache.latest(count, this.host.now()).filter(({ endpoint }) => !known.has(placeOf(endpoint)));
    return [...near, ...others].slice(0, count);
  }

  tellBadHashes(session: Session, { publisher, serial }: BodyOf<typeof Type.askBadHashes>): void {
    const list = this.node.badHashes.newerThan(publisher, serial);
    if (list !== null && list.length <= MESSAGE_LIST_BYTES_MAX) session.send({ type: Type.badHashes, body: { list } });
  }

  /** Other files than before are bad. */
  dropBad(): void {
    this.ownVersion = -1;
    this.indexOwn();
    for (const child of this.children) child.dropBad();
  }

  /** A new list of bad hashes: what is shared here and in it is forgotten, and the others hear of the list. */
  onBadHashes(list: Uint8Array): void {
    this.dropBad();
    if (list.length > MESSAGE_LIST_BYTES_MAX) return;
    for (const { session } of [...this.children, ...this.links.all]) session.send({ type: Type.badHashes, body: { list } });
  }

  /** Estimated: as many as there are supernodes, each with as many children as those that we know. */
  stats(): BodyOf<typeof Type.stats> {
    const near = this.links.all;
    // Whoever lies to the census can make it say anything that a field holds, and nothing else.
    const mean = (own: number, of: (link: Link) => number): number =>
      Math.min(NUMBER_MAX, (near.reduce((sum, link) => sum + of(link), own) / (near.length + 1)) * this.census.count);
    const users = Math.max(this.options.usersShownMin, Math.round(mean(this.children.size + 1, ({ children }) => children + 1)));
    const files = Math.round(mean(this.index.count, (link) => link.files));
    const bytes = mean(this.index.bytes / 1e6, ({ megabytes }) => megabytes) * 1e6;
    const none = { files: 0, mantissa: 0, exponent: 0 };
    return {
      users,
      files,
      ...sizeOf(bytes),
      misc: { files, ...sizeOf(bytes) },
      audio: none,
      video: none,
      image: none,
      document: none,
      software: none,
      networks: [],
    };
  }

  // ---- upkeep ----------------------------------------------------------------------------------------------------------------

  /** Timer `supernode`. */
  onTimer(): void {
    this.timer = this.host.setTimer(this.options.tickMs, TimerKind.supernode, 0);
    const now = this.host.now();
    this.ticks++;
    this.told = null;
    this.parting.tick();
    for (const child of [...this.children]) child.beat(now, this.options.tickMs);
    this.links.beat(now, this.options.beatMs);
    if (this.ownVersion !== this.node.files.version) this.indexOwn();
    if (this.ticks % ROUND_TICKS === 0) {
      this.census.age();
      this.links.tell();
    }
    if (this.ticks % NEWS_TICKS === 0) this.tellNews();
    this.promoteOne(now);
    this.considerStepDown(now);
  }

  /** A child that was asked to rise has come back as a neighbour: half of ours find a place there, or elsewhere. */
  onLinkUp(link: Link): void {
    if (!this.rising.delete(placeOf(link.endpoint))) return;
    const surplus = this.children.size - Math.ceil(this.options.childrenMax / 2);
    const leaving = this.host.random.shuffle([...this.children]).slice(0, Math.max(0, Math.min(surplus, link.free)));
    const nodes = [{ endpoint: link.endpoint, ageMinutes: 0, load: link.load }];
    for (const child of leaving) {
      child.session.send({ type: Type.nodes, body: { nodes } });
      child.session.end();
    }
  }

  private promoteOne(now: number): void {
    const { election, childrenMax } = this.options;
    const isUrgent = this.refused > 0 || this.children.size >= childrenMax;
    if (!isUrgent && !isCrowded(this.children.size, childrenMax, election)) return;
    if (now - this.promotedMs < (isUrgent ? Math.min(URGENT_PAUSE_MS, election.promotionPauseMs) : election.promotionPauseMs)) return;
    // Neighbours have room: whoever comes is sent there, unless some could not be.
    if (!isUrgent && this.links.all.some(({ load }) => load < 100 * election.idle)) return;
    const rules = isUrgent ? { ...election, uptimeMinMs: Math.min(URGENT_UPTIME_MS, election.uptimeMinMs) } : election;
    let best: Child | null = null;
    for (const child of this.children) {
      if (child.isToRise || !isEligible(child.candidate, rules)) continue;
      if (best === null || fitness(child.candidate) > fitness(best.candidate)) best = child;
    }
    this.refused = 0;
    if (best === null) return;
    this.promotedMs = now;
    if (this.rising.size >= RISING_MAX) this.rising.clear();
    this.rising.add(placeOf(best.endpoint));
    best.rise();
  }

  private considerStepDown(now: number): void {
    const { election, childrenMax, role } = this.options;
    if (role !== 'auto') return;
    const isAlone = this.links.count === 0 && this.node.cache.size === 0;
    if (!isAlone && now - Math.max(this.node.reachedMs, this.sinceMs) > election.unreachedMs) return this.node.demote();
    const othersFree = this.links.all.reduce((sum, link) => sum + link.free, 0);
    if (!isIdle(this.children.size, childrenMax, othersFree, election) || now - this.sinceMs < election.idleMs) {
      this.idleSinceMs = Number.POSITIVE_INFINITY;
      return;
    }
    this.idleSinceMs = Math.min(this.idleSinceMs, now);
    if (now - this.idleSinceMs >= election.idleMs && this.host.random.chance(STEP_DOWN_CHANCE)) this.node.demote();
  }

  private tellNews(): void {
    const stats = this.stats();
    const nodes = this.nodesFor(NODES_TOLD);
    for (const { session } of this.children) {
      session.send({ type: Type.stats, body: stats });
      session.send({ type: Type.nodes, body: { nodes } });
    }
  }

  private sendAway(child: Child): void {
    const free = this.links.some(this.links.count, null).filter(({ verified }) => verified);
    const nodes = this.host.random
      .shuffle(free)
      .slice(0, HINTS)
      .map(({ endpoint, load }) => ({ endpoint, ageMinutes: 0, load }));
    child.session.send({ type: Type.nodes, body: { nodes } });
    child.session.end();
  }

  /** Our own files are found here as those of a child. */
  private indexOwn(): void {
    const { files } = this.node;
    for (const file of this.ownFiles) this.index.remove(file);
    this.ownFiles = [];
    this.ownVersion = files.version;
    for (
      let at = 0, page = files.after(at, 100);
      page.length > 0 && this.ownFiles.length < this.options.sharesMax;
      page = files.after(at, 100)
    ) {
      for (const file of page) {
        at = file.id;
        const { uu } = file.hashes;
        if (uu === null || this.isBad(uu)) continue;
        this.ownFiles.push(this.index.add(this.own, shareOf(file, uu)));
      }
    }
  }
}

/** What this node shares itself. */
class OwnFiles implements Sharer {
  hits = 0;
  private readonly node: FastTrackNode;

  constructor(node: FastTrackNode) {
    this.node = node;
  }

  get publicEndpoint(): Endpoint {
    return this.node.ownAddress;
  }

  get bandwidth(): number {
    return this.node.bandwidth;
  }

  get name(): string {
    return this.node.name;
  }
}

function hasAddressOf(a: Endpoint, b: Endpoint): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}
