/**
 * Gnutella as a search network of the node: a servent on a port that takes its connections, requests for files and those who were asked to dial. Owns the
 * port.
 */

import { encodeToBytes } from '../core/codec.ts';
import { concatBytes } from '../core/bytes.ts';
import { formatEndpoint, parseEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { zlibCompression } from '../net/compression.ts';
import {
  browsedHits,
  type GnutellaHooks,
  type GnutellaOptions,
  GnutellaServent,
  guidBytes,
  hitPackets,
  newGuid,
  packetCodec,
  readGuid,
} from '../overlays/gnutella/index.ts';
import type { CallBackPlace, PushDesk, WayAttempt, WayListener } from '../transfer/files/index.ts';
import type { Holder, Search, SearchHit, SearchListener, SearchRequest } from '../wire/search-hit.ts';
import type { SharedFile } from '../wire/shared-file.ts';
import { HttpHolders, type PushingNetwork } from './files/http-holders.ts';
import { begins, mayMean, ServentPort } from './files/servent-port.ts';
import { isLoopback } from './link-host.ts';
import { endLater } from './search/end-later.ts';
import { WAIT_MS_MAX } from './search/search-wish.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker, SearchNetworkStatus } from './search/search-network.ts';

const TICK_MS = 1_000;
/** A change of the library is told so often: the table is made anew each time. */
const TABLE_MS = 30_000;
/** A sixth of it for who has no neighbour: of a small network one member may be known, who is not ready yet. */
const REDIAL_MS = 30_000;
/** In a packet for those who browse. */
const FILES_PER_HIT = 32;

const ENTRY = { name: 'gnutella', hostsSetting: 'gnutella.hosts' } as const;

/** Rejects with a Failure. */
export const openGnutellaNetwork: SearchNetworkMaker = async (place) => new GnutellaNetwork(await ServentPort.open(place, ENTRY), place);

class GnutellaNetwork implements SearchNetwork, PushingNetwork, GnutellaHooks {
  readonly name = 'gnutella';
  readonly #port: ServentPort;
  readonly #servent: GnutellaServent;
  readonly #holders: HttpHolders;
  readonly #shared: NetworkPlace['shared'];
  readonly #isProxied: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly callBacks: CallBackPlace;

  constructor(port: ServentPort, place: NetworkPlace) {
    this.#port = port;
    this.#shared = place.shared;
    this.#isProxied = place.proxy !== null;
    const options: Partial<GnutellaOptions> = {
      mode: place.passing ? 'leaf' : 'auto',
      files: place.shared,
      compression: zlibCompression,
      isReachable: reachableAsFarAsKnown(place),
      tableMs: TABLE_MS,
      redialMs: REDIAL_MS,
      // Who searches says how long.
      searchMs: WAIT_MS_MAX,
      // The first of a network has nobody to wait for.
      ...(begins(place, ENTRY) === 'nobody' && { lonelyMs: 0 }),
      hooks: this,
    };
    this.#servent = port.run((host, otherStreams) => new GnutellaServent(host, { ...options, otherStreams }), {
      browse: { encodePackets: (files) => this.#browsed(files) },
      pushProxy: { passPush: (guid, to) => this.#servent.pushes.proxy(readGuid(guid, 0), to, 0) },
    });
    this.#holders = new HttpHolders(this, port.files.pushes);
    this.callBacks = calledAt(port.files.pushes, () => (this.#servent.isFirewalled ? null : this.#servent.ownEndpoint()));
    this.#timer = setInterval(() => {
      this.#servent.isBusy = port.isBusy;
    }, TICK_MS);
    this.#timer.unref();
  }

  status(): SearchNetworkStatus {
    const { role, neighbours, isFirewalled, hosts, router, options } = this.#servent;
    const { uploads } = this.#port.files;
    const { links } = this.#servent.counts();
    return {
      network: this.name,
      state: neighbours.size > 0 ? 'member' : 'joining',
      role,
      address: this.#port.addressText(this.#servent.ownEndpoint()),
      // That nobody has come yet need not mean that nobody can.
      firewalled: !isFirewalled ? false : this.#isProxied ? true : null,
      neighbours: Array.from(neighbours.values(), ({ listening, endpoint, kind, userAgent, since }) => ({
        address: formatEndpoint(listening ?? endpoint),
        role: kind,
        agent: userAgent,
        sinceMs: this.#port.sinceMs(since),
      })),
      wantsHosts: links === 0,
      facts: [
        { label: 'files told', value: options.files.count },
        { label: 'queries', value: router.queriesSeen },
        { label: 'hits passed on', value: router.hitsPassed },
        { label: 'files sent', value: uploads.uploads },
        { label: 'hosts known', value: hosts.size },
      ],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    const sha1 = request.hashes?.sha1 ?? null;
    // Of all hashes servents are asked for this one alone.
    if (sha1 === null && request.words.length === 0) return endLater(listener);
    return this.#servent.search(sha1 === null ? request : { ...request, sha1 }, listener);
  }

  browse(holder: string, listener: SearchListener): Search | null {
    const endpoint = parseEndpoint(holder);
    if (endpoint === null) return null;
    const browse = this.#port.files.browse(endpoint, {
      onBrowsed: (packets) => {
        for (const hit of browsedHits(packets, endpoint, zlibCompression)) listener.onHit(hit);
        listener.onSearchEnd();
      },
      onBrowseFailed: () => listener.onSearchEnd(),
    });
    return browse === null ? endLater(listener) : { stop: () => browse.cancel() };
  }

  reach(hit: SearchHit, listener: WayListener): WayAttempt {
    return this.#holders.reach(hit, listener);
  }

  addHosts(hosts: readonly Endpoint[]): void {
    this.#servent.addHosts(hosts);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    const { neighbours, hosts, host } = this.#servent;
    const near = [...neighbours.values()]
      .filter(({ kind }) => kind !== 'leaf')
      .sort((a, b) => a.since - b.since)
      .flatMap(({ listening }) => listening ?? []);
    const known = new Map([...near, ...hosts.some(host.random, limit)].map((endpoint) => [formatEndpoint(endpoint), endpoint]));
    return [...known.values()].slice(0, limit);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#port.close();
  }

  get isMember(): boolean {
    return this.#servent.neighbours.size > 0;
  }

  // ---- what holders are reached by ---------------------------------------------------------------------------------------------

  push(holder: Holder, index: number): boolean {
    return this.#servent.push(holder, index);
  }

  mayDial(endpoint: Endpoint): boolean {
    const around = Array.from(this.#servent.neighbours.values(), (neighbour) => neighbour.endpoint);
    return mayMean(endpoint, this.#servent.ownEndpoint(), around);
  }

  // ---- what a servent asks for -------------------------------------------------------------------------------------------------

  onPush(requester: Endpoint, index: number): void {
    const name = this.#shared.byId(index)?.name ?? '';
    this.#port.files.uploads.give(requester, { kind: 'giv', index, guid: guidBytes(this.#servent.guid), name });
  }

  /** `wantsHosts` says so. */
  needHosts(): void {}

  #browsed(files: readonly SharedFile[]): Uint8Array {
    const guid = newGuid(this.#servent.host.random);
    const packets = hitPackets(guid, 1, files, FILES_PER_HIT, this.#servent.answerer());
    return concatBytes(packets.map((packet) => encodeToBytes(packetCodec, packet)));
  }
}

/** Null: it shows. Who may come is who is on this machine, or whom somebody has promised a way; the servent itself sees to those from elsewhere. */
function reachableAsFarAsKnown({ proxy, announceHost, listenHost }: NetworkPlace): boolean | null {
  if (proxy !== null) return false;
  return announceHost !== '' || isLoopback(listenHost) ? true : null;
}

/** `where`: as it is known at each moment; null: nobody can come. */
function calledAt(desk: PushDesk, where: () => Endpoint | null): CallBackPlace {
  return {
    get node() {
      return where();
    },
    expect: (queueId, caller) => desk.expect(queueId, caller),
  };
}
