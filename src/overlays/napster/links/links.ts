/**
 * The servers that are linked to this one. Each is linked to every other, and each tells only of its own users, so that there is no way on which anything could go round; who is
 * told of a server dials it. Owns the links, whom to dial and when, and the searches that are out.
 */

import { isNowhere, mayName } from '../../../core/address-scope.ts';
import { endpointIp, formatEndpoint, parseEndpoint } from '../../../core/endpoint.ts';
import { NapsterEvent } from '../../../core/events.ts';
import { hexOf } from '../../../core/hex.ts';
import type { Endpoint, Stream } from '../../../core/host.ts';
import { utf8Size } from '../../../core/utf8.ts';
import { nickKey } from '../accounts.ts';
import { TEXT_BYTES_MAX } from '../frames.ts';
import type { NapsterIndex } from '../napster-index.ts';
import { parseQuery } from '../search-query.ts';
import type { Session } from '../session.ts';
import type { SharedEntry } from '../shared-entry.ts';
import { LinkType } from './link-messages.ts';
import { RemoteSearch } from './remote-search.ts';
import type { RemoteUser } from './remote-user.ts';
import { ServerToServer } from './server-to-server.ts';

/** Every server is linked to every other: a club, not a world. */
const LINKS_MAX = 32;
const HANDSHAKES_MAX = 64;
const HANDSHAKES_PER_PLACE_MAX = 4;
const TARGETS_MAX = 64;
const BACKOFF_MS_MIN = 1_000;
const BACKOFF_MS_MAX = 60_000;
const JITTER = 0.25;
/** A server that we were told of, and that has not been there for so many tries, is forgotten. */
const FAILURES_MAX = 30;
/** A server that is slower than this is not waited for. */
const SEARCH_MS = 5_000;
const SEARCHES_MAX = 4_096;
/** What goes in front of a query on its way to others. */
const PREFIX_BYTES_MAX = 32;

interface Target {
  readonly endpoint: Endpoint;
  /** Named by the operator: never forgotten. */
  readonly isChosen: boolean;
  /** Of the server there; empty until it is known. */
  id: string;
  failures: number;
  notBeforeMs: number;
}

export class Links {
  readonly server: NapsterIndex;
  /** Drawn when the process starts: a server that comes back is another one, and nobody takes it for what it was. */
  readonly id: string;
  private readonly targets = new Map<string, Target>();
  private readonly handshakes = new Set<ServerToServer>();
  private readonly linked = new Map<string, ServerToServer>();
  private readonly searches = new Map<number, RemoteSearch>();
  private lastSearch = 0;
  /** Why the last one ended or did not come to be, for people. */
  lastWhy = '';

  constructor(server: NapsterIndex) {
    this.server = server;
    this.id = this.randomWord();
    for (const endpoint of server.options.links) this.addTarget(endpoint, true, '');
  }

  get secret(): string {
    return this.server.options.linkSecret;
  }

  /** Others may be linked to us. */
  get isOpen(): boolean {
    return this.secret !== '';
  }

  get count(): number {
    return this.linked.size;
  }

  /** Of all linked servers together. */
  get numbers(): { readonly users: number; readonly files: number; readonly bytes: number } {
    const sum = { users: 0, files: 0, bytes: 0 };
    for (const { users, numbers } of this.linked.values()) {
      sum.users += users.size;
      sum.files += numbers.files;
      sum.bytes += numbers.bytes;
    }
    return sum;
  }

  get addresses(): string[] {
    return Array.from(this.linked.values(), ({ endpoint }) => formatEndpoint(endpoint)).sort();
  }

  now(): number {
    return this.server.host.now();
  }

  randomWord(): string {
    return hexOf(this.server.host.random.fill(new Uint8Array(8)));
  }

  userOf(nick: string): RemoteUser | null {
    const key = nickKey(nick);
    for (const { users } of this.linked.values()) {
      const user = users.get(key);
      if (user !== undefined) return user;
    }
    return null;
  }

