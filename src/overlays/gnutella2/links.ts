/** All connections of a node, by what is at their other end. Owns them. */

import type { Endpoint } from '../../core/host.ts';
import { addressOf, endpointKey } from '../../wire/endpoint-key.ts';
import type { Link } from './link.ts';

export class Links {
  readonly all = new Set<Link>();
  /** Those that are up. */
  readonly hubs: Link[] = [];
  readonly leaves: Link[] = [];
  private readonly byGuid = new Map<string, Link>();

  add(link: Link): void {
    this.all.add(link);
  }

  begun(link: Link): void {
    (link.kind === 'hub' ? this.hubs : this.leaves).push(link);
  }

  /** The servent's name has come. */
  named(link: Link, guid: string): void {
    if (guid === '' || this.byGuid.has(guid)) return;
    if (this.byGuid.get(link.guid) === link) this.byGuid.delete(link.guid);
    link.guid = guid;
    this.byGuid.set(guid, link);
  }

  remove(link: Link): boolean {
    if (!this.all.delete(link)) return false;
    for (const list of [this.hubs, this.leaves]) {
      const at = list.indexOf(link);
      if (at >= 0) list.splice(at, 1);
    }
    if (this.byGuid.get(link.guid) === link) this.byGuid.delete(link.guid);
    return true;
  }

  ofGuid(guid: string): Link | null {
    return this.byGuid.get(guid) ?? null;
  }

  /** Up or still greeting. */
  isConnected(endpoint: Endpoint): boolean {
    const key = endpointKey(endpoint);
    for (const link of this.all) if (endpointKey(link.endpoint) === key) return true;
    return false;
  }

  isUpAt(endpoint: Endpoint): boolean {
    const key = endpointKey(endpoint);
    for (const link of this.all) if (link.isUp && endpointKey(link.endpoint) === key) return true;
    return false;
  }

  /** Of all others' endpoints. */
  keys(): Set<number> {
    const keys = new Set<number>();
    for (const link of this.all) keys.add(endpointKey(link.endpoint));
    return keys;
  }

  countFrom(endpoint: Endpoint): number {
    const address = addressOf(endpoint);
    let count = 0;
    for (const link of this.all) if (addressOf(link.endpoint) === address) count++;
    return count;
  }

  /** Those that are up. */
  get count(): number {
    return this.hubs.length + this.leaves.length;
  }

  /** Dialled, and not up yet. */
  get dialling(): number {
    let count = 0;
    for (const link of this.all) if (link.isOutgoing && !link.isUp) count++;
    return count;
  }
}
