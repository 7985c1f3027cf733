/**
 * Gnutella2 as a search network of the node: a leaf or hub on a port that takes its connections, requests for files and those who were asked to dial. Owns
 * the port.
 */

import { latin1 } from '../core/bytes.ts';
import { formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint, Stream, StreamHandler } from '../core/host.ts';
import { zlibCompression } from '../net/compression.ts';
import { Gnutella2Node, type Gnutella2Hooks, type UrnHash } from '../overlays/gnutella2/index.ts';
import type { WayAttempt, WayListener } from '../transfer/files/index.ts';
import type { Holder, Search, SearchHit, SearchListener, SearchRequest } from '../wire/search-hit.ts';
import type { FileHashes } from '../wire/shared-file.ts';
import { HttpHolders, type PushingNetwork } from './files/http-holders.ts';
import { mayMean, ServentPort } from './files/servent-port.ts';
import { endLater } from './search/end-later.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker, SearchNetworkStatus } from './search/search-network.ts';

/** As many as the node takes. */
const SEARCHES_MAX = 64;
const GREETING = 'GNUTELLA';

/** Rejects with a Failure. */
export const openGnutella2Network: SearchNetworkMaker = async (place) =>
  new Gnutella2Network(await ServentPort.open(place, { name: 'gnutella2', hostsSetting: 'gnutella2.hosts' }), place);

class Gnutella2Network implements SearchNetwork, PushingNetwork, Gnutella2Hooks {
  readonly name = 'gnutella2';
  readonly #port: ServentPort;
  readonly #node: Gnutella2Node;
  readonly #holders: HttpHolders;

  constructor(port: ServentPort, place: NetworkPlace) {
    this.#port = port;
    this.#node = port.run((host, others) => {
      // A servent of Gnutella, greeting: its network is on another port.
      const take = (stream: Stream, begun: Uint8Array): StreamHandler<unknown, unknown> | null =>
        latin1(begun).startsWith(GREETING) ? null : others.take(stream, begun);
      const role = place.passing ? 'leaf' : 'auto';
      return new Gnutella2Node(host, { compression: zlibCompression, role, files: place.shared, hooks: this, otherStreams: { take } });
    });
    this.#holders = new HttpHolders(this, port.files.pushes);
  }

  status(): SearchNetworkStatus {
    const { links, role, own, isFirewalled, pings, hubs, options, searcher } = this.#node;
    const { uploads } = this.#port.files;
    return {
      network: this.name,
      state: links.count > 0 ? 'member' : 'joining',
      role: role.isHub ? 'hub' : 'leaf',
      address: this.#port.addressText(own.endpoint),
      firewalled: isFirewalled ? true : pings.isReachable ? false : null,
      neighbours: [...links.hubs, ...links.leaves].map(({ endpoint, kind, info, begunMs }) => ({
        address: formatEndpoint(endpoint),
        role: kind,
        agent: info?.vendor ?? '',
        sinceMs: this.#port.sinceMs(begunMs),
      })),
      wantsHosts: links.hubs.length === 0,
      facts: [
        { label: 'files told', value: options.files.count },
        { label: 'searches', value: searcher.running },
        { label: 'files sent', value: uploads.uploads },
        { label: 'hubs known', value: hubs.size },
      ],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    const hash = request.hashes === null ? null : bestOf(request.hashes);
    const asksNothing = hash === null && request.words.length === 0;
    if (asksNothing || this.#node.searcher.running >= SEARCHES_MAX) return endLater(listener);
    return this.#node.search(hash === null ? request : { ...request, words: [], hash }, listener);
  }

  reach(hit: SearchHit, listener: WayListener): WayAttempt {
    return this.#holders.reach(hit, listener);
  }

  addHosts(hosts: readonly Endpoint[]): void {
    this.#node.addHosts(hosts);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    return this.#node.goodHosts(limit);
  }

  close(): Promise<void> {
    return this.#port.close();
  }

  get isMember(): boolean {
    return this.#node.links.count > 0;
  }

  // ---- what holders are reached by ---------------------------------------------------------------------------------------------

  push(holder: Holder): boolean {
    return this.#node.push(holder);
  }

  mayDial(endpoint: Endpoint): boolean {
    const { links, own } = this.#node;
    return mayMean(
      endpoint,
      own.endpoint,
      [...links.hubs, ...links.leaves].map((link) => link.endpoint),
    );
  }

  // ---- what a node asks for ----------------------------------------------------------------------------------------------------

  onPush(requester: Endpoint): void {
    if (this.mayDial(requester)) this.#port.files.uploads.give(requester, { kind: 'push', guid: this.#node.guid });
  }

  /** `wantsHosts` says so. */
  needHosts(): void {}
}

/** The one that most have. */
function bestOf(hashes: FileHashes): UrnHash | null {
  for (const kind of ['sha1', 'tiger', 'ed2k'] as const) {
    const bytes = hashes[kind];
    if (bytes !== null) return { kind, bytes };
  }
  return null;
}
