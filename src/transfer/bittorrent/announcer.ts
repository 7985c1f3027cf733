/**
 * When one torrent announces to which of its trackers (BEP 3, 12, 21, 27, 31, 48); owns the tiers and the announces in flight.
 *
 * All tiers are announced to at the same time, in each the first tracker that works: a dead first tier then costs no time, and swarms
 * that know each other only through different trackers become one. A private torrent keeps to BEP 12 and 27: one tracker at a time.
 */

import { AddressScope, scopeOf } from '../../core/address-scope.ts';
import { endpointOf } from '../../core/endpoint.ts';
import { BitTorrentEvent } from '../../core/events.ts';
import type { Endpoint, Fetcher, Host } from '../../core/host.ts';
import type { HttpTrackerPeers } from '../../wire/tracker-http.ts';
import type { AnnounceEvent } from '../../wire/tracker-udp.ts';
import { AnnounceAttempt, type AttemptHandler } from './announce-attempt.ts';
import { ScrapeAttempt } from './scrape-attempt.ts';
import type { TrackerStatus } from './torrent-status.ts';
import { TrackerEntry } from './tracker-entry.ts';
import type { TrackerUrl } from './tracker-url.ts';
import type { UdpTrackerClient } from './udp-tracker-client.ts';
import type { WebSocketTrackerClient } from './websocket-tracker-client.ts';

/** What most trackers give at most. */
const NUMWANT = 200;
/** Of one torrent; magnets with hundreds of trackers name the same few swarms. */
export const TRACKERS_MAX = 100;
const BACKOFF_FIRST_MS = 10_000;
const BACKOFF_MAX_MS = 1_800_000;
/** A tracker that closes our WebSocket has mostly been restarted; not all its clients shall come back at once. */
const LOST_MS = 10_000;
/** New offers go out no more often than this, whatever becomes of the old ones. */
const OFFER_AGAIN_MS = 5000;

export interface AnnouncerSpec {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  /** Tells trackers that it is still us after a change of address. */
  readonly key: number;
  readonly tiers: readonly (readonly string[])[];
  readonly private: boolean;
}

export interface AnnouncerSource {
  /** `partialSeed`: all wanted files are there, and others are not (BEP 21). */
  counters(): { readonly uploaded: number; readonly downloaded: number; readonly left: number; readonly partialSeed?: boolean };
  /** `from` is the URL of the tracker. Our own endpoint may be among them. */
  onPeers(endpoints: readonly Endpoint[], from: string): void;
  /** The address by which a tracker sees us, 4 or 16 bytes (BEP 24). */
  onExternalIp?(ip: Uint8Array, from: string): void;
}

/** Trackers of which one at a time is announced to: a tier, or all of a private torrent. The one that works is moved to its tier's front. */
interface Group {
  readonly entries: TrackerEntry[];
  cursor: number;
  dueMs: number;
  /** Rounds without an answer. */
  failures: number;
}

export class Announcer implements AttemptHandler {
  private readonly host: Host;
  private readonly udp: UdpTrackerClient;
  private readonly fetcher: Fetcher | null;
  private readonly webSockets: WebSocketTrackerClient | null;
  private readonly spec: AnnouncerSpec;
  /** By which the world reaches us; `spec.port` is where we listen. */
  private port: number;
  private readonly source: AnnouncerSource;
  private readonly groups: Group[] = [];
  private readonly farewells = new Set<AnnounceAttempt>();
  private tiers = 0;
  private running = false;
  private completed = false;

  constructor(
    host: Host,
    udp: UdpTrackerClient,
    fetcher: Fetcher | null,
    spec: AnnouncerSpec,
    source: AnnouncerSource,
    webSockets: WebSocketTrackerClient | null = null,
  ) {
    this.host = host;
    this.udp = udp;
    this.fetcher = fetcher;
    this.webSockets = webSockets;
    this.spec = spec;
    this.port = spec.port;
    this.source = source;
    this.addTrackers(spec.tiers);
  }

  /** True when no announce of ours waits for an answer: after `stop`, all farewells have been taken or given up. */
  get idle(): boolean {
    return this.farewells.size === 0 && this.entries().every((entry) => entry.attempt === null);
  }

  /** Announces at once. May be called again after `stop`. */
  start(now: number): void {
    this.running = true;
    this.completed = false;
    for (const entry of this.entries()) entry.reset();
    for (const group of this.groups) {
      group.cursor = 0;
      group.failures = 0;
      group.dueMs = now;
    }
    this.tick(now);
  }

