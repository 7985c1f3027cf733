/**
 * One web seed (BEP 19, BEP 17): takes a stretch of missing pieces, asks its server for them in as few requests as there are files, and
 * passes what comes to the store block by block. Owns its request and what it knows of the server; the torrent's WebSeeds say when it works.
 */

import { Bitset } from '../../core/bitset.ts';
import type { Body } from '../../core/host.ts';
import type { HttpResponse } from '../../wire/http-head.ts';
import { formatRange } from '../../wire/http-range.ts';
import { safeText } from '../../wire/safe-text.ts';
import type { GetOperation, HttpGet } from '../http/index.ts';
import { BLOCK_BYTES } from './block.ts';
import type { Exchange } from './exchange.ts';
import type { OtherSource } from './haste.ts';
import { RateMeter } from '../../core/rate-meter.ts';
import type { WebSeedStatus } from './torrent-status.ts';
import { webAnswer } from './web-answer.ts';
import type { WebResources, WebSegment } from './web-resources.ts';
import type { WebSeeds } from './web-seeds.ts';
import { WebSpan } from './web-span.ts';

/** A run is what the server brings in that time, within bounds: few requests, and not all of the content claimed for a slow one. */
const RUN_MS = 20_000;
const RUN_BYTES_MIN = 4 << 20;
const RUN_BYTES_MAX = 256 << 20;
/** Runs are shorter where somebody waits for pieces and peers bring some of them. */
const HURRIED_RUN_MS = 2_000;
const HURRIED_PIECES_MIN = 2;
/** What comes within that time is waited for: a new request costs two round trips. */
const NEAR_MS = 1_000;
/** After the first failure; doubled with each further one. */
const RETRY_MS_MIN = 10_000;
const RETRY_MS_MAX = 1_800_000;
/** A file that is not there may be on its way to the server. */
const ABSENT_MS = 600_000;
const SERVER_CHARS_MAX = 64;
const ZEROS = new Uint8Array(BLOCK_BYTES);

export class WebSeed implements GetOperation, OtherSource {
  readonly url: string;
  readonly slot: number;
  readonly down = new RateMeter();
  /** What its server calls itself. */
  server = '';
  state: WebSeedStatus['state'] = 'idle';
  /** When it was asked, or brought something, last. */
  silentSinceMs = 0;
  private readonly kind: WebSeedStatus['kind'];
  private readonly owner: WebSeeds;
  private readonly exchange: Exchange;
  private readonly resources: WebResources;
  private message = '';
  private requests = 0;
  private failures = 0;
  private retryAtMs = 0;
  /** False: the server brings files only whole. */
  private hasRanges = true;
  /** Files that it has not, until then; for ever where it has others of that name. And the pieces with a byte in one of them. */
  private readonly absent = new Map<number, number>();
  barred: Bitset | null = null;
  private cursor = -1;
  // What is being fetched.
  private span: WebSpan | null = null;
  private get: HttpGet | null = null;
  private segment: WebSegment | null = null;
  /** Bytes that come before what is wanted. */
  private skipBytes = 0;

  constructor(owner: WebSeeds, exchange: Exchange, kind: WebSeedStatus['kind'], url: string, resources: WebResources, slot: number) {
    this.owner = owner;
    this.exchange = exchange;
    this.kind = kind;
    this.url = url;
    this.resources = resources;
    this.slot = slot;
  }

  /** As long as it takes for a block, by its rate; 0 before anything has come. */
  get blockMs(): number {
    const rate = this.down.rate(this.owner.now());
    return rate === 0 ? 0 : (BLOCK_BYTES * 1000) / rate;
  }

  get isWorking(): boolean {
    return this.span !== null;
  }

  /** It may be asked for something now. */
  isReady(now: number): boolean {
    return this.span === null && this.state !== 'banned' && this.state !== 'failed' && now >= this.retryAtMs;
  }

  status(now: number): WebSeedStatus {
    const { url, kind, state, message, requests } = this;
    return { url, kind, state, message, requests, downloadRate: this.down.rate(now), downloadedBytes: this.down.total };
  }

  // ---- asking --------------------------------------------------------------------------------------------------------------

