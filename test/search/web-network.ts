/**
 * A search network of the tests that works between processes: every member is a web server that is asked for what it shares. Holds its hosts for
 * neighbours once they have answered. Owns its server.
 */

import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { formatEndpoint, parseEndpoint } from '../../src/core/endpoint.ts';
import type { Endpoint } from '../../src/core/host.ts';
import { bytesOfHex, hexOf } from '../../src/core/hex.ts';
import type { NetworkPlace, SearchNetwork, SearchNetworkMaker, SearchNetworkStatus } from '../../src/node/search/search-network.ts';
import type { WayAttempt, WayListener } from '../../src/transfer/files/holder-way.ts';
import { keywordsOf } from '../../src/wire/keywords.ts';
import type { Search, SearchHit, SearchListener, SearchNetworkName, SearchRequest } from '../../src/wire/search-hit.ts';
import { HASH_KINDS, NO_HASHES, type SharedFile } from '../../src/wire/shared-file.ts';

/** How a member answers: a file with its hashes in hex. */
type Told = Omit<SharedFile, 'hashes'> & { readonly hashes: Readonly<Record<string, string>> };

const LOOK_MS = 100;

export function webNetwork(name: SearchNetworkName): SearchNetworkMaker {
  return async (place) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(place.port, place.listenHost, resolve));
    return new WebNetwork(name, place, server);
  };
}

class WebNetwork implements SearchNetwork {
  readonly name: SearchNetworkName;
  readonly #place: NetworkPlace;
  readonly #server: Server;
  readonly #hosts = new Map<string, Endpoint>();
  readonly #answered = new Set<string>();
  readonly #looking: NodeJS.Timeout;

  constructor(name: SearchNetworkName, place: NetworkPlace, server: Server) {
    this.name = name;
    this.#place = place;
    this.#server = server.on('request', (request, response) => this.#serve(request, response));
    this.#looking = setInterval(() => this.#look(), LOOK_MS);
  }

  get #address(): string {
    const { address, port } = this.#server.address() as AddressInfo;
    return `${address}:${port}`;
  }

  status(): SearchNetworkStatus {
    const neighbours = [...this.#answered].map((address) => ({ address, role: 'member', agent: 'web', sinceMs: 0 }));
    return {
      network: this.name,
      state: neighbours.length > 0 ? 'member' : 'joining',
      role: 'member',
      address: this.#address,
      firewalled: false,
      neighbours,
      wantsHosts: neighbours.length === 0,
      facts: [{ label: 'files', value: this.#place.shared.count }],
    };
  }

  search(request: SearchRequest, listener: SearchListener): Search {
    const stopped = new AbortController();
    const query = encodeURIComponent(
      JSON.stringify({ words: request.words, sha1: request.hashes?.sha1 ? hexOf(request.hashes.sha1) : null }),
    );
    const questions = [...this.#answered].map(async (address) => {
      const response = await fetch(`http://${address}/search?${query}`, { signal: stopped.signal });
      for (const told of (await response.json()) as Told[]) if (!stopped.signal.aborted) listener.onHit(this.#hitOf(address, told));
    });
    void Promise.allSettled(questions).then(() => {
      if (!stopped.signal.aborted) listener.onSearchEnd();
    });
    return { stop: () => stopped.abort() };
  }

  reach(hit: SearchHit, listener: WayListener): WayAttempt {
    queueMicrotask(() => listener.onAddress(hit.holder.endpoint as Endpoint, { speech: 'http', target: hit.holder.locator, headers: [] }));
    return { cancel: () => undefined };
  }

  addHosts(hosts: readonly Endpoint[]): void {
    for (const host of hosts) if (formatEndpoint(host) !== this.#address) this.#hosts.set(formatEndpoint(host), host);
  }

  goodHosts(limit: number): readonly Endpoint[] {
    return [...this.#answered].slice(0, limit).map((address) => parseEndpoint(address) as Endpoint);
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #look(): void {
    for (const address of this.#hosts.keys()) {
      if (this.#answered.has(address)) continue;
      fetch(`http://${address}/`).then(
        () => this.#answered.add(address),
        () => undefined,
      );
    }
  }

  #hitOf(address: string, { name, bytes, kind, tags, hashes, id }: Told): SearchHit {
    const known = HASH_KINDS.reduce(
      (all, each) => ({ ...all, [each]: hashes[each] === undefined ? null : bytesOfHex(hashes[each]) }),
      NO_HASHES,
    );
    const way = { endpoint: parseEndpoint(address), locator: `/file/${id}` };
    const holder = { ...way, id: '', firewalled: false, busy: false, speed: 0, proxies: [] };
    return { network: this.name, name, bytes, kind, tags, hashes: known, holder };
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { shared } = this.#place;
    const [, file] = /^\/file\/(\d+)$/.exec(request.url ?? '') ?? [];
    if (file !== undefined) return this.#send(Number(file), request, response);
    const [, query] = /^\/search\?(.*)$/.exec(request.url ?? '') ?? [];
    if (query === undefined) return void response.end('here');
    const { words, sha1 } = JSON.parse(decodeURIComponent(query)) as { words: string[]; sha1: string | null };
    const byHash = sha1 === null ? null : shared.byHash('sha1', bytesOfHex(sha1) as Uint8Array);
    const found = sha1 === null ? shared.search({ words: words.flatMap(keywordsOf), limit: 100 }) : byHash === null ? [] : [byHash];
    response.end(
      JSON.stringify(
        found.map((each): Told => {
          const hashes = HASH_KINDS.flatMap((kind) => (each.hashes[kind] === null ? [] : [[kind, hexOf(each.hashes[kind])]]));
          return { ...each, hashes: Object.fromEntries(hashes) as Record<string, string> };
        }),
      ),
    );
  }

  #send(id: number, request: IncomingMessage, response: ServerResponse): void {
    const place = this.#place.shared.placeOf(id);
    if (place === null) return void response.writeHead(404).end();
    const [, from = '0', to = String(place.bytes - 1)] = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '') ?? [];
    const [start, end] = [Number(from), Math.min(Number(to), place.bytes - 1)];
    const head = { 'content-length': end + 1 - start, 'content-range': `bytes ${start}-${end}/${place.bytes}` };
    response.writeHead(request.headers.range === undefined ? 200 : 206, head);
    createReadStream(join(place.root, place.folder, place.name), { start, end }).pipe(response);
  }
}