  /** Another server has come, and says hello. False: none are taken. */
  accept(stream: Stream, text: string): boolean {
    const from = this.server.host.endpoint(stream.peer);
    let same = 0;
    for (const { isOurs, endpoint } of this.handshakes) if (!isOurs && endpointIp(endpoint) === endpointIp(from)) same++;
    // One place shall not keep others from being linked.
    if (!this.isOpen || this.handshakes.size >= HANDSHAKES_MAX || same >= HANDSHAKES_PER_PLACE_MAX) return false;
    const link = new ServerToServer(this, from, stream);
    this.handshakes.add(link);
    link.onMessage({ type: LinkType.hello, text });
    return true;
  }

  /** Called every second. */
  tick(nowMs: number, isStatsTime: boolean): void {
    for (const link of [...this.handshakes, ...this.linked.values()]) link.tick(nowMs);
    for (const search of [...this.searches.values()]) if (search.isOver || search.deadlineMs <= nowMs) this.finish(search);
    if (isStatsTime) for (const link of this.linked.values()) this.tellNumbers(link);
    for (const [address, target] of [...this.targets]) {
      if (target.failures > FAILURES_MAX && !target.isChosen) this.targets.delete(address);
      else if (target.notBeforeMs <= nowMs && !this.isBusy(target)) this.dial(target);
    }
  }

  stop(): void {
    for (const link of [...this.handshakes, ...this.linked.values()]) link.close();
  }

  // ---- our users -------------------------------------------------------------------------------------------------------------

  announce(session: Session): void {
    for (const link of this.linked.values()) this.tellUser(link, session);
  }

  tellGone(session: Session): void {
    for (const link of this.linked.values()) link.say(LinkType.gone, session.nick);
  }

  /** False: nobody to ask. The session is told the end later. */
  search(session: Session, text: string, limit: number): boolean {
    const isLong = utf8Size(text) > TEXT_BYTES_MAX - PREFIX_BYTES_MAX;
    if (this.linked.size === 0 || limit <= 0 || isLong || this.searches.size >= SEARCHES_MAX) return false;
    this.lastSearch = (this.lastSearch % 0x7fffffff) + 1;
    const search = new RemoteSearch(this.lastSearch, session, this.linked.values(), limit, this.now() + SEARCH_MS);
    this.searches.set(search.number, search);
    for (const link of this.linked.values()) link.say(LinkType.search, `${search.number} ${limit} ${text}`);
    return true;
  }

  // ---- what links tell -------------------------------------------------------------------------------------------------------

  onLinked(link: ServerToServer): void {
    const other = this.linked.get(link.id);
    this.handshakes.delete(link);
    const target = this.addTarget(link.endpoint, false, link.id);
    if (target !== null) target.failures = 0;
    // Both may have dialled at the same time: the one that the lesser of them has dialled stays. Who dials once more knows that his first is dead.
    const isBetter = other === undefined || other.isOurs === link.isOurs || link.isOurs === this.id < link.id;
    if (!isBetter || (other === undefined && this.linked.size >= LINKS_MAX)) {
      link.drop('there is a link to it already, or too many');
      return;
    }
    other?.drop('there is a newer link to it');
    this.linked.set(link.id, link);
    this.server.host.tap(NapsterEvent.linked, this.linked.size, this.server.users, 0);
    for (const session of this.server.localUsers()) this.tellUser(link, session);
    this.tellNumbers(link);
    for (const { id, endpoint } of this.linked.values()) {
      if (id !== link.id) link.say(LinkType.server, `${id} ${formatEndpoint(endpoint)}`);
    }
  }

  onSelf(link: ServerToServer): void {
    for (const target of this.targets.values()) if (formatEndpoint(target.endpoint) === formatEndpoint(link.endpoint)) target.id = this.id;
    link.drop('it is ourselves');
  }

  onLinkClosed(link: ServerToServer, wasLinked: boolean, users: readonly RemoteUser[], why: string): void {
    this.lastWhy = `${formatEndpoint(link.endpoint)}: ${why}`;
    this.handshakes.delete(link);
    if (this.linked.get(link.id) === link) this.linked.delete(link.id);
    if (link.isOurs || wasLinked) this.putOff(link, wasLinked);
    if (wasLinked) this.server.host.tap(NapsterEvent.linkLost, this.linked.size, users.length, 0);
    for (const user of users) this.onGone(user);
    for (const search of [...this.searches.values()]) this.onSearchEnd(link, search.number);
  }

