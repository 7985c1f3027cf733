/**
 * FastTrack as a search network of the node: ordinary under a supernode, or one itself while the network needs it. Its one port takes sessions, requests for
 * files and holders who were asked to dial, told apart by their first bytes. Owns the socket host, what is sent, and the pushes under way.
 */

import { endpointOf, endpointPort, formatEndpoint } from '../core/endpoint.ts';
import type { Endpoint } from '../core/host.ts';
import { SideBySide } from '../core/side-by-side.ts';
import { ED25519 } from '../net/ed25519.ts';
import { SocketHost } from '../net/socket-host.ts';
import { FASTTRACK_DEFAULTS, FastTrackNode, type FastTrackOptions, publishBadHashes } from '../overlays/fasttrack/index.ts';
import {
  doorFraming,
  type FileAsk,
  FileTransfers,
  SLOT_DEFAULTS,
  UploadSlots,
  type WayAttempt,
  type WayListener,
} from '../transfer/files/index.ts';
import type { Search, SearchHit, SearchListener, SearchRequest } from '../wire/search-hit.ts';
import { BadFileList } from './bad-file-list.ts';
import { badHashSources } from './bad-hash-sources.ts';
import { failureFrom } from './failure.ts';
import { FastTrackIdentity } from './fasttrack-identity.ts';
import { HolderPushes } from './fasttrack-pushes.ts';
import { LibraryContent } from './files/library-content.ts';
import { hostAndPort, linkHost } from './link-host.ts';
import { PatientFetcher } from './patient-fetcher.ts';
import type { NetworkPlace, SearchNeighbour, SearchNetwork, SearchNetworkMaker, SearchNetworkStatus } from './search/search-network.ts';

const TICK_MS = 1_000;
const USER_AGENT = 'kith/0.1';
/** Whom nobody has dialled that long after his supernode had his address cannot be dialled. */
const DIALLED_WITHIN_MS = 15_000;
/** A supernode with fewer neighbours would hear of more. */
const LINKS_WANTED = 2;
/** Lists are numbered by the seconds since then, which fit into their nine digits until 2051. */
const SERIAL_ZERO_MS = Date.UTC(2020, 0, 1);
const NO_SEARCH: Search = { stop() {} };
const NOTHING_TO_CANCEL: WayAttempt = { cancel() {} };

/** Each rejects with a Failure. */
export const openFastTrackNetwork: SearchNetworkMaker = (place) => open(place, place.passing || place.proxy !== null ? 'ordinary' : 'auto');

/**
 * One that is a supernode from the start, and stays one. With a secret key it passes on what was found bad here, as a list of whose public key that is; null:
 * that stays here.
 */
export function supernodeMaker(publisher: Uint8Array | null): SearchNetworkMaker {
  return (place) => open(place, 'supernode', publisher);
}

async function open(place: NetworkPlace, role: FastTrackOptions['role'], publisher: Uint8Array | null = null): Promise<FastTrackNetwork> {
  const { listenHost, port, proxy } = place;
  const host = new SocketHost({ address: listenHost, streamPort: port, datagramPort: proxy === null ? port : null, proxy });
  await host.open().catch((error: unknown) => {
    throw failureFrom(error, `Port ${port} on ${listenHost} cannot be opened.`);
  });
  return new FastTrackNetwork(host, place, role, publisher);
}

export class FastTrackNetwork implements SearchNetwork {
  readonly name = 'fasttrack';
  readonly #host: SocketHost;
  readonly #node: FastTrackNode;
  readonly #transfers: FileTransfers;
  readonly #fetcher: PatientFetcher;
  readonly #badFiles: BadFileList;
  readonly #publisher: Uint8Array | null;
  readonly #timer: NodeJS.Timeout;
  readonly #listenHost: string;
  readonly #canListen: boolean;
  readonly #pushes: HolderPushes;
  #sentBytes = 0;
  /** Of the list of bad files, as the node has it. */
  #badVersion = 0;

