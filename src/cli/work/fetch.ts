/**
 * What `kith get` and `kith stream` share: whom to ask, the transfer in its session, what lies in its way on disk, and why nothing comes.
 * Owns the session and the transfer while they last.
 */

import type { Endpoint } from '../../core/host.ts';
import { ExistingFiles } from '../../node/existing-files.ts';
import { Failure } from '../../node/failure.ts';
import { makeFolder, whyUnwritable } from '../../node/make-folder.ts';
import { resolvePeer } from '../../node/peer-address.ts';
import { formatBytes, formatSeconds } from '../../node/quantity.ts';
import type { Session } from '../../node/session.ts';
import type { Source } from '../../node/source.ts';
import { Transfer } from '../../node/transfer.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { Call } from '../cli.ts';
import { commandLine } from '../follow.ts';
import { openSession, usesDht, wantsLocalDiscovery } from '../open-session.ts';
import { Patience } from '../patience.ts';
import { PeerView } from '../peer-view.ts';
import { statusFields, statusFraction, statusText } from '../status-text.ts';

export interface FetchOptions {
  readonly peer?: readonly string[];
  readonly tracker?: readonly string[];
  readonly webSeed?: readonly string[];
  readonly overwrite?: true;
  readonly peers?: true;
}

/** What is to be fetched. */
export interface FetchWish {
  /** Null: all files. */
  readonly selectOnly: readonly number[] | null;
  readonly sequential: boolean;
  /** Only the metainfo is wanted: what lies on disk is nobody's business. */
  readonly namesOnly: boolean;
  /** Called the moment the metainfo is known, before anything is opened on disk. A Failure ends it. */
  onMetadata(transfer: Transfer, metainfo: Metainfo): Failure | null;
}

/** A JSON event for progress comes no more often than this. */
const PROGRESS_EVENT_MS = 1_000;

