/** The work of `kith get` from the link to the saved path; owns the session and the wait while it lasts. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '../../core/host.ts';
import { chosenProxy } from '../../node/chosen-proxy.ts';
import { ExistingFiles } from '../../node/existing-files.ts';
import { Failure } from '../../node/failure.ts';
import { makeFolder, whyUnwritable } from '../../node/make-folder.ts';
import { resolvePeer } from '../../node/peer-address.ts';
import { formatBytes, formatRate, formatSeconds } from '../../node/quantity.ts';
import type { Session } from '../../node/session.ts';
import { readSource, type Source } from '../../node/source.ts';
import { Transfer } from '../../node/transfer.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { DiskShortage, TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { Call } from '../cli.ts';
import { fileLines, metainfoFields } from '../content-table.ts';
import { commandLine, FOREVER, follow, interrupted } from '../follow.ts';
import { openSession, usesDht, wantsLocalDiscovery } from '../open-session.ts';
import { Patience } from '../patience.ts';
import { PeerView } from '../peer-view.ts';
import { statusFields, statusFraction, statusText } from '../status-text.ts';

export interface GetOptions {
  readonly peer?: readonly string[];
  readonly tracker?: readonly string[];
  readonly webSeed?: readonly string[];
  readonly list?: true;
  readonly only?: readonly number[];
  readonly filePriority?: ReadonlyMap<number, number>;
  readonly sequential?: true;
  readonly seed?: true;
  readonly seedRatio?: number;
  readonly overwrite?: true;
  readonly peers?: true;
}

/** A JSON event for progress comes no more often than this. */
const PROGRESS_EVENT_MS = 1_000;

export async function getContent(call: Call, link: string, options: GetOptions): Promise<void> {
  const proxy = chosenProxy(call.settings);
  const source = await readSource(link, call.interruption.signal, proxy);
  if (options.list === true && source.metainfo !== null) return list(call, source.metainfo);
  const peers = await peersOf(source, options, proxy === null);
  const trackers = [...source.trackers, ...(options.tracker ?? []).map((url) => [url])];
  const places = placesOf(call);
  if (peers.length === 0 && trackers.length === 0 && source.metainfo === null && !wantsLocalDiscovery(call) && !(await usesDht(call))) {
    throw nobodyToAsk(source.magnet === null ? 'A bare hash' : 'This link');
  }
  for (const folder of [places.work, places.final]) makeFolder(folder, unusable(folder));
  const port = options.seed === true || options.seedRatio !== undefined ? 'wanted' : 'any';
  const session = await openSession(call, 'get', port, trackers.flat());
  try {
    await new Getting(call, options, source, places, session).run(peers, trackers);
  } finally {
    await session.close();
  }
}

