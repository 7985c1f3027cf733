/**
 * An introducer: a web cache (GWC 1 and 2) that keeps recently joined members of networks and hands some to a newcomer. Owns the lists of
 * members, the open connections and the visits under way. The README says what it keeps to, and what it refuses.
 */

import { endpointIp, endpointPort, formatEndpoint } from '../../core/endpoint.ts';
import { IntroducerEvent } from '../../core/events.ts';
import type { Endpoint, Host, Peer, Protocol, StreamAcceptor, StreamHandler, Timer } from '../../core/host.ts';
import { NO_TIMER } from '../../core/host.ts';
import { PartingStreams } from '../../core/parting-streams.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { type AskedIntroducer, AskerConnection } from './asker-connection.ts';
import { type CacheAnswer, formatCacheAnswer, TAKEN } from './cache-answer.ts';
import { type CacheRequest, parseCacheQuery } from './cache-request.ts';
import { Frequency } from './frequency.ts';
import { INTRODUCER_DEFAULTS, type IntroducedNet, type IntroducerOptions } from './introducer-options.ts';
import { MemberList } from './member-list.ts';
import { Visit, type VisitListener } from './visit.ts';

const TICK_MS = 1_000;
const TIMER_TICK = 0;
const IDLE_MS_MAX = 30_000;

export interface KeptMember {
  readonly net: string;
  /** `host:port`. */
  readonly address: string;
  readonly agoMs: number;
}

export interface IntroducerInspection {
  readonly members: Readonly<Record<string, number>>;
  readonly connections: number;
  readonly visits: number;
  readonly questions: number;
  readonly updates: number;
  /** Updates that were not taken: too often, of somebody else, not reachable. */
  readonly refused: number;
  readonly malformed: number;
  readonly tooMany: number;
  readonly uptimeSeconds: number;
}

/** Who is told what a visit has shown. */
interface Visited {
  readonly connection: AskerConnection;
  readonly request: CacheRequest;
  readonly net: IntroducedNet;
}

export class Introducer implements Protocol, StreamAcceptor<HttpRequest>, AskedIntroducer, VisitListener {
  private readonly host: Host;
  private readonly options: IntroducerOptions;
  private readonly lists: ReadonlyMap<string, MemberList>;
  private readonly frequency: Frequency;
  /** The one that was silent for longest comes first. */
  private readonly connections = new Set<AskerConnection>();
  private readonly visits = new Map<Visit, Visited>();
  private readonly parting = new PartingStreams();
  private readonly counters = { questions: 0, updates: 0, refused: 0, malformed: 0, tooMany: 0 };
  private timer: Timer = NO_TIMER;
  private startedMs = 0;

  constructor(host: Host, options: Partial<IntroducerOptions> = {}) {
    this.host = host;
    this.options = { ...INTRODUCER_DEFAULTS, ...options };
    const { nets, membersMax, memberMs, updateMs, questionsMax } = this.options;
    this.lists = new Map(nets.map(({ name }) => [name, new MemberList(membersMax, memberMs)]));
    this.frequency = new Frequency(updateMs, questionsMax);
  }

  start(): void {
    this.startedMs = this.host.now();
    this.host.listen(httpRequests, this);
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  onTimer(): void {
    const now = this.host.now();
    this.parting.tick();
    for (const list of this.lists.values()) list.forgetOld(now);
    for (const connection of this.connections) {
      if (connection.activeMs + IDLE_MS_MAX > now) break;
      connection.drop();
    }
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    for (const visit of this.visits.keys()) visit.cancel();
    this.parting.stop();
    this.visits.clear();
    for (const connection of this.connections) connection.finish();
  }

  inspect(): IntroducerInspection {
    return {
      members: Object.fromEntries([...this.lists].map(([net, list]) => [net, list.count])),
      connections: this.connections.size,
      visits: this.visits.size,
      ...this.counters,
      uptimeSeconds: Math.floor((this.host.now() - this.startedMs) / 1000),
    };
  }

  // ---- what outlives a run ---------------------------------------------------------------------------------------------------

  members(): KeptMember[] {
    const now = this.host.now();
    return [...this.lists].flatMap(([net, list]) =>
      list.all().map(({ endpoint, heardMs }) => ({ net, address: formatEndpoint(endpoint), agoMs: now - heardMs })),
    );
  }

  /** A member of an earlier run, told in the order of `members`. */
  recall(net: string, endpoint: Endpoint, agoMs: number): void {
    const { memberMs } = this.options;
    if (agoMs < memberMs && endpointPort(endpoint) !== 0) this.lists.get(net)?.add(endpoint, this.host.now() - agoMs);
  }

  // ---- connections -----------------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): StreamHandler<HttpRequest> {
    if (this.connections.size >= this.options.connectionsMax) (this.connections.values().next().value as AskerConnection).drop();
    return new AskerConnection(this, this.host.endpoint(peer), this.host.now());
  }

