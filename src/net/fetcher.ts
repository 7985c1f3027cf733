/** The Fetcher contract on Node's HTTP clients: small answers, bounded while they arrive. Owns its keep-alive connections. */

import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ClientRequest, Agent as HttpAgent, IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Fetcher, FetchLimits, FetchOperation } from '../core/host.ts';
import { proxyAuthorization } from './proxy-handshake.ts';
import { addressOfHost, type Proxy } from './proxy.ts';
import { openTunnel } from './tunnel.ts';

export const REDIRECTS_MAX = 5;
/** Idle connections are kept for the next announce of another torrent, not for long. */
const KEEP_ALIVE_MS = 15_000;
const IDLE_SOCKETS_MAX = 4;
const SOCKETS_PER_HOST_MAX = 8;

const EMPTY = new Uint8Array(0);

interface Client {
  readonly agent: HttpAgent | HttpsAgent;
  get(url: URL, options: RequestOptions, onResponse: (response: IncomingMessage) => void): ClientRequest;
}

/** What a question can say besides, for those who ask the same one again and again. */
export interface HttpFetchLimits extends FetchLimits {
  readonly headers?: Readonly<Record<string, string>>;
  /** Of the last answer, before `onFetched`. */
  readonly onHeaders?: (headers: IncomingHttpHeaders) => void;
}

/** `onFetched` is always called in a later event, once. No proxy is used but the one that is given, whatever the environment says. */
export class HttpFetcher implements Fetcher {
  readonly userAgent: string;
  readonly proxy: Proxy | null;
  private readonly clients = new Map<string, Promise<Client>>();
  private readonly running = new Set<Fetch>();
  private closed = false;

  /** The user agent is `kith/<version>` unless given. */
  constructor(proxy: Proxy | null = null, userAgent: string = `kith/${packageVersion()}`) {
    this.proxy = proxy;
    this.userAgent = userAgent;
  }

  fetch(url: string, limits: HttpFetchLimits, operation: FetchOperation): void {
    const fetch = new Fetch(this, limits, operation, (done) => this.running.delete(done));
    this.running.add(fetch);
    if (this.closed) setImmediate(() => fetch.finish(0, EMPTY, 'the fetcher is closed'));
    else void fetch.get(url, 0);
  }

  /** Ends what is under way (those operations hear of it) and lets go of the connections. */
  close(): void {
    this.closed = true;
    for (const fetch of [...this.running]) fetch.finish(0, EMPTY, 'the fetcher was closed');
    for (const client of this.clients.values()) void client.then(({ agent }) => agent.destroy());
    this.clients.clear();
  }

  /** Loaded when first needed: a command that asks no tracker does not pay for the client. */
  client(protocol: string): Promise<Client> {
    let client = this.clients.get(protocol);
    if (client === undefined) {
      client = loadClient(protocol, this.proxy);
      this.clients.set(protocol, client);
    }
    return client;
  }
}

async function loadClient(protocol: string, proxy: Proxy | null): Promise<Client> {
  const options = { keepAlive: true, timeout: KEEP_ALIVE_MS, maxFreeSockets: IDLE_SOCKETS_MAX, maxSockets: SOCKETS_PER_HOST_MAX };
  if (protocol === 'https:') {
    const module = await import('node:https');
    const agent = new module.Agent(options);
    if (proxy !== null) {
      const tls = await import('node:tls');
      dialThrough(proxy, agent, (socket, asked) => tls.connect({ ...asked, socket } as import('node:tls').ConnectionOptions));
    }
    return { get: module.get, agent };
  }
  const module = await import('node:http');
  const agent = new module.Agent(options);
  if (proxy?.kind === 'socks5') dialThrough(proxy, agent, (socket) => socket);
  // Such a proxy is asked for the page, not for a connection: many allow connections to port 443 alone.
  if (proxy?.kind === 'http')
    return { get: (url, given, onResponse) => module.get(throughHttpProxy(proxy, url, given), onResponse), agent };
  return { get: module.get, agent };
}

type Asked = { readonly host?: string | null | undefined; readonly port?: string | number | null | undefined };

