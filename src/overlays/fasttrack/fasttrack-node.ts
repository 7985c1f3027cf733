/**
 * A node of FastTrack (KaZaA 2001), as giFT-FastTrack has understood it: ordinary, under a supernode, or one itself, for as long as the network needs it.
 * Owns what both have in common: who we are, whom we remember, what our owner searches.
 */

import { AnswerBudget } from '../../core/answer-budget.ts';
import { isNowhere, mayName } from '../../core/address-scope.ts';
import { equalBytes } from '../../core/bytes.ts';
import { endpointPort, parseEndpoint } from '../../core/endpoint.ts';
import { hexOf } from '../../core/hex.ts';
import {
  type DatagramHandler,
  type Endpoint,
  type Fetcher,
  type Host,
  NO_TIMER,
  type Peer,
  type Protocol,
  type StreamAcceptor,
  type Timer,
} from '../../core/host.ts';
import type { Signatures } from '../../core/signatures.ts';
import type { Holder, Search, SearchListener } from '../../wire/search-hit.ts';
import type { FileQuery, SharedFiles } from '../../wire/shared-file.ts';
import { BadHashFeed } from './bad-hash-feed.ts';
import { BadHashes } from './bad-hashes.ts';
import { ENCRYPTION_TYPE } from './cipher.ts';
import { type Datagram, datagramCodec, pongOf, refusalOf } from './datagrams.ts';
import { bandwidthByte } from './file-facts.ts';
import type { Asker } from './flood.ts';
import { type BodyOf, CONTROLS, NAME_BYTES_MAX, type Result, type SessionMessage, Type } from './messages.ts';
import { type KnownNode, NodeCache } from './node-cache.ts';
import { type ForeignBytes, type ForeignDoor, helloFrames, type OpeningBytes } from './opening.ts';
import { FASTTRACK_DEFAULTS, type FastTrackOptions } from './options.ts';
import { type OwnSearch, OwnSearches } from './own-searches.ts';
import { Parent } from './parent.ts';
import { Participation } from './participation.ts';
import { Session, type SessionHolder } from './session.ts';
import { Supernode } from './supernode.ts';
import { TimerKind } from './timer-kinds.ts';
import { cutText } from './wire-fields.ts';

/** Who has come and has not said what he is. */
const NEWCOMERS_MAX = 256;
const NEWCOMER_MS_MAX = 20_000;
const ANSWER_BYTES_PER_SECOND = 20_000;
/** What `auto` counts as proof that others reach us. */
const REACHED_MS_MAX = 30 * 60_000;
/** What KaZaA sends at once. */
const HEARSAY_MAX = 200;

/** What the composition gives a node beside its host. */
export interface FastTrackPorts {
  readonly files: SharedFiles;
  /** Without it no list of bad hashes is believed. */
  readonly signatures?: Signatures;
  readonly fetcher?: Fetcher;
  /** Takes incoming streams that begin as HTTP does; without it they are reset. */
  readonly door?: ForeignDoor;
  readonly pushes?: PushListener;
}

export interface PushListener {
  /** Somebody who cannot dial us asks for a file: connect there and say `GIVE id`. */
  onPush(id: number, to: Endpoint): void;
}

/** Whoever trusts no publisher takes no list, and so may share this with all others. */
const NOTHING_BAD = new BadHashes(null, []);

export class FastTrackNode implements Protocol, StreamAcceptor<OpeningBytes | ForeignBytes>, SessionHolder, DatagramHandler<Datagram> {
  readonly host: Host;
  readonly options: FastTrackOptions;
  readonly files: SharedFiles;
  readonly cache: NodeCache;
  readonly badHashes: BadHashes;
  readonly participation = new Participation();
  readonly searches: OwnSearches;
  readonly parent: Parent;
  /** Null: we are an ordinary node. */
  supernode: Supernode | null = null;
  /** What the supernode last said of the network. */
  stats: BodyOf<typeof Type.stats> | null = null;
  startedMs = 0;
  /** When somebody last dialled us; never: minus infinity. */
  reachedMs = Number.NEGATIVE_INFINITY;
  readonly name: string;
  readonly bandwidth: number;
  /** Tells us from others, wherever we seem to be. */
  readonly nonce: number;
  ownAddress: Uint8Array = new Uint8Array(6);
  private readonly ports: FastTrackPorts;
  /** In hexadecimal; null: none. */
  private condemned: ReadonlySet<string> | null = null;
  private newcomers: Session[] = [];
  private readonly feed: BadHashFeed | null;
  /** Null before the first question. */
  private budget: AnswerBudget | null = null;
  private timer: Timer = NO_TIMER;
  private isStopped = false;

