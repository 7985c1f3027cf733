/**
 * A user of Napster: keeps to one index server of those that he knows, tells it what he shares, searches there, and gives and gets files. When the server dies he goes to
 * the next; what is on its way between users goes on. Owns the link to the server and everything that is asked over it.
 */

import { BudgetTurns } from '../../../core/budget-turns.ts';
import { endpointPort } from '../../../core/endpoint.ts';
import { NapsterEvent } from '../../../core/events.ts';
import type { Endpoint, Host, Peer, Protocol, StreamAcceptor } from '../../../core/host.ts';
import type { Search, SearchListener } from '../../../wire/search-hit.ts';
import type { SharedFiles } from '../../../wire/shared-file.ts';
import { fieldsOf } from '../frames.ts';
import { Type } from '../message-types.ts';
import type { IncomingPeer } from '../transfer/incoming-peer.ts';
import type { SharedBytes } from '../transfer/napster-upload.ts';
import { type RawHead, rawFrames } from '../transfer/raw-stream.ts';
import { type Alarm, Alarms } from './alarms.ts';
import type { NapsterClientOptions } from './client-options.ts';
import { Company, type CompanyListener } from './company.ts';
import { hitOf } from './found-file.ts';
import { type KnownServer, KnownServers } from './known-servers.ts';
import { Looks } from './looks.ts';
import { type MeetingEnd, Meetings } from './meetings.ts';
import { PushedCalls } from './pushed-calls.ts';
import { Questions } from './questions.ts';
import { type NapsterQuery, Searches } from './searches.ts';
import { ServerLink } from './server-link.ts';
import { ShareList } from './share-list.ts';
import { ShownLists } from './shown-lists.ts';
import { Uploads } from './uploads.ts';
import { Ways } from './ways.ts';

const TimerKind = { alarm: 0, budget: 1 } as const;
const TICK_MS = 1_000;
/** Messages with shared files right after a log-in. */
const SHARE_BURST = 200;
/** A search waits for a server that is tried so soon. */
const SOON_MS = 3_000;
/** So many have failed to dial us, and nobody has managed: we say that we cannot be dialled. */
const PORT_ERRORS_MAX = 3;

/** What happens to a user, beside what he has asked for. */
export interface NapsterListener extends CompanyListener {
  onOnline(server: Endpoint): void;
  /** `why` is for people; the next server is tried after a while. */
  onOffline(why: string): void;
}

export interface ServerNumbers {
  readonly users: number;
  readonly files: number;
  readonly gigabytes: number;
}

export class NapsterClient implements Protocol, StreamAcceptor<never, RawHead> {
  readonly host: Host;
  readonly options: NapsterClientOptions;
  readonly alarms: Alarms;
  readonly servers: KnownServers;
  readonly shares: ShareList;
  readonly searches: Searches;
  readonly meetings: Meetings;
  /** To holders, for who gets the bytes himself. */
  readonly ways: Ways;
  readonly uploads: Uploads;
  readonly questions: Questions;
  readonly looks: Looks;
  readonly shownLists: ShownLists;
  readonly pushedCalls = new PushedCalls();
  readonly turns: BudgetTurns;
  readonly company: Company;
  readonly content: SharedBytes;
  numbers: ServerNumbers = { users: 0, files: 0, gigabytes: 0 };
  /** Messages of the server that are none, or that nothing was asked for. */
  droppedMessages = 0;
  private readonly listener: NapsterListener;
  private readonly tick: Alarm;
  private readonly dialAlarm: Alarm;
  private link: ServerLink | null = null;
  private server: KnownServer | null = null;
  private isStopped = false;
  private wasDialled = false;
  private portErrors = 0;

  constructor(host: Host, options: NapsterClientOptions, files: SharedFiles, content: SharedBytes, listener: NapsterListener) {
    this.host = host;
    this.options = options;
    this.content = content;
    this.listener = listener;
    this.alarms = new Alarms(host, TimerKind.alarm);
    this.turns = new BudgetTurns(host, options.budget, TimerKind.budget);
    this.servers = new KnownServers(host.random);
    this.shares = new ShareList(files, options.sharesMax);
    this.searches = new Searches(this);
    this.meetings = new Meetings(this);
    this.ways = new Ways(this);
    this.uploads = new Uploads(this);
    this.questions = new Questions(this);
    this.looks = new Looks(this);
    this.shownLists = new ShownLists(this);
    this.company = new Company((type, text) => this.say(type, text), listener);
    this.tick = this.alarms.for({ onAlarm: () => this.onTick() });
    this.dialAlarm = this.alarms.for({ onAlarm: () => this.dial() });
  }

  start(): void {
    if (this.options.dataPort !== 0) this.host.listen(rawFrames, this);
    this.tick.in(TICK_MS);
    this.dial();
  }

  stop(): void {
    this.isStopped = true;
    this.uploads.stop();
    this.shownLists.stop();
    this.turns.stop();
    this.link?.close();
    this.alarms.clearAll();
  }

  onTimer(kind: number, arg: number): void {
    if (kind === TimerKind.budget) this.turns.onTimer();
    else this.alarms.fire(arg);
  }

  inspect(): unknown {
    const { shares, uploads, numbers, droppedMessages } = this;
    const online = this.isOnline;
    return { online, shares: shares.count, uploads: uploads.count, ...numbers, droppedMessages };
  }

  // ---- what a user does ------------------------------------------------------------------------------------------------------

  addServer(endpoint: Endpoint): void {
    if (this.servers.add(endpoint) && this.link === null && !this.isStopped) this.dialAlarm.in(0);
  }