/** Every connection of the agent goes through the proxy, which also looks up the names. */
function dialThrough(proxy: Proxy, agent: HttpAgent | HttpsAgent, wrap: (tunnel: Socket, asked: Asked) => Socket): void {
  const createConnection = (asked: Asked, onCreated?: (error: Error | null, socket: Socket) => void): undefined => {
    const to = addressOfHost(asked.host ?? '', Number(asked.port));
    openTunnel(proxy, to).then(
      (tunnel) => onCreated?.(null, wrap(tunnel, asked)),
      // Node reads no socket where there is an error.
      (error: Error) => onCreated?.(error, undefined as unknown as Socket),
    );
    return undefined;
  };
  Object.assign(agent, { createConnection });
}

function throughHttpProxy(proxy: Proxy, url: URL, options: RequestOptions): RequestOptions {
  const page = new URL(url);
  page.username = page.password = page.hash = '';
  const headers: Record<string, string> = { ...(options.headers as Record<string, string>), host: url.host };
  if (proxy.credentials !== null) headers['proxy-authorization'] = proxyAuthorization(proxy.credentials);
  const auth = url.username === '' ? {} : { auth: `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` };
  return { ...options, ...auth, headers, host: proxy.hostname, port: proxy.port, path: page.href };
}

/** One request with its redirects. */
class Fetch {
  private readonly fetcher: HttpFetcher;
  private readonly limits: HttpFetchLimits;
  private readonly operation: FetchOperation;
  private readonly onDone: (fetch: Fetch) => void;
  private readonly aborter = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private finished = false;

  constructor(fetcher: HttpFetcher, limits: HttpFetchLimits, operation: FetchOperation, onDone: (fetch: Fetch) => void) {
    this.fetcher = fetcher;
    this.limits = limits;
    this.operation = operation;
    this.onDone = onDone;
    // One clock for all redirects: who is sent around in circles waits no longer.
    this.timer = setTimeout(() => this.finish(0, EMPTY, `no answer within ${limits.timeoutMs} ms`), limits.timeoutMs);
  }

  async get(url: string, redirects: number): Promise<void> {
    const target = URL.canParse(url) ? new URL(url) : null;
    if (target === null || (target.protocol !== 'http:' && target.protocol !== 'https:')) {
      // Awaited, so that a caller is never answered from inside its call.
      await null;
      return this.finish(0, EMPTY, `expected an http or https URL, got ${url.slice(0, 200)}`);
    }
    const { get, agent } = await this.fetcher.client(target.protocol);
    if (this.finished) return;
    const headers = { ...this.limits.headers, 'user-agent': this.fetcher.userAgent, accept: '*/*', 'accept-encoding': 'identity' };
    const request = get(target, { agent, headers, signal: this.aborter.signal }, (response) =>
      this.onResponse(response, target, redirects),
    );
    request.on('error', (error: NodeJS.ErrnoException) => this.finish(0, EMPTY, this.described(error)));
  }

  finish(status: number, body: Uint8Array, detail: string): void {
    if (this.finished) return;
    this.finished = true;
    clearTimeout(this.timer);
    this.onDone(this);
    if (status === 0) this.aborter.abort();
    this.operation.onFetched(status, body, detail);
  }

  /** Behind a proxy nobody else can be blamed for sure. */
  private described(error: NodeJS.ErrnoException): string {
    const detail = error.code ?? error.message;
    const { proxy } = this.fetcher;
    return proxy === null || detail.includes(proxy.text) ? detail : `through the proxy ${proxy.text}: ${detail}`;
  }

  private onResponse(response: IncomingMessage, target: URL, redirects: number): void {
    const status = response.statusCode ?? 0;
    if (status === 407 && this.fetcher.proxy !== null) {
      response.destroy();
      return this.finish(0, EMPTY, `the proxy ${this.fetcher.proxy.text}: it does not take this user and password, or wants some`);
    }
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined) {
      // Not read to its end: it may have none.
      response.destroy();
      if (redirects === REDIRECTS_MAX) return this.finish(0, EMPTY, `expected at most ${REDIRECTS_MAX} redirects`);
      const next = URL.canParse(location, target.href) ? new URL(location, target.href).href : location;
      void this.get(next, redirects + 1);
      return;
    }
    const { bytesMax, onHeaders } = this.limits;
    onHeaders?.(response.headers);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) return this.finish(0, EMPTY, `expected at most ${bytesMax} bytes, got more`);
      chunks.push(chunk);
    });
    response.on('end', () => this.finish(status, joined(chunks, bytes), response.statusMessage ?? ''));
    response.on('error', (error: NodeJS.ErrnoException) => this.finish(0, EMPTY, error.code ?? error.message));
  }
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
