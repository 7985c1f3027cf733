/**
 * One file on its way from several holders at once: which of them is asked for what, what becomes of what they bring, and when it is the file. Owns the
 * holders and the store; owned by a protocol that calls `tick` about once a second.
 */

import { equalBytes } from '../../core/bytes.ts';
import { MalformedMessage } from '../../core/codec.ts';
import { formatEndpoint } from '../../core/endpoint.ts';
import type { Body, Endpoint, Host, Store, StoreFailure, StoreSpec } from '../../core/host.ts';
import type { HttpHeaders } from '../../wire/http-head.ts';
import { DownloadStore, PIECE_BYTES_MIN, type StoreOwner } from './download-store.ts';
import type { DownloadFailure, DownloadListener, DownloadOptions } from './download-options.ts';
import type { FirewalledAlternate } from './alternate-locations.ts';
import { targetOfHashes } from './file-target.ts';
import { Holder, type HolderOwner } from './holder.ts';
import { HolderNews } from './holder-news.ts';
import { type HolderWay, KnownWay, type WayAttempt } from './holder-way.ts';
import { type KeeperOwner, PieceKeeper } from './piece-keeper.ts';
import { type Candidate, planRange, planSteal, RANGE_BYTES_MAX, type Running } from './range-plan.ts';
import { decodeThex, isTreeOf, risenTo, type TreeLevel } from './thex.ts';
import { hasStrongHash, type Verification, type WantedFile } from './wanted-file.ts';
import { WholeCheck, type WholeOwner } from './whole-check.ts';

export const HOLDERS_MAX = 128;
/** Of those, found by what others say. */
const LEARNED_MAX = 32;
const CONNECTED_MAX = 16;
/** So long it is likely that somebody tells the tree soon. */
const HOPE_MS = 5_000;
const PROBE_BYTES = 64 * 1024;

export type DownloadState = 'opening' | 'moving' | 'checking' | 'done' | 'failed' | 'stopped';

export class FileDownload implements HolderOwner, KeeperOwner, StoreOwner, WholeOwner {
  readonly host: Host;
  readonly wanted: WantedFile;
  readonly options: DownloadOptions;
  state: DownloadState = 'opening';
  tree: TreeLevel | null = null;
  /** Null while a store is being opened. */
  keeper: PieceKeeper | null = null;
  private readonly listener: DownloadListener;
  private readonly all = new Map<string, Holder>();
  private readonly lone = new Map<Holder, { readonly begin: number; readonly end: number }>();
  private readonly news: HolderNews;
  private check: WholeCheck | null = null;
  private store: DownloadStore | null = null;
  private learned = 0;
  private readonly startMs: number;
  /** The disk is. */
  private isBehind = false;
  private isThrottled = false;
  private planning = false;
  private planAgain = false;
  /** Givers of pieces that nobody could check, until the tree tells. */
  private unchecked: PieceKeeper | null = null;

  constructor(host: Host, options: DownloadOptions, listener: DownloadListener) {
    this.host = host;
    this.options = options;
    this.wanted = options.wanted;
    this.listener = listener;
    this.startMs = host.now();
    this.news = new HolderNews(host, options, this.all);
  }

  start(): void {
    const { tree, badFiles } = this.options;
    const { hashes } = this.wanted;
    if (badFiles?.isBad(hashes) === true) {
      return this.fail({ kind: 'bad', message: 'the file is on the list of those that are known to be poisoned' });
    }
    if (tree !== null && hashes.tiger !== null && isTreeOf(tree, hashes.tiger, this.fileBytes)) this.tree = risenTo(tree, PIECE_BYTES_MIN);
    for (const endpoint of this.news.known()) this.learn(endpoint);
    this.open();
  }

  get fileBytes(): number {
    return this.wanted.bytes;
  }

  get holders(): Iterable<Holder> {
    return this.all.values();
  }

  get isOver(): boolean {
    return this.state === 'done' || this.state === 'failed' || this.state === 'stopped';
  }

  /** On disk, and right as far as anybody can tell by now. */
  get bytesDone(): number {
    return this.state === 'done' ? this.fileBytes : (this.keeper?.keptBytes ?? 0);
  }

  // ---- holders ---------------------------------------------------------------------------------------------------------------