export class Fetch {
  readonly folder: string;
  readonly session: Session;
  readonly existing: ExistingFiles;
  readonly transfer: Transfer;
  readonly #call: Call;
  readonly #overwrites: boolean;
  readonly #peerView: PeerView;
  readonly #patience: Patience;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Opens a session and begins. Throws a Failure where there is nobody to ask, or the folder cannot be used. */
  static async begin(call: Call, source: Source, options: FetchOptions, port: 'wanted' | 'any', wish: FetchWish): Promise<Fetch> {
    const peers = await peersOf(source, options);
    const trackers = [...source.trackers, ...(options.tracker ?? []).map((url) => [url])];
    const folder = call.settings.get('get.folder');
    if (peers.length === 0 && trackers.length === 0 && source.metainfo === null && !wantsLocalDiscovery(call) && !(await usesDht(call))) {
      throw nobodyToAsk(source.magnet === null ? 'A bare hash' : 'This link');
    }
    makeFolder(folder, unusable(folder));
    const session = await openSession(call, 'get', port, trackers.flat());
    try {
      return new Fetch(call, source, options, folder, session, peers, trackers, wish);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(
    call: Call,
    source: Source,
    options: FetchOptions,
    folder: string,
    session: Session,
    peers: readonly Endpoint[],
    trackers: readonly (readonly string[])[],
    wish: FetchWish,
  ) {
    this.#call = call;
    this.#overwrites = options.overwrite === true;
    this.folder = folder;
    this.session = session;
    this.#peerView = new PeerView(call.console, options.peers === true);
    this.#patience = new Patience(call.settings.get('get.timeout'), performance.now());
    this.existing = new ExistingFiles(session.stateFolder, folder, source.infoHash);
    const webSeeds = [...source.webSeeds, ...(options.webSeed ?? [])];
    const sources = peers.length + trackers.length + webSeeds.length + (session.discoversLocally ? 1 : 0) + (session.hasDht ? 1 : 0);
    this.transfer = new Transfer(
      (metainfo) => this.#onMetadata(metainfo, wish),
      () => this.#onWanting(sources),
    );
    const { metainfo, infoHash, infoHashV2, name } = source;
    const { selectOnly, sequential } = wish;
    session.add(
      {
        metainfo,
        infoHash,
        infoHashV2,
        name,
        trackers,
        peers,
        webSeeds,
        location: folder,
        selectOnly,
        writable: true,
        recheck: 'trust',
        sequential,
        paused: false,
        uploadRateMax: 0,
        downloadRateMax: 0,
      },
      this.transfer,
    );
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  /** Shows how far it is; throws a Failure when nothing came for too long. */
  look(more: Readonly<Record<string, unknown>> = {}): void {
    const { console } = this.#call;
    const status = this.transfer.status();
    console.progress.show(statusText(status), statusFraction(status));
    const now = performance.now();
    this.#peerView.show(this.transfer, now);
    if (now - this.#toldAt >= PROGRESS_EVENT_MS) {
      this.#toldAt = now;
      console.event('progress', { ...statusFields(status), ...more });
    }
    const marker = `${status.state} ${status.wantedHaveBytes} ${status.downloadedBytes} ${status.checkedBytes}`;
    if (this.#patience.isOver(marker, now) && status.state !== 'seeding') throw this.#stalled(status);
  }

  #onMetadata(metainfo: Metainfo, wish: FetchWish): void {
    const failure = wish.onMetadata(this.transfer, metainfo) ?? (wish.namesOnly ? null : this.existing.look(metainfo, this.#overwrites));
    if (failure !== null) this.#refuse(failure);
  }

  /** Called when what lies on disk has been checked and the first byte would be asked for. */
  #onWanting(sources: number): void {
    const { webSeeds, httpSeeds = [] } = this.transfer.metainfo as Metainfo;
    if (sources + webSeeds.length + httpSeeds.length === 0) return this.#refuse(nobodyToAsk('This torrent'));
    const sealed = whyUnwritable(this.folder, unusable(this.folder));
    if (sealed !== null) return this.#refuse(sealed);
    const inTheWay = this.transfer.status().piecesHave > 0 ? null : this.existing.strangers();
    if (inTheWay !== null && !this.#overwrites) return this.#refuse(inTheWay);
    this.existing.claim();
  }

  #refuse(failure: Failure): void {
    this.transfer.fail(failure);
    queueMicrotask(() => this.session.remove(this.transfer));
  }

  #stalled(status: TorrentStatus): Failure {
    const { transfer } = this;
    const waited = `Nothing came for ${formatSeconds(this.#call.settings.get('get.timeout'))}.`;
    const trackers = status.trackers.filter(({ message }) => message !== '').map(({ url, message }) => `${url}: ${message}`);
    const servers = status.webSeeds.filter(({ message }) => message !== '').map(({ url, message }) => `${url}: ${message}`);
    const why = [waited, ...trackers, ...servers, ...transfer.lastGone].join('\n  ');
    if (status.wantedHaveBytes > 0) {
      const have = `${formatBytes(status.wantedHaveBytes)} of ${formatBytes(status.wantedBytes)}`;
      return new Failure('incomplete', `${status.name} is not complete: ${have}.`, why, `To go on from there: ${commandLine()}`);
    }
    if (transfer.peerReached) {
      return new Failure(
        'timed-out',
        `${status.name}: peers answered, but sent nothing.`,
        why,
        'Try again later, or wait longer with --timeout.',
      );
    }
    return new Failure(
      'unreachable',
      `${status.name}: no peer could be reached.`,
      why,
      'Check that somebody shares it, and that you can reach them.',
    );
  }
}

function unusable(folder: string): string {
  return `The folder ${folder} cannot be used.`;
}

function nobodyToAsk(who: string): Failure {
  return new Failure(
    'usage',
    'There is nobody to ask.',
    `${who} names neither a tracker nor a peer.`,
    'Add one: --peer IP:PORT, --tracker URL, or a node of the DHT: --dht-node HOST:PORT',
  );
}

async function peersOf(source: Source, options: FetchOptions): Promise<Endpoint[]> {
  const given = await Promise.all((options.peer ?? []).map(async (text) => ({ text, endpoint: await resolvePeer(text) })));
  const unknown = given.find(({ endpoint }) => endpoint === null);
  if (unknown !== undefined) {
    throw new Failure('unreachable', `${unknown.text}: the name is not known.`, '', 'Check the spelling, or write the IP address.');
  }
  // A peer in a link that cannot be looked up is one peer less, no reason to stop.
  const linked = await Promise.all(source.peers.map((text) => resolvePeer(text).catch(() => null)));
  return [...given.map(({ endpoint }) => endpoint), ...linked].filter((endpoint) => endpoint !== null);
}
