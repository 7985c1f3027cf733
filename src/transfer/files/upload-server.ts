/**
 * The uploading half of a servent: sends what is shared, and the verified parts of what is being downloaded, to whoever asks on a stream that the
 * composer hands in. Owns the connections, the stores that are being read, and what is known of other holders.
 */

import { BudgetTurns, type ByteBudget } from '../../core/budget-turns.ts';
import { parseEndpoint } from '../../core/endpoint.ts';
import type { Endpoint, Host, Stream } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import type { Reading, ReadingOperation } from '../../core/reading.ts';
import { httpRequests } from '../../wire/http.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import { HASH_KINDS, type SharedFile } from '../../wire/shared-file.ts';
import { AlternateBook } from './alternate-book.ts';
import type { CallBack } from './call-back.ts';
import type { FileTarget } from './file-target.ts';
import { GiveAttempt, type GiveOwner } from './give-attempt.ts';
import { primed } from '../../core/primed.ts';
import { SharedStores } from './shared-stores.ts';
import type { TreeLevel } from './thex.ts';
import { UploadConnection } from './upload-connection.ts';
import type { HeadStyle, KazaaIdentity } from './upload-heads.ts';
import { UploadSlots } from './upload-slots.ts';
import type { UploadContent, UploadSource } from './upload-source.ts';

/** Encodes query hits for those who browse: the network's own work. */
export interface BrowseEncoder {
  encodePackets(files: readonly SharedFile[]): Uint8Array;
}

/** Passes on to a leaf that he shall dial somebody. False: he is not connected to us. */
export interface PushProxy {
  passPush(guid: Uint8Array, to: Endpoint): boolean;
}

export interface UploadOptions {
  readonly content: UploadContent;
  readonly userAgent: string;
  /** Several servers of one node may share them. */
  readonly slots?: UploadSlots;
  readonly budget?: ByteBudget | null;
  readonly connectionsMax?: number;
  /** Null: what is shared is not listed to strangers. */
  readonly browse?: BrowseEncoder | null;
  readonly pushProxy?: PushProxy | null;
  readonly kazaa?: KazaaIdentity | null;
}

export const UPLOAD_CONNECTIONS_MAX = 256;
/** One host needs a few; a flood from one shall not push out the others. */
const CONNECTIONS_PER_HOST_MAX = 16;

/** Pushes that were asked of us, and are being dialled: more are refused, since anybody can have them asked. */
const GIVES_MAX = 16;

export class UploadServer implements GiveOwner {
  readonly host: Host;
  readonly content: UploadContent;
  readonly slots: UploadSlots;
  readonly alternates: AlternateBook;
  readonly turns: BudgetTurns;
  readonly style: HeadStyle;
  readonly browse: BrowseEncoder | null;
  readonly pushProxy: PushProxy | null;
  /** Counts: requests answered, bodies sent to their end, their bytes. */
  requests = 0;
  uploads = 0;
  sentBytes = 0;
  /** Told of each body that begins; for people. */
  onBegin: ((file: SharedFile, to: Endpoint) => void) | null = null;
  private readonly stores: SharedStores;
  private readonly connectionsMax: number;
  private readonly connections = new Set<UploadConnection>();
  private readonly gives = new Set<GiveAttempt>();
  /** Files that are not whole yet. */
  private readonly partial = new Set<UploadSource>();

  /** `budgetTimerKind`: a timer of the owner's, which calls `turns.onTimer`. */
  constructor(host: Host, options: UploadOptions, budgetTimerKind: number) {
    this.host = host;
    this.content = options.content;
    this.slots = options.slots ?? new UploadSlots();
    this.alternates = new AlternateBook(host.random);
    this.turns = new BudgetTurns(host, options.budget ?? null, budgetTimerKind);
    this.style = { userAgent: options.userAgent, kazaa: options.kazaa ?? null };
    this.browse = options.browse ?? null;
    this.pushProxy = options.pushProxy ?? null;
    this.connectionsMax = options.connectionsMax ?? UPLOAD_CONNECTIONS_MAX;
    this.stores = new SharedStores(host);
  }

  /**
   * Serves on a stream from now on. `first` are bytes of the request that were read to find out that it is one, fewer than a whole head; or the
   * request itself, where the host passes messages on.
   */
  accept(stream: Stream, first: Uint8Array | HttpRequest | null = null): void {
    const connection = this.admit(stream);
    if (connection === null) return stream.reset();
    stream.upgrade(first instanceof Uint8Array ? primed(httpRequests, first) : httpRequests, connection);
    if (first !== null && !(first instanceof Uint8Array)) connection.onMessage(first);
  }

