/**
 * A plain web server for content that lies in stores (RFC 9110; what BEP 19 expects of one): read only, GET and HEAD, one range a
 * request. Owns the stores and the open connections; serves a swarm as a web seed, and is the client-server half of comparisons.
 */

import { BudgetTurns, type ByteBudget } from '../../core/budget-turns.ts';
import {
  type Host,
  NO_TIMER,
  type Peer,
  type Protocol,
  type Store,
  type StoreHandler,
  type StoreSpec,
  type StreamAcceptor,
  type StreamHandler,
  type Timer,
} from '../../core/host.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { type ServedFile, StoredFile } from './served-file.ts';
import { ServerConnection } from './server-connection.ts';

const TICK_MS = 1000;
export interface ContentServerOptions {
  /** The connection that was idle for longest makes room for one more. */
  readonly connectionsMax: number;
  readonly budget: ByteBudget | null;
  /** For the programs of one person, who were told a path that nobody can guess: see `PrivateAccess`. Else everybody may have what there is. */
  readonly access?: PrivateAccess;
}

/**
 * Pages of the web run on this machine too, and may send requests to it. They cannot read the answers of another origin, unless they make
 * a name of theirs lead here (DNS rebinding), which the `host` header then tells.
 */
export interface PrivateAccess {
  /** What the `host` header may say. */
  readonly hosts: readonly string[];
}

const TimerKind = { tick: 0, budget: 1 } as const;

export class ContentServer implements Protocol, StreamAcceptor<HttpRequest> {
  readonly host: Host;
  readonly turns: BudgetTurns;
  readonly access: PrivateAccess | null;
  /** Bytes of bodies sent. */
  sentBytes = 0;
  requests = 0;
  private readonly options: ContentServerOptions;
  private readonly files = new Map<string, ServedFile>();
  private readonly stores = new Map<string, ServedStore>();
  /** The one that was idle for longest comes first. */
  private readonly connections = new Set<ServerConnection>();
  private tickTimer: Timer = NO_TIMER;

  constructor(host: Host, options: ContentServerOptions) {
    this.host = host;
    this.options = options;
    this.turns = new BudgetTurns(host, options.budget, TimerKind.budget);
    this.access = options.access ?? null;
  }

  start(): void {
    this.host.listen(httpRequests, this);
    this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
  }

  /**
   * Serves content at `/` and the names of each file. `names` are the paths that clients ask for, parallel to `spec.files`; files without
   * content of their own (padding, links) are left out.
   */
  add(spec: StoreSpec, names: readonly (readonly string[])[] = spec.files.map(({ path }) => path)): void {
    const served = new ServedStore();
    const store = this.host.openStore({ ...spec, writable: false }, served);
    served.store = store;
    this.stores.set(spec.key, served);
    let start = 0;
    for (const [index, file] of spec.files.entries()) {
      const { length } = file;
      const place = { store, pieceBytes: spec.pieceBytes, start, length };
      if (!file.pad && file.symlink === null) this.addFile(new StoredFile(names[index] ?? file.path, `"${spec.key}-${index}"`, place));
      start += length;
    }
  }

  /** Serves one file more, whose bytes come from elsewhere. */
  addFile(file: ServedFile): void {
    this.files.set(file.path.join('/'), file);
  }

  remove(key: string): void {
    const served = this.stores.get(key);
    if (served === undefined) return;
    this.stores.delete(key);
    for (const [path, file] of this.files) if (file instanceof StoredFile && file.place.store === served.store) this.files.delete(path);
    served.store?.close();
  }

  onTimer(kind: number): void {
    if (kind === TimerKind.budget) return this.turns.onTimer();
    this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
    for (const connection of [...this.connections]) connection.tick(this.host.now());
  }

  stop(): void {
    this.host.clearTimer(this.tickTimer);
    this.turns.stop();
    for (const connection of [...this.connections]) connection.finish();
    for (const key of [...this.stores.keys()]) this.remove(key);
  }

  inspect(): unknown {
    return { files: this.files.size, connections: this.connections.size, requests: this.requests, sentBytes: this.sentBytes };
  }

  // ---- what connections need -----------------------------------------------------------------------------------------------

  onConnection(_peer: Peer): StreamHandler<HttpRequest> {
    if (this.connections.size >= this.options.connectionsMax) this.connections.values().next().value?.drop();
    return new ServerConnection(this);
  }

  /** It is open, or has just done something. */
  active(connection: ServerConnection): void {
    this.connections.delete(connection);
    this.connections.add(connection);
  }

  closed(connection: ServerConnection): void {
    this.connections.delete(connection);
  }

  file(path: string): ServedFile | undefined {
    return this.files.get(path);
  }

  /** Nothing can be had of it now. */
  hasFailed(file: ServedFile): boolean {
    if (!(file instanceof StoredFile)) return false;
    for (const served of this.stores.values()) if (served.store === file.place.store) return served.failed;
    return false;
  }

  listing(): Iterable<ServedFile> {
    return this.files.values();
  }
}

class ServedStore implements StoreHandler {
  store: Store | null = null;
  failed = false;

  onStoreReady(): void {}
  onStoreProgress(): void {}
  onStoreDrain(): void {}
  onStoreClosed(): void {}

  onStoreFailed(): void {
    this.failed = true;
  }
}
