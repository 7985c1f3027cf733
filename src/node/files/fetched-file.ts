/**
 * One fetch on a socket host: the promise, the progress, and the files around a download: its name while it is incomplete, the tree that was found, and
 * the name that it gets in the end. Owns those files.
 */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../core/host.ts';
import type { BadReason } from '../../overlays/fasttrack/index.ts';
import type {
  DownloadFailure,
  DownloadListener,
  FileDownload,
  FileTransfers,
  TreeLevel,
  Verification,
} from '../../transfer/files/index.ts';
import type { FileVerdict } from '../../wire/file-judge.ts';
import type { BadFileList } from '../bad-file-list.ts';
import { Failure, failureFrom } from '../failure.ts';
import { VERDICT_WORDS } from '../state-words.ts';
import { storeFailure } from '../transfers/transfer.ts';
import type { FetchParts, FetchProgress, FetchRequest, FetchResult, FetchState, FileFetch } from './file-fetch.ts';
import { type FetchFiles, filesOf } from './fetch-files.ts';
import { holderOf } from './fetch-holder.ts';
import { partsOf } from './fetch-parts.ts';
import { giveName } from './give-name.ts';
import { judgeFile } from './judge-file.ts';
import { isWhole } from './whole-file.ts';
import { readTree, removeRecords, writeTree } from './tree-record.ts';

const PROGRESS_MS = 1000;
const USER_AGENT = 'kith/0.1';

export class FetchedFile implements FileFetch, DownloadListener {
  readonly done: Promise<FetchResult>;
  readonly #host: Host;
  readonly #transfers: FileTransfers;
  readonly #stateFolder: string;
  readonly #badFiles: BadFileList | null;
  readonly #request: FetchRequest;
  readonly #files: FetchFiles;
  readonly #listeners = new Set<(progress: FetchProgress) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #over = new AbortController();
  /** Found while what is there was looked at. */
  #early: FetchRequest['ways'] = [];
  #download: FileDownload | null = null;
  /** Of the file, once it has been looked at and is none. */
  #verdict: BadReason | null = null;
  readonly #toldDropped = new Set<string>();
  #end: 'done' | 'failed' | 'stopped' | null = null;
  #resolve: (result: FetchResult) => void = () => undefined;
  #reject: (failure: Failure) => void = () => undefined;

  constructor(host: Host, transfers: FileTransfers, stateFolder: string, badFiles: BadFileList | null, request: FetchRequest) {
    this.#host = host;
    this.#transfers = transfers;
    this.#stateFolder = stateFolder;
    this.#badFiles = badFiles;
    this.#request = request;
    this.#files = filesOf(request);
    this.done = new Promise((done, failed) => {
      this.#resolve = done;
      this.#reject = failed;
    });
    // Who only looks at the progress has not been left alone with a failure.
    this.done.catch(() => undefined);
    this.#timer = setInterval(() => this.#report(), PROGRESS_MS);
    this.#lookForWhole();
  }