  /** Somebody wants us to dial him and bring a file. False: too many do. */
  give(to: Endpoint, message: CallBack): boolean {
    if (this.gives.size >= GIVES_MAX) return false;
    this.gives.add(new GiveAttempt(this.host, this, to, message));
    return true;
  }

  onGiveOpen(attempt: GiveAttempt, stream: Stream): void {
    this.gives.delete(attempt);
    this.accept(stream);
  }

  onGiveFailed(attempt: GiveAttempt): void {
    this.gives.delete(attempt);
  }

  private admit(stream: Stream): UploadConnection | null {
    const connection = new UploadConnection(this, stream);
    let ofHost = 0;
    for (const { hostKey } of this.connections) if (hostKey === connection.hostKey) ofHost++;
    if (ofHost >= CONNECTIONS_PER_HOST_MAX) return null;
    if (this.connections.size >= this.connectionsMax && !this.makeRoom()) return null;
    this.connections.add(connection);
    return connection;
  }

  /** One that is sent nothing now. */
  private makeRoom(): boolean {
    for (const connection of this.connections) {
      if (connection.isSending) continue;
      connection.drop();
      return true;
    }
    return false;
  }

  /** Sends what is there of a file that is not whole; verified parts only, which is the caller's promise. */
  addPartial(source: UploadSource): void {
    this.partial.add(source);
  }

  removePartial(source: UploadSource): void {
    this.partial.delete(source);
  }

  find(target: FileTarget): UploadSource | null {
    const { files } = this.content;
    if (target.kind === 'numbered') {
      const file = files.byId(target.id);
      // A number that was given to another file since leads nowhere.
      return file?.name === target.name ? new WholeSource(this, file) : null;
    }
    if (target.kind !== 'file' && target.kind !== 'tree') return null;
    for (const kind of HASH_KINDS) {
      const hash = target.hashes[kind] ?? null;
      const file = hash === null ? null : files.byHash(kind, hash);
      if (file !== null) return new WholeSource(this, file);
      if (hash === null) continue;
      const key = hexOf(hash);
      for (const source of this.partial) {
        const own = source.file.hashes[kind];
        if (own !== null && hexOf(own) === key) return source;
      }
    }
    return null;
  }

  /** Where the one who asks can be dialled: at his own address, whatever he says of it, and at the port that he names. */
  nodeOf(request: HttpRequest, asker: Endpoint): Endpoint | null {
    const node = parseEndpoint((request.headers.get('x-node') ?? '').trim());
    if (node === null || node.length !== asker.length) return null;
    const at = node.length - 2;
    return node.subarray(0, at).every((byte, index) => byte === asker[index]) && (node[at] !== 0 || node[at + 1] !== 0) ? node : null;
  }

  openShared(file: SharedFile, begin: number, end: number, operation: ReadingOperation): Reading | null {
    const spec = this.content.storeSpecOf(file);
    return spec === null ? null : this.stores.read(spec, begin, end, operation);
  }

  onUploadBegin(file: SharedFile | null, to: Endpoint): void {
    if (file !== null) this.onBegin?.(file, to);
  }

  closed(connection: UploadConnection): void {
    this.connections.delete(connection);
  }

  /** About once a second. */
  tick(now: number): void {
    for (const connection of [...this.connections]) connection.tick(now);
    this.stores.tick(now);
    this.slots.expire(now);
    this.callWaiting(now);
  }

  /** Whose turn it is, though he has hung up, is dialled where he has asked from (PARQ). */
  private callWaiting(now: number): void {
    const own = this.host.self.stream;
    if (own === null) return;
    for (const { id, node } of this.slots.calls(now, GIVES_MAX - this.gives.size)) this.give(node, { kind: 'queue', id, endpoint: own });
  }

  stop(): void {
    for (const connection of [...this.connections]) connection.finish();
    this.turns.stop();
    this.stores.stop();
  }

  inspect(): unknown {
    const { requests, uploads, sentBytes } = this;
    return { requests, uploads, sentBytes, connections: this.connections.size, slots: this.slots.inspect(), stores: this.stores.count };
  }
}

/** A file that is shared, and all there. */
class WholeSource implements UploadSource {
  readonly file: SharedFile;
  readonly available = null;
  private readonly server: UploadServer;

  constructor(server: UploadServer, file: SharedFile) {
    this.server = server;
    this.file = file;
  }

  get tree(): TreeLevel | null {
    return this.server.content.treeOf(this.file);
  }

  open(begin: number, end: number, operation: ReadingOperation): Reading | null {
    return this.server.openShared(this.file, begin, end, operation);
  }
}
