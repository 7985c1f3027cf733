/**
 * An index server (Napster 1999, in the wire format of OpenNap): it knows who is there and who shares what, answers searches, and brings those together who
 * want a file with those who have it. It stores no file, and none passes it. Owns sessions, the index, channels and what is asked for at the moment.
 */

import { NapsterEvent } from '../../core/events.ts';
import { type Host, NO_TIMER, type Peer, type Protocol, type StreamAcceptor, type Timer } from '../../core/host.ts';
import { Channels } from './channels.ts';
import { FileIndex } from './file-index.ts';
import { fieldsOf, type NapsterMessage, napsterFrames, quoted } from './frames.ts';
import { HotLists } from './hot-lists.ts';
import { INDEX_DEFAULTS, type IndexOptions } from './index-options.ts';
import { Introductions } from './introductions.ts';
import { Links } from './links/links.ts';
import { Login } from './login.ts';
import { LINK_NAMES, Type } from './message-types.ts';
import { nickKey } from './accounts.ts';
import { parseQuery } from './search-query.ts';
import { Session } from './session.ts';
import { entryOf, entryText, type SharedEntry, wholeNumber } from './shared-entry.ts';
import type { User } from './user.ts';
import { Wishes } from './wishes.ts';

const TICK_MS = 1_000;
const GIGABYTE = 1e9;
const SPEED_MAX = LINK_NAMES.length - 1;
const PORT_MAX = 65_535;
const ADDRESS_TEXT_MAX = 256;

export class NapsterIndex implements Protocol, StreamAcceptor<NapsterMessage> {
  readonly host: Host;
  readonly options: IndexOptions;
  readonly files = new FileIndex<Session>();
  readonly channels: Channels;
  readonly hotLists: HotLists;
  readonly links: Links;
  searches = 0;
  private readonly sessions = new Set<Session>();
  private readonly byNick = new Map<string, Session>();
  private readonly login: Login;
  private readonly introductions: Introductions;
  private readonly wishes: Wishes;
  private ticks = 0;
  private timer: Timer = NO_TIMER;

  constructor(host: Host, options: IndexOptions = INDEX_DEFAULTS) {
    this.host = host;
    this.options = options;
    this.channels = new Channels(this);
    this.hotLists = new HotLists(this);
    this.login = new Login(this);
    this.introductions = new Introductions(this);
    this.wishes = new Wishes(this, this.introductions);
    this.links = new Links(this);
  }

  start(): void {
    this.host.listen(napsterFrames, this);
    this.timer = this.host.setTimer(TICK_MS, 0, 0);
  }

  stop(): void {
    this.host.clearTimer(this.timer);
    this.links.stop();
    for (const session of [...this.sessions]) session.close();
  }

  get users(): number {
    return this.byNick.size;
  }

  inspect(): unknown {
    const { users, searches } = this;
    return { users, files: this.files.count, bytes: this.files.bytes, channels: this.channels.count, searches, links: this.links.count };
  }

  /** One of our own. */
  userOf(nick: string): Session | null {
    return this.byNick.get(nickKey(nick)) ?? null;
  }

  /** Of a linked server, too. */
  anyUserOf(nick: string): User | null {
    return this.userOf(nick) ?? this.links.userOf(nick);
  }

  localUsers(): Iterable<Session> {
    return this.byNick.values();
  }

  /** With linked servers. */
  statsText(): string {
    const { users, files, bytes } = this.links.numbers;
    return `${this.users + users} ${this.files.count + files} ${Math.floor((this.files.bytes + bytes) / GIGABYTE)}`;
  }

  // ---- events --------------------------------------------------------------------------------------------------------------

  onConnection(peer: Peer): Session | null {
    const ip = this.host.endpoint(peer).subarray(0, -2).join('.');
    let same = 0;
    for (const session of this.sessions) if (session.addressKey === ip) same++;
    if (same >= this.options.connectionsPerAddressMax || this.sessions.size >= 2 * this.options.usersMax) return null;
    const session = new Session(this, ip);
    this.sessions.add(session);
    return session;
  }

  onTimer(): void {
    this.timer = this.host.setTimer(TICK_MS, 0, 0);
    this.ticks++;
    const now = this.host.now();
    const isStatsTime = this.ticks % Math.max(1, Math.round(this.options.statsMs / TICK_MS)) === 0;
    for (const session of this.sessions) {
      session.refill(now);
      if (session.isIn && isStatsTime) session.say(Type.stats, this.statsText());
      if (!session.isIn && now - session.startedAtMs > this.options.loginMs) session.reset();
    }
    this.links.tick(now, isStatsTime);
  }

  onClosed(session: Session): void {
    if (!this.sessions.delete(session) || !session.isIn) return;
    this.byNick.delete(nickKey(session.nick));
    this.files.removeAll(new Set(session.files.values()));
    session.files.clear();
    this.channels.leaveAll(session);
    this.hotLists.forget(session);
    this.introductions.forget(session);
    // Of two with one nick, at two servers, the other one may have stayed.
    const elsewhere = this.links.userOf(session.nick);
    if (elsewhere === null) this.hotLists.tellGone(session.nick);
    else this.hotLists.tellHere(elsewhere);
    this.links.tellGone(session);
    this.host.tap(NapsterEvent.userGone, this.users, this.files.count, 0);
  }

  /** Somebody at a linked server. */
  onRemoteCame(user: User): void {
    this.hotLists.tellHere(user);
  }

  onRemoteGone(user: User): void {
    this.introductions.forget(user);
    if (this.anyUserOf(user.nick) === null) this.hotLists.tellGone(user.nick);
  }

