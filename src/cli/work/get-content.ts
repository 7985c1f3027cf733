/** The work of `kith get` from the link to the saved path; owns the fetch while it lasts. */

import { Failure } from '../../node/failure.ts';
import { formatBytes, formatRate, formatSeconds } from '../../node/quantity.ts';
import { fileBesideTorrent, fileWishOf } from '../../node/search/file-wish.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { Call } from '../cli.ts';
import { fileLines, metainfoFields } from '../content-table.ts';
import { commandLine, FOREVER, follow, interrupted } from '../follow.ts';
import { statusFields, statusText } from '../status-text.ts';
import { Fetch, type FetchOptions, sourceOf } from './fetch.ts';

export interface GetOptions extends FetchOptions {
  readonly list?: true;
  readonly only?: readonly number[];
  readonly filePriority?: ReadonlyMap<number, number>;
  readonly sequential?: true;
  readonly seed?: true;
  readonly seedRatio?: number;
  readonly label?: readonly string[];
  /** For one transfer in the node; for the session where there is none. */
  readonly limitUp?: string;
  readonly limitDown?: string;
  /** Leave it to the node, and do not wait. */
  readonly add?: true;
  /** Do it here, whether a node runs or not. */
  readonly alone?: true;
}

/** `ownSession`: options ask for what a node that runs already may not be. */
export async function getContent(call: Call, link: string, options: GetOptions, ownSession: boolean): Promise<void> {
  const wish = fileWishOf(link, call.settings.folders.state);
  if (wish !== null) return (await import('./get-file.ts')).getFile(call, link, wish, options, ownSession);
  const source = await sourceOf(call, link);
  const startedAt = performance.now();
  const listsOnly = options.list === true;
  if (listsOnly && source.metainfo !== null) return list(call, source.metainfo);
  const here = options.alone === true || listsOnly || options.peers === true || options.filePriority !== undefined || ownSession;
  if ((!here || options.add === true) && (await (await import('./hand-over.ts')).getByNode(call, link, source, options))) return;
  const port = options.seed === true || options.seedRatio !== undefined ? 'wanted' : 'any';
  const fetch = await Fetch.begin(call, source, options, port, {
    selectOnly: listsOnly ? [] : (options.only ?? source.selectOnly),
    ...(options.filePriority !== undefined && { filePriorities: options.filePriority }),
    sequential: options.sequential === true,
    namesOnly: listsOnly,
    onMetadata: (_transfer, metainfo) => (listsOnly ? null : beyond(metainfo, options)),
  });
  // Whoever has the file of the torrent in another network has it for this, too.
  const beside = fileBesideTorrent(listsOnly ? null : source.magnet);
  const hunt = beside === null ? null : await (await import('./hunt-beside.ts')).huntBeside(call, beside, fetch.transfer);
  try {
    await new Getting(call, options, fetch, startedAt).run();
  } finally {
    await hunt?.close();
    await fetch.close();
  }
}

function beyond({ files }: Metainfo, { only = [], filePriority = new Map() }: GetOptions): Failure | null {
  const index = [...only, ...filePriority.keys()].find((each) => each >= files.length);
  if (index === undefined) return null;
  return new Failure('usage', `There is no file ${index + 1}.`, `The torrent has ${files.length}.`, 'See: kith get --list');
}

class Getting {
  readonly #call: Call;
  readonly #options: GetOptions;
  readonly #fetch: Fetch;
  readonly #startedAt: number;

  constructor(call: Call, options: GetOptions, fetch: Fetch, startedAt: number) {
    this.#call = call;
    this.#options = options;
    this.#fetch = fetch;
    this.#startedAt = startedAt;
  }

  async run(): Promise<void> {
    const { console } = this.#call;
    const { transfer, session } = this.#fetch;
    const goal = this.#options.list === true ? transfer.metadata : transfer.complete;
    if (!(await follow(this.#call, goal, () => this.#fetch.look()))) {
      throw interrupted('Stopped; what has come is kept.', `To go on: ${commandLine()}`);
    }
    if (this.#options.list === true) return list(this.#call, transfer.metainfo as Metainfo);
    await this.#fetch.finish();
    const status = transfer.status();
    const { path } = this.#fetch;
    this.#sayDone(status);
    const seconds = round(performance.now() - this.#startedAt);
    const firstPieceMs = transfer.firstPieceAtMs === null ? null : Math.round(transfer.firstPieceAtMs - this.#startedAt);
    console.event('done', { path, port: session.port, ...statusFields(status), seconds, firstPieceMs });
    console.result(path);
    await this.#seed();
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

  async #seed(): Promise<void> {
    const { seed, seedRatio } = this.#options;
    if (seed !== true && seedRatio === undefined) return;
    const { console } = this.#call;
    const end = seedRatio === undefined ? '' : `${seedRatio} × its size was sent, or `;
    const { transfer, session } = this.#fetch;
    const { port } = session;
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

function list({ console }: Call, metainfo: Metainfo): void {
  console.event('files', metainfoFields(metainfo));
  for (const line of fileLines(metainfo)) console.result(line);
}

function round(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