  /** One more; who is known by that name already, or was dropped, is not asked again. False: there are too many. */
  add(way: HolderWay): boolean {
    if (this.isOver || this.all.has(way.name)) return true;
    if (this.all.size >= HOLDERS_MAX) return false;
    const holder = new Holder(this, way);
    this.all.set(way.name, holder);
    if (this.waits) holder.pause();
    this.plan();
    return true;
  }

  remove(name: string): void {
    const holder = this.all.get(name);
    if (holder === undefined) return;
    this.all.delete(name);
    holder.drop('removed');
    this.onHolderFree(holder);
  }

  get trusted(): readonly Holder[] {
    return [...this.all.values()].filter(({ state }) => state !== 'dropped');
  }

  headersFor(holder: Holder): Map<string, string> {
    return this.news.headersFor(holder);
  }

  expectCall(queueId: string, holder: Holder): WayAttempt | null {
    return this.options.callBacks?.expect(queueId, holder) ?? null;
  }

  onHolderTold(holder: Holder, headers: HttpHeaders): void {
    const others = this.news.told(holder, headers);
    if (holder.state === 'dropped') return this.onHolderFree(holder);
    for (const endpoint of others.open) this.learn(endpoint);
    for (const alternate of others.pushed) this.learnPushed(alternate);
  }

  /** Somebody says that he has it too. */
  private learn(endpoint: Endpoint): void {
    const target = targetOfHashes(this.wanted.hashes);
    if (target === null || this.learned >= LEARNED_MAX || this.all.has(formatEndpoint(endpoint))) return;
    if ([...this.all.values()].some((holder) => holder.endpoint !== null && equalBytes(holder.endpoint, endpoint))) return;
    this.learned++;
    this.add(new KnownWay(formatEndpoint(endpoint), endpoint, { speech: 'http', target, headers: [] }));
  }

  /** The same of one who has to be pushed. */
  private learnPushed(alternate: FirewalledAlternate): void {
    const way = this.learned >= LEARNED_MAX ? null : (this.options.pushedWay?.(alternate) ?? null);
    if (way === null || this.all.has(way.name)) return;
    this.learned++;
    this.add(way);
  }

  // ---- who brings what ---------------------------------------------------------------------------------------------------------

  tick(now: number): void {
    if (this.isOver) return;
    for (const holder of [...this.all.values()]) holder.tick(now);
    this.plan();
  }

  onHolderFree(holder: Holder): void {
    const lone = this.lone.get(holder);
    if (lone !== undefined && holder.range === null) {
      this.lone.delete(holder);
      this.keeper?.abandonLone(lone);
    }
    this.plan();
  }

  /** Gives everybody who is free something to do. Called from inside itself, it is done once more. */
  private plan(): void {
    this.planAgain = true;
    if (this.planning) return;
    this.planning = true;
    while (this.planAgain) {
      this.planAgain = false;
      if (this.state !== 'moving' || this.keeper === null) break;
      this.planOnce(this.keeper, this.host.now());
    }
    this.planning = false;
  }

  private planOnce(keeper: PieceKeeper, now: number): void {
    if (keeper.isComplete) return;
    const free = this.trusted.filter((holder) => holder.isFree(now));
    free.sort((a, b) => Number(b.isConnected) - Number(a.isConnected) || b.rate(now) - a.rate(now));
    let connected = this.trusted.filter(({ isConnected }) => isConnected).length;
    for (const holder of free) {
      if (this.keeper !== keeper || !holder.isFree(now)) continue;
      if (!holder.isConnected && connected >= CONNECTED_MAX) continue;
      if (this.wantsTree && holder.askTree()) continue;
      const wasConnected = holder.isConnected;
      this.employ(holder, keeper, now);
      if (!wasConnected && holder.isConnected) connected++;
    }
  }