class Getting {
  readonly #call: Call;
  readonly #options: GetOptions;
  readonly #source: Source;
  readonly #final: string;
  readonly #session: Session;
  /** Where it is written. */
  #folder: string;
  #existing: ExistingFiles;
  readonly #startedAt = performance.now();
  readonly #peerView: PeerView;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(call: Call, options: GetOptions, source: Source, places: Places, session: Session) {
    this.#call = call;
    this.#options = options;
    this.#source = source;
    this.#folder = places.work;
    this.#final = places.final;
    this.#session = session;
    this.#peerView = new PeerView(call.console, options.peers === true);
    this.#existing = new ExistingFiles(session.stateFolder, places.work, source.infoHash);
  }

  async run(peers: readonly Endpoint[], trackers: readonly (readonly string[])[]): Promise<void> {
    const { console } = this.#call;
    const transfer: Transfer = new Transfer(
      (metainfo) => this.#onMetadata(transfer, metainfo),
      () =>
        this.#onWanting(
          transfer,
          peers.length + trackers.length + webSeeds.length + (this.#session.discoversLocally ? 1 : 0) + (this.#session.hasDht ? 1 : 0),
        ),
    );
    const webSeeds = [...this.#source.webSeeds, ...(this.#options.webSeed ?? [])];
    const selectOnly = this.#options.list === true ? [] : (this.#options.only ?? this.#source.selectOnly);
    if (this.#source.metainfo !== null) this.#stayWhereItIs(this.#source.metainfo);
    this.#session.add(
      {
        metainfo: this.#source.metainfo,
        infoHash: this.#source.infoHash,
        infoHashV2: this.#source.infoHashV2,
        name: this.#source.name,
        trackers,
        peers,
        webSeeds,
        location: this.#folder,
        selectOnly,
        ...(this.#options.filePriority !== undefined && { filePriorities: this.#options.filePriority }),
        writable: true,
        recheck: 'trust',
        sequential: this.#options.sequential === true,
        paused: false,
        uploadRateMax: 0,
        downloadRateMax: 0,
      },
      transfer,
    );
    const goal = this.#options.list === true ? transfer.metadata : transfer.complete;
    const patience = new Patience(this.#call.settings.get('get.timeout'), performance.now());
    if (!(await follow(this.#call, goal, () => this.#look(transfer, patience)))) {
      throw interrupted('Stopped; what has come is kept.', `To go on: ${commandLine()}`);
    }
    const metainfo = transfer.metainfo as Metainfo;
    if (this.#options.list === true) return list(this.#call, metainfo);
    const wanted = [...transfer.torrent.content.filePriorities.entries()].filter(([, priority]) => priority > 0).map(([index]) => index);
    // Moved by an earlier run to where it was to go then.
    if (transfer.status().location !== this.#folder) this.#workIn(transfer.status().location);
    const gone = this.#existing.gone(metainfo, wanted);
    if (gone !== null) throw gone;
    this.#existing.done();
    await this.#moveToFinal(transfer);
    const status = transfer.status();
    const path = savedPath(status.location, metainfo, wanted);
    this.#sayDone(status);
    const seconds = round(performance.now() - this.#startedAt);
    const firstPieceMs = transfer.firstPieceAtMs === null ? null : Math.round(transfer.firstPieceAtMs - this.#startedAt);
    console.event('done', { path, port: this.#session.port, ...statusFields(status), seconds, firstPieceMs });
    console.result(path);
    await this.#seed(transfer);
  }

  /** Called the moment the metainfo is known, before anything is opened on disk. */
  #onMetadata(transfer: Transfer, metainfo: Metainfo): void {
    if (this.#options.list === true) return;
    const beyond = [...(this.#options.only ?? []), ...(this.#options.filePriority?.keys() ?? [])].find(
      (index) => index >= metainfo.files.length,
    );
    if (beyond !== undefined) {
      const failure = new Failure(
        'usage',
        `There is no file ${beyond + 1}.`,
        `The torrent has ${metainfo.files.length}.`,
        'See: kith get --list',
      );
      return this.#refuse(transfer, failure);
    }
    if (this.#source.metainfo === null && this.#stayWhereItIs(metainfo)) void transfer.moveTo(this.#folder);
    const failure = this.#existing.look(metainfo, this.#options.overwrite === true);
    if (failure !== null) this.#refuse(transfer, failure);
  }

  /** What is at its last place already, in part or as something else, is seen there as if there was no other. True when it is so. */
  #stayWhereItIs(metainfo: Metainfo): boolean {
    const { stateFolder } = this.#session;
    if (this.#folder === this.#final || ExistingFiles.wasLeaving(stateFolder, this.#folder, this.#source.infoHash)) return false;
    if (!metainfo.files.some(({ path, pad }) => !pad && existsSync(join(this.#final, ...path)))) return false;
    this.#workIn(this.#final);
    return true;
  }

  #workIn(folder: string): void {
    this.#folder = folder;
    this.#existing = new ExistingFiles(this.#session.stateFolder, folder, this.#source.infoHash);
  }

  async #moveToFinal(transfer: Transfer): Promise<void> {
    const { console } = this.#call;
    const { name, location } = transfer.status();
    if (location === this.#final) return;
    console.progress.show(`${name}: moving it to ${this.#final}`, null);
    if (!(await follow(this.#call, transfer.moveTo(this.#final), () => {}))) {
      throw interrupted(`Stopped; it is complete, in ${location}.`, `To move it: ${commandLine()}`);
    }
  }

  /** Called when what lies on disk has been checked and the first byte would be asked for. */
  #onWanting(transfer: Transfer, sources: number): void {
    const { webSeeds, httpSeeds = [] } = transfer.metainfo as Metainfo;
    if (sources + webSeeds.length + httpSeeds.length === 0) return this.#refuse(transfer, nobodyToAsk('This torrent'));
    const sealed = whyUnwritable(this.#folder, unusable(this.#folder));
    if (sealed !== null) return this.#refuse(transfer, sealed);
    const inTheWay = transfer.status().piecesHave > 0 ? null : this.#existing.strangers();
    if (inTheWay !== null && this.#options.overwrite !== true) return this.#refuse(transfer, inTheWay);
    this.#existing.claim();
  }

  #refuse(transfer: Transfer, failure: Failure): void {
    transfer.fail(failure);
    queueMicrotask(() => this.#session.remove(transfer));
  }

  #look(transfer: Transfer, patience: Patience): void {
    const { console } = this.#call;
    const status = transfer.status();
    if (status.shortage !== null) throw noRoom(status, status.shortage, this.#folder);
    console.progress.show(statusText(status), statusFraction(status));
    const now = performance.now();
    this.#peerView.show(transfer, now);
    if (now - this.#toldAt >= PROGRESS_EVENT_MS) {
      this.#toldAt = now;
      console.event('progress', statusFields(status));
    }
    // A schedule that says "pause" says "wait" too.
    const resting = status.pausedBy.includes('rest') ? now : 0;
    const marker = `${resting} ${status.state} ${status.wantedHaveBytes} ${status.downloadedBytes} ${status.checkedBytes}`;
    if (patience.isOver(marker, now)) throw this.#stalled(transfer, status);
  }

  #stalled(transfer: Transfer, status: TorrentStatus): Failure {
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

  #sayDone(status: TorrentStatus): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const { console } = this.#call;
    if (status.downloadedBytes === 0) console.say(`${status.name} was complete already; every piece is right.`);
    else {
      const rate = seconds < 1 ? '' : `, ${formatRate(status.downloadedBytes / seconds)}`;
      console.say(`${status.name}: ${formatBytes(status.wantedBytes)} in ${formatSeconds(seconds)}${rate}; every piece is right.`);
    }
  }

  async #seed(transfer: Transfer): Promise<void> {
    const { seed, seedRatio } = this.#options;
    if (seed !== true && seedRatio === undefined) return;
    const { console } = this.#call;
    const end = seedRatio === undefined ? '' : `${seedRatio} × its size was sent, or `;
    const { port } = this.#session;
    console.say(`Sharing it${port === 0 ? '' : ` on port ${port}`} until ${end}Ctrl-C.`);
    const enough = Promise.withResolvers<void>();
    const ended = await follow(this.#call, seedRatio === undefined ? FOREVER : enough.promise, () => {
      const status = transfer.status();
      console.progress.show(statusText(status), null);
      if (seedRatio !== undefined && status.uploadedBytes >= seedRatio * status.wantedBytes) enough.resolve();
    });
    if (!ended) throw interrupted('Stopped sharing.', '');
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
    'Add one: --peer IP:PORT, --tracker URL, or a node of the DHT: --dht-node HOST:PORT',
  );
}

function list({ console }: Call, metainfo: Metainfo): void {
  console.event('files', metainfoFields(metainfo));
  for (const line of fileLines(metainfo)) console.result(line);
}

/** The file or folder of the torrent; when a single file of several was asked for, that file. */
function savedPath(folder: string, metainfo: Metainfo, wanted: readonly number[]): string {
  const only = wanted.length === 1 ? metainfo.files[wanted[0] as number] : undefined;
  return join(folder, ...(only?.path ?? [metainfo.name]));
}

async function peersOf(source: Source, options: GetOptions, looksUp: boolean): Promise<Endpoint[]> {
  const given = await Promise.all((options.peer ?? []).map(async (text) => ({ text, endpoint: await resolvePeer(text, looksUp) })));
  const unknown = given.find(({ endpoint }) => endpoint === null);
  if (unknown !== undefined) {
    throw new Failure('unreachable', `${unknown.text}: the name is not known.`, '', 'Check the spelling, or write the IP address.');
  }
  // A peer in a link that cannot be looked up is one peer less, no reason to stop.
  const linked = await Promise.all(source.peers.map((text) => resolvePeer(text, looksUp).catch(() => null)));
  return [...given.map(({ endpoint }) => endpoint), ...linked].filter((endpoint) => endpoint !== null);
}

function round(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
