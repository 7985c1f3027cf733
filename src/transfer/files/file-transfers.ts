/**
 * A protocol that sends and fetches files: the upload server, the downloads, and the door through which both are reached. Alone on a host it listens;
 * a servent that has a port of its own hands it what is not for its network. Owns them all.
 */

import type { ByteBudget } from '../../core/budget-turns.ts';
import { type Endpoint, type Host, NO_TIMER, type Protocol, type Stream, type Timer } from '../../core/host.ts';
import type { HttpRequest } from '../../wire/http-head.ts';
import type { CallBack } from './call-back.ts';
import type { DownloadListener, DownloadOptions } from './download-options.ts';
import { doorFraming, type DoorOwner, type DoorVisitor, FileDoor } from './file-door.ts';
import { FileDownload } from './file-download.ts';
import { type BrowseOperation, HostBrowse } from './host-browse.ts';
import { PartialUpload } from './partial-upload.ts';
import { PushDesk } from './push-desk.ts';
import { UploadServer, type UploadOptions } from './upload-server.ts';

const TICK_MS = 1000;
/** Who has come in and says nothing is let go after that; the one who waits for longest makes room. */
const SILENT_MS_MAX = 15_000;
const VISITORS_MAX = 64;
const BROWSES_MAX = 16;

/** Downloads that wait for their budget go on in batches. */
const THROTTLE_MS_MIN = 20;
const THROTTLE_BYTES = 16 * 1024;

const TimerKind = { tick: 0, budget: 1, throttle: 2 } as const;

export interface TransferOptions extends UploadOptions {
  /** False: somebody else listens on this host. */
  readonly listens?: boolean;
  /** What may come, of all downloads together; null: no limit holds. */
  readonly downloadBudget?: ByteBudget | null;
}

export class FileTransfers implements Protocol, DoorOwner {
  readonly host: Host;
  readonly uploads: UploadServer;
  readonly pushes: PushDesk;
  readonly door: FileDoor;
  private readonly listens: boolean;
  private readonly downloadBudget: ByteBudget | null;
  private readonly running = new Set<FileDownload>();
  private readonly partial = new Map<FileDownload, PartialUpload>();
  private readonly visitors = new Set<DoorVisitor>();
  private readonly browses = new Set<HostBrowse>();
  private tickTimer: Timer = NO_TIMER;
  /** While downloads wait for their budget. */
  private throttleTimer: Timer = NO_TIMER;

  constructor(host: Host, options: TransferOptions) {
    this.host = host;
    this.uploads = new UploadServer(host, options, TimerKind.budget);
    this.pushes = new PushDesk(host);
    this.door = new FileDoor(this);
    this.listens = options.listens ?? true;
    this.downloadBudget = options.downloadBudget ?? null;
  }

  start(): void {
    if (this.listens) this.host.listen(doorFraming, this.door);
    this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
  }

  onTimer(kind: number): void {
    if (kind === TimerKind.budget) return this.uploads.turns.onTimer();
    if (kind === TimerKind.throttle) return this.goOn();
    this.tickTimer = this.host.setTimer(TICK_MS, TimerKind.tick, 0);
    const now = this.host.now();
    this.uploads.tick(now);
    this.pushes.tick(now);
    for (const browse of [...this.browses]) {
      browse.tick(now);
      if (browse.isOver) this.browses.delete(browse);
    }
    for (const visitor of [...this.visitors]) if (now - visitor.sinceMs > SILENT_MS_MAX) visitor.drop();
    for (const download of [...this.running]) this.tend(download, now);
  }

  /** What of it is verified is there for others, as long as it is not whole. */
  private tend(download: FileDownload, now: number): void {
    download.tick(now);
    const shared = this.partial.get(download);
    if (download.isOver) {
      if (shared !== undefined) this.uploads.removePartial(shared);
      this.partial.delete(download);
      this.running.delete(download);
    } else if (shared === undefined && download.tree !== null) {
      const made = new PartialUpload(download);
      this.partial.set(download, made);
      this.uploads.addPartial(made);
    }
  }

  /** Begins at once. `listener` hears how it ends, in later events. */
  download(options: DownloadOptions, listener: DownloadListener): FileDownload {
    const { node } = options;
    const callBacks = node === null ? null : { node, expect: this.pushes.expect.bind(this.pushes) };
    const onBytes = this.downloadBudget === null ? null : (bytes: number): void => this.came(bytes);
    const download = new FileDownload(this.host, { alternates: this.uploads.alternates, callBacks, onBytes, ...options }, listener);
    this.running.add(download);
    if (this.throttleTimer !== NO_TIMER) download.throttle(true);
    download.start();
    return download;
  }

  private came(bytes: number): void {
    const budget = this.downloadBudget;
    const now = this.host.now();
    budget?.take(bytes, now);
    if (budget?.limited !== true || budget.available(now) > 0 || this.throttleTimer !== NO_TIMER) return;
    for (const download of this.running) download.throttle(true);
    const waitMs = Math.max(THROTTLE_MS_MIN, budget.msUntil(THROTTLE_BYTES, now));
    this.throttleTimer = this.host.setTimer(waitMs, TimerKind.throttle, 0);
  }

  /** The budget has grown. */
  private goOn(): void {
    this.throttleTimer = NO_TIMER;
    for (const download of this.running) download.throttle(false);
  }

  /** Asks a servent for all that he shares. Null: too many are being asked. */
  browse(to: Endpoint, operation: BrowseOperation): HostBrowse | null {
    if (this.browses.size >= BROWSES_MAX) return null;
    const browse = new HostBrowse(this.host, to, this.uploads.style.userAgent, operation);
    this.browses.add(browse);
    return browse;
  }

  stop(): void {
    this.host.clearTimer(this.tickTimer);
    this.host.clearTimer(this.throttleTimer);
    for (const browse of this.browses) browse.cancel();
    for (const visitor of [...this.visitors]) visitor.drop();
    for (const download of this.running) download.stop(() => undefined);
    this.running.clear();
    this.pushes.stop();
    this.uploads.stop();
  }

  inspect(): unknown {
    const downloads = Array.from(this.running, ({ state, bytesDone, fileBytes }) => ({ state, bytesDone, fileBytes }));
    return { uploads: this.uploads.inspect(), downloads, pushes: this.pushes.inspect() };
  }

  // ---- the door ----------------------------------------------------------------------------------------------------------------

  onRequest(stream: Stream, first: Uint8Array | HttpRequest): void {
    this.uploads.accept(stream, first);
  }

  onCallBack(stream: Stream, message: CallBack): void {
    if (!this.pushes.onCallBack(stream, message)) stream.reset();
  }

  admits(visitor: DoorVisitor): boolean {
    if (this.visitors.size >= VISITORS_MAX) this.visitors.values().next().value?.drop();
    visitor.sinceMs = this.host.now();
    this.visitors.add(visitor);
    return true;
  }

  onLeft(visitor: DoorVisitor): void {
    this.visitors.delete(visitor);
  }
}
