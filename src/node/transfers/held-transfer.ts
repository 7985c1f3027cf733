/**
 * One transfer of a node: its record, and its torrent in the engine while it has one there. Owns both; the node decides when it works and
 * when it rests, and is told of what happens.
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfHex } from '../../core/hex.ts';
import { journalPath } from '../../net/move-journal.ts';
import { recordPath } from '../../net/resume-record.ts';
import { DuplicateTorrent } from '../../transfer/bittorrent/bittorrent.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import { geometryOf } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentState, TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import { ExistingFiles } from './existing-files.ts';
import { Failure, failureFrom } from '../failure.ts';
import { whyUnwritable } from '../make-folder.ts';
import type { TransferOrigin } from '../node-view.ts';
import { resolvePeer } from '../peer-address.ts';
import type { Publication } from '../publication.ts';
import type { QueueVerdict } from './queue-policy.ts';
import { contentChanged, type Shared, type SharingNode } from '../sharing-node.ts';
import type { TransferList } from './transfer-list.ts';
import type { SharePlan, TransferRecord } from './transfer-record.ts';
import type { Transfer } from './transfer.ts';
import { WatchedTransfer } from './watched-transfer.ts';

export type HeldEvent = 'changed' | 'metadata' | 'completed' | 'failed' | 'state' | 'verified';

/** What a transfer has of its node. */
export interface HeldOwner {
  readonly sharing: SharingNode;
  readonly list: TransferList;
  /** Behind a proxy no name is looked up here. */
  readonly looksUpNames: boolean;
  /** Hashes what is to be shared, or knows the hashes. */
  publish(plan: SharePlan, signal: AbortSignal): Promise<Publication>;
  onHeld(held: HeldTransfer, event: HeldEvent): void;
}

export class HeldTransfer {
  readonly record: TransferRecord;
  readonly origin: TransferOrigin;
  /** Its place in the queue: only the order counts. */
  position: number;
  verdict: QueueVerdict = 'wait';
  /** How long nothing has come, while something should. */
  idleMs = 0;
  /** Something in the record is not in the list yet that may wait a minute. */
  unsaved = false;
  metainfo: Metainfo | null = null;
  /** Its files are on their way, or it is about to go: nobody else decides about it. */
  busy: 'moving' | 'removing' | null = null;
  readonly #owner: HeldOwner;
  /** In the engine, from the moment it is added until it has left. */
  #transfer: WatchedTransfer | null = null;
  #shared: Shared | null = null;
  #existing: ExistingFiles | null = null;
  /** A beginning that was overtaken by an end finds another number here. */
  #generation = 0;
  #beginning: Promise<void> | null = null;
  /** Settles when the torrent that left last has closed its files. */
  #left: Promise<void> = Promise.resolve();
  #working = false;
  #verifying = false;
  /** As soon as its content is open. */
  #verifyDue = false;
  #hashing: AbortController | null = null;
  /** Content that was complete may be fetched again: somebody said so. */
  #refetches = false;
  /** What the record had before this torrent was added to the engine, which counts from there. */
  #before = { downloaded: 0, uploaded: 0, wasted: 0 };
  #came = { bytes: 0, atMs: 0 };
  #uploadedBytes = 0;

  constructor(owner: HeldOwner, record: TransferRecord, origin: TransferOrigin, position: number) {
    this.#owner = owner;
    this.record = record;
    this.origin = origin;
    this.position = position;
  }

  get infoHash(): string {
    return this.record.infoHash;
  }

  /** In the engine. */
  get transfer(): Transfer | null {
    return this.#transfer;
  }

  get shared(): Shared | null {
    return this.#shared;
  }

  get engineState(): TorrentState | null {
    return this.#transfer?.torrent.state ?? null;
  }

  get complete(): boolean {
    return this.record.completedAtMs !== null;
  }

  /** Is being hashed before it can be shared. */
  get publishing(): boolean {
    return this.record.share !== null && this.#transfer === null && this.#beginning !== null;
  }

  // ---- work and rest ---------------------------------------------------------------------------------------------------------

