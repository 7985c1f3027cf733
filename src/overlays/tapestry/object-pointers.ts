/**
 * Pointers to objects that were published by this node (JSAC 2004, section III-C): by name, the servers in the order of their distance, as soft state. Owns
 * them.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import { Question } from './asker.ts';
import { deposit, deposited, SERVERS_MAX, type TapestryMessage } from './messages.ts';
import type { Tapestry } from './tapestry.ts';

/** In a message: not known. */
export const RTT_UNKNOWN_MS = 0xffff_ffff;

interface Pointer {
  readonly server: Contact;
  readonly rttMs: number;
  readonly expiresAtMs: number;
}

interface Pointers {
  readonly name: Id160;
  readonly servers: readonly Pointer[];
}

export class ObjectPointers {
  private readonly node: Tapestry;
  /** By name. */
  private readonly names = new Map<string, Pointers>();
  private count = 0;

  constructor(node: Tapestry) {
    this.node = node;
  }

  /** Pointers, not names. */
  get size(): number {
    return this.count;
  }

  /** Keeps it, or renews it; false when there is no room, at all or among nearer servers of the object. */
  take(name: Id160, server: Contact, rttMs: number, lifeMs: number): boolean {
    const key = mapKeyOf(name);
    const others = (this.names.get(key)?.servers ?? []).filter((pointer) => !equalIds(pointer.server, server));
    const { options, host } = this.node;
    const wasHere = others.length < (this.names.get(key)?.servers.length ?? 0);
    if (!wasHere && this.count >= options.pointersMax) return false;
    const expiresAtMs = host.now() + Math.min(lifeMs, options.expiryMs);
    const servers = [...others, { server, rttMs, expiresAtMs }].sort((a, b) => a.rttMs - b.rttMs).slice(0, SERVERS_MAX);
    this.set(key, name, servers);
    return servers.some((pointer) => pointer.server === server);
  }

  remove(name: Id160, server: Id160): void {
    const key = mapKeyOf(name);
    const pointers = this.names.get(key);
    if (pointers === undefined) return;
    const left = pointers.servers.filter((pointer) => !equalIds(pointer.server, server));
    if (left.length < pointers.servers.length) this.set(key, name, left);
  }

  /** The nearest first. */
  serversOf(name: Id160): Contact[] {
    const now = this.node.host.now();
    const servers = this.names.get(mapKeyOf(name))?.servers ?? [];
    return servers.filter(({ expiresAtMs }) => expiresAtMs > now).map(({ server }) => server);
  }

  all(): { readonly name: Id160; readonly server: Contact }[] {
    return [...this.names.values()].flatMap(({ name, servers }) => servers.map(({ server }) => ({ name, server })));
  }

  /** Forgets those that were not renewed. */
  expire(): void {
    const now = this.node.host.now();
    for (const [key, { name, servers }] of this.names) {
      const left = servers.filter(({ expiresAtMs }) => expiresAtMs > now);
      if (left.length < servers.length) this.set(key, name, left);
    }
  }

  /** A newcomer is on the way of some objects to their roots now. */
  share(newcomer: Contact): void {
    for (const { name, servers } of this.names.values()) {
      const next = this.node.route(name, 0, []).contacts[0];
      if (next !== undefined && equalIds(next, newcomer)) this.give(newcomer, name, servers);
    }
  }

  /** Names of which we are the root. */
  rooted(): Id160[] {
    return [...this.names.values()].map(({ name }) => name).filter((name) => this.node.isRootOf(name));
  }

  /** All that there are for that name, to another; but what we serve is gone with us. */
  hand(name: Id160, to: Contact): void {
    const servers = this.names.get(mapKeyOf(name))?.servers ?? [];
    const isOther = ({ server }: Pointer): boolean => !equalIds(server, this.node.self);
    this.give(to, name, servers.filter(isOther));
  }

  private give(to: Contact, name: Id160, servers: readonly Pointer[]): void {
    const now = this.node.host.now();
    for (const { server, expiresAtMs } of servers) {
      // How far the server is from there, nobody knows.
      if (expiresAtMs > now) new Deposit(this.node, to, { name, server, rttMs: RTT_UNKNOWN_MS, lifeMs: expiresAtMs - now }, null).ask();
    }
  }

  private set(key: string, name: Id160, servers: readonly Pointer[]): void {
    this.count += servers.length - (this.names.get(key)?.servers.length ?? 0);
    if (servers.length === 0) this.names.delete(key);
    else this.names.set(key, { name, servers });
  }
}

export interface DepositHandler {
  onDeposited(taken: boolean): void;
}

/** Leaves a pointer at a node, or takes it away. */
export class Deposit extends Question {
  private readonly node: Tapestry;
  private readonly pointer: { readonly name: Id160; readonly server: Contact; readonly rttMs: number; readonly lifeMs: number };
  private readonly handler: DepositHandler | null;

  constructor(node: Tapestry, to: Contact, pointer: Deposit['pointer'], handler: DepositHandler | null) {
    super(node, to, node.options.attempts);
    this.node = node;
    this.pointer = pointer;
    this.handler = handler;
  }

  protected request(transaction: number): TapestryMessage {
    const { name, server, rttMs, lifeMs } = this.pointer;
    return {
      tag: deposit.tag,
      transaction,
      unit: 0,
      name,
      server,
      rttMs: Math.min(RTT_UNKNOWN_MS, Math.round(rttMs)),
      lifeMs: Math.min(RTT_UNKNOWN_MS, Math.round(lifeMs)),
    };
  }

  protected answered(reply: TapestryMessage): void {
    this.handler?.onDeposited(reply.tag === deposited.tag && reply.taken);
  }

  protected silent(): void {
    this.node.suspect(this.contact);
    this.handler?.onDeposited(false);
  }
}
