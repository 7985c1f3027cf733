/** The work of `kith get` from the link to the saved path; owns the fetch while it lasts. */

import { join } from 'node:path';
import { Failure } from '../../node/failure.ts';
import { formatBytes, formatRate, formatSeconds } from '../../node/quantity.ts';
import { readSource } from '../../node/source.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { TorrentStatus } from '../../transfer/bittorrent/torrent-status.ts';
import type { Call } from '../cli.ts';
import { fileLines, metainfoFields } from '../content-table.ts';
import { commandLine, FOREVER, follow, interrupted } from '../follow.ts';
import { statusFields, statusText } from '../status-text.ts';
import { Fetch, type FetchOptions } from './fetch.ts';

export interface GetOptions extends FetchOptions {
  readonly list?: true;
  readonly only?: readonly number[];
  readonly sequential?: true;
  readonly seed?: true;
  readonly seedRatio?: number;
}

export async function getContent(call: Call, link: string, options: GetOptions): Promise<void> {
  const source = await readSource(link, call.interruption.signal);
  const startedAt = performance.now();
  if (options.list === true && source.metainfo !== null) return list(call, source.metainfo);
  const port = options.seed === true || options.seedRatio !== undefined ? 'wanted' : 'any';
  const selectOnly = options.list === true ? [] : (options.only ?? source.selectOnly);
  const fetch = await Fetch.begin(call, source, options, port, {
    selectOnly,
    sequential: options.sequential === true,
    namesOnly: options.list === true,
    onMetadata: (_transfer, metainfo) => beyond(metainfo, options),
  });
  try {
    await new Getting(call, options, fetch, startedAt).run(selectOnly);
  } finally {
    await fetch.close();
  }
}

function beyond(metainfo: Metainfo, { list: names, only = [] }: GetOptions): Failure | null {
  const index = names === true ? undefined : only.find((each) => each >= metainfo.files.length);
  if (index === undefined) return null;
  return new Failure('usage', `There is no file ${index + 1}.`, `The torrent has ${metainfo.files.length}.`, 'See: kith get --list');
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

  async run(selectOnly: readonly number[] | null): Promise<void> {
    const { console } = this.#call;
    const { transfer, existing, folder, session } = this.#fetch;
    const goal = this.#options.list === true ? transfer.metadata : transfer.complete;
    if (!(await follow(this.#call, goal, () => this.#fetch.look()))) {
      throw interrupted('Stopped; what has come is kept.', `To go on: ${commandLine()}`);
    }
    const metainfo = transfer.metainfo as Metainfo;
    if (this.#options.list === true) return list(this.#call, metainfo);
    const gone = existing.gone(metainfo, selectOnly);
    if (gone !== null) throw gone;
    existing.done();
    const path = savedPath(folder, metainfo, selectOnly);
    const status = transfer.status();
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
    const { transfer, session } = this.#fetch;
    const end = seedRatio === undefined ? '' : `${seedRatio} × its size was sent, or `;
    console.say(`Sharing it on port ${session.port} until ${end}Ctrl-C.`);
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

/** The file or folder of the torrent; when a single file of several was asked for, that file. */
export function savedPath(folder: string, metainfo: Metainfo, selectOnly: readonly number[] | null): string {
  const only = selectOnly?.length === 1 ? metainfo.files[selectOnly[0] as number] : undefined;
  return join(folder, ...(only?.path ?? [metainfo.name]));
}

function round(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
