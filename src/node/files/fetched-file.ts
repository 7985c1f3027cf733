/**
 * One fetch on a socket host: the promise, the progress, and the files around a download: its name while it is incomplete, the tree that was found, and
 * the name that it gets in the end. Owns those files.
 */

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Host } from '../../core/host.ts';
import { hexOf } from '../../core/hex.ts';
import { utf8Bytes } from '../../core/utf8.ts';
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
import { safeName } from '../../wire/safe-path.ts';
import { HASH_KINDS } from '../../wire/shared-file.ts';
import type { BadFileList } from '../bad-file-list.ts';
import { Failure, failureFrom } from '../failure.ts';
import { storeFailure } from '../transfers/transfer.ts';
import type { FetchProgress, FetchRequest, FetchResult, FetchState, FileFetch } from './file-fetch.ts';
import { holderOf } from './fetch-holder.ts';
import { giveName } from './give-name.ts';
import { judgeFile } from './judge-file.ts';
import { isWhole } from './whole-file.ts';
import { readTree, removeRecords, writeTree } from './tree-record.ts';

const PROGRESS_MS = 1000;
const KEY_CHARS = 32;
const USER_AGENT = 'kith/0.1';

const WHAT_IS_WRONG: Readonly<Record<BadReason, string>> = {
  truncated: 'It is shorter than it says itself.',
  scrambled: 'Its parts are not in order.',
  corrupt: 'It is not what it begins as.',
};

export class FetchedFile implements FileFetch, DownloadListener {
  readonly done: Promise<FetchResult>;
  readonly #host: Host;
  readonly #transfers: FileTransfers;
  readonly #stateFolder: string;
  readonly #badFiles: BadFileList | null;
  readonly #request: FetchRequest;
  readonly #folder: string;
  readonly #name: string;
  readonly #key: string;
  readonly #listeners = new Set<(progress: FetchProgress) => void>();
  readonly #timer: NodeJS.Timeout;
  readonly #over = new AbortController();
  /** Found while what is there was looked at. */
  #early: FetchRequest['ways'] = [];
  #download: FileDownload | null = null;
  #end: 'done' | 'failed' | 'stopped' | null = null;
  #resolve: (result: FetchResult) => void = () => undefined;
  #reject: (failure: Failure) => void = () => undefined;