  /** To be called about once a second. */
  tick(now: number): void {
    if (!this.running) return;
    for (const group of this.groups) if (now >= group.dueMs && current(group)?.attempt === null) this.announceTo(group);
  }

  /** `completed`: the last wanted piece has come. `none`: announce now, whatever the trackers' intervals say. */
  announce(event: 'completed' | 'none'): void {
    // A download that began here and has everything: a partial seed has not (BEP 21).
    if (event === 'completed' && this.source.counters().left === 0) this.completed = true;
    for (const group of this.groups) group.dueMs = this.host.now();
    this.tick(this.host.now());
  }

  /** The world reaches us by this port from now on: trackers hear of it at once. */
  setPort(port: number): void {
    if (port === this.port) return;
    this.port = port;
    if (this.running) this.announce('none');
  }

  /** The torrent has too few peers: the next announce comes as early as the tracker allows. */
  needPeers(): void {
    for (const group of this.groups) {
      const entry = current(group);
      if (entry?.state === 'working') group.dueMs = Math.min(group.dueMs, entry.answeredMs + entry.minIntervalMs);
    }
  }

  /** Who was introduced to us could not be met: the trackers that introduce hear from us soon, with new offers. */
  offerAgain(): void {
    for (const group of this.groups) {
      const entry = current(group);
      if (entry?.url?.kind !== 'websocket' || entry.state !== 'working') continue;
      group.dueMs = Math.min(group.dueMs, Math.max(this.host.now(), entry.answeredMs + OFFER_AGAIN_MS));
    }
  }

  /** The WebSocket to a tracker is gone: it knows us no more. */
  trackerLost(url: string): void {
    for (const group of this.groups) {
      const entry = current(group);
      if (entry?.url?.text !== url || entry.attempt !== null) continue;
      entry.toldStarted = false;
      group.dueMs = Math.min(group.dueMs, this.host.now() + LOST_MS * (1 + this.host.random.unit()));
    }
  }

  /** Takes leave of every tracker that knows us, as far as they answer in time (`idle` tells). No peers are reported any more. */
  stop(): void {
    if (!this.running) return;
    this.running = false;
    for (const entry of this.entries()) {
      entry.attempt?.cancel();
      entry.attempt = null;
      entry.state = entry.state === 'announcing' ? 'idle' : entry.state;
      if (!entry.askedToStart) continue;
      const attempt = this.attemptOf(entry, 'stopped');
      this.farewells.add(attempt);
      attempt.begin(this.fetcher, entry.trackerId);
    }
  }

  /** Adds tiers behind those that there are; trackers that are known already are passed over. */
  addTrackers(tiers: readonly (readonly string[])[]): void {
    const known = new Set(this.entries().map((entry) => entry.text));
    for (const tier of tiers) {
      const added: TrackerEntry[] = [];
      // BEP 12: shuffled once, so that the trackers of a tier share the load.
      for (const text of this.host.random.shuffle([...tier])) {
        if (known.has(text) || known.size >= TRACKERS_MAX) continue;
        known.add(text);
        added.push(new TrackerEntry(text, this.tiers, this.fetcher !== null, this.webSockets !== null));
      }
      if (added.length === 0) continue;
      this.tiers++;
      if (this.spec.private && this.groups[0] !== undefined) this.groups[0].entries.push(...added);
      else this.groups.push({ entries: added, cursor: 0, dueMs: this.host.now(), failures: 0 });
    }
    this.tick(this.host.now());
  }

  /** Asks the trackers that work how many seeds and leechers there are, without being counted; `status` shows it. */
  scrape(): void {
    for (const entry of this.entries()) {
      if (entry.url === null || entry.notBeforeMs === Number.POSITIVE_INFINITY) continue;
      new ScrapeAttempt(this.host, this.udp, entry, this.spec.infoHash).begin(this.fetcher, this.webSockets);
    }
  }

  status(): TrackerStatus[] {
    const now = this.host.now();
    const list: TrackerStatus[] = [];
    for (const group of this.groups) {
      for (const { text: url, tier, state, message, seeders, leechers, downloaders, endedMs } of group.entries) {
        list.push({
          url,
          tier,
          state,
          message,
          seeders,
          leechers,
          downloaders,
          askedAgoMs: Number.isFinite(endedMs) ? now - endedMs : null,
          nextInMs: this.running ? Math.max(0, group.dueMs - now) : 0,
        });
      }
    }
    return list;
  }