  /** What he wants of one of ours. */
  onCommand(user: User, type: number, text: string): void {
    this.wishes.onCommand(user, type, text);
  }

  /** He is somebody from now on. Who has the nick already is told, and stays. */
  admit(session: Session): void {
    session.state = 'in';
    this.byNick.set(nickKey(session.nick), session);
    session.say(Type.loggedIn, session.email === '' ? `anon@${this.options.name}` : session.email);
    this.sayMotd(session);
    session.say(Type.stats, this.statsText());
    this.hotLists.tellHere(session);
    this.links.announce(session);
    this.host.tap(NapsterEvent.userCame, this.users, this.files.count, 0);
  }

  onMessage(session: Session, { type, text }: NapsterMessage): void {
    if (!session.isIn) {
      this.login.onMessage(session, type, text);
      return;
    }
    const fields = fieldsOf(text);
    switch (type) {
      case Type.share:
        this.share(session, entryOf(fields, 0));
        return;
      case Type.shareFolder:
        for (let at = 1; at < fields.length; at += 6) this.share(session, entryOf(fields, at, fields[0]));
        return;
      case Type.unshare:
        this.unshare(session, fields[0] ?? '');
        return;
      case Type.unshareAll:
        this.files.removeAll(new Set(session.files.values()));
        session.files.clear();
        return;
      case Type.search:
        this.search(session, text);
        return;
      case Type.resume:
        this.resume(session, fields);
        return;
      case Type.stats:
        session.say(Type.stats, this.statsText());
        return;
      case Type.motd:
        this.sayMotd(session);
        return;
      case Type.downloading:
        session.downloads++;
        return;
      case Type.downloaded:
        session.downloads = Math.max(0, session.downloads - 1);
        return;
      case Type.uploading:
        session.uploads++;
        return;
      case Type.uploaded:
        session.uploads = Math.max(0, session.uploads - 1);
        return;
      case Type.changeSpeed: {
        const speed = wholeNumber(fields[0]);
        if (speed <= SPEED_MAX) session.linkSpeed = speed;
        this.links.announce(session);
        return;
      }
      case Type.changePassword:
        if (text !== '') this.options.accounts?.changePassword(session.nick, text);
        return;
      case Type.changeEmail:
        session.email = text.slice(0, ADDRESS_TEXT_MAX);
        return;
      case Type.changePort:
      case Type.dataPort: {
        const port = wholeNumber(fields[0]);
        if (port <= PORT_MAX) session.dataPort = port;
        this.links.announce(session);
        return;
      }
      case Type.pingServer:
        session.say(Type.pingServer, text);
        return;
      default:
        if (this.wishes.onMessage(session, type, text)) return;
        if (this.hotLists.onMessage(session, type, fields)) return;
        if (this.channels.onMessage(session, type, text, fields)) return;
        if (this.introductions.onMessage(session, type, fields)) return;
        session.notice(`Unknown command code ${type}`);
    }
  }

  // ---- what users share, and look for ----------------------------------------------------------------------------------------

  /** What linked servers have found has been told. */
  onSearchDone(session: Session): void {
    if (!session.isIn) return;
    session.say(Type.resultsEnd);
    session.searched();
  }

  private share(session: Session, entry: SharedEntry | null): void {
    if (entry === null) {
      session.notice('That is no file: "name" md5 bytes kbps Hz seconds expected.');
      return;
    }
    if (session.files.size >= this.options.sharesMax || this.files.count >= this.options.filesMax) return;
    this.unshare(session, entry.name, true);
    session.files.set(entry.name, this.files.add(entry, session));
  }

  private unshare(session: Session, name: string, quietly = false): void {
    const known = session.fileOf(name);
    if (known === null) {
      if (!quietly) session.notice('Not sharing that file');
      return;
    }
    session.files.delete(name);
    this.files.removeAll(new Set([known]));
  }

  private search(session: Session, text: string): void {
    const query = parseQuery(text);
    this.searches++;
    if (query === null || query.words.length === 0) session.notice('That is no search: FILENAME CONTAINS "words" MAX_RESULTS n expected.');
    else {
      const limit = Math.min(query.resultsMax, this.options.resultsMax);
      const found = this.files.search(query, limit);
      for (const { entry, sharer } of found)
        session.say(Type.result, `${entryText(entry)} ${sharer.nick} ${sharer.ip} ${sharer.linkSpeed}`);
      const isAskedElsewhere = !query.isLocal && this.links.search(session, text, limit - found.length);
      this.host.tap(NapsterEvent.searched, found.length, isAskedElsewhere ? this.links.count : 0, 0);
      if (isAskedElsewhere) return session.searching();
    }
    session.say(Type.resultsEnd);
  }

  private resume(session: Session, [md5 = '', bytes]: readonly string[]): void {
    for (const { entry, sharer } of this.files.byHash(md5, wholeNumber(bytes), this.options.resultsMax)) {
      const { name } = entry;
      session.say(
        Type.resumeResult,
        `${sharer.nick} ${sharer.ip} ${sharer.dataPort} ${quoted(name)} ${md5} ${entry.bytes} ${sharer.linkSpeed}`,
      );
    }
    session.say(Type.resumeEnd);
  }

  // ---- the rest --------------------------------------------------------------------------------------------------------------

  private sayMotd(session: Session): void {
    session.say(Type.motd, `SERVER ${this.options.name}`);
    for (const line of this.options.motd) session.say(Type.motd, line);
    session.say(Type.motd, `There are ${this.users} users here.`);
  }
}
