/**
 * What the API tells and takes besides the operations of a node: its health, its log, files that are dropped on a page or played there, the
 * laboratory, the structured overlays. Owns the drops and the laboratory.
 */

import { dirname, join } from 'node:path';
import { examine, type Finding } from '../doctor.ts';
import { Failure } from '../failure.ts';
import { Lab } from '../lab/lab.ts';
import { logPath } from '../log-file.ts';
import { type LogLine, readLogTail } from '../log-tail.ts';
import { LocalOverlays, type SeenOverlay } from '../local-overlays.ts';
import type { NodeOperations } from '../node-operations.ts';
import { DiskFile } from '../streams/disk-file.ts';
import type { StreamedFile } from '../streams/streamed-file.ts';
import type { Settings } from '../settings/settings.ts';
import { Drops } from './drops.ts';

/** What a node in this process can do, and one elsewhere cannot. */
interface NodeHere extends NodeOperations {
  /** Its own node of the DHT. */
  readonly dht: SeenOverlay | null;
  /** Throws a Failure. */
  streamed(infoHash: string, file: number): StreamedFile;
}

export class Machine {
  readonly drops: Drops;
  readonly lab: Lab;
  readonly overlays: LocalOverlays;
  readonly #settings: Settings;
  readonly #node: NodeHere;

  constructor(settings: Settings, node: NodeHere) {
    this.#settings = settings;
    this.#node = node;
    const { data, runtime } = settings.folders;
    this.overlays = new LocalOverlays(runtime, () => node.dht);
    // The same rooms for the processes that run experiments, whatever this one was told about them.
    this.lab = new Lab({ folder: join(data, 'lab'), env: { ...process.env, XDG_DATA_HOME: dirname(data) } });
    const reserve = settings.get('disk.reserve');
    this.drops = new Drops(settings.get('drop.folder'), reserve === 'off' ? 0 : reserve);
  }

  /** A file by its number, from 1. Throws a Failure. */
  media(infoHash: string, number: number): StreamedFile {
    return this.#node.streamed(infoHash, number - 1);
  }

  /** A film or a sound that was fetched by its hashes, once it is there. Rejects with a Failure. */
  async fetched(id: number): Promise<DiskFile> {
    const { name, path } = await this.#node.search.fetch(id);
    if (path === null) throw new Failure('not-found', `${name} is not complete.`, 'It cannot be played while it comes.', 'Wait for it.');
    return DiskFile.at(path);
  }

  async examine(): Promise<readonly Finding[]> {
    const [status, transfers] = await Promise.all([this.#node.status(), this.#node.list()]);
    return examine({ settings: this.#settings, status, transfers, nowMs: Date.now() });
  }

  /** The end of the log, latest last: at most so many lines, of one transfer or of all. */
  log(linesMax: number, infoHash: string | null): Promise<readonly LogLine[]> {
    return readLogTail(logPath(this.#settings.folders.state), linesMax, infoHash);
  }
}
