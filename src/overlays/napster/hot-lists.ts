/** Who wants to know when somebody comes and goes. Owns, by nick, who asked. */

import { nickKey } from './accounts.ts';
import { Type } from './message-types.ts';
import type { NapsterIndex } from './napster-index.ts';
import type { Session } from './session.ts';
import type { User } from './user.ts';

export class HotLists {
  private readonly server: NapsterIndex;
  private readonly watchers = new Map<string, Set<Session>>();

  constructor(server: NapsterIndex) {
    this.server = server;
  }

  /** False: it is none of these messages. */
  onMessage(session: Session, type: number, [nick = '']: readonly string[]): boolean {
    if (type === Type.hotAdd || type === Type.hotList) this.add(session, nick);
    else if (type === Type.hotRemove) this.remove(session, nickKey(nick));
    else return false;
    return true;
  }

  tellHere(user: User): void {
    for (const watcher of this.watchers.get(nickKey(user.nick)) ?? []) watcher.say(Type.hotOn, `${user.nick} ${user.linkSpeed}`);
  }

  tellGone(nick: string): void {
    for (const watcher of this.watchers.get(nickKey(nick)) ?? []) watcher.say(Type.hotOff, nick);
  }

  forget(session: Session): void {
    for (const key of [...session.hot]) this.remove(session, key);
  }

  private add(session: Session, nick: string): void {
    const key = nickKey(nick);
    if (nick === '' || session.hot.size >= this.server.options.hotListMax) {
      session.say(Type.hotError, nick);
      return;
    }
    session.hot.add(key);
    const watchers = this.watchers.get(key);
    if (watchers === undefined) this.watchers.set(key, new Set([session]));
    else watchers.add(session);
    session.say(Type.hotAdded, nick);
    const user = this.server.anyUserOf(nick);
    if (user !== null) session.say(Type.hotOn, `${user.nick} ${user.linkSpeed}`);
  }

  private remove(session: Session, key: string): void {
    session.hot.delete(key);
    const watchers = this.watchers.get(key);
    watchers?.delete(session);
    if (watchers?.size === 0) this.watchers.delete(key);
  }
}
