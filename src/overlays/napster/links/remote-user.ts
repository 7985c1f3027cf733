/** A user of a linked server. Owned by the link over which we know of him, and gone with it. */

import { Type } from '../message-types.ts';
import type { User } from '../user.ts';
import type { ServerToServer } from './server-to-server.ts';

export class RemoteUser implements User {
  readonly nick: string;
  readonly link: ServerToServer;
  ip: number;
  dataPort: number;
  linkSpeed: number;

  constructor(link: ServerToServer, nick: string, ip: number, dataPort: number, linkSpeed: number) {
    this.link = link;
    this.nick = nick;
    this.ip = ip;
    this.dataPort = dataPort;
    this.linkSpeed = linkSpeed;
  }

  say(type: number, text = ''): void {
    this.link.deliver(this.nick, type, text);
  }

  notice(text: string): void {
    this.say(Type.notice, text);
  }
}