  constructor(host: Host, ports: FastTrackPorts, options: FastTrackOptions = FASTTRACK_DEFAULTS) {
    this.host = host;
    this.ports = ports;
    this.files = ports.files;
    this.options = options;
    this.cache = new NodeCache(this.options.nodesMax);
    this.badHashes = options.publishers.length === 0 ? NOTHING_BAD : new BadHashes(ports.signatures ?? null, options.publishers);
    this.searches = new OwnSearches(this);
    this.parent = new Parent(this);
    this.nonce = host.random.u32();
    const given = cutText(this.options.name.replace(CONTROLS, ' '), NAME_BYTES_MAX);
    this.name = given === '' ? `kith-${this.nonce.toString(36)}` : given;
    this.bandwidth = bandwidthByte(this.options.kbps);
    this.feed = ports.fetcher === undefined || this.options.badHashUrls.length === 0 ? null : new BadHashFeed(this, ports.fetcher);
  }

  start(): void {
    const { host, options } = this;
    this.startedMs = host.now();
    this.ownAddress = addressOf(options.address, host.self.stream);
    host.bind(datagramCodec, this);
    host.listen(helloFrames, this);
    this.learnFirst();
    this.timer = host.setTimer(options.beatMs * host.random.unit(), TimerKind.beat, 0);
    this.feed?.beat(this.startedMs);
    if (options.role === 'supernode') this.rise();
    else this.parent.start();
  }