  get progress(): FetchProgress {
    const download = this.#download;
    const { bytes } = this.#request.wanted;
    const now = this.#host.now();
    const known = download === null ? [] : Array.from(download.holders, (holder) => holderOf(holder, now));
    // What came in the last seconds of one that is over is no rate at which more comes.
    const holders = this.#end === null ? known : known.map((holder) => ({ ...holder, bytesPerSecond: 0 }));
    return {
      state: this.#state(),
      bytes,
      bytesDone: this.#end === 'done' ? bytes : (download?.bytesDone ?? 0),
      bytesPerSecond: holders.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0),
      checksParts: download !== null && download.tree !== null,
      verdict: this.#verdict,
      holders,
    };
  }

  get parts(): FetchParts | null {
    const download = this.#download;
    return download === null || download.keeper === null ? null : partsOf(download.keeper, download.trusted);
  }

  onProgress(listener: (progress: FetchProgress) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  add(way: FetchRequest['ways'][number]): void {
    if (this.#download === null) this.#early = [...this.#early, way];
    else this.#download.add(way);
  }

  remove(name: string): void {
    this.#early = this.#early.filter((way) => way.name !== name);
    this.#download?.remove(name);
  }

  async stop(): Promise<void> {
    if (this.#end !== null) return;
    this.#finish('stopped');
    const download = this.#download;
    if (download !== null) await new Promise<void>((closed) => download.stop(closed));
    this.#reject(new Failure('interrupted', `${this.#files.name} is not complete.`, '', 'Ask for it again: it goes on where it stopped.'));
  }

  #state(): FetchState {
    const download = this.#download;
    if (this.#end !== null) return this.#end;
    if (download === null || download.state === 'opening') return 'opening';
    if (download.state !== 'moving') return 'checking';
    return [...download.holders].some(({ state }) => state === 'sending' || state === 'asked' || state === 'tree') ? 'moving' : 'waiting';
  }

  #report(): void {
    this.#tellDropped();
    const { progress } = this;
    for (const listener of this.#listeners) listener(progress);
  }

  /** Who is asked no more, and why, once for each. */
  #tellDropped(): void {
    for (const { name, state, detail } of this.#download?.holders ?? []) {
      if (state !== 'dropped' || detail === '' || this.#toldDropped.has(name)) continue;
      this.#toldDropped.add(name);
      this.#note(`${name} is asked no more: ${detail}.`);
    }
  }

  #note(words: string): void {
    this.#request.onNote?.(words);
  }

  // ---- the course of it ----------------------------------------------------------------------------------------------------------

  /** What was fetched before under that name is not fetched again. */
  #lookForWhole(): void {
    const { wanted } = this.#request;
    const stat = statSync(join(this.#files.folder, this.#files.name), { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size !== wanted.bytes) return this.#begin();
    isWhole(this.#host, { folder: this.#files.folder, name: this.#files.name, key: `${this.#files.key}w`, wanted }, (isIt) => {
      if (this.#end !== null) return;
      if (isIt) this.#succeed(join(this.#files.folder, this.#files.name), 'whole');
      else this.#begin();
    });
  }

  #begin(): void {
    const { wanted, ways, pushedWay = null, callBacks = null } = this.#request;
    const options = {
      wanted,
      location: this.#files.folder,
      path: [this.#files.partName],
      key: this.#files.key,
      tree: readTree(this.#stateFolder, this.#files.key),
      userAgent: USER_AGENT,
      node: null,
      badFiles: this.#badFiles,
      pushedWay,
      callBacks,
    };
    this.#download = this.#transfers.download(options, this);
    for (const way of [...ways, ...this.#early]) this.#download.add(way);
  }

  onDownloadTree(level: TreeLevel): void {
    this.#note('Its hash tree has come: each part is checked from now on.');
    try {
      writeTree(this.#stateFolder, this.#files.key, level);
    } catch {
      // Then it is asked for once more in the next run.
    }
  }

  /** What no hash of the whole vouches for is looked at first. */
  onDownloadDone(verification: Verification): void {
    if (this.#end !== null) return;
    if (verification === 'parts' || verification === 'whole') return this.#deliver(verification);
    const path = join(this.#files.folder, this.#files.partName);
    judgeFile(path, this.#request.wanted.bytes, this.#over.signal).then(
      (verdict) => this.#onJudged(verdict, verification, path),
      // It was stopped meanwhile.
      () => undefined,
    );
  }

  #onJudged(verdict: FileVerdict, verification: Verification, path: string): void {
    if (this.#end !== null) return;
    if (verdict === 'whole' || verdict === 'unknown') return this.#deliver(verification);
    this.#verdict = verdict;
    this.#badFiles?.condemn(this.#request.wanted.hashes, verdict, this.#files.name);
    const why = `No hash of the whole was known, and ${VERDICT_WORDS[verdict]}.`;
    this.#fail(new Failure('integrity', `${this.#files.name} is a bad file.`, why, `To look at it: ${path}${this.#onList}`));
  }

  /** How somebody who knows better gets it all the same. */
  get #onList(): string {
    return this.#badFiles === null ? '' : `; to fetch it all the same, take it out of ${this.#badFiles.file}`;
  }

  #deliver(verification: Verification): void {
    try {
      const path = giveName(join(this.#files.folder, this.#files.partName), this.#files.folder, this.#files.name);
      removeRecords(this.#stateFolder, this.#files.key);
      this.#succeed(path, verification);
    } catch (error) {
      this.#fail(failureFrom(error, `${this.#files.name} is complete, and cannot be given its name.`));
    }
  }

  onDownloadFailed(failure: DownloadFailure): void {
    if (this.#end !== null) return;
    if ('path' in failure) this.#fail(storeFailure(failure));
    else if (failure.kind === 'bad')
      this.#fail(
        new Failure(
          'integrity',
          `${this.#files.name} is a bad file.`,
          'It was looked at before.',
          `Choose another hit of the search${this.#onList}`,
        ),
      );
    else
      this.#fail(
        new Failure('integrity', `${this.#files.name} is not what it is called.`, failure.message, 'Choose another hit of the search.'),
      );
  }

  #succeed(path: string, verification: Verification): void {
    this.#finish('done');
    this.#resolve({ path, bytes: this.#request.wanted.bytes, verification });
  }

  #fail(failure: Failure): void {
    this.#finish('failed');
    this.#reject(failure);
  }

  #finish(end: 'done' | 'failed' | 'stopped'): void {
    this.#end = end;
    this.#over.abort();
    clearInterval(this.#timer);
    this.#report();
    this.#listeners.clear();
  }
}
