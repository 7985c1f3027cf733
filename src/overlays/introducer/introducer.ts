/**
 * An introducer: a web cache (GWC 1 and 2) that keeps recently joined members of networks and hands some to a newcomer. Owns the lists of
 * members, the open connections and the visits under way. The README says what it keeps to, and what it refuses.
 */

import { latin1Bytes } from '../../core/bytes.ts';
import { endpointIp, endpointPort, formatEndpoint } from '../../core/endpoint.ts';
import { IntroducerEvent } from '../../core/events.ts';
import type { Endpoint, Host, Protocol, Timer } from '../../core/host.ts';
import { NO_TIMER } from '../../core/host.ts';
import { PartingStreams } from '../../core/parting-streams.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { type WebCaller, WebCallers } from '../web/index.ts';
import { type CacheAnswer, formatCacheAnswer, TAKEN } from './cache-answer.ts';
import { type CacheRequest, parseCacheQuery } from './cache-request.ts';
import { Frequency } from './frequency.ts';
import { INTRODUCER_DEFAULTS, type IntroducedNet, type IntroducerOptions } from './introducer-options.ts';
import { MemberList } from './member-list.ts';
import { Visit, type VisitListener } from './visit.ts';

const TICK_MS = 1_000;
const TIMER_TICK = 0;

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
  readonly caller: WebCaller;
  readonly request: CacheRequest;
  readonly net: IntroducedNet;
}

export class Introducer implements Protocol, VisitListener {
  private readonly host: Host;
  private readonly options: IntroducerOptions;
  private readonly lists: ReadonlyMap<string, MemberList>;
  private readonly frequency: Frequency;
  private readonly callers: WebCallers;
  private readonly visits = new Map<Visit, Visited>();
  private readonly parting = new PartingStreams();
  private readonly counters = { questions: 0, updates: 0, refused: 0, malformed: 0, tooMany: 0 };
  private timer: Timer = NO_TIMER;
  private startedMs = 0;

  constructor(host: Host, options: Partial<IntroducerOptions> = {}) {
    this.host = host;
    this.options = { ...INTRODUCER_DEFAULTS, ...options };
    const { nets, membersMax, memberMs, updateMs, questionsMax, connectionsMax } = this.options;
    this.lists = new Map(nets.map(({ name }) => [name, new MemberList(membersMax, memberMs)]));
    this.frequency = new Frequency(updateMs, questionsMax);
    this.callers = new WebCallers(host, connectionsMax, (caller, request) => this.asked(caller, request));
  }

  start(): void {
    this.startedMs = this.host.now();
    this.host.listen(httpRequests, this.callers);
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  onTimer(): void {
    const now = this.host.now();
    this.parting.tick();
    for (const list of this.lists.values()) list.forgetOld(now);
    this.callers.tick();
    this.timer = this.host.setTimer(TICK_MS, TIMER_TICK, 0);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    for (const visit of this.visits.keys()) visit.cancel();
    this.parting.stop();
    this.visits.clear();
    this.callers.stop();
  }

  inspect(): IntroducerInspection {
    return {
      members: Object.fromEntries([...this.lists].map(([net, list]) => [net, list.count])),
      connections: this.callers.count,
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

  // ---- questions -------------------------------------------------------------------------------------------------------------

  private asked(caller: WebCaller, { method, target }: HttpRequest): void {
    if (method !== 'GET') return caller.answer(405, 'Method Not Allowed', latin1Bytes('GET is expected\r\n'));
    if (!this.frequency.asks(caller.from, this.host.now())) {
      this.counters.tooMany++;
      return caller.answer(503, 'Service Unavailable', latin1Bytes('ERROR: You ask too often\r\n'));
    }
    const mark = target.indexOf('?');
    if (mark < 0) return caller.answer(200, 'OK', latin1Bytes(this.page()));
    const request = parseCacheQuery(target.slice(mark + 1));
    if (request === null) {
      this.counters.malformed++;
      return caller.answer(400, 'Bad Request', latin1Bytes('ERROR: That is no question for a web cache\r\n'));
    }
    this.counters.questions++;
    this.serve(caller, request);
  }

  private serve(caller: WebCaller, request: CacheRequest): void {
    const net = this.options.nets.find(({ name }) => name === request.net);
    if (net === undefined) return this.reply(caller, request, null, ['net-not-supported']);
    if (!request.update) return this.reply(caller, request, null, []);
    const why = this.whyNot(caller.from, request);
    if (why !== null) return this.refuse(caller, request, why);
    const member = request.member as Endpoint;
    this.counters.updates++;
    this.frequency.tells(caller.from, net.name, this.host.now());
    if (!net.dialled) return this.admit(caller, request, net, member);
    this.visits.set(new Visit(this.host, this.parting, member, this), { caller, request, net });
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
    const { caller, request, net } = visited;
    if (answered) return this.admit(caller, request, net, visit.endpoint);
    this.lists.get(net.name)?.remove(visit.endpoint);
    this.refuse(caller, request, 'You cannot be reached');
  }

  private admit(caller: WebCaller, request: CacheRequest, net: IntroducedNet, member: Endpoint): void {
    const list = this.lists.get(net.name) as MemberList;
    list.add(member, this.host.now());
    this.host.tap(IntroducerEvent.admitted, this.options.nets.indexOf(net), list.count, 0);
    this.reply(caller, request, TAKEN, []);
  }

  private refuse(caller: WebCaller, request: CacheRequest, why: string): void {
    this.counters.refused++;
    this.host.tap(IntroducerEvent.refused, this.counters.refused, 0, 0);
    this.reply(caller, request, why, []);
  }

  private reply(caller: WebCaller, request: CacheRequest, update: string | null, notes: readonly string[]): void {
    const list = this.lists.get(request.net);
    const now = this.host.now();
    const { answerMax } = this.options;
    const some = request.hosts && list !== undefined ? list.some(answerMax, caller.from, request.member, this.host.random) : [];
    const answer: CacheAnswer = {
      members: some.map(({ endpoint, heardMs }) => ({ endpoint, ageSeconds: Math.floor((now - heardMs) / 1000) })),
      caches: request.caches ? this.options.others : [],
      update,
      pong: request.ping ? this.pong(request) : null,
      notes: request.version === 2 && request.hosts && some.length === 0 ? [...notes, 'no-hosts'] : notes,
    };
    caller.answer(200, 'OK', latin1Bytes(formatCacheAnswer(request.version, answer)));
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