  constructor(host: SocketHost, place: NetworkPlace, role: FastTrackOptions['role'], publisher: Uint8Array | null) {
    const { caller, listenHost, announceHost, shared, uploadSlotsMax, uploadBudget, proxy } = place;
    const { settings } = caller;
    this.#host = host;
    this.#listenHost = listenHost;
    this.#canListen = host.self.stream !== null;
    this.#fetcher = new PatientFetcher(proxy);
    this.#badFiles = new BadFileList(settings.folders.state);
    this.#publisher = publisher;
    const sources = badHashSources(settings.get('fasttrack.bad-list'));
    const own = publisher === null ? [] : [ED25519.publicKey(publisher)];
    const options: FastTrackOptions = {
      ...FASTTRACK_DEFAULTS,
      role,
      address: announceHost === '' ? null : endpointOf(announceHost, 0),
      publishers: [...sources.publishers, ...own],
      badHashUrls: sources.badHashUrls,
    };
    const slots = new UploadSlots({ ...SLOT_DEFAULTS, slotsMax: uploadSlotsMax });
    const side = host.run((each) => {
      const both = new SideBySide(each);
      const transfers = both.add((own) => {
        const kazaa = new FastTrackIdentity(() => this.#node);
        const uploads = { slots, budget: uploadBudget, kazaa };
        return new FileTransfers(own, { content: new LibraryContent(shared), userAgent: USER_AGENT, ...uploads, listens: false });
      });
      const ports = {
        files: shared,
        signatures: ED25519,
        fetcher: this.#fetcher,
        door: { framing: doorFraming, onConnection: transfers.door.onConnection.bind(transfers.door) },
        pushes: { onPush: (pushId: number, to: Endpoint) => void transfers.uploads.give(to, { kind: 'give', pushId }) },
      };
      return Object.assign(both, { transfers, node: both.add((own) => new FastTrackNode(own, ports, options)) });
    });
    this.#node = side.node;
    this.#transfers = side.transfers;
    this.#pushes = new HolderPushes(side.node, side.transfers.pushes, host.random);
    this.#heedBadFiles();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#timer.unref();
  }

  /** Where others come to; 0: nowhere. */
  get port(): number {
    const { stream } = this.#host.self;
    return stream === null ? 0 : endpointPort(stream);
  }

  /** What it carries as a supernode, its own files among them; nothing while it is none. */
  get load(): { readonly children: number; readonly files: number; readonly links: number } {
    const { supernode } = this.#node;
    return { children: supernode?.children.size ?? 0, files: supernode?.index.count ?? 0, links: supernode?.links.count ?? 0 };
  }

  status(): SearchNetworkStatus {
    const { supernode, parent, badHashes } = this.#node;
    const { users = 0, files = 0 } = supernode?.stats() ?? this.#node.stats ?? {};
    const neighbours = this.#neighbours();
    const isMember = supernode !== null || parent.isAttached;
    return {
      network: this.name,
      state: isMember ? 'member' : 'joining',
      role: supernode === null ? 'node' : 'supernode',
      address: this.#address,
      firewalled: this.#isFirewalled(),
      neighbours,
      wantsHosts: !isMember || (supernode !== null && supernode.links.count < LINKS_WANTED),
      facts: [
        { label: 'name', value: this.#node.name },
        { label: 'users, about', value: users },
        { label: 'files of all, about', value: files },
        ...(supernode === null ? [] : [{ label: 'children', value: supernode.children.size }]),
        { label: 'files sent', value: this.#transfers.uploads.uploads },
        { label: 'supernodes known', value: this.#node.cache.size },
        { label: 'bad hashes known', value: badHashes.count + this.#badFiles.entries.length },
      ],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    this.#heedBadFiles();
    const { hashes, words, limit } = request;
    const uu = hashes?.uu ?? null;
    if (uu !== null) return this.#node.sources(uu, limit, listener);
    if (words.length > 0) return this.#node.search(request, listener);
    // By other hashes nobody here knows a file.
    setImmediate(() => listener.onSearchEnd());
    return NO_SEARCH;
  }

  reach(hit: SearchHit, listener: WayListener): WayAttempt {
    const { endpoint, locator } = hit.holder;
    const isBad = hit.hashes.uu !== null && this.#node.isBad(hit.hashes.uu);
    const isHopeless = endpoint === null && !this.#canListen;
    if (isBad || isHopeless) {
      const why = isBad ? 'it is on a list of bad files' : 'he cannot be dialled, and no more can we';
      setImmediate(() => listener.onUnreachable(why));
      return NOTHING_TO_CANCEL;
    }
    const headers = [
      ['x-kazaa-username', this.#node.name],
      ['x-kazaa-network', this.#node.options.network],
    ] as const;
    const ask: FileAsk = { speech: 'http', target: locator, headers };
    if (endpoint === null) return this.#pushes.reach(hit.holder, ask, listener);
    listener.onAddress(endpoint, ask);
    return NOTHING_TO_CANCEL;
  }

  addHosts(hosts: readonly Endpoint[]): void {
    this.#node.addNodes(hosts);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    const { parent } = this.#node;
    const first = parent.isAttached && parent.endpoint !== null ? [parent.endpoint] : [];
    const seen = new Set(first.map(formatEndpoint));
    return [...first, ...this.#node.knownNodes(limit).filter((each) => !seen.has(formatEndpoint(each)))].slice(0, limit);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#pushes.stop();
    await this.#host.close();
    await this.#fetcher.close();
  }

  // ---- inside ------------------------------------------------------------------------------------------------------------------

  /** As others have seen it, or as this machine sees itself. */
  get #address(): string | null {
    if (!this.#canListen) return null;
    const { ownAddress } = this.#node;
    return ownAddress.subarray(0, 4).some((byte) => byte !== 0)
      ? formatEndpoint(ownAddress)
      : hostAndPort(linkHost(this.#listenHost, ''), this.port);
  }

  #neighbours(): SearchNeighbour[] {
    const { supernode, parent } = this.#node;
    const since = (ms: number): number => Date.now() - (this.#host.now() - ms);
    if (supernode !== null) {
      const links = supernode.links.all.map(({ endpoint }) => ({
        address: formatEndpoint(endpoint),
        role: 'supernode',
        agent: '',
        sinceMs: since(supernode.sinceMs),
      }));
      const children = Array.from(supernode.children, ({ endpoint, name, sinceMs }) => ({
        address: formatEndpoint(endpoint),
        role: 'child',
        agent: name,
        sinceMs: since(sinceMs),
      }));
      return [...links, ...children];
    }
    if (!parent.isAttached || parent.endpoint === null) return [];
    return [{ address: formatEndpoint(parent.endpoint), role: 'supernode', agent: '', sinceMs: since(parent.attachedMs) }];
  }

  /** A supernode dials whoever comes to it. */
  #isFirewalled(): boolean | null {
    const { parent, reachedMs } = this.#node;
    if (!this.#canListen) return true;
    if (reachedMs > Number.NEGATIVE_INFINITY) return false;
    return parent.isAttached && this.#host.now() - parent.attachedMs > DIALLED_WITHIN_MS ? true : null;
  }

  #tick(): void {
    this.#heedBadFiles();
    this.#node.tellFiles();
    this.#pushes.tick();
    const { sentBytes } = this.#transfers.uploads;
    this.#node.participation.uploaded(sentBytes - this.#sentBytes);
    this.#sentBytes = sentBytes;
  }

  #heedBadFiles(): void {
    const { version, entries } = this.#badFiles;
    if (version === this.#badVersion) return;
    this.#badVersion = version;
    this.#node.condemn(entries.filter(({ kind }) => kind === 'uu').map(({ hash }) => hash));
    if (this.#publisher === null) return;
    const serial = Math.floor((Date.now() - SERIAL_ZERO_MS) / 1000);
    this.#node.takeBadHashes(publishBadHashes(ED25519, this.#publisher, serial, entries));
  }
}
