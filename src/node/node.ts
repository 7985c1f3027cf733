/**
 * The long-running node: one session, the tracker that comes with it, a share folder, and a persistent list of transfers with its queue.
 * Owns all of them. Everything that a command, an API or a policy can want of it is in `NodeOperations`.
 */

import { rmSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { hexOf } from '../core/hex.ts';
import { contentBytesOf } from '../transfer/bittorrent/metainfo.ts';
import type { Caller } from './control/caller.ts';
import { chosenProxy } from './chosen-proxy.ts';
import { EventLog } from './event-log.ts';
import { Failure, failureFrom } from './failure.ts';
import { dropFolderOf } from './transfers/dropped-content.ts';
import type { HeldTransfer } from './transfers/held-transfer.ts';
import { HeldTransfers } from './transfers/held-transfers.ts';
import { LimitSchedule } from './settings/limit-schedule.ts';
import { LiveSettings } from './settings/live-settings.ts';
import type { OwnDht } from './mainline-dht.ts';
import { makeFolder } from './make-folder.ts';
import { checkedChanges, newTransfer } from './transfers/new-transfer.ts';
import { listen } from './node-listening.ts';
import type { Added, AddOptions, AddSource, EventOptions, NodeOperations, QueueMove } from './node-operations.ts';
import type { ShareOptions, TransferChanges } from './node-operations.ts';
import type { NodePolicy } from './node-policy.ts';
import type {
  ApiView,
  FilePriority,
  NodeEvent,
  NodeTotals,
  NodeView,
  SettingView,
  TransferDetail,
  TransferState,
  TransferView,
} from './node-view.ts';
import { VIEW_VERSION } from './node-view.ts';
import { removeContent } from './transfers/remove-content.ts';
import type { SettingKey } from './settings/setting-list.ts';
import type { FetchListener } from './search/fetch-book.ts';
import { NodeSearch } from './search/node-search.ts';
import { type Publishing, SharedFolder } from './shared-folder.ts';
import { NodeStreams } from './streams/node-streams.ts';
import type { StreamedFile } from './streams/streamed-file.ts';
import { type Shared, SharingNode } from './sharing-node.ts';
import { TransferList } from './transfers/transfer-list.ts';
import { newRecord } from './transfers/transfer-record.ts';
import { detailOf, PRIORITY_DIGITS } from './transfers/transfer-views.ts';

const TICK_MS = 1_000;
/** While something is waited for that an event tells of. */
const LOOK_MS = 1_000;

export class KithNode implements NodeOperations {
  readonly sharing: SharingNode;
  readonly search: NodeSearch;
  readonly #caller: Caller;
  readonly #settings: LiveSettings;
  readonly #log: EventLog;
  readonly #list: TransferList;
  readonly #held: HeldTransfers;
  readonly #streams = new NodeStreams((infoHash) => this.#need(infoHash));
  readonly #startedAtMs = Date.now();
  readonly #closing = new AbortController();
  readonly #stopAsked = Promise.withResolvers<void>();
  readonly #ticking: NodeJS.Timeout;
  readonly #policies = new Map<NodePolicy, { busy: boolean; said: string }>();
  #shareFolder: string | null = null;
  #api: ApiView | null = null;
  #newPagesLink: (() => string) | null = null;

  /** Goes on where the last run was. Nobody else may use the state folder at the same time. Rejects with a Failure. */
  static async open(caller: Caller, onEvent: (event: NodeEvent) => void = () => undefined): Promise<KithNode> {
    const list = TransferList.open(caller.settings.folders.state);
    try {
      // Behind a proxy nobody could come to a tracker of ours.
      const trackers = chosenProxy(caller.settings) === null ? 'own' : [];
      const sharing = await SharingNode.open(caller, { trackers, role: 'node' });
      const { uploadLimiter, downloadLimiter } = sharing.session.engine;
      let node: KithNode | null = null;
      const told: FetchListener = {
        onFetch: (fetch) => {
          if (node !== null) node.#log.tell({ type: 'fetch', fetch });
        },
        onFetchRemoved: (id, name) => {
          if (node !== null) node.#log.tell({ type: 'fetch-removed', id, name });
        },
      };
      const search = await NodeSearch.open(caller, { up: uploadLimiter, down: downloadLimiter }, told).catch(async (error: unknown) => {
        await sharing.close();
        throw error;
      });
      node = new KithNode(caller, sharing, search, list, onEvent);
      return node;
    } catch (error) {
      list.close();
      throw error;
    }
  }

  private constructor(caller: Caller, sharing: SharingNode, search: NodeSearch, list: TransferList, onEvent: (event: NodeEvent) => void) {
    this.#caller = caller;
    this.sharing = sharing;
    this.search = search;
    this.#list = list;
    this.#log = new EventLog((event) => {
      onEvent(event);
      if (event.type === 'completed' && event.transfer.goesTo !== null) this.#goOn(event.transfer.infoHash, event.transfer.goesTo);
    });
    this.#settings = new LiveSettings(caller.settings);
    this.#held = new HeldTransfers(sharing, list, this.#log, this.#settings, caller.settings.folders.cache, (failure) =>
      this.#warn(failure),
    );
    this.#held.settle();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Settles when somebody has asked it to stop. */
  get stopAsked(): Promise<void> {
    return this.#stopAsked.promise;
  }

  /** What matters every day and is no protocol: see `NodePolicy`. */
  use(policy: NodePolicy): void {
    this.#policies.set(policy, { busy: false, said: '' });
  }

  /** Where else than by its control socket it can be asked, and who makes links to its pages. */
  offers(api: ApiView, newPagesLink: () => string): void {
    this.#api = api;
    this.#newPagesLink = newPagesLink;
  }

  /** Shares what lies in the folder, and what comes to it, until the node closes. Rejects when the folder itself has gone. */
  watchFolder(folder: string, publish: Publishing, onShared: (name: string, shared: Shared) => void): Promise<void> {
    this.#shareFolder = folder;
    const shared = new SharedFolder(this.#held, folder, publish, this.#caller.console, this.#closing.signal, onShared);
    this.sharing.session.mappedPorts.onSettled(() => shared.tellChanged());
    return shared.watch();
  }

  /** Says goodbye to peers and trackers, writes what is to be remembered, lets go of everything. */
  async close(): Promise<void> {
    clearInterval(this.#ticking);
    for (const policy of this.#policies.keys()) policy.stop?.();
    this.#held.close();
    this.#closing.abort();
    // The list is whole already: whatever happens from here on loses nothing.
    this.#list.close();
    await Promise.all([this.search.close(), this.sharing.close()]);
  }

  #tick(): void {
    const nowMs = Date.now();
    this.#held.tick(nowMs);
    this.search.tick(this.#held.all());
    for (const [policy, turn] of this.#policies) if (!turn.busy) void this.#ask(policy, turn, nowMs);
  }

  async #ask(policy: NodePolicy, turn: { busy: boolean; said: string }, nowMs: number): Promise<void> {
    turn.busy = true;
    try {
      await policy.tick(this, nowMs);
    } catch (error) {
      const failure = failureFrom(error, `${policy.name} has failed.`);
      if (failure.message !== turn.said) this.#warn(failure);
      turn.said = failure.message;
    } finally {
      turn.busy = false;
    }
  }

  #warn({ message, why }: Failure): void {
    this.#caller.console.warn(`${message} ${why}`);
    this.#log.tell({ type: 'warning', message: `${message} ${why}` });
  }

  // ---- what there is ---------------------------------------------------------------------------------------------------------

  async status(): Promise<NodeView> {
    const states: Partial<Record<TransferState, number>> = {};
    for (const { state } of this.#held.views()) states[state] = (states[state] ?? 0) + 1;
    const { session, trackers } = this.sharing;
    return {
      version: VIEW_VERSION,
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      listenHost: this.#settings.get('listen.host'),
      port: session.port,
      api: this.#api,
      trackers,
      shareFolder: this.#shareFolder,
      dht: session.hasDht,
      portMapping: session.mappedPorts.status,
      localDiscovery: session.discoversLocally,
      networks: this.search.summaries,
      uploadRateMax: session.limits.current.uploadRateMax,
      downloadRateMax: session.limits.current.downloadRateMax,
      scheduled: session.limits.current.scheduled,
      resting: session.limits.current.paused,
      totals: this.totals(),
      states,
      sequence: this.#log.sequence,
    };
  }

  totals(): NodeTotals {
    const { peers, uploadRate, downloadRate, uploadedBytes, downloadedBytes } = this.sharing.session.totals();
    const rates = { uploadRate: Math.round(uploadRate), downloadRate: Math.round(downloadRate) };
    return { transfers: this.#held.all().length, peers, ...rates, uploadedBytes, downloadedBytes };
  }

  async list(): Promise<readonly TransferView[]> {
    return this.#held.views();
  }

  async info(infoHash: string): Promise<TransferDetail> {
    const held = this.#need(infoHash);
    return detailOf(held, this.#held.all().indexOf(held) + 1, this.sharing);
  }

  /** Its own node of the DHT; null without one. */
  get dht(): OwnDht | null {
    return this.sharing.session.dht;
  }

  /** A film or a sound of a transfer, to be read while it comes; `file` is an index. Throws a Failure. */
  streamed(infoHash: string, file: number): StreamedFile {
    return this.#streams.open(infoHash, file);
  }

  events(options: EventOptions): AsyncIterable<NodeEvent> {
    const signal = options.signal === undefined ? this.#closing.signal : AbortSignal.any([options.signal, this.#closing.signal]);
    const numbers = { totals: () => this.totals(), views: () => this.#held.views(), fetches: () => this.search.fetchViews };
    return listen(this.#log, numbers, options, signal);
  }

  // ---- coming and going ------------------------------------------------------------------------------------------------------

  async add(source: AddSource, options: AddOptions): Promise<Added> {
    const { session } = this.sharing;
    const { record, metainfo } = await newTransfer(source, options, {
      defaultFolder: this.#settings.get('node.folder'),
      incompleteFolder: this.#settings.get('get.incomplete-folder'),
      completedFolder: this.#settings.get('get.completed-folder'),
      findsPeers: session.hasDht || session.discoversLocally,
      proxy: chosenProxy(this.#caller.settings),
      signal: this.#closing.signal,
    });
    const before = this.#held.find(record.infoHash, record.infoHashV2);
    if (before !== null) return { transfer: this.#held.view(before), already: true };
    if (metainfo !== null) this.#list.keepMetainfo(record.infoHash, metainfo);
    const held = this.#held.append(record);
    held.metainfo = metainfo;
    return this.#added(held);
  }

  async share(paths: readonly string[], options: ShareOptions): Promise<Added> {
    const { name = null, version = 1, pieceBytes = null, labels = [] } = options;
    if (paths.length === 0 || !paths.every((path) => isAbsolute(path))) {
      throw new Failure('usage', 'That cannot be shared.', 'Expected paths from the root on.', 'Name files or folders.');
    }
    const plan = { paths, name, version, pieceBytes, private: options.private === true };
    const publication = await this.#held.publish(plan, this.#closing.signal);
    const { metainfo, location } = publication;
    const infoHash = hexOf(metainfo.infoHash);
    const before = this.#held.find(infoHash);
    if (before !== null) return { transfer: this.#held.view(before), already: true };
    const now = Date.now();
    const infoHashV2 = metainfo.v2 === null ? null : hexOf(metainfo.v2.infoHash);
    const totalBytes = contentBytesOf(metainfo);
    const sizes = { totalBytes, wantedBytes: totalBytes, haveBytes: totalBytes };
    const known = { infoHash, infoHashV2, name: metainfo.name, location, share: plan, addedAtMs: now, completedAtMs: now };
    const held = this.#held.append(newRecord({ ...known, ...sizes, ...checkedChanges({ labels }) }));
    held.work(publication);
    const added = this.#added(held);
    // A peer that uses the link at once will be served.
    while (held.engineState === 'checking' && !this.#closing.signal.aborted) await this.#log.next(LOOK_MS, this.#closing.signal);
    return added;
  }

  #added(held: HeldTransfer): Added {
    this.#held.commit();
    this.#held.settle();
    const transfer = this.#held.view(held);
    this.#log.tell({ type: 'added', transfer });
    return { transfer, already: false };
  }

  async remove(infoHash: string, data: boolean): Promise<void> {
    const held = this.#needOwn(infoHash);
    const { record, metainfo } = held;
    const drop = record.share === null ? null : dropFolderOf(record.share.paths, this.#settings.get('drop.folder'));
    if (data && held.origin === 'share' && drop === null) {
      throw new Failure('usage', `The files of ${record.name} are not for kith to remove.`, 'It only shares them.', 'Leave out --data.');
    }
    held.busy = 'removing';
    try {
      await held.leave();
      const files = metainfo ?? this.#list.metainfo(record.infoHash);
      if (data && drop !== null) rmSync(drop, { recursive: true, force: true });
      else if (data && files !== null) removeContent(files.files, record.location);
    } catch (error) {
      held.busy = null;
      throw error;
    }
    held.forget();
    // Last: after a crash in the midst of it the transfer is still there to be removed.
    this.#held.drop(held);
    this.#held.settle();
  }

  // ---- what becomes of one ---------------------------------------------------------------------------------------------------

  async pause(infoHash: string): Promise<TransferView> {
    const held = this.#need(infoHash);
    held.record.paused = true;
    if (held.origin === 'folder') held.rest();
    return this.#changed(held);
  }

  async resume(infoHash: string): Promise<TransferView> {
    const held = this.#need(infoHash);
    if (held.origin === 'folder' && held.transfer === null) {
      const why = held.record.problem?.message ?? 'It is not shared at the moment.';
      throw new Failure('usage', `${held.record.name} is shared again when it changes.`, why, `Put it anew into ${this.#shareFolder}.`);
    }
    held.record.paused = false;
    held.record.seedsOn ||= held.verdict === 'finished';
    if (held.record.problem !== null) held.forgive();
    if (held.origin === 'folder') held.work();
    return this.#changed(held);
  }

  async verify(infoHash: string): Promise<TransferView> {
    const held = this.#need(infoHash);
    if (held.busy !== null || (held.metainfo ?? this.#list.metainfo(held.infoHash)) === null) {
      throw new Failure('usage', `${held.record.name} cannot be verified.`, 'It has no content yet, or is being moved.', 'Wait for it.');
    }
    held.verify();
    return this.#changed(held);
  }

  async reannounce(infoHash: string): Promise<TransferView> {
    const held = this.#need(infoHash);
    held.transfer?.torrent.sources.announcer.needPeers();
    return this.#held.view(held);
  }

  async change(infoHash: string, changes: TransferChanges): Promise<TransferView> {
    const held = this.#need(infoHash);
    Object.assign(held.record, checkedChanges(changes));
    // A new end is one to be kept to.
    if (changes.seedRatio !== undefined || changes.seedMinutes !== undefined) held.record.seedsOn = false;
    const { uploadRateMax, downloadRateMax, sequential } = held.record;
    held.transfer?.torrent.setLimits(uploadRateMax, downloadRateMax);
    if (changes.sequential !== undefined && !held.complete) await held.reorderPieces(sequential);
    return this.#changed(held);
  }

  async prioritize(infoHash: string, files: readonly number[], priority: FilePriority): Promise<TransferView> {
    const held = this.#needOwn(infoHash);
    const metainfo = held.metainfo ?? this.#list.metainfo(held.infoHash);
    if (metainfo === null || held.origin !== 'get') {
      throw new Failure(
        'usage',
        `${held.record.name} has no files to choose among.`,
        'What is in it is not known yet, or it is shared.',
        '',
      );
    }
    const strange = files.find((index) => metainfo.files[index] === undefined);
    if (strange !== undefined) {
      throw new Failure('usage', `There is no file ${strange + 1}.`, `${held.record.name} has ${metainfo.files.length}.`, 'See: kith info');
    }
    const digits = [...(held.record.priorities ?? '4'.repeat(metainfo.files.length))];
    for (const index of files) digits[index] = PRIORITY_DIGITS[priority];
    held.choose(digits.join(''));
    return this.#changed(held);
  }

  async move(infoHash: string, folder: string): Promise<TransferView> {
    const held = this.#needOwn(infoHash);
    const { record } = held;
    if (held.origin !== 'get')
      throw new Failure('usage', `${record.name} is shared from where it lies.`, '', 'Move it, then share it again.');
    if (!isAbsolute(folder)) throw new Failure('usage', `${folder} is no folder.`, 'Expected a path from the root on.', '');
    const target = resolve(folder);
    if (held.busy !== null) throw new Failure('failed', `${record.name} is being moved already.`, '', 'Wait for it.');
    record.goesTo = held.complete ? null : record.goesTo;
    if (target === resolve(record.location)) return this.#changed(held);
    makeFolder(target, `The folder ${target} cannot be used.`);
    held.busy = 'moving';
    this.#tellChanged(held);
    try {
      await held.move(target);
    } finally {
      held.busy = null;
      this.#changed(held);
    }
    return this.#held.view(held);
  }

  /** It is complete: to where it was to go then. What goes wrong is the transfer's problem, which says it. */
  #goOn(infoHash: string, folder: string): void {
    this.move(infoHash, folder).catch((error: unknown) => {
      const held = this.#held.find(infoHash);
      if (held === null) return;
      const { kind, message, why, next } = failureFrom(error, `${held.record.name} could not be moved.`);
      held.record.problem = { kind, message, why, next };
      this.#changed(held);
    });
  }

  async reorder(infoHash: string, to: QueueMove): Promise<TransferView> {
    const held = this.#needOwn(infoHash);
    this.#held.reorder(held, to);
    return this.#changed(held);
  }

  /** What was changed is on disk before anybody hears of it. */
  #changed(held: HeldTransfer): TransferView {
    this.#tellChanged(held);
    this.#held.settle();
    return this.#held.view(held);
  }

  #tellChanged(held: HeldTransfer): void {
    this.#held.onHeld(held, 'changed');
  }

  // ---- settings, and the end -------------------------------------------------------------------------------------------------

  async settings(): Promise<readonly SettingView[]> {
    return this.#settings.all();
  }

  async set(key: SettingKey, typed: string, lasting: boolean): Promise<SettingView> {
    const setting = this.#settings.set(key, typed, lasting);
    const { limits } = this.sharing.session;
    limits.set(this.#settings.get('limit.up'), this.#settings.get('limit.down'));
    const schedule = this.#settings.get('limit.schedule');
    if (key === 'limit.schedule') limits.setSchedule(schedule === '' ? null : new LimitSchedule(schedule));
    this.#held.settle();
    this.#log.tell({ type: 'setting', setting });
    return setting;
  }

  async pagesLink(): Promise<string | null> {
    return this.#newPagesLink?.() ?? null;
  }

  async stop(): Promise<void> {
    this.#stopAsked.resolve();
  }

  #need(infoHash: string): HeldTransfer {
    const held = this.#held.find(infoHash);
    if (held !== null) return held;
    throw new Failure('not-found', `There is no transfer ${infoHash}.`, 'It may just have been removed.', 'See: kith ls');
  }

  /** One of the list. */
  #needOwn(infoHash: string): HeldTransfer {
    const held = this.#need(infoHash);
    if (held.origin !== 'folder') return held;
    const { name } = held.record;
    throw new Failure(
      'usage',
      `${name} lies in the share folder.`,
      'It is shared as long as it lies there.',
      `Move it out of ${this.#shareFolder}.`,
    );
  }
}
