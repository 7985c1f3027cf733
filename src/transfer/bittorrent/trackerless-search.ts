/** When one torrent looks for peers, and announces itself, without a tracker (BEP 5). Owns the search under way. */

import type { Endpoint, Host } from '../../core/host.ts';
import type { InfoHashes } from './info-hashes.ts';
import type { FoundHandler, PeerFinder } from './peer-finder.ts';

/** BEP 5: what nodes remember of us they forget half an hour after the last announce. */
const ANNOUNCE_MS = 15 * 60_000;
/** Who has too few peers asks again after this, then after twice as long, up to the above: the other may come a moment later. */
const HUNGRY_MS = 5000;

export interface SearchSource {
  /** A private torrent's peers come from its trackers alone (BEP 27). */
  readonly isPrivate: boolean;
  readonly isComplete: boolean;
  readonly isHungry: boolean;
  /** All that it goes by: a hybrid is looked for under both, since others may know it by one alone (BEP 52). */
  readonly infoHashes: Pick<InfoHashes, 'onWire'>;
  /** Under that hash. */
  onPeersFound(endpoints: readonly Endpoint[], infoHash: Uint8Array): void;
}

export class TrackerlessSearch implements FoundHandler {
  private readonly host: Host;
  private readonly finder: PeerFinder;
  /** 0: we do not listen, and only look. */
  private port: number;
  /** What the round under way, or the last one, has announced. */
  private saidPort: number;
  private readonly source: SearchSource;
  private running = false;
  private searching = false;
  /** Which of the hashes is being looked for, or comes next; 0 between two rounds. */
  private turn = 0;
  private infoHash: Uint8Array | null = null;
  private doneAtMs = Number.NEGATIVE_INFINITY;
  private hungryMs = HUNGRY_MS;

  constructor(host: Host, finder: PeerFinder, port: number, source: SearchSource) {
    this.host = host;
    this.finder = finder;
    this.port = port;
    this.saidPort = port;
    this.source = source;
  }

  /** The first search is due as soon as there is somebody to ask. May be called again after `stop`. */
  start(): void {
    this.running = true;
    this.turn = 0;
    this.doneAtMs = Number.NEGATIVE_INFINITY;
    this.hungryMs = HUNGRY_MS;
  }

  /** Announces this port from now on, the first time as soon as it can. */
  setPort(port: number): void {
    this.port = port;
    this.doneAtMs = Number.NEGATIVE_INFINITY;
  }

  /** Nothing is reported any more. There is no taking leave: nodes forget. */
  stop(): void {
    this.running = false;
  }

  /** To be called about once a second. */
  tick(now: number): void {
    const { finder, source } = this;
    if (!this.running || this.searching || source.isPrivate || !finder.isJoined) return;
    if (this.turn === 0 && !this.isDue(now)) return;
    const infoHash = source.infoHashes.onWire[this.turn];
    if (infoHash === undefined) return this.endRound();
    this.infoHash = infoHash;
    this.saidPort = this.port;
    this.searching = true;
    const options = { isSeed: source.isComplete };
    if (this.port === 0) finder.getPeers(infoHash, this, options);
    else finder.announce(infoHash, this.port, this, options);
  }

  onPeers(peers: readonly Endpoint[]): void {
    // The metadata may have come meanwhile, and have said that the torrent is private.
    if (this.running && !this.source.isPrivate) this.source.onPeersFound(peers, this.infoHash as Uint8Array);
  }

  onPeersDone(): void {
    this.searching = false;
    this.turn++;
    if (this.turn >= this.source.infoHashes.onWire.length) this.endRound();
  }

  private isDue(now: number): boolean {
    const hungry = this.source.isHungry;
    if (now - this.doneAtMs < (hungry ? Math.min(this.hungryMs, ANNOUNCE_MS) : ANNOUNCE_MS)) return false;
    this.hungryMs = hungry ? this.hungryMs * 2 : HUNGRY_MS;
    return true;
  }

  private endRound(): void {
    this.turn = 0;
    this.doneAtMs = this.saidPort === this.port ? this.host.now() : Number.NEGATIVE_INFINITY;
  }
}