  private employ(holder: Holder, keeper: PieceKeeper, now: number): void {
    const lone = keeper.claimLone(holder, this.trusted);
    if (lone !== null) {
      this.lone.set(holder, lone);
      return holder.fetch(lone);
    }
    const workers = this.trusted.filter((other) => other.range !== null && other !== holder);
    const running: Running[] = workers.map(({ range, sinceMs, meter }) => ({
      at: range?.at ?? 0,
      end: range?.end ?? 0,
      rate: meter.rate(now),
      sinceMs,
    }));
    const forbidden = keeper.loneRanges;
    for (const { begin, end } of this.check?.forbiddenTo(holder)?.ranges() ?? []) forbidden.add(begin, end);
    const { available, isOpenEnded } = holder;
    const spread = this.trusted.some((other) => other.isPartial) && available === null ? this.host.random.unit() : 0;
    const rangeBytesMax = this.hopesForTree(now) ? PROBE_BYTES : RANGE_BYTES_MAX;
    const candidate: Candidate = { rate: holder.rate(now), isOpenEnded, available, forbidden, rangeBytesMax, spread };
    const range = planRange(keeper, running, candidate);
    if (range !== null) return holder.fetch(range);
    const stealable = running.map((each, index) => (this.lone.has(workers[index] as Holder) ? { ...each, at: each.end } : each));
    const steal = planSteal(keeper, stealable, candidate, now);
    if (steal === null) return;
    workers[steal.victim]?.cut(steal.range.begin);
    if (holder.isFree(now)) holder.fetch(steal.range);
  }

  onHolderPart(holder: Holder, at: number, body: Body): void {
    const { keeper } = this;
    if (keeper === null) return;
    const end = at + body.length;
    keeper.take(holder, at, body);
    this.options.onBytes?.(body.length);
    // What lies ahead of him may have been brought by others.
    const ahead = holder.range;
    if (ahead === null || Math.floor(at / keeper.pieceBytes) === Math.floor(end / keeper.pieceBytes)) return;
    if (keeper.done.has(end, ahead.end) && end < ahead.end && !this.lone.has(holder)) holder.cut(end);
  }

  /** Up to where somebody else is at work, or all is there. */
  onHolderWhole(holder: Holder, at: number): number {
    const { keeper } = this;
    if (keeper === null || this.lone.has(holder)) return holder.range?.end ?? this.fileBytes;
    let end = this.fileBytes;
    for (const other of this.trusted)
      if (other !== holder && other.range !== null && other.range.at >= at) end = Math.min(end, other.range.at);
    const [gap] = keeper.done.gaps(at, end);
    if (gap === undefined) return end;
    // From a place on he cannot skip, what is there already comes once more.
    let last = gap.end;
    for (const { end: next } of keeper.done.gaps(gap.end, end)) last = next;
    return last;
  }

  // ---- the tree ----------------------------------------------------------------------------------------------------------------

  private get wantsTree(): boolean {
    if (this.tree !== null || this.wanted.hashes.tiger === null || this.fileBytes <= PIECE_BYTES_MIN) return false;
    return !this.trusted.some(({ state }) => state === 'tree');
  }

  /** Then little is asked for at a time: what was gathered when the tree comes begins anew. */
  private hopesForTree(now: number): boolean {
    return this.tree === null && this.wanted.hashes.tiger !== null && now - this.startMs < HOPE_MS;
  }

  onHolderTree(_holder: Holder, message: Uint8Array | null): void {
    const root = this.wanted.hashes.tiger;
    if (message === null || root === null || this.tree !== null || this.isOver) return;
    try {
      this.tree = decodeThex(message, root, this.fileBytes, PIECE_BYTES_MIN);
    } catch (error) {
      // A tree that is none of this file proves nothing about what else he sends: others are asked for theirs.
      if (error instanceof MalformedMessage) return;
      throw error;
    }
    this.listener.onDownloadTree(this.tree);
    if (this.state !== 'moving' || this.keeper === null) return;
    this.unchecked = this.keeper;
    this.reopen();
  }

  // ---- waiting -----------------------------------------------------------------------------------------------------------------

  /** Nobody sends until it is called with false. */
  throttle(isThrottled: boolean): void {
    this.isThrottled = isThrottled;
    this.settle();
  }

  private get waits(): boolean {
    return this.isBehind || this.isThrottled || this.keeper === null;
  }

  private settle(): void {
    for (const holder of this.all.values()) {
      if (this.waits) holder.pause();
      else holder.resume();
    }
  }

  // ---- the store ---------------------------------------------------------------------------------------------------------------

  private open(): void {
    this.state = 'opening';
    this.store = new DownloadStore(this.host, this, this.options, this.tree);
  }

  /** With the tree, and without a byte less that is right. */
  private reopen(): void {
    this.keeper = null;
    this.check = null;
    this.state = 'opening';
    this.lone.clear();
    this.settle();
    this.store?.close(() => this.open());
  }