  /** Takes what it can bring and asks for it. False when there is nothing for it. */
  begin(now: number): boolean {
    this.forgiveAbsent(now);
    this.span = this.nextSpan(now);
    if (this.span !== null) this.ask(now);
    return this.span !== null;
  }

  /** Where peers help a player too, a long run would leave them nothing but what is needed much later. */
  private hurriedMax(now: number): number {
    return Math.max(HURRIED_PIECES_MIN, Math.floor((this.down.rate(now) * HURRIED_RUN_MS) / 1000 / this.exchange.geometry.pieceBytes));
  }

  /** Somebody waits for pieces, and peers bring some of them. */
  shorten(now: number): void {
    if (this.hasRanges) this.span?.shorten(this.hurriedMax(now));
  }

  /** It brings the piece next, or soon: asking anew would take longer. */
  isNear(piece: number, now: number): boolean {
    const { geometry } = this.exchange;
    const span = this.span;
    if (span === null || !this.hasRanges) return span !== null;
    const ahead = piece * geometry.pieceBytes - span.at;
    return (
      piece * geometry.pieceBytes < span.end && ahead >= 0 && ahead <= Math.max(geometry.pieceBytes, (this.down.rate(now) * NEAR_MS) / 1000)
    );
  }

  /** Lets go of what it brings and takes what is needed first. */
  turnTo(now: number): void {
    this.breakOff();
    this.begin(now);
  }

  private nextSpan(now: number): WebSpan | null {
    const { downloader, geometry } = this.exchange;
    const { picker } = downloader;
    const { slot, cursor, barred, hasRanges } = this;
    const bytesMax = Math.max(RUN_BYTES_MIN, Math.min(RUN_BYTES_MAX, (this.down.rate(now) * RUN_MS) / 1000, this.owner.fairShareBytes()));
    const piecesMax = Math.max(1, Math.floor(bytesMax / geometry.pieceBytes));
    // Peers may be about to come while nobody knows yet what the server can do.
    const hurriedMax = this.owner.hasPeers || this.down.total === 0 ? this.hurriedMax(now) : piecesMax;
    const run = picker.claimRun({ slot, piecesMax, hurriedMax, cursor, barred }, !hasRanges);
    if (run === null) {
      const piece = picker.rescue(slot, complement(barred, geometry.pieceCount), now);
      return piece < 0 ? null : new WebSpan(downloader, geometry, slot, null, piece, false);
    }
    const piece = run.next;
    if (picker.openNext(run, now)) return new WebSpan(downloader, geometry, slot, run, piece, !hasRanges);
    picker.runs.release(run);
    return null;
  }

  /** Asks for the next part of the span; padding is filled in on the way. */
  private ask(now: number): void {
    const span = this.span as WebSpan;
    while (!span.isOver) {
      const segment = this.resources.segment(span.at, span.end);
      if (segment.url !== null) {
        this.segment = segment;
        this.state = 'asking';
        this.silentSinceMs = now;
        this.requests++;
        this.get = this.owner.client.get(segment.url, this.headersFor(segment), this);
        if (this.owner.isHeld) this.get.pause();
        return;
      }
      while (span.at < segment.end && !span.isOver) span.take(ZEROS.subarray(0, Math.min(BLOCK_BYTES, segment.end - span.at)), now);
    }
    this.finish(now);
  }

  private headersFor({ begin, end, resourceBegin, resourceBytes }: WebSegment): ReadonlyMap<string, string> {
    if (!this.hasRanges || end - begin === resourceBytes) return new Map();
    return new Map([['range', formatRange(begin - resourceBegin, end - resourceBegin)]]);
  }

  // ---- what comes ----------------------------------------------------------------------------------------------------------