  onAnnounceAnswer(attempt: AnnounceAttempt, answer: HttpTrackerPeers): void {
    if (this.farewells.delete(attempt) || !this.running) return;
    if (answer.externalIp !== null) this.source.onExternalIp?.(answer.externalIp, attempt.url.text);
    const group = this.groups.find(({ entries }) => entries.some((entry) => entry.attempt === attempt));
    if (group !== undefined) this.onSuccess(group, attempt, answer);
    // The second address family of a tracker gets here when the first has closed the matter: its peers count all the same.
    if (answer.endpoints.length > 0) this.source.onPeers(answer.endpoints, attempt.url.text);
  }

  onAnnounceFailed(attempt: AnnounceAttempt, message: string, retryInMinutes: number | null): void {
    if (this.farewells.delete(attempt)) return;
    const group = this.groups.find(({ entries }) => entries.some((entry) => entry.attempt === attempt));
    const entry = group?.entries.find((candidate) => candidate.attempt === attempt);
    if (group === undefined || entry === undefined) return;
    entry.attempt = null;
    entry.onFailure(message, retryInMinutes, this.host.now());
    this.host.tap(BitTorrentEvent.announceFailed, entry.tier, 0, 0);
    group.cursor++;
    this.announceTo(group);
  }

  private onSuccess(group: Group, attempt: AnnounceAttempt, answer: HttpTrackerPeers): void {
    const index = group.entries.findIndex((candidate) => candidate.attempt === attempt);
    const entry = group.entries[index] as TrackerEntry;
    entry.attempt = null;
    entry.onAnswer(answer, this.host.now());
    entry.toldStarted = true;
    if (attempt.fields.event === 'completed') entry.toldCompleted = true;
    // BEP 12: what works goes to the front of its tier.
    group.entries.splice(index, 1);
    const front = group.entries.findIndex((other) => other.tier === entry.tier);
    group.entries.splice(front < 0 ? index : Math.min(front, index), 0, entry);
    group.cursor = 0;
    group.failures = 0;
    // What was told while it was on its way comes at once.
    const owesNews = (this.completed && !entry.toldCompleted) || attempt.fields.port !== this.portFor(attempt.url);
    // A tenth more, so that those who came together do not come back together for ever.
    group.dueMs = this.host.now() + (owesNews ? 0 : entry.intervalMs * (1 + 0.1 * this.host.random.unit()));
    this.host.tap(BitTorrentEvent.announced, entry.tier, answer.endpoints.length, entry.intervalMs / 1000);
  }

  /** Announces to the first tracker from the cursor on that may be asked; without one the group waits. */
  private announceTo(group: Group): void {
    const now = this.host.now();
    while (group.cursor < group.entries.length && (current(group) as TrackerEntry).notBeforeMs > now) group.cursor++;
    const entry = current(group);
    if (entry === undefined) {
      group.cursor = 0;
      const backoff = Math.min(BACKOFF_FIRST_MS * 2 ** Math.min(group.failures, 10), BACKOFF_MAX_MS);
      group.failures++;
      group.dueMs = now + backoff * (0.8 + 0.4 * this.host.random.unit());
      return;
    }
    const attempt = this.attemptOf(entry, this.eventFor(entry));
    if (attempt.fields.event === 'started') entry.askedToStart = true;
    entry.attempt = attempt;
    entry.state = 'announcing';
    attempt.begin(this.fetcher, entry.trackerId);
  }

  private eventFor(entry: TrackerEntry): AnnounceEvent {
    if (!entry.toldStarted) return 'started';
    if (this.completed && !entry.toldCompleted) return 'completed';
    return this.source.counters().partialSeed === true ? 'paused' : 'none';
  }

  private attemptOf(entry: TrackerEntry, event: AnnounceEvent): AnnounceAttempt {
    if (entry.url === null) throw new Error(`a tracker that is announced to has a URL, ${entry.text} has none`);
    const { infoHash, peerId, key } = this.spec;
    const port = this.portFor(entry.url);
    const { uploaded, downloaded, left } = this.source.counters();
    const numwant = event === 'stopped' ? 0 : NUMWANT;
    return new AnnounceAttempt(
      this.host,
      this.udp,
      this.webSockets,
      entry.url,
      { infoHash, peerId, port, key, uploaded, downloaded, left, numwant, event },
      this,
    );
  }

  /** A tracker in our own network tells of us to others there, who do not come through the router. */
  private portFor({ hostname }: TrackerUrl): number {
    const literal = endpointOf(hostname, 0);
    return literal === null || scopeOf(literal) === AddressScope.public ? this.port : this.spec.port;
  }

  private entries(): TrackerEntry[] {
    return this.groups.flatMap((group) => group.entries);
  }
}

function current(group: Group): TrackerEntry | undefined {
  return group.entries[group.cursor];
}