  onStoreReady(store: Store, spec: StoreSpec): void {
    const isTreed = spec.pieceTigers !== undefined;
    const keeper = new PieceKeeper(store, this.fileBytes, spec.pieceBytes, isTreed, this);
    this.keeper = keeper;
    this.check = new WholeCheck(keeper, this.hashesOfWhole(isTreed), this);
    this.state = 'moving';
    this.blameUnchecked(keeper);
    this.settle();
    this.afterPiece();
    this.plan();
  }

  /** Now that the tree tells: who had brought, alone, all of a part that was kept and is wrong. */
  private blameUnchecked(keeper: PieceKeeper): void {
    const before = this.unchecked;
    this.unchecked = null;
    if (before === null) return;
    const guilty = new Set<Holder>();
    for (let part = 0; part < keeper.pieceCount; part++) {
      const { begin, end } = keeper.rangeOf(part);
      if (keeper.done.has(begin, end)) continue;
      const [giver, other] = before.giversWithin(begin, end) ?? [];
      if (giver !== undefined && giver !== null && other === undefined) guilty.add(giver);
    }
    for (const holder of guilty) this.onPoisoner(holder, 'sent wrong bytes');
  }

  onStoreFailed(failure: StoreFailure): void {
    this.fail(failure);
  }

  onDiskBehind(): void {
    this.isBehind = true;
    this.settle();
  }

  onStoreDrain(): void {
    this.isBehind = false;
    this.settle();
  }

  onPieceKept(_piece: number): void {
    this.afterPiece();
  }

  onPieceLost(_piece: number): void {
    this.plan();
  }

  private afterPiece(): void {
    if (this.keeper?.isComplete !== true || this.isOver) return;
    this.state = 'checking';
    this.check?.resume();
  }

  // ---- the whole ---------------------------------------------------------------------------------------------------------------

  private hashesOfWhole(isTreed: boolean) {
    const { hashes } = this.wanted;
    const own = isTreed ? { ...hashes, tiger: null, head: null } : { ...hashes, head: null };
    return hasStrongHash(own) || own.uu !== null ? own : null;
  }

  onWholeRight(): void {
    const { keeper } = this;
    const { hashes } = this.wanted;
    const verification: Verification =
      keeper?.isTreed === true ? 'parts' : hasStrongHash(hashes) ? 'whole' : hashes.uu !== null ? 'sample' : 'nothing';
    for (const holder of this.all.values()) holder.drop('');
    this.state = 'done';
    this.store?.close(() => this.listener.onDownloadDone(verification));
  }

  onRound(): void {
    this.state = 'moving';
    this.plan();
  }

  onSoleGiver(holder: Holder | null): void {
    const { keeper } = this;
    if (keeper === null) return;
    this.state = 'moving';
    if (holder !== null) this.onPoisoner(holder, 'sent a file that is another');
    for (let piece = 0; piece < keeper.pieceCount; piece++) keeper.forget(piece);
    this.plan();
  }

  onContradiction(): void {
    this.fail({ kind: 'integrity', message: 'the file that they send is not the one that was wanted: its hashes are others' });
  }

  onPoisoner(holder: Holder, why: string): void {
    if (holder.state === 'dropped') return;
    this.options.badFiles?.report(this.wanted.hashes, holder.name);
    holder.drop(why);
    if (this.wanted.hashes.sha1 !== null && holder.endpoint !== null)
      this.options.alternates?.forget(this.wanted.hashes.sha1, holder.endpoint);
    this.keeper?.discardOf(holder);
    this.onHolderFree(holder);
  }

  // ---- ends ----------------------------------------------------------------------------------------------------------------------

  private fail(failure: DownloadFailure): void {
    if (this.isOver) return;
    this.state = 'failed';
    for (const holder of this.all.values()) holder.drop('');
    this.store?.close(() => undefined);
    this.listener.onDownloadFailed(failure);
  }

  /** What is verified stays, and the same options continue it. `then` when it is written. */
  stop(then: () => void): void {
    if (!this.isOver) this.state = 'stopped';
    for (const holder of this.all.values()) holder.drop('');
    this.keeper = null;
    if (this.store === null) then();
    else this.store.close(then);
  }
}
