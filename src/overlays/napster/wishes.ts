/**
 * What one user wants of another: words, a ping, a look at what he shares, a file. Carried out where the other is: for users of linked servers it is passed on to theirs, and what comes
 * from there is carried out here. Owns no state.
 */

import { fieldsOf, restBehind, quoted } from './frames.ts';
import type { Introductions } from './introductions.ts';
import { Type } from './message-types.ts';
import type { NapsterIndex } from './napster-index.ts';
import { entryText } from './shared-entry.ts';
import type { User } from './user.ts';

/** Files of one user that go over a link at once, as in opennap-ng. */
const REMOTE_BROWSE_MAX = 500;

/** All have the nick of the other in front. */
const WISHES: ReadonlySet<number> = new Set([
  Type.privateMessage,
  Type.browse,
  Type.linkSpeed,
  Type.whois,
  Type.ping,
  Type.pong,
  Type.portError,
  Type.download,
  Type.push,
  Type.directBrowse,
]);

export class Wishes {
  private readonly server: NapsterIndex;
  private readonly introductions: Introductions;

  constructor(server: NapsterIndex, introductions: Introductions) {
    this.server = server;
    this.introductions = introductions;
  }

  /** Of one of our users. False: it is none of these messages. */
  onMessage(user: User, type: number, text: string): boolean {
    if (!WISHES.has(type)) return false;
    const [nick = ''] = fieldsOf(text);
    const elsewhere = this.server.userOf(nick) === null ? this.server.links.userOf(nick) : null;
    if (elsewhere === null) this.carryOut(user, type, text, false);
    else elsewhere.link.command(user.nick, type, text);
    return true;
  }

  /** Of a user of another server: it is not passed on once more. */
  onCommand(user: User, type: number, text: string): void {
    if (WISHES.has(type)) this.carryOut(user, type, text, true);
  }

  private carryOut(user: User, type: number, text: string, isRemote: boolean): void {
    const fields = fieldsOf(text);
    const [nick = ''] = fields;
    if (type === Type.browse) this.browse(user, nick, isRemote);
    else if (type === Type.whois) this.whois(user, nick);
    else if (!this.introductions.onWish(user, type, fields)) this.tell(user, type, nick, text);
  }

  private tell(user: User, type: number, nick: string, text: string): void {
    const target = this.server.userOf(nick);
    if (target === null) user.notice(`User ${nick} is not currently online.`);
    else if (type === Type.linkSpeed) user.say(Type.linkSpeedIs, `${target.nick} ${target.linkSpeed}`);
    else if (type === Type.privateMessage) target.say(type, `${user.nick} ${restBehind(text, 1)}`);
    else target.say(type, user.nick);
  }

  private browse(user: User, nick: string, isRemote: boolean): void {
    const target = this.server.userOf(nick);
    const { browseMax } = this.server.options;
    let left = isRemote ? Math.min(browseMax, REMOTE_BROWSE_MAX) : browseMax;
    for (const { entry } of target?.files.values() ?? []) {
      if (left-- <= 0) break;
      user.say(Type.browsed, `${target?.nick} ${entryText(entry)}`);
    }
    user.say(Type.browseEnd, target === null ? nick : `${target.nick} ${target.ip}`);
  }

  private whois(user: User, nick: string): void {
    const target = this.server.userOf(nick);
    if (target === null) {
      const isKnown = this.server.options.accounts?.has(nick) ?? false;
      if (isKnown) user.say(Type.whowas, `${nick} "User" 0`);
      else user.notice(`whois: no such user ${nick}`);
      return;
    }
    const seconds = Math.floor((this.server.host.now() - target.startedAtMs) / 1000);
    const { files, downloads, uploads, linkSpeed } = target;
    const channels = quoted([...target.channels].join(' '));
    user.say(
      Type.whoisIs,
      `${target.nick} "User" ${seconds} ${channels} "Active" ${files.size} ${downloads} ${uploads} ${linkSpeed} ${quoted(target.client)}`,
    );
  }
}
