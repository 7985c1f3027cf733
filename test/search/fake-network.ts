/** A search network of the test's own making: it finds what the test says, when it says it. Owns its searches. */

import { endpointOf } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import type { SearchNetwork, SearchNetworkStatus } from '../../src/node/search/search-network.ts';
import type { WayAttempt, WayListener } from '../../src/transfer/files/holder-way.ts';
import type { Holder, Search, SearchHit, SearchListener, SearchNetworkName, SearchRequest } from '../../src/wire/search-hit.ts';
import { NO_HASHES, NO_TAGS } from '../../src/wire/shared-file.ts';

export class FakeNetwork implements SearchNetwork {
  readonly name: SearchNetworkName;
  readonly asked: SearchRequest[] = [];
  readonly hosts: Endpoint[] = [];
  readonly reached: SearchHit[] = [];
  isMember = true;
  stopped = 0;
  closed = false;
  /** Names of holders who can be browsed here; null: none can. */
  browses: RegExp | null = null;
  readonly browsed: string[] = [];
  readonly #listeners: SearchListener[] = [];

  constructor(name: SearchNetworkName = 'gnutella') {
    this.name = name;
  }

  status(): SearchNetworkStatus {
    return {
      network: this.name,
      state: this.isMember ? 'member' : 'joining',
      role: 'leaf',
      address: '127.0.0.1:6346',
      firewalled: false,
      neighbours: this.isMember ? [{ address: '127.0.0.1:1', role: 'ultrapeer', agent: 'fake', sinceMs: 0 }] : [],
      wantsHosts: !this.isMember,
      facts: [],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    this.asked.push(request);
    return this.#begin(listener);
  }

  browse(holder: string, listener: SearchListener): Search | null {
    if (this.browses?.test(holder) !== true) return null;
    this.browsed.push(holder);
    return this.#begin(listener);
  }

  #begin(listener: SearchListener): Search {
    this.#listeners.push(listener);
    const stop = (): void => {
      this.stopped++;
      const at = this.#listeners.indexOf(listener);
      if (at >= 0) this.#listeners.splice(at, 1);
    };
    return { stop };
  }

  /** Tells it to whoever searches. */
  finds(hit: Partial<SearchHit> & { readonly at?: number; readonly by?: Partial<Holder> } = {}): void {
    for (const listener of new Set(this.#listeners)) listener.onHit(hitOf({ network: this.name, ...hit }));
  }

  ends(): void {
    for (const listener of this.#listeners.splice(0)) listener.onSearchEnd();
  }

  reach(hit: SearchHit, listener: WayListener): WayAttempt {
    this.reached.push(hit);
    const { endpoint, locator } = hit.holder;
    queueMicrotask(() => {
      if (endpoint === null) listener.onUnreachable('he cannot be dialled');
      else listener.onAddress(endpoint, { speech: 'http', target: locator, headers: [] });
    });
    return { cancel: () => undefined };
  }

  addHosts(hosts: readonly Endpoint[]): void {
    this.hosts.push(...hosts);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    return this.hosts.slice(0, limit);
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

/** `at`: the last number of the holder's address; all else as the test says, or an ordinary song. */
export function hitOf({
  at = 1,
  by = {},
  ...hit
}: Partial<SearchHit> & { readonly at?: number; readonly by?: Partial<Holder> }): SearchHit {
  const endpoint = endpointOf(`10.0.${at >> 8}.${at & 255}`, 6346);
  return {
    network: 'gnutella',
    name: 'walrus polka.mp3',
    bytes: 1000,
    kind: 'audio',
    tags: NO_TAGS,
    hashes: NO_HASHES,
    holder: { endpoint, locator: '/get/1/walrus', id: '', firewalled: false, busy: false, speed: 0, proxies: [], ...by },
    ...hit,
  };
}

/** A hash that is like no other one. */
export function hash(bytes: number, seed: number): Uint8Array {
  return new Uint8Array(bytes).fill(seed);
}
