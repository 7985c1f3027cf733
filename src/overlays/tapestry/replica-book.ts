/**
 * Who else holds the keys that a node is the first root of. The other roots are anywhere in the network, so that they have to be looked up, again and again
 * as nodes come and go: soft state, like pointers to objects. Owns what was found.
 */

import type { Contact } from '../../core/contact.ts';
import { equalIds, type Id160, mapKeyOf } from '../../core/id160.ts';
import type { OwnersFound, OwnersHandler } from '../values/index.ts';
import type { Tapestry } from './tapestry.ts';

/** Keys that are looked up in one round, those first that were looked up longest ago. */
const LOOKUPS_PER_ROUND = 16;
const NONE: readonly Contact[] = [];

interface Page {
  readonly others: readonly Contact[];
  readonly atMs: number;
}

export class ReplicaBook implements OwnersHandler {
  private readonly node: Tapestry;
  private readonly pages = new Map<string, Page>();
  private underWay = 0;

  constructor(node: Tapestry) {
    this.node = node;
  }

  othersOf(key: Id160): readonly Contact[] {
    return this.pages.get(mapKeyOf(key))?.others ?? NONE;
  }

  /** Somebody is gone: the keys that it held are looked up next. */
  lose(contact: Contact): void {
    for (const [key, { others }] of this.pages) if (others.some((other) => equalIds(other, contact))) this.pages.delete(key);
  }

  round(): void {
    const { node, pages } = this;
    if (this.underWay > 0 || (node.keys.size === 0 && pages.size === 0)) return;
    const { options, host } = node;
    const dueAtMs = host.now() - options.repairRounds * options.roundMs;
    const owned = node.keys.all().filter(({ key }) => node.standing(key) === 'owner');
    const ages = owned.map(({ key }) => ({ key, atMs: pages.get(mapKeyOf(key))?.atMs ?? Number.NEGATIVE_INFINITY }));
    const due = ages.filter(({ atMs }) => atMs <= dueAtMs).sort((a, b) => a.atMs - b.atMs || 0);
    const kept = new Set(owned.map(({ key }) => mapKeyOf(key)));
    for (const key of pages.keys()) if (!kept.has(key)) pages.delete(key);
    const asked = due.slice(0, LOOKUPS_PER_ROUND);
    this.underWay = asked.length;
    for (const { key } of asked) node.findOwners(key, false, this);
  }

  onFind({ target, owners }: OwnersFound): void {
    const { node } = this;
    this.underWay--;
    if (owners.length === 0 || !node.isMember) return;
    const others = owners.filter((owner) => !equalIds(owner, node.self));
    const before = this.othersOf(target);
    this.pages.set(mapKeyOf(target), { others, atMs: node.host.now() });
    const isSame = others.length === before.length && others.every((other) => before.some((contact) => equalIds(contact, other)));
    if (!isSame) node.keys.onNeighbours();
  }
}
