/** A search of one of our users at the servers that are linked to ours: passes on what they find until all have answered, it is enough, or it has taken too long. */

import { entryText, type SharedEntry } from '../shared-entry.ts';
import type { Session } from '../session.ts';
import { Type } from '../message-types.ts';
import type { RemoteUser } from './remote-user.ts';
import type { ServerToServer } from './server-to-server.ts';

export class RemoteSearch {
  readonly number: number;
  readonly session: Session;
  readonly deadlineMs: number;
  private readonly waiting: Set<ServerToServer>;
  private left: number;

  constructor(number: number, session: Session, links: Iterable<ServerToServer>, limit: number, deadlineMs: number) {
    this.number = number;
    this.session = session;
    this.waiting = new Set(links);
    this.left = limit;
    this.deadlineMs = deadlineMs;
  }

  get isOver(): boolean {
    return this.waiting.size === 0 || this.left === 0 || !this.session.isIn;
  }

  onResult(link: ServerToServer, entry: SharedEntry, holder: RemoteUser): void {
    if (this.left === 0 || !this.waiting.has(link)) return;
    this.left--;
    this.session.say(Type.result, `${entryText(entry)} ${holder.nick} ${holder.ip} ${holder.linkSpeed}`);
  }

  onAnswered(link: ServerToServer): void {
    this.waiting.delete(link);
  }
}
