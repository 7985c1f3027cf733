/**
 * What `kith get` and `kith stream` share: whom to ask, the transfer in its session, what lies in its way on disk, and why nothing comes.
 * Owns the session and the transfer while they last.
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../core/host.ts';
import { chosenProxy } from '../../node/chosen-proxy.ts';
import { ExistingFiles } from '../../node/transfers/existing-files.ts';
import { Failure } from '../../node/failure.ts';
import { makeFolder, whyUnwritable } from '../../node/make-folder.ts';
import { resolvePeer } from '../../node/peer-address.ts';
import { formatBytes, formatSeconds } from '../../node/quantity.ts';
import type { Session } from '../../node/session.ts';
import { readSource, type Source } from '../../node/source.ts';
import { Transfer } from '../../node/transfers/transfer.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { DiskShortage, TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { Call } from '../cli.ts';
import { commandLine, follow, interrupted } from '../follow.ts';
import { openSession, usesDht, wantsLocalDiscovery } from '../../node/open-session.ts';
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
  readonly filePriorities?: ReadonlyMap<number, number>;
  readonly sequential: boolean;
  /** Only the metainfo is wanted: what lies on disk is nobody's business. */
  readonly namesOnly: boolean;
  /** Called the moment the metainfo is known, before anything is opened on disk. A Failure ends it. */
  onMetadata(transfer: Transfer, metainfo: Metainfo): Failure | null;
}

/** A JSON event for progress comes no more often than this. */
const PROGRESS_EVENT_MS = 1_000;

/** Neither a path nor a link has this form. */
const WORDS = /^[\p{L}\p{N} _-]+$/u;

/** What the argument names, as far as it says so without peers. */
export async function sourceOf(call: Call, link: string): Promise<Source> {
  try {
    return await readSource(link, call.interruption.signal, chosenProxy(call.settings));
  } catch (error) {
    if (!(error instanceof Failure) || error.kind !== 'not-found' || !WORDS.test(link)) throw error;
    const what = `There is no file called ${link} here, and it is no link.`;
    const why = 'A magnet link can be fetched, a .torrent file, its http(s) URL, a hash, or a row of a search.';
    throw new Failure('not-found', what, why, `To look for files by their names: kith search ${link}`);
  }
}

export class Fetch {
  readonly session: Session;
  readonly transfer: Transfer;
  readonly #call: Call;
  readonly #source: Source;
  readonly #final: string;
  /** Where it is written, and what lay there before. */
  #folder: string;
  #existing: ExistingFiles;
  readonly #overwrites: boolean;
  readonly #peerView: PeerView;
  readonly #patience: Patience;
  #toldAt = Number.NEGATIVE_INFINITY;
  /** Who can be asked, the web seeds of the metainfo aside. */
  #sources = 0;

