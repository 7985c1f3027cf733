/**
 * Bringing those together who want a file with those who have it: the holder is asked, and whoever of the two can be connected to is named to the other. Owns
 * who has asked whom, so that nobody is told where somebody is who has not asked for it.
 */

import { nickKey } from './accounts.ts';
import { quoted } from './frames.ts';
import { Type } from './message-types.ts';
import type { NapsterIndex } from './napster-index.ts';
import type { Session } from './session.ts';
import { wholeNumber } from './shared-entry.ts';
import type { User } from './user.ts';

/** Requests of one user that wait for an answer. */
const ASKED_MAX = 500;
/** They are forgotten after so long. */
const ASKED_MS = 120_000;

export class Introductions {
  private readonly server: NapsterIndex;
  /** By who has asked whom for what. */
  private readonly asked = new Map<User, Map<string, number>>();

  constructor(server: NapsterIndex) {
    this.server = server;
  }

  /** What somebody wants of one of our users; he may be at another server. False: it is none of these messages. */
  onWish(user: User, type: number, [nick = '', name = '']: readonly string[]): boolean {
    if (type === Type.download) this.ask(user, nick, name);
    else if (type === Type.push) this.push(user, nick, name);
    else if (type === Type.directBrowse) this.askToBrowse(user, nick);
    else return false;
    return true;
  }

  /** What one of our users answers. False: it is none of these messages. */
  onMessage(session: Session, type: number, fields: readonly string[]): boolean {
    const [nick = '', name = ''] = fields;
    switch (type) {
      case Type.uploadAccept:
        this.accept(session, nick, name);
        return true;
      case Type.uploadFailed:
        this.withAsker(session, nick, name, (asker) => asker.say(Type.downloadFailed, `${session.nick} ${quoted(name)}`));
        return true;
      case Type.queueLimit:
        this.withAsker(session, nick, name, (asker) => {
          const bytes = session.fileOf(name)?.entry.bytes ?? 0;
          const ahead = wholeNumber(fields[2]);
          asker.say(Type.queueLimitIs, `${session.nick} ${quoted(name)} ${bytes} ${Number.isNaN(ahead) ? 0 : ahead}`);
        });
        return true;
      case Type.directBrowseError:
        this.withAsker(session, nick, '', (asker) => asker.say(Type.directBrowseError, `${session.nick} ${quoted(name)}`));
        return true;
      case Type.directBrowseAccept:
        this.withAsker(session, nick, '', (asker) =>
          asker.say(Type.directBrowseAccept, `${session.nick} ${session.ip} ${session.dataPort}`),
        );
        return true;
      default:
        return false;
    }
  }

  private ask(user: User, nick: string, name: string): void {
    const holder = this.server.userOf(nick);
    if (holder === null || holder.fileOf(name) === null || !this.remember(user, nick, name)) {
      user.say(Type.downloadFailed, `${nick} ${quoted(name)}`);
      return;
    }
    holder.say(Type.uploadRequest, `${user.nick} ${quoted(name)}`);
  }

  /** The holder has a place free. Port 0 tells the other that he has to ask to be called. */
  private accept(holder: Session, nick: string, name: string): void {
    const file = holder.fileOf(name);
    this.withAsker(holder, nick, name, (asker) => {
      if (file === null) asker.say(Type.downloadFailed, `${holder.nick} ${quoted(name)}`);
      else asker.say(Type.downloadReady, `${placeOf(holder)} ${quoted(name)} ${file.entry.md5} ${holder.linkSpeed}`);
    });
  }

  /** The holder cannot be called: he is told to call. */
  private push(user: User, nick: string, name: string): void {
    const holder = this.server.userOf(nick);
    const file = holder?.fileOf(name) ?? null;
    if (holder === null || file === null) user.say(Type.downloadFailed, `${nick} ${quoted(name)}`);
    // Neither can be called. Nobody else is named either: a server that passed on any address would let its users aim at strangers.
    else if (user.dataPort === 0) user.notice(`You and ${holder.nick} are both behind firewalls.`);
    else holder.say(Type.pushReady, `${placeOf(user)} ${quoted(name)} ${file.entry.md5} ${user.linkSpeed}`);
  }

  private askToBrowse(user: User, nick: string): void {
    const target = this.server.userOf(nick);
    if (target === null || !this.remember(user, nick, '')) user.say(Type.directBrowseError, `${nick} "User is not online"`);
    else if (target.dataPort !== 0) target.say(Type.directBrowse, user.nick);
    else if (user.dataPort !== 0) target.say(Type.directBrowse, `${user.nick} ${user.ip} ${user.dataPort}`);
    else user.say(Type.directBrowseError, `${nick} "You are both behind firewalls"`);
  }

  private remember(user: User, nick: string, name: string): boolean {
    const now = this.server.host.now();
    const own = this.asked.get(user) ?? new Map<string, number>();
    for (const [key, atMs] of own) if (now - atMs > ASKED_MS) own.delete(key);
    if (own.size >= ASKED_MAX) return false;
    own.set(keyOf(nick, name), now);
    this.asked.set(user, own);
    return true;
  }

  /** Answers go to those who have asked, once. */
  private withAsker(holder: Session, nick: string, name: string, what: (asker: User) => void): void {
    const asker = this.server.anyUserOf(nick);
    const own = asker === null ? undefined : this.asked.get(asker);
    if (asker === null || own?.delete(keyOf(holder.nick, name)) !== true) holder.notice(`${nick} has not asked for that.`);
    else what(asker);
  }

  forget(user: User): void {
    this.asked.delete(user);
  }
}

function keyOf(nick: string, name: string): string {
  return `${nickKey(nick)} ${name}`;
}

function placeOf({ nick, ip, dataPort }: User): string {
  return `${nick} ${ip} ${dataPort}`;
}