  search(query: NapsterQuery, listener: SearchListener): Search {
    return this.searches.begin(query, listener);
  }

  /** All that he shares, as he says himself, or else as the server has it. */
  browse(nick: string, listener: SearchListener): Search {
    return this.looks.begin(nick, {
      onBrowsed: (entry) => {
        const hit = hitOf(entry, nick, 0);
        if (hit !== null) listener.onHit(hit);
      },
      onBrowseEnd: () => listener.onSearchEnd(),
    });
  }

  /** He could not be dialled where the server says that he is (626). */
  reportUndialled(nick: string): void {
    this.say(Type.portError, nick);
  }

  /** `numbers` are told by the server every minute or so, and when it is asked. */
  askNumbers(): void {
    this.say(Type.stats);
  }

  // ---- how it stands ---------------------------------------------------------------------------------------------------------

  get isOnline(): boolean {
    return this.link?.isIn === true;
  }

  get serverState(): 'in' | 'dialling' | 'none' {
    if (this.link !== null) return this.link.isIn ? 'in' : 'dialling';
    return this.servers.msUntilNext(this.now()) <= SOON_MS ? 'dialling' : 'none';
  }

  get serverEndpoint(): Endpoint | null {
    return this.link?.endpoint ?? null;
  }

  get canBeDialled(): boolean {
    return this.dataPort !== 0;
  }

  get dataPort(): number {
    if (this.options.dataPort === 0 || (this.portErrors >= PORT_ERRORS_MAX && !this.wasDialled)) return 0;
    const own = this.host.self.stream;
    return this.options.dataPort ?? (own === null ? 0 : endpointPort(own));
  }

  /** Null: nobody has tried. */
  get isFirewalled(): boolean | null {
    if (this.wasDialled) return false;
    return this.canBeDialled ? null : true;
  }

  now(): number {
    return this.host.now();
  }

  /** To the server; what is said while there is none is lost. */
  say(type: number, text = ''): void {
    if (this.isOnline) this.link?.say(type, text);
  }

  // ---- events ----------------------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): IncomingPeer | null {
    return this.uploads.onConnection(peer);
  }

  onDialled(): void {
    this.wasDialled = true;
    this.portErrors = 0;
  }

  onLoggedIn(): void {
    if (this.server !== null) this.servers.succeeded(this.server, this.now());
    this.shares.reset();
    this.tellShares(SHARE_BURST);
    this.company.onLoggedIn();
    this.searches.onLoggedIn();
    this.host.tap(NapsterEvent.online, this.servers.count, 0, 0);
    if (this.link !== null) this.listener.onOnline(this.link.endpoint);
  }

  onLinkDrain(): void {
    this.tellShares(this.options.shareMessagesPerSecond);
  }

  onLinkClosed(why: string): void {
    if (this.server !== null) this.servers.failed(this.server, this.now());
    this.host.tap(NapsterEvent.offline, this.servers.count, this.server?.failures ?? 0, 0);
    this.link = null;
    this.server = null;
    if (this.isStopped) return;
    this.searches.onServerGone();
    this.meetings.onServerGone();
    this.looks.onServerGone();
    this.questions.onServerGone();
    this.company.onServerGone();
    this.listener.onOffline(why);
    this.dialSoon();
  }

  onServerStuck(): void {
    this.link?.drop('the server does not answer a search');
  }

  onServerMessage(type: number, text: string): void {
    const fields = fieldsOf(text);
    switch (type) {
      case Type.ping:
        return this.say(Type.pong, fields[0] ?? '');
      case Type.pingServer:
        return this.say(Type.pingServer, text);
      case Type.stats: {
        const [users = 0, files = 0, gigabytes = 0] = fields.map((field) => (/^\d{1,12}$/.test(field) ? Number(field) : 0));
        this.numbers = { users, files, gigabytes };
        return;
      }
      case Type.portError:
        return this.onPortError();
      case Type.directBrowse:
        return this.shownLists.onWanted(fields);
      default:
    }
    const isKnown =
      this.searches.onMessage(type, text) ||
      this.meetings.onMessage(type, fields) ||
      this.uploads.onMessage(type, fields) ||
      this.looks.onMessage(type, fields) ||
      this.questions.onMessage(type, text) ||
      this.company.onMessage(type, text);
    if (!isKnown) this.onDropped(type);
  }

  onMet(how: MeetingEnd): void {
    this.host.tap(NapsterEvent.met, how, 0, 0);
  }

  /** From the server: what is none, or what nobody waits for. */
  onDropped(type: number): void {
    this.droppedMessages++;
    this.host.tap(NapsterEvent.dropped, type, 0, 0);
  }

  private onPortError(): void {
    if (this.wasDialled || this.options.dataPort === 0) return;
    if (++this.portErrors === PORT_ERRORS_MAX) this.say(Type.changePort, '0');
  }

  private onTick(): void {
    this.tick.in(TICK_MS);
    if (this.isOnline) this.tellShares(this.options.shareMessagesPerSecond);
  }

  private tellShares(messagesMax: number): void {
    this.shares.tell(messagesMax, (type, text) => this.link?.say(type, text) ?? false);
  }

  private dial(): void {
    if (this.link !== null || this.isStopped) return;
    const server = this.servers.next(this.now());
    if (server === null) return this.dialSoon();
    this.server = server;
    this.link = new ServerLink(this.host, this, server.endpoint);
  }

  private dialSoon(): void {
    const delayMs = this.servers.msUntilNext(this.now());
    if (delayMs < Number.POSITIVE_INFINITY) this.dialAlarm.in(delayMs);
  }
}