  constructor(host: Host, transfers: FileTransfers, stateFolder: string, badFiles: BadFileList | null, request: FetchRequest) {
    this.#host = host;
    this.#transfers = transfers;
    this.#stateFolder = stateFolder;
    this.#badFiles = badFiles;
    this.#request = request;
    this.#folder = resolve(request.folder);
    this.#name = safeName(utf8Bytes(request.name.toWellFormed()));
    this.#key = keyOf(request, join(this.#folder, this.#name));
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
    const holders = download === null ? [] : Array.from(download.holders, (holder) => holderOf(holder, now));
    return {
      state: this.#state(),
      bytes,
      bytesDone: this.#end === 'done' ? bytes : (download?.bytesDone ?? 0),
      bytesPerSecond: holders.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0),
      checksParts: download !== null && download.tree !== null,
      holders,
    };
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
    this.#reject(new Failure('interrupted', `${this.#name} is not complete.`, '', 'Ask for it again: it goes on where it stopped.'));
  }

  #state(): FetchState {
    const download = this.#download;
    if (this.#end !== null) return this.#end;
    if (download === null || download.state === 'opening') return 'opening';
    if (download.state !== 'moving') return 'checking';
    return [...download.holders].some(({ state }) => state === 'sending' || state === 'asked' || state === 'tree') ? 'moving' : 'waiting';
  }

  #report(): void {
    const { progress } = this;
    for (const listener of this.#listeners) listener(progress);
  }

  // ---- the course of it ----------------------------------------------------------------------------------------------------------

  /** What was fetched before under that name is not fetched again. */
  #lookForWhole(): void {
    const { wanted } = this.#request;
    const stat = statSync(join(this.#folder, this.#name), { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size !== wanted.bytes) return this.#begin();
    isWhole(this.#host, { folder: this.#folder, name: this.#name, key: `${this.#key}w`, wanted }, (isIt) => {
      if (this.#end !== null) return;
      if (isIt) this.#succeed(join(this.#folder, this.#name), 'whole');
      else this.#begin();
    });
  }

  #begin(): void {
    const { wanted, ways, pushedWay = null, callBacks = null } = this.#request;
    const options = {
      wanted,
      location: this.#folder,
      path: [this.#partName],
      key: this.#key,
      tree: readTree(this.#stateFolder, this.#key),
      userAgent: USER_AGENT,
      node: null,
      badFiles: this.#badFiles,
      pushedWay,
      callBacks,
    };
    this.#download = this.#transfers.download(options, this);
    for (const way of [...ways, ...this.#early]) this.#download.add(way);
  }

  /** Two files that are called the same do not meet. */
  get #partName(): string {
    return safeName(utf8Bytes(`${this.#key.slice(0, 8)}.${this.#name}.part`));
  }

  onDownloadTree(level: TreeLevel): void {
    try {
      writeTree(this.#stateFolder, this.#key, level);
    } catch {
      // Then it is asked for once more in the next run.
    }
  }

  /** What no hash of the whole vouches for is looked at first. */
  onDownloadDone(verification: Verification): void {
    if (this.#end !== null) return;
    if (verification === 'parts' || verification === 'whole') return this.#deliver(verification);
    const path = join(this.#folder, this.#partName);
    judgeFile(path, this.#request.wanted.bytes, this.#over.signal).then(
      (verdict) => this.#onJudged(verdict, verification, path),
      // It was stopped meanwhile.
      () => undefined,
    );
  }

  #onJudged(verdict: FileVerdict, verification: Verification, path: string): void {
    if (this.#end !== null) return;
    if (verdict === 'whole' || verdict === 'unknown') return this.#deliver(verification);
    this.#badFiles?.condemn(this.#request.wanted.hashes, verdict, this.#name);
    const why = `${WHAT_IS_WRONG[verdict]} No hash of the whole was known.`;
    this.#fail(new Failure('integrity', `${this.#name} is a bad file.`, why, `To look at it: ${path}${this.#onList}`));
  }

  /** How somebody who knows better gets it all the same. */
  get #onList(): string {
    return this.#badFiles === null ? '' : `; to fetch it all the same, take it out of ${this.#badFiles.file}`;
  }

  #deliver(verification: Verification): void {
    try {
      const path = giveName(join(this.#folder, this.#partName), this.#folder, this.#name);
      removeRecords(this.#stateFolder, this.#key);
      this.#succeed(path, verification);
    } catch (error) {
      this.#fail(failureFrom(error, `${this.#name} is complete, and cannot be given its name.`));
    }
  }

  onDownloadFailed(failure: DownloadFailure): void {
    if (this.#end !== null) return;
    if ('path' in failure) this.#fail(storeFailure(failure));
    else if (failure.kind === 'bad')
      this.#fail(
        new Failure(
          'integrity',
          `${this.#name} is a bad file.`,
          'It was looked at before.',
          `Choose another hit of the search${this.#onList}`,
        ),
      );
    else
      this.#fail(new Failure('integrity', `${this.#name} is not what it is called.`, failure.message, 'Choose another hit of the search.'));
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

/** The same for the same file in the same place. */
function keyOf({ wanted }: FetchRequest, path: string): string {
  const hash = createHash('sha256').update(`${wanted.bytes} ${path}`);
  for (const kind of HASH_KINDS) hash.update(` ${kind} ${hexOf(wanted.hashes[kind] ?? new Uint8Array(0))}`);
  return hash.digest('hex').slice(0, KEY_CHARS);
}
