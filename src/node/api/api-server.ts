/**
 * The web interface of a node: a listener of Node's own, with the front door before everything and the pages beside it. What is behind it
 * (fastify, zod, prom-client) is loaded with the first request that is let in, so that a node that nobody asks starts and rests as if there
 * were none. Owns the listener.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { failureFrom } from '../failure.ts';
import type { NodeOperations } from '../node-operations.ts';
import type { ApiToken } from './api-token.ts';
import { FrontDoor, pathOf, type Refusal } from './front-door.ts';
import { logIn, SESSION_PATH } from './log-in.ts';
import type { Machine } from './machine.ts';
import { PageFiles } from './page-files.ts';
import { PageSessions } from './page-sessions.ts';

/** Ports that are tried, from the wanted one on. */
const PORTS_MAX = 64;
const CONNECTIONS_MAX = 128;
const HEADER_BYTES_MAX = 16 * 1024;
/** Answers under way when the node stops get so long. */
const FINISH_MS_MAX = 500;

/** How slow a client may be. */
export interface ClientPatience {
  /** Until the head of a request is there, and until all of it is. */
  readonly headMs: number;
  readonly requestMs: number;
  /** Without a byte in either direction, while it is for the client to send or to read. */
  readonly idleMs: number;
}

const PATIENCE: ClientPatience = { headMs: 10_000, requestMs: 120_000, idleMs: 60_000 };

export interface ApiServerOptions {
  readonly host: string;
  readonly port: number;
  /** Names of this machine that a Host header may have. */
  readonly names: readonly string[];
  readonly token: ApiToken;
  /** Something that only a bug can bring about: the caller is told no more than that. */
  readonly onFault: (error: unknown) => void;
  readonly patience?: ClientPatience;
  /** Where the pages were built; beside the program when absent. */
  readonly pagesFolder?: string;
}

export type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** What every answer has: nothing here is for a page of somebody else, or to be kept. */
const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export class ApiServer {
  readonly host: string;
  readonly #sessions: PageSessions;
  readonly #door: FrontDoor;
  readonly #pages: PageFiles;
  readonly #server: Server;
  readonly #onFault: (error: unknown) => void;
  readonly #idleMs: number;
  readonly #closing = new AbortController();
  #served: { readonly node: NodeOperations; readonly machine: Machine } | null = null;
  #app: Promise<Handle> | null = null;
  #closed: Promise<void> | null = null;

  /** Rejects with a Failure when no port is free. */
  static async open(options: ApiServerOptions): Promise<ApiServer> {
    const server = new ApiServer(options);
    for (let tries = 0, { port } = options; ; tries++, port++) {
      try {
        await server.#listen(port > 65_535 ? 0 : port);
        return server;
      } catch (error) {
        const isTaken = (error as { code?: string }).code === 'EADDRINUSE';
        if (!isTaken || tries === PORTS_MAX) throw failureFrom(error, `Port ${port} on ${options.host} cannot be opened for the API.`);
      }
    }
  }

  private constructor({ host, names, token, onFault, patience = PATIENCE, pagesFolder }: ApiServerOptions) {
    this.host = host;
    this.#sessions = new PageSessions(token);
    this.#door = new FrontDoor(token, this.#sessions, names);
    this.#pages = new PageFiles(pagesFolder);
    this.#onFault = onFault;
    this.#idleMs = patience.idleMs;
    const limits = {
      headersTimeout: patience.headMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: Math.min(5_000, patience.headMs),
      maxHeaderSize: HEADER_BYTES_MAX,
    };
    this.#server = createServer(limits, (request, response) => this.#onRequest(request, response));
    this.#server.maxConnections = CONNECTIONS_MAX;
    this.#server.timeout = patience.idleMs;
    // Nothing here speaks another protocol after the first request.
    this.#server.on('upgrade', (_request, socket) => socket.destroy());
  }

  /** What anybody on this machine calls it by. */
  get url(): string {
    // It was listened at: the address is there, and no path.
    const { port } = this.#server.address() as AddressInfo;
    const host = this.host === '0.0.0.0' ? '127.0.0.1' : this.host === '::' ? '::1' : this.host;
    return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The address at which a browser opens the pages; it lets in whoever opens it first. */
  newPagesLink(): string {
    return `${this.url}/log-in#${this.#sessions.newCode()}`;
  }

  /** From here on it can be asked; until then it answers that it is not ready. */
  serve(node: NodeOperations, machine: Machine): void {
    this.#served = { node, machine };
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise((done) => this.#server.close(done));
    this.#server.closeIdleConnections();
    const late = setTimeout(() => this.#server.closeAllConnections(), FINISH_MS_MAX);
    await closed;
    clearTimeout(late);
  }

  #listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, this.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(ANSWER_HEADERS)) response.setHeader(name, value);
    const path = pathOf(request.url);
    const isPage = this.#pages.has(request.method, path);
    const isOpen = isPage || path === SESSION_PATH;
    const refusal = isOpen ? this.#door.judgeCaller(request) : this.#door.judge(request, request.socket.remoteAddress ?? '');
    if (refusal !== null) return refuse(response, refusal);
    if (isPage) return this.#pages.send(path, request.headers['if-none-match'], response);
    if (isOpen) return this.#logIn(request, response);
    if (path === '/healthz') return say(response, 200, 'alive');
    if (path === '/readyz') return this.#served === null ? say(response, 503, 'starting') : say(response, 200, 'ready');
    if (this.#served === null) {
      response.setHeader('retry-after', '1');
      return say(response, 503, 'The node is starting.');
    }
    const { node, machine } = this.#served;
    const [closing, idleMs, onFault] = [this.#closing.signal, this.#idleMs, this.#onFault];
    this.#app ??= import('./api-app.ts').then(({ openApp }) => openApp({ node, machine, closing, idleMs, onFault }));
    this.#app.then(
      (handle) => handle(request, response),
      (error: unknown) => {
        onFault(error);
        say(response, 500, 'The API cannot be loaded.');
      },
    );
  }

  #logIn(request: IncomingMessage, response: ServerResponse): void {
    logIn(this.#sessions, this.#door, request, response).then(
      (refusal) => refusal !== null && refuse(response, refusal),
      // It hung up in the midst of its body.
      () => response.destroy(),
    );
  }
}

/** The connection ends with it: what comes behind the head is not read. */
function refuse(response: ServerResponse, { status, headers, message, why, next }: Refusal): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  response.end(JSON.stringify({ error: { kind: status === 400 ? 'usage' : 'denied', message, why, next } }));
}

function say(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${text}\n`);
}