  onGetHead(head: HttpResponse): void {
    const now = this.owner.now();
    const segment = this.segment as WebSegment;
    this.server = safeText(head.headers.get('server') ?? this.server, SERVER_CHARS_MAX);
    const answer = webAnswer(head, segment, this.hasRanges);
    switch (answer.kind) {
      case 'bytes':
        this.state = 'receiving';
        this.skipBytes = answer.skipBytes;
        this.segment = { ...segment, end: answer.end };
        return;
      case 'whole':
        // No failure: it is asked in another way, and at once.
        this.hasRanges = false;
        this.breakOff();
        return this.owner.next(this, now);
      case 'busy':
        this.retryAtMs = now + answer.retryMs;
        return this.fail(answer.message, now);
      default:
        this.absent.set(segment.file, answer.kind === 'other' ? Number.POSITIVE_INFINITY : now + ABSENT_MS);
        this.barred = this.owner.piecesOf(this.absent);
        this.fail(answer.message, now);
        if (this.owner.isUseless(this.barred) && [...this.absent.values()].every((untilMs) => untilMs > Number.MAX_VALUE))
          this.state = 'failed';
    }
  }

  onGetBody(body: Body): void {
    const span = this.span as WebSpan;
    const segment = this.segment as WebSegment;
    const now = this.owner.now();
    this.down.add(body.length, now);
    this.silentSinceMs = now;
    const from = Math.min(this.skipBytes, body.length);
    this.skipBytes -= from;
    const to = Math.min(body.length, from + segment.end - span.at);
    const wasted = to > from ? span.take(from === 0 && to === body.length ? body : body.subarray(from, to), now) : 0;
    this.owner.onBytes(this, body.length, wasted + body.length - (to - from));
    // Who was asked for a part and sends on behind it, or brings what peers have got meanwhile, is not waited for.
    if (to < body.length || (span.isOver && span.at < segment.end)) {
      this.get?.cancel();
      this.segmentOver(now);
    }
  }

  onGetDone(): void {
    const now = this.owner.now();
    if ((this.span as WebSpan).at < (this.segment as WebSegment).end) this.fail('the body ends too early', now);
    else this.segmentOver(now);
  }

  onGetFailed(detail: string): void {
    const now = this.owner.now();
    if (this.state === 'receiving' && (this.span as WebSpan).at >= (this.segment as WebSegment).end) this.segmentOver(now);
    else this.fail(detail, now);
  }

  private segmentOver(now: number): void {
    this.get = null;
    this.failures = 0;
    this.message = '';
    if ((this.span as WebSpan).isOver) this.finish(now);
    else this.ask(now);
  }

  private finish(now: number): void {
    this.breakOff();
    this.owner.next(this, now);
  }

  // ---- ends ----------------------------------------------------------------------------------------------------------------

  /** What has come stays; the rest is anybody's, and asked for again here after a pause. */
  private fail(message: string, now: number): void {
    this.breakOff();
    const backoffMs = Math.min(RETRY_MS_MIN * 2 ** Math.min(this.failures, 10), RETRY_MS_MAX);
    this.failures++;
    this.message = message;
    this.state = 'waiting';
    this.retryAtMs = Math.max(this.retryAtMs, now + backoffMs * (0.8 + 0.4 * this.owner.random.unit()));
    this.owner.onFreed();
  }

  /** It has sent what is not the content: never asked again. */
  ban(detail: string): void {
    this.breakOff();
    this.state = 'banned';
    this.message = detail;
    this.owner.onFreed();
  }

  breakOff(): void {
    this.get?.cancel();
    this.get = null;
    this.cursor = this.span?.cursor ?? this.cursor;
    this.span?.letGo();
    this.span = null;
    if (this.state === 'asking' || this.state === 'receiving') this.state = 'idle';
  }

  pause(): void {
    this.get?.pause();
  }

  resume(now: number): void {
    this.get?.resume(now);
  }

  private forgiveAbsent(now: number): void {
    let changed = false;
    for (const [file, untilMs] of this.absent) if (untilMs <= now) changed = this.absent.delete(file);
    if (changed) this.barred = this.absent.size === 0 ? null : this.owner.piecesOf(this.absent);
  }
}

/** All pieces but those. */
function complement(barred: Bitset | null, pieceCount: number): Bitset {
  const pieces = new Bitset(pieceCount);
  pieces.fill();
  if (barred === null) return pieces;
  for (let piece = 0; piece < pieceCount; piece++) if (barred.has(piece)) pieces.delete(piece);
  return pieces;
}