  opened(connection: AskerConnection): void {
    this.connections.add(connection);
  }

  closed(connection: AskerConnection): void {
    this.connections.delete(connection);
  }

  asked(connection: AskerConnection, { method, target }: HttpRequest): void {
    const now = this.host.now();
    connection.activeMs = now;
    this.connections.delete(connection);
    this.connections.add(connection);
    if (method !== 'GET') return connection.answer(405, 'Method Not Allowed', 'GET is expected\r\n');
    if (!this.frequency.asks(connection.from, now)) {
      this.counters.tooMany++;
      return connection.answer(503, 'Service Unavailable', 'ERROR: You ask too often\r\n');
    }
    const mark = target.indexOf('?');
    if (mark < 0) return connection.answer(200, 'OK', this.page());
    const request = parseCacheQuery(target.slice(mark + 1));
    if (request === null) {
      this.counters.malformed++;
      return connection.answer(400, 'Bad Request', 'ERROR: That is no question for a web cache\r\n');
    }
    this.counters.questions++;
    this.serve(connection, request);
  }

  // ---- questions -------------------------------------------------------------------------------------------------------------

  private serve(connection: AskerConnection, request: CacheRequest): void {
    const net = this.options.nets.find(({ name }) => name === request.net);
    if (net === undefined) return this.reply(connection, request, null, ['net-not-supported']);
    if (!request.update) return this.reply(connection, request, null, []);
    const why = this.whyNot(connection.from, request);
    if (why !== null) return this.refuse(connection, request, why);
    const member = request.member as Endpoint;
    this.counters.updates++;
    this.frequency.tells(connection.from, net.name, this.host.now());
    if (!net.dialled) return this.admit(connection, request, net, member);
    this.visits.set(new Visit(this.host, this.parting, member, this), { connection, request, net });
  }

  /** Why nobody is to be told of that member; null: then it may be. */
  private whyNot(from: Endpoint, request: CacheRequest): string | null {
    const { member, namesMember, namesCache, net } = request;
    // A cache that took others' word for caches and members would send thousands of strangers to whomever somebody dislikes.
    if (!namesMember) return namesCache ? 'Caches are not taken from strangers' : 'No member';
    if (member === null) return 'No address that can be dialled';
    if (endpointIp(member) !== endpointIp(from)) return 'Rejected IP: only your own';
    if (!this.frequency.mayTell(from, net, this.host.now())) return 'You came back too early';
    if (this.visits.size >= this.options.visitsMax) return 'Too busy to see whether you can be reached';
    return null;
  }

  onVisited(visit: Visit, answered: boolean): void {
    const visited = this.visits.get(visit) as Visited;
    this.visits.delete(visit);
    const { connection, request, net } = visited;
    if (answered) return this.admit(connection, request, net, visit.endpoint);
    this.lists.get(net.name)?.remove(visit.endpoint);
    this.refuse(connection, request, 'You cannot be reached');
  }

  private admit(connection: AskerConnection, request: CacheRequest, net: IntroducedNet, member: Endpoint): void {
    const list = this.lists.get(net.name) as MemberList;
    list.add(member, this.host.now());
    this.host.tap(IntroducerEvent.admitted, this.options.nets.indexOf(net), list.count, 0);
    this.reply(connection, request, TAKEN, []);
  }

  private refuse(connection: AskerConnection, request: CacheRequest, why: string): void {
    this.counters.refused++;
    this.host.tap(IntroducerEvent.refused, this.counters.refused, 0, 0);
    this.reply(connection, request, why, []);
  }

  private reply(connection: AskerConnection, request: CacheRequest, update: string | null, notes: readonly string[]): void {
    const list = this.lists.get(request.net);
    const now = this.host.now();
    const { answerMax } = this.options;
    const some = request.hosts && list !== undefined ? list.some(answerMax, connection.from, request.member, this.host.random) : [];
    const answer: CacheAnswer = {
      members: some.map(({ endpoint, heardMs }) => ({ endpoint, ageSeconds: Math.floor((now - heardMs) / 1000) })),
      caches: request.caches ? this.options.others : [],
      update,
      pong: request.ping ? this.pong(request) : null,
      notes: request.version === 2 && request.hosts && some.length === 0 ? [...notes, 'no-hosts'] : notes,
    };
    connection.answer(200, 'OK', formatCacheAnswer(request.version, answer));
  }

  private pong({ version }: CacheRequest): string {
    const nets = this.options.nets.map(({ name }) => name).join('-');
    return version === 1 ? this.options.name : `${this.options.name}|${nets}`;
  }

  private page(): string {
    const { members, questions, updates, refused, uptimeSeconds } = this.inspect();
    return [
      'Introducer of kith: a web cache (GWC 1 and 2) for members of networks',
      `up ${uptimeSeconds} s, ${questions} questions, ${updates} updates, ${refused} refused`,
      ...Object.entries(members).map(([net, count]) => `${net}: ${count}`),
      '',
    ].join('\r\n');
  }
}
