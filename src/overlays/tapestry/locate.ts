/**
 * Routes to an object (JSAC 2004, section III-C): towards its root, until a node has a pointer, and from there to the nearest server; on towards the root
 * when none of those serves it any more, and to the next root where there are several. Owns one search.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160 } from '../../core/id160.ts';
import { Question } from './asker.ts';
import { Find, type FindHandler } from './find.ts';
import { has, serves, type TapestryMessage } from './messages.ts';
import { saltedId } from './salts.ts';
import type { Tapestry } from './tapestry.ts';

export interface LocateResult {
  /** A server of the object, by its own word; null: nobody was found. */
  readonly server: Contact | null;
  /** Nodes on the way, up to the one that had the pointer. */
  readonly way: readonly Contact[];
  /** The server counts as one. */
  readonly hops: number;
  readonly tookMs: number;
}

export interface LocateHandler {
  onLocated(result: LocateResult): void;
}

export class Locate implements FindHandler {
  readonly node: Tapestry;
  readonly name: Id160;
  private readonly handler: LocateHandler;
  private readonly startedAtMs: number;
  private salt = 0;
  private find: Find | null = null;
  private servers: readonly Contact[] = [];
  private readonly refused: Contact[] = [];

  constructor(node: Tapestry, name: Id160, handler: LocateHandler) {
    this.node = node;
    this.name = name;
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  /** What the node knows by itself comes first. */
  start(): void {
    const { node, name } = this;
    this.servers = node.pointers.serversOf(name);
    this.askServer();
  }

  onServers(_find: Find, servers: readonly Contact[]): void {
    this.servers = servers;
    this.askServer();
  }

  onRoot(): void {
    this.salt++;
    if (this.salt < this.node.options.objectRoots) this.go();
    else this.end(null);
  }

  answered(server: Contact, here: boolean): void {
    if (here) this.end(server);
    else {
      this.refused.push(server);
      this.askServer();
    }
  }

  private go(): void {
    this.find = new Find(this.node, saltedId(this.name, this.salt), this, { objects: true });
    this.find.start();
  }

  private askServer(): void {
    const server = this.servers.find((each) => !this.refused.some((other) => equalIds(other, each)));
    if (server === undefined) {
      if (this.find === null) this.go();
      else this.find.resume();
    } else if (equalIds(server, this.node.self)) this.answered(server, this.node.objects.has(this.name));
    else new AskServer(this, server).ask();
  }

  private end(server: Contact | null): void {
    const way = this.find?.stops.map(({ contact }) => contact) ?? [];
    const isElsewhere = server !== null && !equalIds(server, way.at(-1) ?? this.node.self);
    this.handler.onLocated({ server, way, hops: way.length + (isElsewhere ? 1 : 0), tookMs: this.node.host.now() - this.startedAtMs });
  }
}

class AskServer extends Question {
  private readonly locate: Locate;

  constructor(owner: Locate, server: Contact) {
    super(owner.node, server, owner.node.options.attempts);
    this.locate = owner;
  }

  protected request(transaction: number): TapestryMessage {
    return { tag: has.tag, transaction, unit: 0, name: this.locate.name };
  }

  protected answered(reply: TapestryMessage): void {
    this.locate.answered(this.contact, reply.tag === serves.tag && reply.here);
  }

  protected silent(): void {
    this.locate.node.suspect(this.contact);
    this.locate.answered(this.contact, false);
  }
}
