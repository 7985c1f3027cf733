/**
 * An HTTP client for large bodies on a Host: a few kept-open connections a server, requests that wait for one, redirects, stalls. Owned
 * by one protocol, which calls `tick` about once a second; the protocol's GETs hear of what becomes of them.
 */

import type { Endpoint, Host, ResolveOperation } from '../../core/host.ts';
import { type HttpUrl, httpAuthority } from '../../wire/http-url.ts';
import { type ClientConnectionOwner, HttpClientConnection } from './http-client-connection.ts';
import { type GetOperation, type GetOwner, HttpGet, STALL_MS } from './http-get.ts';

/** Connections to one server at the same time; more are an attack to some administrators. */
export const CONNECTIONS_PER_SERVER_MAX = 4;
/** An idle connection is kept for the next range, not for long. */
export const IDLE_MS_MAX = 15_000;
/** Addresses of one name that are tried in turn. */
const ADDRESSES_MAX = 4;

interface Server {
  /** Open and opening. */
  readonly connections: Set<HttpClientConnection>;
  readonly idle: HttpClientConnection[];
  readonly waiting: HttpGet[];
  /** Names that are being looked up, each of which may become a connection. */
  resolving: number;
}

export class HttpClient implements ClientConnectionOwner, GetOwner {
  readonly userAgent: string;
  private readonly host: Host;
  private readonly servers = new Map<string, Server>();
  private readonly running = new Set<HttpGet>();

  constructor(host: Host, userAgent: string) {
    this.host = host;
    this.userAgent = userAgent;
  }

  get(url: HttpUrl, headers: ReadonlyMap<string, string>, operation: GetOperation): HttpGet {
    const get = new HttpGet(this, url, headers, operation, this.host.now());
    this.running.add(get);
    this.dispatch(get);
    return get;
  }

  /** Connections open and opening, over all servers. */
  get connectionCount(): number {
    let count = 0;
    for (const { connections } of this.servers.values()) count += connections.size;
    return count;
  }

  /** About once a second: requests that have stalled fail, connections without work are closed. */
  tick(now: number): void {
    for (const get of [...this.running]) {
      if (get.over) this.running.delete(get);
      else if (get.hasStalled(now)) this.stalled(get);
    }
    for (const { idle } of [...this.servers.values()]) {
      for (const connection of [...idle]) if (now - connection.idleSinceMs > IDLE_MS_MAX) connection.drop('');
    }
  }

  /** Lets go of everything; GETs under way hear nothing more. */
  stop(): void {
    for (const get of [...this.running]) get.cancel();
    for (const { connections } of [...this.servers.values()]) for (const connection of [...connections]) connection.drop('');
    this.servers.clear();
    this.running.clear();
  }

  // ---- requests ------------------------------------------------------------------------------------------------------------

  dispatch(get: HttpGet): void {
    const origin = originOf(get.url);
    const server = this.servers.get(origin) ?? { connections: new Set(), idle: [], waiting: [], resolving: 0 };
    this.servers.set(origin, server);
    const connection = server.idle.pop();
    if (connection !== undefined) return connection.begin(get);
    server.waiting.push(get);
    if (server.connections.size + server.resolving < CONNECTIONS_PER_SERVER_MAX) this.resolve(origin, server, get.url);
  }

  abandon(get: HttpGet): void {
    this.running.delete(get);
    for (const [origin, server] of this.servers) {
      const at = server.waiting.indexOf(get);
      if (at >= 0) server.waiting.splice(at, 1);
      for (const connection of server.connections) if (connection.get === get) connection.drop('');
      this.forgetIfEmpty(origin, server);
    }
  }

  private stalled(get: HttpGet): void {
    get.fail(`stalled for ${STALL_MS / 1000} s`);
    this.abandon(get);
  }

  private resolve(origin: string, server: Server, url: HttpUrl): void {
    server.resolving++;
    this.host.resolve(url.hostname, url.port, new Dial(this, origin, server, url));
  }

  onResolved(origin: string, server: Server, url: HttpUrl, endpoints: readonly Endpoint[]): void {
    server.resolving--;
    if (this.servers.get(origin) !== server) return;
    const get = server.waiting.shift();
    if (get === undefined) return this.forgetIfEmpty(origin, server);
    const allowed = endpoints.slice(0, ADDRESSES_MAX).filter((endpoint) => get.objectionTo(endpoint) === null);
    if (allowed.length > 0) return this.connect(server, url, get, allowed);
    this.dialNext(origin, server);
    get.fail(endpoints[0] === undefined ? `${url.hostname} is not known` : (get.objectionTo(endpoints[0]) ?? ''));
  }

  private connect(server: Server, url: HttpUrl, get: HttpGet, endpoints: readonly Endpoint[]): void {
    const connection = new HttpClientConnection(this.host, this, url, endpoints[0] as Endpoint, endpoints.slice(1));
    server.connections.add(connection);
    connection.begin(get);
  }

  // ---- connections ---------------------------------------------------------------------------------------------------------

  onIdle(connection: HttpClientConnection): void {
    const server = this.servers.get(originOf(connection.url));
    if (server === undefined) return connection.drop('');
    const get = server.waiting.shift();
    if (get !== undefined) return connection.begin(get);
    connection.idleSinceMs = this.host.now();
    server.idle.push(connection);
  }

  onLost(connection: HttpClientConnection, unanswered: HttpGet | null): void {
    const origin = originOf(connection.url);
    const server = this.servers.get(origin);
    if (server === undefined) return;
    server.connections.delete(connection);
    const at = server.idle.indexOf(connection);
    if (at >= 0) server.idle.splice(at, 1);
    if (unanswered !== null) {
      if (!connection.opened) return this.connect(server, connection.url, unanswered, connection.others);
      server.waiting.unshift(unanswered);
    }
    this.dialNext(origin, server);
  }

  /** Whoever waits gets a connection as soon as there may be one more. */
  private dialNext(origin: string, server: Server): void {
    const [get] = server.waiting;
    const busy = server.connections.size + server.resolving;
    if (get !== undefined && busy < CONNECTIONS_PER_SERVER_MAX) this.resolve(origin, server, get.url);
    else this.forgetIfEmpty(origin, server);
  }

  private forgetIfEmpty(origin: string, server: Server): void {
    if (server.connections.size + server.resolving + server.waiting.length === 0) this.servers.delete(origin);
  }
}

function originOf(url: HttpUrl): string {
  return `${url.secure ? 'https' : 'http'}://${httpAuthority(url)}`;
}

/** A name that is being looked up for a connection. */
class Dial implements ResolveOperation {
  private readonly client: HttpClient;
  private readonly origin: string;
  private readonly server: Server;
  private readonly url: HttpUrl;

  constructor(client: HttpClient, origin: string, server: Server, url: HttpUrl) {
    this.client = client;
    this.origin = origin;
    this.server = server;
    this.url = url;
  }

  onResolved(endpoints: readonly Endpoint[]): void {
    this.client.onResolved(this.origin, this.server, this.url, endpoints);
  }
}
