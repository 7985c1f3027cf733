/** How somebody becomes a user: a nick that is his or free, and a password that is right. Owns no state; sessions know how far they are. */

import { type AccountCheck, type AccountMade, isNick, nickKey } from './accounts.ts';
import { fieldsOf } from './frames.ts';
import { LINK_NAMES, Type } from './message-types.ts';
import { LinkType } from './links/link-messages.ts';
import type { NapsterIndex } from './napster-index.ts';
import type { Session } from './session.ts';
import { wholeNumber } from './shared-entry.ts';

const TEXT_LENGTH_MAX = 128;
const PORT_MAX = 65_535;

export class Login {
  private readonly server: NapsterIndex;

  constructor(server: NapsterIndex) {
    this.server = server;
  }

  onMessage(session: Session, type: number, text: string): void {
    // While the password is looked at, whatever else he says has to be said again.
    if (session.state !== 'greeting') return;
    const fields = fieldsOf(text);
    if (type === Type.checkNick) this.checkNick(session, fields[0] ?? '');
    else if (type === LinkType.hello) this.link(session, text);
    else if (type === Type.login || type === Type.register) this.enter(session, fields, type === Type.register);
    else session.refuse('Log in first');
  }

  /** It is no user, but a server. */
  private link(session: Session, text: string): void {
    const { server } = this;
    const stream = server.links.isOpen ? session.handOver() : null;
    if (stream === null) session.refuse('This server is not linked to others');
    else if (!server.links.accept(stream, text)) stream.reset();
  }

  private checkNick(session: Session, nick: string): void {
    const { accounts } = this.server.options;
    if (!isNick(nick)) session.say(Type.nickInvalid);
    else session.say(accounts?.has(nick) === true || this.server.anyUserOf(nick) !== null ? Type.nickTaken : Type.nickFree);
  }

  private enter(session: Session, fields: readonly string[], isNew: boolean): void {
    const { server } = this;
    const [nick = '', password = '', port, client = '', speed, email = ''] = fields;
    const dataPort = wholeNumber(port);
    if (!isNick(nick)) return session.refuse('Invalid Nickname');
    if (!(dataPort <= PORT_MAX)) return session.refuse('Invalid Port');
    if (server.users >= server.options.usersMax) return session.refuse(`This server is full (${server.users} connections)`);
    const linkSpeed = wholeNumber(speed);
    session.nick = nick;
    session.dataPort = dataPort;
    session.client = client.slice(0, TEXT_LENGTH_MAX);
    session.linkSpeed = linkSpeed < LINK_NAMES.length ? linkSpeed : 0;
    session.email = isNew ? email.slice(0, TEXT_LENGTH_MAX) : '';
    session.state = 'checking';
    const { accounts } = server.options;
    const entry = new Entry(server, session, password);
    if (accounts === null) entry.onChecked('right');
    else if (isNew) accounts.make(nick, password, session.email, entry);
    else accounts.check(nick, password, entry);
  }
}

/** One of them at the door. */
class Entry implements AccountCheck, AccountMade {
  private readonly server: NapsterIndex;
  private readonly session: Session;
  private readonly password: string;

  constructor(server: NapsterIndex, session: Session, password: string) {
    this.server = server;
    this.session = session;
    this.password = password;
  }

  onChecked(result: 'right' | 'wrong' | 'unknown'): void {
    const { server, session } = this;
    if (session.state !== 'checking') return;
    if (result === 'wrong') session.refuse('Invalid Password');
    // Who comes with a nick that is nobody's gets it: so the first servers had it, and clients rely on it.
    else if (result === 'unknown') server.options.accounts?.make(session.nick, this.password, session.email, this);
    else this.admit();
  }

  onMade(ok: boolean): void {
    if (this.session.state !== 'checking') return;
    if (ok) this.admit();
    else this.session.refuse('That nickname is taken');
  }

  private admit(): void {
    const { server, session } = this;
    const elsewhere = server.links.userOf(session.nick);
    if (elsewhere !== null) {
      // Passwords are each server's own, so that nothing shows that it is the same person.
      elsewhere.say(Type.otherLogin);
      return session.refuse('That nickname is taken');
    }
    const other = server.userOf(session.nick);
    if (other !== null) {
      other.say(Type.otherLogin);
      // Whose password was right may be the same, coming back after his line was cut. Without passwords the first one stays.
      if (server.options.accounts === null) return session.refuse('That nickname is taken');
      other.refuse('Somebody else is logging in as you!');
    }
    if (nickKey(session.nick) !== '') server.admit(session);
  }
}
