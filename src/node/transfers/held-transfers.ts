/**
 * All transfers of a node: the queue in its order, kept in the persistent list, and what lies in the share folder behind it. Owns them, and
 * lets those work whose turn it is.
 */

import { join } from 'node:path';
import { hexOf } from '../../core/hex.ts';
import { contentBytesOf } from '../../transfer/bittorrent/metainfo.ts';
import type { EventLog } from '../event-log.ts';
import { Failure, failureFrom } from '../failure.ts';
import { HashMemory } from '../hash-memory.ts';
import { type HeldEvent, type HeldOwner, HeldTransfer } from './held-transfer.ts';
import type { LiveSettings } from '../settings/live-settings.ts';
import type { QueueMove } from '../node-operations.ts';
import type { TransferView } from '../node-view.ts';
import { type Publication, publish } from '../publication.ts';
import { judgeQueue, type QueueEntry } from './queue-policy.ts';
import type { Sharer } from '../shared-folder.ts';
import type { Shared, SharingNode } from '../sharing-node.ts';
import type { TransferList } from './transfer-list.ts';
import { newRecord, type SharePlan, type TransferRecord } from './transfer-record.ts';
import { viewOf } from './transfer-views.ts';

/** A torrent each. The list is looked through once a second. */
const TRANSFERS_MAX = 20_000;
/** What the engine causes is written together: a thousand transfers that start tell of a thousand states. */
const GATHER_MS = 100;
/** Totals are written this often: a crash costs no more of them. */
const SAVE_MS = 60_000;
/** And so often the time that seeds at rest have been seeding. */
const SAVES_PER_FULL_SAVE = 10;

export class HeldTransfers implements HeldOwner, Sharer {
  readonly sharing: SharingNode;
  readonly list: TransferList;
  readonly looksUpNames: boolean;
  readonly #events: EventLog;
  readonly #settings: LiveSettings;
  readonly #memory: HashMemory;
  #queue: HeldTransfer[] = [];
  readonly #folder = new Map<Shared, HeldTransfer>();
  readonly #dirty = new Set<HeldTransfer>();
  readonly #onWarning: (failure: Failure) => void;
  #gathering: NodeJS.Timeout | null = null;
  #tickedAtMs = Date.now();
  #savedAtMs = Date.now();
  #saves = 0;
  #closed = false;

  constructor(
    sharing: SharingNode,
    list: TransferList,
    events: EventLog,
    settings: LiveSettings,
    cacheFolder: string,
    onWarning: (failure: Failure) => void,
  ) {
    this.sharing = sharing;
    this.list = list;
    this.looksUpNames = settings.get('proxy') === '';
    this.#events = events;
    this.#settings = settings;
    this.#memory = new HashMemory(join(cacheFolder, 'hashed'));
    this.#onWarning = onWarning;
    this.#queue = list.all().map((record, index) => this.#make(record, index));
  }