  onServerTold(teller: ServerToServer, id: string, address: string): void {
    const endpoint = parseEndpoint(address);
    if (endpoint === null || isNowhere(endpoint) || !mayName(teller.endpoint, endpoint) || id === this.id || this.linked.has(id)) return;
    // What is known of a place is not changed by hearsay.
    if (!this.targets.has(formatEndpoint(endpoint))) this.addTarget(endpoint, false, '');
  }

  /** Whether a user over there may be so called: of two with one nick the one stays who has been here for longer, and only one of both servers says who that is. */
  mayCome(link: ServerToServer, nick: string, ageMs: number): boolean {
    if (link.users.size >= this.server.options.usersMax) return false;
    const own = this.server.userOf(nick);
    if (own === null || this.id > link.id) return true;
    if (this.now() - own.startedAtMs < ageMs) {
      own.refuse('Somebody else has that nick on a linked server');
      return true;
    }
    link.say(LinkType.kill, own.nick);
    return false;
  }

  onKill(nick: string): void {
    this.server.userOf(nick)?.refuse('Somebody else has that nick on a linked server');
  }

  onCame(user: RemoteUser): void {
    this.server.onRemoteCame(user);
  }

  onGone(user: RemoteUser): void {
    this.server.onRemoteGone(user);
  }

  onSearch(link: ServerToServer, number: number, limit: number, text: string): void {
    const query = parseQuery(text);
    if (query !== null && query.words.length > 0 && limit > 0) {
      const { files, options } = this.server;
      for (const { entry, sharer } of files.search(query, Math.min(limit, query.resultsMax, options.resultsMax))) {
        link.result(number, entry, sharer.nick);
      }
    }
    link.say(LinkType.searchEnd, String(number));
  }

  onResult(link: ServerToServer, number: number, entry: SharedEntry, holder: RemoteUser): void {
    const search = this.searches.get(number);
    search?.onResult(link, entry, holder);
    if (search?.isOver === true) this.finish(search);
  }

  onSearchEnd(link: ServerToServer, number: number): void {
    const search = this.searches.get(number);
    search?.onAnswered(link);
    if (search?.isOver === true) this.finish(search);
  }

  // ---- inside ----------------------------------------------------------------------------------------------------------------

  private finish(search: RemoteSearch): void {
    if (this.searches.delete(search.number)) this.server.onSearchDone(search.session);
  }

  private tellUser(link: ServerToServer, { nick, ip, dataPort, linkSpeed, startedAtMs }: Session): void {
    link.say(LinkType.user, `${nick} ${ip} ${dataPort} ${linkSpeed} ${Math.max(0, Math.floor(this.now() - startedAtMs))}`);
  }

  private tellNumbers(link: ServerToServer): void {
    const { files, users } = this.server;
    link.say(LinkType.numbers, `${users} ${files.count} ${Math.floor(files.bytes)}`);
  }

  private addTarget(endpoint: Endpoint, isChosen: boolean, id: string): Target | null {
    const address = formatEndpoint(endpoint);
    const known = this.targets.get(address);
    if (known !== undefined) {
      if (id !== '') known.id = id;
      return known;
    }
    if (this.targets.size >= TARGETS_MAX && !isChosen) return null;
    const target = { endpoint: endpoint.slice(), isChosen, id, failures: 0, notBeforeMs: 0 };
    this.targets.set(address, target);
    return target;
  }

  /** Linked, being dialled, or ourselves. */
  private isBusy({ id, endpoint }: Target): boolean {
    if (id === this.id || this.linked.has(id)) return true;
    const address = formatEndpoint(endpoint);
    return [...this.handshakes, ...this.linked.values()].some((link) => formatEndpoint(link.endpoint) === address);
  }

  private dial(target: Target): void {
    if (this.linked.size >= LINKS_MAX || this.handshakes.size >= HANDSHAKES_MAX) return;
    this.handshakes.add(new ServerToServer(this, target.endpoint, null));
  }

  private putOff(link: ServerToServer, wasLinked: boolean): void {
    const target = this.targets.get(formatEndpoint(link.endpoint));
    if (target === undefined || target.id === this.id) return;
    if (link.id !== '' && target.id !== this.id) target.id = link.id;
    const backoff = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** target.failures);
    target.failures = wasLinked ? 0 : target.failures + 1;
    target.notBeforeMs = this.now() + backoff * (1 - JITTER + 2 * JITTER * this.server.host.random.unit());
  }
}