  stop(): void {
    this.isStopped = true;
    this.host.clearTimer(this.timer);
    this.searches.clear();
    for (const session of [...this.newcomers]) session.end();
    this.supernode?.stop();
    this.parent.stop();
  }

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case TimerKind.beat:
        return this.onBeat();
      case TimerKind.parent:
        return this.parent.onTimer();
      case TimerKind.search:
        return this.searches.onTimer(arg);
      case TimerKind.flood:
        return this.supernode?.flood.onTimer(arg);
      case TimerKind.supernode:
        return this.supernode?.onTimer();
      default:
        throw new Error(`a timer of a known kind expected, got ${kind}`);
    }
  }

  inspect(): unknown {
    const { supernode, stats, cache } = this;
    const role = supernode === null ? 'ordinary' : 'supernode';
    const children = supernode?.children.size ?? 0;
    const { users = 0, files = 0 } = supernode?.stats() ?? stats ?? {};
    const level = this.participation.level;
    return { role, attached: this.parent.isAttached, children, links: supernode?.links.count ?? 0, known: cache.size, users, files, level };
  }

  // ---- what its owner may ask ------------------------------------------------------------------------------------------------

  search(query: FileQuery, listener: SearchListener): Search {
    return this.searches.byQuery(query, listener);
  }

  /** Other holders of a file. */
  sources(uuHash: Uint8Array, limit: number, listener: SearchListener): Search {
    return this.searches.byHash(uuHash, limit, listener);
  }

  /**
   * Asks a holder who cannot be dialled to connect to us and say `GIVE id`. False: there is nobody now who would pass that on, or the holder is none
   * of this network.
   */
  requestPush(id: number, holder: Holder): boolean {
    const at = holder.id.lastIndexOf('@');
    const target = parseEndpoint(holder.id.slice(at + 1));
    const [supernode] = holder.proxies;
    if (at < 0 || target?.length !== 6 || supernode?.length !== 6) return false;
    const asked = { target, supernode, name: cutText(holder.id.slice(0, at), NAME_BYTES_MAX) };
    if (this.supernode !== null) this.supernode.pushes.beginOwn(id, asked);
    else if (!this.parent.isAttached) return false;
    else this.parent.session?.send({ type: Type.push, body: { id, requester: this.ownAddress, target: asked } });
    return true;
  }

  /** Supernodes that somebody else knows of: an introducer, or the last run. */
  addNodes(endpoints: readonly Endpoint[]): void {
    const knewNobody = this.cache.size === 0;
    for (const endpoint of endpoints) this.cache.note(endpoint, 0, this.host.now(), 0);
    if (knewNobody && this.cache.size > 0) this.parent.onNamed();
  }

  /** Those heard of last, to be remembered for the next run. */
  knownNodes(count: number): Endpoint[] {
    return this.cache.latest(count, this.host.now()).map(({ endpoint }) => endpoint);
  }

  /** What is shared has changed: told now, and not with the next beat. */
  tellFiles(): void {
    this.parent.tellFiles();
  }

  /** A list of bad hashes, signed; true when it was news. */
  takeBadHashes(list: Uint8Array): boolean {
    if (!this.badHashes.take(list)) return false;
    this.supernode?.onBadHashes(list);
    return true;
  }

  /** All files that our owner has found bad himself: held like those on lists, and told to nobody. */
  condemn(uuHashes: readonly Uint8Array[]): void {
    this.condemned = uuHashes.length === 0 ? null : new Set(uuHashes.map((uu) => hexOf(uu)));
    this.supernode?.dropBad();
  }

  isBad(uuHash: Uint8Array): boolean {
    return this.badHashes.reasonAgainst('uu', uuHash) !== null || this.condemned?.has(hexOf(uuHash)) === true;
  }

  /** We are found like everybody. */
  isOwn({ name, user }: Result): boolean {
    return name === this.name && equalBytes(user.subarray(0, 4), this.ownAddress.subarray(0, 4));
  }

  // ---- what its parts tell it --------------------------------------------------------------------------------------------------

  /** Asks for what the owner searches, where that is possible now. */
  ask({ id, terms, query }: OwnSearch): void {
    const resultsMax = Math.max(1, Math.min(this.options.resultsMax, query.limit));
    if (this.supernode !== null) this.supernode.flood.begin(terms.realm, terms.terms, resultsMax, new OwnAsker(this.searches, id));
    else if (this.parent.isAttached) {
      this.parent.session?.send({ type: Type.search, body: { version: 1, resultsMax, id, one: 1, ...terms } });
    }
  }

  /** What somebody tells of others. */
  learn(teller: Session, nodes: readonly KnownNode[]): void {
    const now = this.host.now();
    // Hearsay is never as fresh as what we have seen ourselves, and nobody tells us of more than a list has.
    for (const { endpoint, load, ageMinutes } of nodes.slice(0, HEARSAY_MAX)) {
      if (this.mayDial(teller, endpoint)) this.cache.note(endpoint, load, now, Math.max(1, ageMinutes) * 60_000);
    }
  }

  /** Whether somebody can be where another says, and not in a network of ours that the other knows nothing of. */
  mayDial(teller: Session, endpoint: Endpoint): boolean {
    if (isNowhere(endpoint) || endpointPort(endpoint) === 0 || teller.stream === null) return false;
    return mayName(this.host.endpoint(teller.stream.peer), endpoint);
  }

  /** Those that the owner has given. */
  learnFirst(): void {
    for (const endpoint of this.options.nodes) this.cache.note(endpoint, 0, this.host.now(), 0);
  }

  onExternalIp(ip: Uint8Array): void {
    if (this.options.address !== null) return;
    this.ownAddress = Uint8Array.of(...ip, ...this.ownAddress.subarray(4));
  }

  onPush(id: number, to: Endpoint): void {
    this.ports.pushes?.onPush(id, to);
  }

  /** Our supernode, which has just dialled us, needs another one. */
  onPromotion(): void {
    if (this.options.role === 'auto' && this.mayRise()) this.rise();
  }

  /** There is no supernode to be had. */
  onOrphan(): void {
    const { role, election } = this.options;
    const orphanedMs = this.host.now() - this.parent.orphanSinceMs;
    if (role === 'auto' && orphanedMs >= election.orphanMs && this.mayRise()) this.rise();
  }

  demote(): void {
    const { supernode } = this;
    if (supernode === null) return;
    for (const { endpoint, load, verified } of supernode.links.all) if (verified) this.cache.note(endpoint, load, this.host.now(), 0);
    this.supernode = null;
    supernode.stop();
    this.parent.start();
  }

  /** The address that we see, with the port that he tells. All zeros where the address is none of IPv4. */
  seenAddress(session: Session, told: Endpoint): Endpoint {
    const seen = session.stream === null ? told : this.host.endpoint(session.stream.peer);
    return addressOf(null, Uint8Array.of(...seen.subarray(0, -2), ...told.subarray(4)));
  }

  // ---- newcomers -----------------------------------------------------------------------------------------------------------------

  onConnection(_peer: Peer): Session | null {
    this.reachedMs = this.host.now();
    if (this.newcomers.length >= NEWCOMERS_MAX) return null;
    const session = new Session(this.host, this.options.network, this, this.ports.door ?? null);
    this.newcomers.push(session);
    return session;
  }

  onReady(session: Session): void {
    if (this.supernode !== null) return;
    session.send({ type: Type.nodes, body: { nodes: this.cache.latest(20, this.host.now()) } });
    session.end();
  }

  onMessage(session: Session, message: SessionMessage): void {
    if (this.supernode === null || (message.type !== Type.user && message.type !== Type.link)) return session.reset();
    this.onGone(session);
    if (message.type === Type.user) this.supernode.admit(session, message.body);
    else this.supernode.links.admit(session, message.body);
  }

  onRoom(): void {}

  onGone(session: Session): void {
    const at = this.newcomers.indexOf(session);
    if (at >= 0) this.newcomers.splice(at, 1);
  }

  onDatagram(from: Peer, { kind, body }: Datagram): void {
    if (kind === 'pong') return this.parent.onAnswer(from, body.load);
    if (kind === 'refusal') return this.parent.onAnswer(from, 100);
    if (body.name !== this.options.network) return;
    const answer =
      this.supernode === null ? refusalOf(ENCRYPTION_TYPE) : pongOf(ENCRYPTION_TYPE, this.supernode.load, this.options.network);
    this.budget ??= new AnswerBudget(ANSWER_BYTES_PER_SECOND, this.host.now());
    if (this.budget.take(datagramCodec.size(answer), this.host.now())) this.host.send(from, datagramCodec, answer);
  }

  // ---- inside ----------------------------------------------------------------------------------------------------------------

  private onBeat(): void {
    const now = this.host.now();
    this.timer = this.host.setTimer(this.options.beatMs, TimerKind.beat, 0);
    this.parent.beat(now);
    this.feed?.beat(now);
    for (const session of [...this.newcomers]) if (now - session.heardMs > NEWCOMER_MS_MAX) session.reset();
  }

  private mayRise(): boolean {
    const { election, kbps } = this.options;
    const isReached = this.host.now() - this.reachedMs < REACHED_MS_MAX;
    return (
      this.supernode === null && !this.isStopped && isReached && kbps >= election.kbpsMin && this.participation.level >= election.levelMin
    );
  }

  private rise(): void {
    const under = this.parent.isAttached ? this.parent.endpoint : null;
    this.parent.stop();
    this.supernode = new Supernode(this);
    this.supernode.start(under);
    this.searches.askAll();
  }
}

/** Results of what the owner of a supernode searches. */
class OwnAsker implements Asker {
  readonly id: number;
  private readonly searches: OwnSearches;

  constructor(searches: OwnSearches, id: number) {
    this.searches = searches;
    this.id = id;
  }

  onResults(supernode: Endpoint, results: readonly Result[]): void {
    this.searches.onResults(supernode, this.id, results);
  }

  onEnd(): void {
    this.searches.onEnd(this.id);
  }
}

/** Four bytes of address and two of port; the network knows no others. */
function addressOf(given: Endpoint | null, own: Endpoint | null): Uint8Array {
  const address = new Uint8Array(6);
  if (own !== null) {
    if (own.length === 6) address.set(own);
    else address.set(own.subarray(-2), 4);
  }
  if (given === null) return address;
  address.set(given.subarray(0, 4));
  if (endpointPort(given) !== 0) address.set(given.subarray(-2), 4);
  return address;
}
