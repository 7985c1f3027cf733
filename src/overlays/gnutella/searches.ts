/** What we look for ourselves. Owns the searches in flight, and their timers. */

import { NO_TIMER, type Timer } from '../../core/host.ts';
import { GnutellaEvent } from '../../core/events.ts';
import { base32Of } from '../../core/base32.ts';
import { hexOf } from '../../core/hex.ts';
import type { Search, SearchHit, SearchListener } from '../../wire/search-hit.ts';
import type { FileQuery } from '../../wire/shared-file.ts';
import { isWithinQuery, searchHitOf } from './found-files.ts';
import { NO_EXTENSIONS } from './ggep.ts';
import { equalGuids, type Guid, guidWithAddress, newGuid } from './guid.ts';
import { type Packet, read } from './packet.ts';
import { type Query, QueryFlag, queryCodec } from './query.ts';
import { queryHitCodec } from './query-hit.ts';
import { queryPacket } from './query-router.ts';
import { questionOf } from './question.ts';
import type { Neighbour } from './neighbour.ts';
import { LOOK_MS, SearchCourse } from './search-course.ts';
import type { GnutellaServent } from './servent.ts';
import { TimerKind } from './timer-kinds.ts';
import { u16Data, VendorKind, vendorMessage } from './vendor-message.ts';
import { ENOUGH } from './dynamic-query.ts';

/** What can be looked for: words, or the file with that hash. */
export interface GnutellaQuery extends FileQuery {
  /** 20 bytes. */
  readonly sha1?: Uint8Array;
}

const SEARCHES_MAX = 256;

export class OwnSearch implements Search {
  readonly number: number;
  readonly guid: Guid;
  readonly query: GnutellaQuery;
  readonly listener: SearchListener;
  readonly seen = new Set<string>();
  hits = 0;
  timer: Timer = NO_TIMER;
  lookTimer: Timer = NO_TIMER;
  /** Null where nobody could say when all have been asked. */
  course: SearchCourse | null = null;
  /** As it went out. */
  sent: Query | null = null;
  /** Neighbours were not enough. */
  isBeyondNeighbours = false;
  readonly startedAtMs: number;
  private readonly searches: Searches;

  constructor(searches: Searches, number: number, guid: Guid, query: GnutellaQuery, listener: SearchListener, startedAtMs: number) {
    this.searches = searches;
    this.number = number;
    this.guid = guid;
    this.query = query;
    this.listener = listener;
    this.startedAtMs = startedAtMs;
  }

  get isEnough(): boolean {
    return this.hits >= this.query.limit;
  }

  stop(): void {
    this.searches.end(this, false);
  }
}

export class Searches {
  private readonly servent: GnutellaServent;
  private active: OwnSearch[] = [];
  private numbers = 0;

  constructor(servent: GnutellaServent) {
    this.servent = servent;
  }

  get size(): number {
    return this.active.length;
  }

  /** Told of hits from a later event on; ends by itself. Of more than SEARCHES_MAX at once the oldest ends. */
  start(query: GnutellaQuery, listener: SearchListener): Search {
    const { servent } = this;
    const { host, options } = servent;
    const hasAddress = (options.usesOutOfBand && !servent.isFirewalled) || options.strategy === 'walk';
    const own = servent.ownEndpoint();
    const guid = hasAddress && own !== null ? guidWithAddress(host.random, own) : newGuid(host.random);
    const search = new OwnSearch(this, ++this.numbers, guid, query, listener, host.now());
    const [oldest] = this.active;
    if (this.active.length >= SEARCHES_MAX && oldest !== undefined) this.end(oldest, true);
    this.active.push(search);
    search.timer = host.setTimer(options.searchMs, TimerKind.searchEnd, search.number);
    this.send(search, options.usesOutOfBand && hasAddress && own !== null);
    if (options.endsWhenAsked && options.strategy === 'dynamic' && servent.role !== 'flat') {
      search.course = new SearchCourse(servent, guid);
      this.lookLater(search);
    }
    return search;
  }

  /** The search of that name, while it goes on. */
  of(guid: Guid): OwnSearch | null {
    return this.active.find((search) => equalGuids(search.guid, guid)) ?? null;
  }

  onHit(packet: Packet): void {
    const search = this.of(packet.guid);
    const hit = search === null ? null : read(packet, queryHitCodec);
    if (search === null || hit === null) return;
    for (const result of hit.results) {
      if (search.isEnough) break;
      const found = searchHitOf(hit, result, this.servent.options.compression);
      const key = `${found.holder.id} ${result.index} ${found.name}`;
      if (search.seen.has(key) || !isWithinQuery(search.query, found) || !isTheOne(search.query, found)) continue;
      search.seen.add(key);
      search.hits++;
      search.course?.onHit();
      search.listener.onHit(found);
    }
    this.servent.dynamicQueries.onHits(packet.guid, hit.results.length);
    if (search.isEnough) this.end(search, true);
  }