  #make(record: TransferRecord, position: number): HeldTransfer {
    return new HeldTransfer(this, record, record.share === null ? 'get' : 'share', position);
  }

  // ---- who is there ----------------------------------------------------------------------------------------------------------

  /** The queue in its order, then the share folder. */
  all(): HeldTransfer[] {
    return [...this.#queue, ...this.#folder.values()];
  }

  /** By either of its hashes, as digits. */
  find(infoHash: string, infoHashV2: string | null = null): HeldTransfer | null {
    const hash = infoHash.toLowerCase();
    const fits = ({ record }: HeldTransfer): boolean =>
      record.infoHash === hash || record.infoHashV2?.slice(0, 40) === hash || (infoHashV2 !== null && record.infoHashV2 === infoHashV2);
    return this.all().find(fits) ?? null;
  }

  /** Throws a Failure when there are too many. */
  append(record: TransferRecord): HeldTransfer {
    if (this.#queue.length >= TRANSFERS_MAX) {
      throw new Failure('failed', 'The list is full.', `It has ${TRANSFERS_MAX} transfers.`, 'Remove some: kith rm');
    }
    const held = this.#make(record, (this.#queue.at(-1)?.position ?? -1) + 1);
    this.#queue.push(held);
    this.#dirty.add(held);
    return held;
  }

  drop(held: HeldTransfer): void {
    this.#queue = this.#queue.filter((each) => each !== held);
    this.#dirty.delete(held);
    this.list.remove(held.infoHash);
    this.#events.tell({ type: 'removed', infoHash: held.infoHash, name: held.record.name });
  }

  reorder(held: HeldTransfer, to: QueueMove): void {
    const from = this.#queue.indexOf(held);
    if (from < 0) return;
    const last = this.#queue.length - 1;
    const place = typeof to === 'number' ? to : { top: 0, up: from - 1, down: from + 1, bottom: last }[to];
    const target = Math.max(0, Math.min(last, place));
    this.#queue.splice(from, 1);
    this.#queue.splice(target, 0, held);
    for (const [index, each] of this.#queue.entries()) {
      each.position = index;
      this.#dirty.add(each);
    }
  }

  view(held: HeldTransfer): TransferView {
    return viewOf(held, this.all().indexOf(held) + 1, this.sharing);
  }

  views(): TransferView[] {
    return this.all().map((held, index) => viewOf(held, index + 1, this.sharing));
  }

  // ---- the share folder ------------------------------------------------------------------------------------------------------

  add(publication: Publication): Shared {
    const { infoHash, v2, name } = publication.metainfo;
    const known = { infoHash: hexOf(infoHash), infoHashV2: v2 === null ? null : hexOf(v2.infoHash), name, location: publication.location };
    const totalBytes = contentBytesOf(publication.metainfo);
    const sizes = { totalBytes, wantedBytes: totalBytes, haveBytes: totalBytes };
    if (this.find(known.infoHash) !== null) {
      throw new Failure('failed', `${name} is in the list already.`, 'It is shared from there.', 'See: kith ls');
    }
    const now = Date.now();
    const held = new HeldTransfer(this, newRecord({ ...known, ...sizes, addedAtMs: now, completedAtMs: now }), 'folder', 0);
    held.verdict = 'work';
    held.work(publication);
    const shared = held.shared as Shared;
    this.#folder.set(shared, held);
    this.#events.tell({ type: 'added', transfer: this.view(held) });
    return shared;
  }

  remove(shared: Shared): void {
    const held = this.#folder.get(shared);
    if (held === undefined) return;
    this.#folder.delete(shared);
    void held.leave();
    this.#events.tell({ type: 'removed', infoHash: held.infoHash, name: held.record.name });
  }

  // ---- what happens to them --------------------------------------------------------------------------------------------------

  publish(plan: SharePlan, signal: AbortSignal): Promise<Publication> {
    const { paths, name, version, pieceBytes, private: isPrivate } = plan;
    const options = { name, version, pieceBytes, private: isPrivate, memory: this.#memory, signal, onProgress: () => undefined };
    return publish(paths, options);
  }

  onHeld(held: HeldTransfer, event: HeldEvent): void {
    if (this.#closed) return;
    if (held.origin !== 'folder') this.#dirty.add(held);
    if (held.busy === null || event !== 'state') this.#events.tell({ type: event, transfer: this.view(held) });
    if (event === 'changed') this.#tryCommit();
    else this.#gathering ??= setTimeout(() => this.#tryCommit(), GATHER_MS);
    if (event === 'completed' || event === 'failed') this.settle();
  }

  /** Writes what has changed; when this returns it is on disk. Throws a Failure, and tries again the next time. */
  commit(): void {
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    this.#gathering = null;
    if (this.#dirty.size === 0) return;
    const places = new Map([...this.#dirty].map((held) => [held.record, held.position]));
    this.list.write(places.keys(), (record) => places.get(record) ?? 0);
    for (const held of this.#dirty) held.unsaved = false;
    this.#dirty.clear();
  }

  /** To be called once a second. */
  tick(nowMs: number): void {
    // A machine that slept was not seeding.
    const passedMs = Math.min(2_000, Math.max(0, nowMs - this.#tickedAtMs));
    this.#tickedAtMs = nowMs;
    for (const held of this.#queue) held.tick(nowMs, passedMs);
    this.settle();
    if (nowMs - this.#savedAtMs < SAVE_MS) return;
    this.#savedAtMs = nowMs;
    this.save(++this.#saves % SAVES_PER_FULL_SAVE === 0);
  }

  /** Takes over what the engine has counted; `all`: also of those that nothing moved at. */
  save(all: boolean): void {
    for (const held of this.#queue) {
      if (!all && !held.unsaved) continue;
      held.snapshot();
      this.#dirty.add(held);
    }
    this.#tryCommit();
  }

  #tryCommit(): void {
    if (this.#closed) return;
    try {
      this.commit();
    } catch (error) {
      this.#onWarning(failureFrom(error, 'The list of transfers cannot be written.'));
    }
  }

  /** Lets those work whose turn it is, and the others rest. */
  settle(): void {
    if (this.#closed) return;
    const verdicts = judgeQueue(this.#queue.map(entryOf), {
      downloadsMax: this.#settings.get('queue.downloads'),
      seedsMax: this.#settings.get('queue.seeds'),
      seedRatio: this.#settings.get('seed.ratio'),
      seedMs: this.#settings.get('seed.minutes') * 60_000,
      stalledMs: this.#settings.get('queue.stalled') * 1_000,
    });
    for (const held of this.#queue) {
      const verdict = verdicts.get(held.infoHash) ?? 'resting';
      const changed = verdict !== held.verdict;
      held.verdict = verdict;
      if (held.busy === null && held.record.problem === null) {
        if (verdict === 'work') held.work();
        else held.rest();
      }
      if (changed) this.#events.tell({ type: 'state', transfer: this.view(held) });
    }
  }

  /** Nothing is begun and told any more. */
  close(): void {
    this.save(true);
    this.#closed = true;
  }
}

function entryOf(held: HeldTransfer): QueueEntry {
  const { record, ratio, complete, idleMs, infoHash } = held;
  const { seedsOn, seedingMs, seedRatio, seedMinutes } = record;
  const resting = record.paused || record.problem !== null || held.busy !== null;
  const seedMs = seedMinutes === null ? null : seedMinutes * 60_000;
  return { key: infoHash, resting, complete, seedsOn, ratio, seedingMs, idleMs, seedRatio, seedMs };
}