  /** `publication`: what was hashed a moment ago. Throws a Failure when it is here already. */
  work(publication: Publication | null = null): void {
    this.#working = true;
    if (this.#transfer !== null) this.#transfer.torrent.resume();
    else if (publication !== null) this.#adopt(publication);
    else this.#begin('trust');
  }

  /** Takes its hands off peers; what is being checked is checked to its end. */
  rest(): void {
    this.#working = false;
    this.#transfer?.torrent.pause();
  }

  verify(): void {
    this.record.problem = null;
    this.#verifying = true;
    this.#refetches = true;
    // What is shared was hashed before it is in the engine, which trusts that.
    this.#verifyDue = this.#transfer === null && this.record.share !== null;
    if (this.#transfer === null) return this.#begin('check');
    // Without its content opened there is none in the engine that could be checked again.
    if (this.#transfer.torrent.exchange !== null) return this.#transfer.torrent.verifyAgain();
    void this.leave().then(() => this.#begin('check'));
  }

  /** Fetches these files from now on: a digit each, as in the record. */
  choose(priorities: string): void {
    const { record } = this;
    const wants = [...priorities].some((digit, index) => digit !== '0' && record.priorities?.[index] === '0');
    record.priorities = priorities;
    if (wants) record.completedAtMs = null;
    const torrent = this.#transfer?.torrent ?? null;
    if (torrent === null || this.metainfo === null) return;
    torrent.setFilePriorities(levelsOf(priorities));
    // Peers that parted because both had everything are not asked again for minutes, by a torrent that rests meanwhile.
    if (wants && !torrent.acceptsPeers) void this.#beginAnew();
  }

  /** In order, or rarest first. */
  async reorderPieces(sequential: boolean): Promise<void> {
    const downloader = this.#transfer?.torrent.exchange?.activeDownloader ?? null;
    if (downloader !== null) downloader.picker.order = sequential ? 'sequential' : 'rarest';
    else await this.#beginAnew();
  }

  /** Out of the engine and into it again, where it is: the record keeps what was checked. */
  async #beginAnew(): Promise<void> {
    const inside = this.#transfer !== null || this.#beginning !== null;
    await this.leave();
    if (inside && this.busy === null) this.#begin('trust');
  }

  /** After a failure, or because somebody insists. */
  forgive(): void {
    this.record.problem = null;
    this.#refetches = true;
  }

  /** Out of the engine; resolves when its files are closed. */
  async leave(): Promise<void> {
    this.#generation++;
    this.#beginning = null;
    this.#hashing?.abort();
    const transfer = this.#transfer;
    if (transfer === null) return;
    this.snapshot();
    this.#transfer = null;
    if (this.#shared !== null) this.#owner.sharing.remove(this.#shared);
    else this.#owner.sharing.session.remove(transfer);
    this.#shared = null;
    this.#left = transfer.stopped;
    await this.#left;
  }

  /** Takes its files to another folder, while everything goes on. Rejects with a Failure when they stay where they are. */
  async move(folder: string): Promise<void> {
    // Whoever is not at work enters the engine and rests there.
    if (this.#transfer === null) this.#begin('trust');
    await this.#beginning;
    const transfer = this.#transfer;
    if (transfer === null) {
      const { message = 'It could not be begun.', why = '', next = '' } = this.record.problem ?? {};
      throw new Failure('failed', `${this.record.name} cannot be moved.`, `${message} ${why}`.trim(), next);
    }
    await transfer.moveTo(folder);
    this.#workIn(folder);
  }

  /** What was begun elsewhere is no stranger here. */
  #workIn(folder: string): void {
    if (folder === this.record.location) return;
    this.#existing?.done();
    this.record.location = folder;
    this.#existing = new ExistingFiles(this.#owner.sharing.session.stateFolder, folder, bytesOf(this.infoHash));
    if (!this.complete) this.#existing.claim();
  }

  /** Nothing of it is to be remembered. */
  forget(): void {
    this.#existing?.done();
    const record = recordPath(this.#owner.sharing.session.stateFolder, this.infoHash);
    // Who adds it again at its first place means that one, wherever it was moved from there.
    for (const file of [record, journalPath(record)]) rmSync(file, { force: true });
  }

  #begin(recheck: 'trust' | 'check'): void {
    // What lies in the share folder is begun by who looks after that.
    if (this.#beginning !== null || this.#transfer !== null || this.origin === 'folder') return;
    const generation = ++this.#generation;
    const begun = this.record.share === null ? this.#beginGet(generation, recheck) : this.#beginShare(generation, this.record.share);
    this.#beginning = begun
      .catch((error: unknown) => this.#onFailed(generation, failureFrom(error, `${this.record.name} could not be started.`)))
      .finally(() => {
        if (generation === this.#generation) this.#beginning = null;
      });
  }

  async #beginGet(generation: number, recheck: 'trust' | 'check'): Promise<void> {
    const { record } = this;
    await this.#left;
    const peers = await Promise.all(record.peers.map((text) => resolvePeer(text, this.#owner.looksUpNames).catch(() => null)));
    if (generation !== this.#generation) return;
    this.metainfo ??= this.#owner.list.metainfo(record.infoHash);
    const { session } = this.#owner.sharing;
    this.#existing = new ExistingFiles(session.stateFolder, record.location, bytesOf(record.infoHash));
    const known = this.metainfo !== null;
    const transfer: WatchedTransfer = this.#watched(
      generation,
      (metainfo) => this.#onMetadata(transfer, metainfo, known),
      () => this.#onWanting(transfer),
    );
    const spec = {
      metainfo: this.metainfo,
      infoHash: bytesOf(record.infoHash),
      infoHashV2: record.infoHashV2 === null ? null : bytesOf(record.infoHashV2),
      name: record.name,
      trackers: this.trackers,
      peers: peers.filter((peer) => peer !== null),
      webSeeds: record.webSeeds,
      location: record.location,
      selectOnly: record.priorities === null ? record.selectOnly : null,
      ...(record.priorities !== null && { filePriorities: levelsOf(record.priorities) }),
      writable: true,
      recheck,
      sequential: record.sequential,
      paused: false,
      uploadRateMax: record.uploadRateMax,
      downloadRateMax: record.downloadRateMax,
    };
    this.#enter(transfer, () => session.add(spec, transfer));
  }

  async #beginShare(generation: number, plan: SharePlan): Promise<void> {
    await this.#left;
    const hashing = new AbortController();
    this.#hashing = hashing;
    const publication = await this.#owner.publish(plan, hashing.signal);
    if (generation !== this.#generation) return;
    const { infoHash } = publication.metainfo;
    if (!bytesOf(this.infoHash).every((byte, index) => byte === infoHash[index])) {
      const why = 'Its content has another hash now, and so another link.';
      throw new Failure('integrity', `${this.record.name} has changed since it was shared.`, why, 'Share it again: kith share');
    }
    this.#adopt(publication);
  }

  #adopt(publication: Publication): void {
    const { metainfo } = publication;
    this.metainfo = metainfo;
    const generation = this.#generation;
    const transfer: WatchedTransfer = this.#watched(
      generation,
      () => undefined,
      () => transfer.fail(contentChanged(metainfo.name)),
    );
    this.#enter(transfer, () => {
      this.#shared = this.#owner.sharing.add(publication, transfer);
      transfer.torrent.setLimits(this.record.uploadRateMax, this.record.downloadRateMax);
    });
  }

  /** `add` puts it into the engine, which may tell of it before it returns. */
  #enter(transfer: WatchedTransfer, add: () => void): void {
    const { downloadedBytes: downloaded, uploadedBytes: uploaded, wastedBytes: wasted } = this.record;
    this.#before = { downloaded, uploaded, wasted };
    this.#came = { bytes: 0, atMs: Date.now() };
    this.#uploadedBytes = 0;
    try {
      add();
    } catch (error) {
      if (!(error instanceof DuplicateTorrent)) throw error;
      throw new Failure(
        'failed',
        `${this.record.name} is here already.`,
        'Another entry of the list has the same content.',
        'See: kith ls',
      );
    }
    this.#transfer = transfer;
    if (!this.#working) transfer.torrent.pause();
  }

  #watched(generation: number, onMetadata: (metainfo: Metainfo) => void, onWanting: () => void): WatchedTransfer {
    const soon = (what: () => void): void =>
      // What the engine tells in the midst of its work is looked at when that is done.
      queueMicrotask(() => {
        if (generation === this.#generation) what();
      });
    const transfer = new WatchedTransfer(
      onMetadata,
      onWanting,
      (state) => soon(() => this.#onState(state)),
      () => soon(() => this.#onComplete()),
    );
    transfer.failed.catch((error: unknown) => this.#onFailed(generation, failureFrom(error, '')));
    return transfer;
  }

  // ---- what happens ----------------------------------------------------------------------------------------------------------

  /** Called the moment the metainfo is known, before anything is opened on disk. */
  #onMetadata(transfer: Transfer, metainfo: Metainfo, known: boolean): void {
    const { record } = this;
    this.metainfo = metainfo;
    record.name = metainfo.name;
    record.totalBytes = geometryOf(metainfo).contentBytes;
    if (record.priorities === null && record.selectOnly !== null) record.priorities = prioritiesOf(metainfo, record.selectOnly);
    const inTheWay = this.#existing?.look(metainfo, record.overwrite) ?? null;
    if (inTheWay !== null) transfer.fail(inTheWay);
    if (!known) queueMicrotask(() => this.#owner.onHeld(this, 'metadata'));
  }

  /** Called when what lies on disk has been checked and the first byte would be asked for. */
  #onWanting(transfer: Transfer): void {
    const { record } = this;
    if (this.complete && !this.#refetches) return transfer.fail(incompleteAgain(record));
    const sealed = whyUnwritable(record.location, `The folder ${record.location} cannot be used.`);
    if (sealed !== null && sealed.kind !== 'not-found') return transfer.fail(sealed);
    const inTheWay = transfer.status().piecesHave > 0 ? null : (this.#existing?.strangers() ?? null);
    if (inTheWay !== null && !record.overwrite) return transfer.fail(inTheWay);
    record.completedAtMs = null;
    this.#existing?.claim();
  }

  #onState(state: TorrentState): void {
    // Also the layers of v2, which come last, are there when content is opened.
    if (state === 'checking' && this.origin === 'get') this.#keepMetainfo();
    const open = state !== 'checking' && this.#transfer !== null && this.#transfer.torrent.exchange !== null;
    if (open && this.#verifyDue) {
      this.#verifyDue = false;
      return this.#transfer?.torrent.verifyAgain();
    }
    // A move that a crash has cut short was finished, or taken back, when it was opened.
    if (open && this.record.share === null) this.#workIn(this.#transfer?.torrent.content.location ?? this.record.location);
    const verified = this.#verifying && open;
    // Of a thousand entries of the share folder that all go the same way nobody has to be told; who asks sees how they are.
    if (this.origin === 'folder' && !verified) return;
    this.snapshot();
    if (verified) {
      this.#verifying = false;
      if (this.record.haveBytes < this.record.wantedBytes) {
        this.record.completedAtMs = null;
        // Peers that parted because both had everything are not asked again for minutes, by a torrent that remembers them.
        if (state === 'downloading') void this.#beginAnew();
      }
    }
    this.#owner.onHeld(this, verified ? 'verified' : 'state');
  }

  #keepMetainfo(): void {
    const metainfo = this.#transfer?.torrent.metainfo ?? null;
    if (metainfo === null) return;
    this.metainfo = metainfo;
    this.record.infoHashV2 = metainfo.v2 === null ? null : Buffer.from(metainfo.v2.infoHash).toString('hex');
    this.#owner.list.keepMetainfo(this.infoHash, metainfo);
  }

  #onComplete(): void {
    this.#refetches = false;
    this.#existing?.done();
    this.snapshot();
    if (this.complete) return;
    this.record.completedAtMs = Date.now();
    this.#owner.onHeld(this, 'completed');
  }

  #onFailed(generation: number, failure: Failure): void {
    if (generation !== this.#generation) return;
    const { kind, message, why, next } = failure;
    this.record.problem = { kind, message, why, next };
    this.#verifying = false;
    void this.leave();
    this.#owner.onHeld(this, 'failed');
  }

  // ---- numbers ---------------------------------------------------------------------------------------------------------------

  /** Takes what the engine has counted into the record; the status, where there is one. */
  snapshot(): TorrentStatus | null {
    const { record } = this;
    const status = this.#transfer?.status() ?? null;
    if (status === null) return null;
    record.downloadedBytes = this.#before.downloaded + status.downloadedBytes;
    record.uploadedBytes = this.#before.uploaded + status.uploadedBytes;
    record.wastedBytes = this.#before.wasted + status.wastedBytes;
    if (status.wantedBytes > 0) record.wantedBytes = status.wantedBytes;
    // While it is being checked nothing counts as being there.
    if (status.state !== 'checking' && status.state !== 'metadata' && this.#transfer?.torrent.exchange !== null) {
      record.haveBytes = status.wantedHaveBytes;
    }
    return status;
  }

  /** Bytes of payload so far, without looking at every piece. */
  get uploadedBytes(): number {
    return this.#transfer === null ? this.record.uploadedBytes : this.#before.uploaded + this.#transfer.torrent.traffic.uploadedBytes;
  }

  get ratio(): number {
    const size = this.record.wantedBytes || this.record.totalBytes;
    return size === 0 ? 0 : this.uploadedBytes / size;
  }

  /** Called once a second or so: counts the time, and notices whether anything came or went. */
  tick(nowMs: number, passedMs: number): void {
    const state = this.engineState;
    if (state === 'seeding') this.record.seedingMs += passedMs;
    const { downloadedBytes, uploadedBytes } = this.#transfer?.torrent.traffic ?? { downloadedBytes: 0, uploadedBytes: 0 };
    if (uploadedBytes !== this.#uploadedBytes || downloadedBytes !== this.#came.bytes) this.unsaved = true;
    this.#uploadedBytes = uploadedBytes;
    const due = state === 'downloading' || state === 'metadata';
    if (!due || downloadedBytes !== this.#came.bytes) this.#came = { bytes: downloadedBytes, atMs: nowMs };
    this.idleMs = due ? nowMs - this.#came.atMs : 0;
  }

  /** Tiers: of the metainfo, and those that were given besides. */
  get trackers(): readonly (readonly string[])[] {
    const known = this.metainfo?.trackers ?? [];
    const urls = new Set(known.flat());
    return [...known, ...this.record.trackers.filter((tier) => !tier.every((url) => urls.has(url)))];
  }

  /** The file or folder itself. */
  get path(): string {
    const { record } = this;
    const [only] = record.share?.paths ?? [];
    if (record.share !== null && record.share.paths.length === 1 && only !== undefined) return only;
    return record.share === null ? join(record.location, record.name) : record.location;
  }
}

/** A digit a file, as in the record. */
function prioritiesOf(metainfo: Metainfo, only: readonly number[]): string {
  const chosen = new Set(only);
  return metainfo.files.map((_, index) => (chosen.has(index) ? '4' : '0')).join('');
}

/** As the engine takes them, by the index of the file. */
function levelsOf(priorities: string): Map<number, number> {
  return new Map([...priorities].map((digit, index) => [index, Number(digit)]));
}

function incompleteAgain({ name }: TransferRecord): Failure {
  return new Failure(
    'not-found',
    `${name} is no longer as it was when it was complete.`,
    'Files have gone or have changed.',
    'Put them back, or fetch what is missing: kith resume',
  );
}

function bytesOf(hex: string): Uint8Array {
  const bytes = bytesOfHex(hex);
  if (bytes === null) throw new Error(`expected hexadecimal digits, got ${hex}`);
  return bytes;
}
