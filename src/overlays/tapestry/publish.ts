/**
 * Publishes an object, or takes it back (JSAC 2004, section III-C): goes the way to each of its roots, and leaves a pointer at every node on it; for the first
 * hops also at the backups of the next one, and at the nearest nodes, for those who look for it from nearby. Owns one way, and what became of it.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import { Find, type FindHandler } from './find.ts';
import { Deposit, type DepositHandler, RTT_UNKNOWN_MS } from './object-pointers.ts';
import { saltedId } from './salts.ts';
import type { Tapestry } from './tapestry.ts';

export interface PublishResult {
  /** All its roots have been found, and every node on the way has taken the pointer. */
  readonly ok: boolean;
  /** Left at other nodes. */
  readonly pointers: number;
  readonly tookMs: number;
}

export interface PublishHandler {
  onPublished(result: PublishResult): void;
}

export class Publish implements FindHandler, DepositHandler {
  private readonly node: Tapestry;
  private readonly name: Id160;
  private readonly lifeMs: number;
  private readonly handler: PublishHandler;
  private readonly startedAtMs: number;
  private salt = 0;
  private left = 0;
  private pointers = 0;
  private ok = true;

  /** For 0 ms: no more. */
  constructor(node: Tapestry, name: Id160, lifeMs: number, handler: PublishHandler) {
    this.node = node;
    this.name = name;
    this.lifeMs = lifeMs;
    this.handler = handler;
    this.startedAtMs = node.host.now();
  }

  start(): void {
    const { options } = this.node;
    const near = options.publishHops > 0 ? options.publishNearest : 0;
    new Find(this.node, saltedId(this.name, this.salt), this, { near }).start();
  }

  onRoot(find: Find): void {
    const { node, lifeMs } = this;
    // The server is on the way itself: who comes by need not go on, and a newcomer behind it gets the pointer like any other.
    if (lifeMs > 0) node.pointers.take(find.target, node.self, 0, lifeMs);
    else node.pointers.remove(find.target, node.self);
    if (find.root === null) this.ok = false;
    const places = this.placesOf(find);
    this.left = places.size;
    for (const [contact, rttMs] of places.values()) {
      new Deposit(node, contact, { name: find.target, server: node.self, rttMs, lifeMs }, this).ask();
    }
    if (places.size === 0) this.next();
  }

  onDeposited(taken: boolean): void {
    if (taken) this.pointers++;
    else this.ok = false;
    this.left--;
    if (this.left === 0) this.next();
  }

  /** Who gets a pointer, each once, and how far it is from us. */
  private placesOf({ target, stops, passed }: Find): Map<string, readonly [Contact, number]> {
    const { node } = this;
    const { publishHops, publishBackups, publishNearest } = node.options;
    const places = new Map<string, readonly [Contact, number]>();
    const add = (contact: Contact, rttMs: number): void => {
      const key = mapKeyOf(contact);
      if (!equalIds(contact, node.self) && !places.has(key)) places.set(key, [contact, rttMs]);
    };
    for (const { contact, rttMs } of stops) add(contact, rttMs);
    const first = { contacts: node.route(target, 0, passed).contacts, near: node.nearest(publishNearest) };
    for (const { contacts, near } of [first, ...stops].slice(0, publishHops)) {
      const others = [...contacts.slice(1, 1 + publishBackups), ...near.slice(0, publishNearest)];
      for (const contact of others) add(contact, node.knownOf(contact)?.rttMs ?? RTT_UNKNOWN_MS);
    }
    return places;
  }

  private next(): void {
    this.salt++;
    if (this.salt < this.node.options.objectRoots) {
      this.start();
      return;
    }
    const { ok, pointers, startedAtMs } = this;
    this.handler.onPublished({ ok, pointers, tookMs: this.node.host.now() - startedAtMs });
  }
}