  /** Opens a session and begins. Throws a Failure where there is nobody to ask, or the folder cannot be used. */
  static async begin(call: Call, source: Source, options: FetchOptions, port: 'wanted' | 'any', wish: FetchWish): Promise<Fetch> {
    const peers = await peersOf(source, options, chosenProxy(call.settings) === null);
    const trackers = [...source.trackers, ...(options.tracker ?? []).map((url) => [url])];
    const places = placesOf(call);
    if (peers.length === 0 && trackers.length === 0 && source.metainfo === null && !wantsLocalDiscovery(call) && !(await usesDht(call))) {
      throw nobodyToAsk(source.magnet === null ? 'A bare hash' : 'This link');
    }
    for (const folder of [places.work, places.final]) makeFolder(folder, unusable(folder));
    const session = await openSession(call, 'get', port, trackers.flat());
    try {
      const fetch = new Fetch(call, source, options, places, session, wish);
      fetch.#add(options, wish, peers, trackers);
      return fetch;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  private constructor(call: Call, source: Source, options: FetchOptions, places: Places, session: Session, wish: FetchWish) {
    this.#call = call;
    this.#source = source;
    this.#folder = places.work;
    this.#final = places.final;
    this.#overwrites = options.overwrite === true;
    this.session = session;
    this.#peerView = new PeerView(call.console, options.peers === true);
    this.#patience = new Patience(call.settings.get('get.timeout'), performance.now());
    this.#existing = new ExistingFiles(session.stateFolder, places.work, source.infoHash);
    this.transfer = new Transfer(
      (metainfo) => this.#onMetadata(metainfo, wish),
      () => this.#onWanting(),
    );
  }

  #add(options: FetchOptions, wish: FetchWish, peers: readonly Endpoint[], trackers: readonly (readonly string[])[]): void {
    const { metainfo, infoHash, infoHashV2, name } = this.#source;
    const { discoversLocally, hasDht } = this.session;
    const webSeeds = [...this.#source.webSeeds, ...(options.webSeed ?? [])];
    this.#sources = peers.length + trackers.length + webSeeds.length + (discoversLocally ? 1 : 0) + (hasDht ? 1 : 0);
    if (metainfo !== null) this.#stayWhereItIs(metainfo);
    this.session.add(
      {
        metainfo,
        infoHash,
        infoHashV2,
        name,
        trackers,
        peers,
        webSeeds,
        location: this.#folder,
        selectOnly: wish.selectOnly,
        ...(wish.filePriorities !== undefined && { filePriorities: wish.filePriorities }),
        writable: true,
        recheck: 'trust',
        sequential: wish.sequential,
        paused: false,
        uploadRateMax: 0,
        downloadRateMax: 0,
      },
      this.transfer,
    );
  }

  /** The files that are wanted, by their indices; none before the metainfo is there. */
  get wanted(): readonly number[] {
    const priorities = this.transfer.torrent.content.filePriorities;
    return [...priorities.entries()].filter(([, priority]) => priority > 0).map(([index]) => index);
  }

  /** The file or folder of the torrent where it lies now; when a single file of several is wanted, that file. */
  get path(): string {
    const { files, name } = this.transfer.metainfo as Metainfo;
    const { wanted } = this;
    const only = wanted.length === 1 ? files[wanted[0] as number] : undefined;
    return join(this.transfer.status().location, ...(only?.path ?? [name]));
  }

  /** All that is wanted has come: it is there, and goes where it is to stay. Throws a Failure. */
  async finish(): Promise<void> {
    const { location } = this.transfer.status();
    // Moved by an earlier run to where it was to go then.
    if (location !== this.#folder) this.#workIn(location);
    const gone = this.#existing.gone(this.transfer.metainfo as Metainfo, this.wanted);
    if (gone !== null) throw gone;
    this.#existing.done();
    await this.#moveToFinal();
  }

  async close(): Promise<void> {
    await this.session.close();
  }

  /** Shows how far it is; throws a Failure when nothing came for too long. */
  look(more: Readonly<Record<string, unknown>> = {}): void {
    const { console } = this.#call;
    const status = this.transfer.status();
    if (status.shortage !== null) throw noRoom(status, status.shortage, this.#folder);
    console.progress.show(statusText(status), statusFraction(status));
    const now = performance.now();
    this.#peerView.show(this.transfer, now);
    if (now - this.#toldAt >= PROGRESS_EVENT_MS) {
      this.#toldAt = now;
      console.event('progress', { ...statusFields(status), ...more });
    }
    // A schedule that says "pause" says "wait" too.
    const resting = status.pausedBy.includes('rest') ? now : 0;
    const marker = `${resting} ${status.state} ${status.wantedHaveBytes} ${status.downloadedBytes} ${status.checkedBytes}`;
    if (this.#patience.isOver(marker, now) && status.state !== 'seeding') throw this.#stalled(status);
  }

  #onMetadata(metainfo: Metainfo, wish: FetchWish): void {
    const refused = wish.onMetadata(this.transfer, metainfo);
    if (refused !== null) return this.#refuse(refused);
    if (wish.namesOnly) return;
    if (this.#source.metainfo === null && this.#stayWhereItIs(metainfo)) void this.transfer.moveTo(this.#folder);
    const failure = this.#existing.look(metainfo, this.#overwrites);
    if (failure !== null) this.#refuse(failure);
  }

  /** What is at its last place already, in part or as something else, is seen there as if there was no other. True when it is so. */
  #stayWhereItIs(metainfo: Metainfo): boolean {
    const { stateFolder } = this.session;
    if (this.#folder === this.#final || ExistingFiles.wasLeaving(stateFolder, this.#folder, this.#source.infoHash)) return false;
    if (!metainfo.files.some(({ path, pad }) => !pad && existsSync(join(this.#final, ...path)))) return false;
    this.#workIn(this.#final);
    return true;
  }

  #workIn(folder: string): void {
    this.#folder = folder;
    this.#existing = new ExistingFiles(this.session.stateFolder, folder, this.#source.infoHash);
  }

  async #moveToFinal(): Promise<void> {
    const { console } = this.#call;
    const { name, location } = this.transfer.status();
    if (location === this.#final) return;
    console.progress.show(`${name}: moving it to ${this.#final}`, null);
    if (!(await follow(this.#call, this.transfer.moveTo(this.#final), () => {}))) {
      throw interrupted(`Stopped; it is complete, in ${location}.`, `To move it: ${commandLine()}`);
    }
  }

  /** Called when what lies on disk has been checked and the first byte would be asked for. */
  #onWanting(): void {
    const { webSeeds, httpSeeds = [] } = this.transfer.metainfo as Metainfo;
    if (this.#sources + webSeeds.length + httpSeeds.length === 0) return this.#refuse(nobodyToAsk('This torrent'));
    const sealed = whyUnwritable(this.#folder, unusable(this.#folder));
    if (sealed !== null) return this.#refuse(sealed);
    const inTheWay = this.transfer.status().piecesHave > 0 ? null : this.#existing.strangers();
    if (inTheWay !== null && !this.#overwrites) return this.#refuse(inTheWay);
    this.#existing.claim();
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

interface Places {
  /** Where content lies until it is complete, and after that. */
  readonly work: string;
  readonly final: string;
}

function placesOf({ settings }: Call): Places {
  const { value: folder, source } = settings.why('get.folder');
  const [incomplete, completed] = [settings.get('get.incomplete-folder'), settings.get('get.completed-folder')];
  return { work: incomplete === '' ? folder : incomplete, final: completed === '' || source === '-o' ? folder : completed };
}

function unusable(folder: string): string {
  return `The folder ${folder} cannot be used.`;
}

/** What waits for room in a program that stays would wait here for ever. */
function noRoom({ name }: TorrentStatus, { neededBytes, freeBytes }: DiskShortage, folder: string): Failure {
  return new Failure(
    'no-space',
    `${name} does not fit into ${folder}.`,
    `It needs ${formatBytes(neededBytes)}, what must stay free included (setting disk.reserve); there are ${formatBytes(freeBytes)}.`,
    'Free some space, then run the same command again: it continues where it stopped. Or save elsewhere with -o FOLDER.',
  );
}

function nobodyToAsk(who: string): Failure {
  return new Failure(
    'usage',
    'There is nobody to ask.',
    `${who} names neither a tracker nor a peer.`,
    'Let the DHT of all programs be asked: --public; or add somebody: --peer IP:PORT, --tracker URL, --dht-node HOST:PORT',
  );
}

async function peersOf(source: Source, options: FetchOptions, looksUp: boolean): Promise<Endpoint[]> {
  const given = await Promise.all((options.peer ?? []).map(async (text) => ({ text, endpoint: await resolvePeer(text, looksUp) })));
  const unknown = given.find(({ endpoint }) => endpoint === null);
  if (unknown !== undefined) {
    throw new Failure('unreachable', `${unknown.text}: the name is not known.`, '', 'Check the spelling, or write the IP address.');
  }
  // A peer in a link that cannot be looked up is one peer less, no reason to stop.
  const linked = await Promise.all(source.peers.map((text) => resolvePeer(text, looksUp).catch(() => null)));
  return [...given.map(({ endpoint }) => endpoint), ...linked].filter((endpoint) => endpoint !== null);
}
