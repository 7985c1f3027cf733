/** The work of `kith stream`: a file of a torrent to a player, to whoever asks at its URL, or to stdout, while it loads. Owns what it starts. */

import { Failure } from '../../node/failure.ts';
import { formatBytes, formatRate, formatSeconds, plural } from '../../node/quantity.ts';
import { StreamedFile } from '../../node/streamed-file.ts';
import { StreamServer } from '../../node/stream-server.ts';
import { FILE_PRIORITIES } from '../../transfer/bittorrent/file-priority.ts';
import type { Metainfo } from '../../transfer/bittorrent/metainfo.ts';
import type { Call } from '../cli.ts';
import { commandLine, FOREVER, follow, interrupted } from '../follow.ts';
import { chooseFile } from './choose-file.ts';
import { copyToStdout } from './copy-to-stdout.ts';
import { Fetch, type FetchOptions, sourceOf } from './fetch.ts';
import { Player } from './player.ts';

export interface StreamOptions extends FetchOptions {
  readonly file?: string;
  readonly player?: string;
  readonly url?: true;
}

export async function streamContent(call: Call, link: string, target: string | undefined, options: StreamOptions): Promise<void> {
  const startedAtMs = performance.now();
  const toStdout = target === '-';
  checkWords(call, target, options);
  const source = await sourceOf(call, link);
  const chosen = Promise.withResolvers<number>();
  const known = source.metainfo === null ? null : chooseFile(source.metainfo, options.file ?? null, source.selectOnly);
  const fetch = await Fetch.begin(call, source, options, 'any', {
    selectOnly: known === null ? null : [known],
    sequential: false,
    namesOnly: false,
    onMetadata: (transfer, metainfo) => {
      try {
        const file = known ?? chooseFile(metainfo, options.file ?? null, source.selectOnly);
        if (known === null) transfer.torrent.content.setFilePriorities(alone(metainfo, file));
        chosen.resolve(file);
        return null;
      } catch (error) {
        if (error instanceof Failure) return error;
        throw error;
      }
    },
  });
  try {
    const both = Promise.race([chosen.promise, fetch.transfer.failed]);
    if (!(await follow(call, both, () => fetch.look()))) throw interrupted('Stopped.', `To try again: ${commandLine()}`);
    const server = toStdout ? null : await StreamServer.open();
    try {
      await new Streaming(call, options, fetch, await chosen.promise, startedAtMs, server).run();
    } finally {
      await server?.close();
    }
  } finally {
    await fetch.close();
  }
}

/** That file is wanted and no other. */
function alone({ files }: Metainfo, file: number): ReadonlyMap<number, number> {
  return new Map(files.map((_, index) => [index, index === file ? FILE_PRIORITIES.normal : FILE_PRIORITIES.skip]));
}

function checkWords({ console }: Call, target: string | undefined, { player, url }: StreamOptions): void {
  const usage = (what: string, next: string): Failure => new Failure('usage', what, '', next);
  if (target !== undefined && target !== '-') throw usage(`${target} is no place to write to.`, 'Write - for stdout, or nothing.');
  if (target === '-' && (player !== undefined || url === true))
    throw usage('A stream goes to one place.', 'Give one of -, --url and --player.');
  if (target === '-' && console.json) throw usage('Content and JSON cannot share stdout.', 'Leave out - or --json.');
}

class Streaming {
  readonly #call: Call;
  readonly #options: StreamOptions;
  readonly #fetch: Fetch;
  readonly #index: number;
  readonly #metainfo: Metainfo;
  readonly #name: string;
  readonly #file: StreamedFile;
  readonly #server: StreamServer | null;
  #stallsTold = 0;

  constructor(call: Call, options: StreamOptions, fetch: Fetch, index: number, startedAtMs: number, server: StreamServer | null) {
    this.#call = call;
    this.#options = options;
    this.#fetch = fetch;
    this.#index = index;
    this.#server = server;
    this.#metainfo = fetch.transfer.metainfo as Metainfo;
    this.#name = this.#metainfo.files[index]?.path.at(-1) ?? '';
    this.#file = new StreamedFile(fetch.transfer.torrent, index, server?.pathOf(this.#name) ?? [this.#name], startedAtMs);
    this.#file.onFirstByte = () => this.#sayFirstByte();
  }

  async run(): Promise<void> {
    const { transfer } = this.#fetch;
    let complete = false;
    transfer.complete.then(
      () => (complete = true),
      () => undefined,
    );
    void this.#file.look();
    const player = this.#serve();
    const end = player !== null ? player.ended : this.#server === null ? copyToStdout(this.#file) : FOREVER;
    try {
      const ended = await follow(this.#call, Promise.race([end, transfer.failed]), () => this.#look());
      if (!ended) throw interrupted('Stopped; what has come is kept.', `To go on: ${commandLine()}`);
    } finally {
      await player?.stop();
      this.#sayDone();
    }
    // What has not all come stays where it is: the same command, or get, goes on there.
    if (complete) await this.#fetch.finish();
  }

  /** Says where it is to be had, and starts the player. */
  #serve(): Player | null {
    const { console } = this.#call;
    const url = this.#server?.add(this.#file) ?? null;
    const { length, mediaType } = this.#file;
    console.say(`${this.#name}: ${formatBytes(length)}, saved as ${this.#fetch.path}`);
    console.event('stream', { url, file: this.#index + 1, name: this.#name, bytes: length, mediaType, path: this.#fetch.path });
    if (url === null) return null;
    if (this.#options.player !== undefined) return new Player(this.#options.player, url);
    console.result(url);
    console.say('Serving it to players on this machine until Ctrl-C.');
    return null;
  }

  #sayFirstByte(): void {
    const { firstByteMs, firstByteAfterRequestMs } = this.#file.report;
    const { console } = this.#call;
    console.say(
      `First byte after ${Math.round(firstByteMs ?? 0)} ms, ${Math.round(firstByteAfterRequestMs ?? 0)} ms after it was asked for.`,
    );
    console.event('first-byte', { ms: Math.round(firstByteMs ?? 0), afterRequestMs: Math.round(firstByteAfterRequestMs ?? 0) });
  }

  #look(): void {
    const report = this.#fields();
    if (report.stalls > this.#stallsTold) {
      this.#stallsTold = report.stalls;
      this.#call.console.event('stall', report);
    }
    this.#fetch.look(report);
  }

  #fields(): { stalls: number; stallSeconds: number; sentBytes: number; bytesPerSecond: number | null } {
    const { stalls, stalledMs, sentBytes, bytesPerSecond } = this.#file.report;
    return {
      stalls,
      stallSeconds: Math.round(stalledMs) / 1000,
      sentBytes,
      bytesPerSecond: bytesPerSecond === null ? null : Math.round(bytesPerSecond),
    };
  }

  #sayDone(): void {
    const { console } = this.#call;
    const { stalls, stalledMs, sentBytes, bytesPerSecond, firstByteMs } = this.#file.report;
    if (firstByteMs === null) return;
    const smooth = stalls === 0 ? 'no stall' : `${plural(stalls, 'stall')}, ${formatSeconds(stalledMs / 1000)}`;
    const rate = bytesPerSecond === null ? 'how fast it plays is not known' : `${smooth} at ${formatRate(bytesPerSecond)}`;
    console.say(`${formatBytes(sentBytes)} played; ${rate}.`);
    console.event('done', { path: this.#fetch.path, firstByteMs: Math.round(firstByteMs), ...this.#fields() });
  }
}