  onTimer(number: number): void {
    const search = this.active.find((search) => search.number === number);
    if (search !== undefined) this.end(search, true);
  }

  /** Is it over, since everybody has been asked? */
  onLook(number: number): void {
    const search = this.active.find((search) => search.number === number);
    if (search === undefined) return;
    search.lookTimer = NO_TIMER;
    if (search.course?.look() === true && !this.goesOn(search)) this.end(search, true);
    else this.lookLater(search);
  }

  /** Neighbours are through: those beyond them are asked, once. */
  private goesOn(search: OwnSearch): boolean {
    const { guessSearch } = this.servent;
    if (search.isBeyondNeighbours) return guessSearch.isRunning(search.number);
    search.isBeyondNeighbours = true;
    return search.sent !== null && guessSearch.begin(search.number, search.guid, search.sent);
  }

  /** One who searches for us says how far he is (BEAR/12). */
  onTold(from: Neighbour, guid: Guid, hits: number): void {
    this.of(guid)?.course?.onTold(from.number, hits);
  }

  private lookLater(search: OwnSearch): void {
    search.lookTimer = this.servent.host.setTimer(LOOK_MS, TimerKind.searchLook, search.number);
  }

  end(search: OwnSearch, tells: boolean): void {
    const at = this.active.indexOf(search);
    if (at < 0) return;
    this.active.splice(at, 1);
    this.servent.host.tap(GnutellaEvent.searched, search.hits, this.servent.host.now() - search.startedAtMs, 0);
    this.servent.host.clearTimer(search.timer);
    this.servent.host.clearTimer(search.lookTimer);
    if (search.isBeyondNeighbours) this.servent.guessSearch.stop(search.number);
    this.servent.dynamicQueries.stop(search.guid);
    // Those who look on our behalf need not look any further.
    for (const neighbour of this.servent.neighbours.values())
      if (neighbour.kind === 'ultrapeer' && this.servent.role === 'leaf' && neighbour.understands(VendorKind.hitsSoFar))
        this.servent.sendVendor(neighbour, vendorMessage(VendorKind.hitsSoFar, 1, u16Data(ENOUGH)), search.guid);
    if (tells) search.listener.onSearchEnd();
  }

  stopAll(): void {
    for (const search of [...this.active]) this.end(search, false);
  }

  private send(search: OwnSearch, isOutOfBand: boolean): void {
    const { servent } = this;
    const { options, role } = servent;
    const query = this.queryOf(search.query, isOutOfBand);
    search.sent = query;
    const payload = new Uint8Array(queryCodec.size(query));
    queryCodec.encode(query, payload, 0);
    servent.router.remember(search.guid);
    const packet = queryPacket(search.guid, options.strategy === 'walk' ? options.walkTtl : options.ttl, payload);
    const question = questionOf(packet);
    if (question === null) return;
    if (role === 'flat' && options.strategy === 'walk') return servent.walks.start(packet);
    if (role === 'ultrapeer') servent.router.toLeaves(null, packet, question);
    if (role === 'ultrapeer' && options.strategy === 'dynamic')
      return servent.dynamicQueries.start(packet, question, null, Math.min(search.query.limit, options.resultsWanted));
    servent.router.toOthers(null, packet, question);
  }

  private queryOf({ words, sha1, limit }: GnutellaQuery, isOutOfBand: boolean): Query {
    let flags: number = QueryFlag.mark;
    if (this.servent.isFirewalled) flags |= QueryFlag.firewalled;
    if (this.servent.role === 'leaf') flags |= QueryFlag.leafGuided;
    if (isOutOfBand) flags |= QueryFlag.outOfBand;
    flags |= QueryFlag.hashes | Math.min(limit, 0xff);
    const urns = sha1 === undefined ? ['urn:'] : [`urn:sha1:${base32Of(sha1)}`];
    return { flags, text: sha1 === undefined ? words.join(' ') : '', urns, extensions: NO_EXTENSIONS };
  }
}

/** Somebody may answer a search for a hash with something else. */
function isTheOne({ sha1 }: GnutellaQuery, { hashes }: SearchHit): boolean {
  return sha1 === undefined || (hashes.sha1 !== null && hexOf(hashes.sha1) === hexOf(sha1));
}
