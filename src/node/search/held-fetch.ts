/**
 * One fetch of the node's list: while it is under way the bytes and the hunt for holders, else what is known of it. Owns both, and what is told of it;
 * owned by the book, which keeps what has to last.
 */

import { formatMagnet } from '../../wire/magnet.ts';
import type { SearchHit } from '../../wire/search-hit.ts';
import { urnsOf } from '../../wire/urn.ts';
import { type Failure, failureFrom } from '../failure.ts';
import type { FetchMaker, FetchProgress, FetchRequest, FetchResult, FileFetch } from '../files/file-fetch.ts';
import type { ProblemView } from '../node-view.ts';
import { VERIFICATION_WORDS } from '../state-words.ts';
import { type FetchDetail, type FetchNote, type FetchView, networksOf, piecesOf } from './fetch-view.ts';
import { callBacksBy, HolderHunt, pushedWay } from './holder-hunt.ts';
import type { SearchNetwork } from './search-network.ts';
import { type HashesView, hashesOf } from './search-view.ts';

/** The latest are kept. */
const NOTES_MAX = 100;
const NOTE_CHARS_MAX = 500;

/** What is known of a fetch from run to run. */
export interface KeptFetch {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
  readonly hashes: HashesView;
  readonly folder: string;
  readonly sources: readonly string[];
  readonly addedAtMs: number;
  readonly path: string | null;
  readonly verification: FetchView['verification'];
  readonly completedAtMs: number | null;
  readonly paused: boolean;
  /** When it was last under way. */
  readonly haveBytes: number;
}

const NOTHING_YET: FetchProgress = {
  state: 'opening',
  bytes: 0,
  bytesDone: 0,
  bytesPerSecond: 0,
  checksParts: false,
  verdict: null,
  holders: [],
};

export class HeldFetch {
  kept: KeptFetch;
  problem: ProblemView | null = null;
  readonly #maker: FetchMaker;
  readonly #networks: () => readonly SearchNetwork[];
  readonly #onEnd: () => void;
  readonly #notes: FetchNote[] = [];
  #fetch: FileFetch | null = null;
  #hunt: HolderHunt | null = null;
  /** From holders, before it was last begun. */
  #cameBytes = 0;
  /** Holders that were known when it was last under way. */
  #hits: readonly SearchHit[];
  /** Settles when what was under way last has let go of its files. */
  #stopped: Promise<void> = Promise.resolve();

  /** `onEnd`: it is done, or has failed. */
  constructor(kept: KeptFetch, hits: readonly SearchHit[], maker: FetchMaker, networks: () => readonly SearchNetwork[], onEnd: () => void) {
    this.kept = kept;
    this.#hits = hits;
    this.#maker = maker;
    this.#networks = networks;
    this.#onEnd = onEnd;
  }

  get isDone(): boolean {
    return this.kept.path !== null;
  }

  /** Under way, or goes on where it was. Networks are asked from `huntMs` from now on. */
  begin(huntMs = 0): void {
    if (this.isDone || this.kept.paused) return;
    this.problem = null;
    this.#cameBytes += cameFrom(this.#progress);
    this.#fetch = null;
    const request = this.#request;
    const { wanted } = request;
    let fetch: FileFetch;
    try {
      fetch = this.#maker.fetch({
        ...request,
        callBacks: callBacksBy(this.#networks),
        pushedWay: (alternate) => pushedWay(this.#networks(), wanted, alternate),
      });
    } catch (error) {
      return this.#fail(failureFrom(error, `${this.kept.name} cannot be fetched.`));
    }
    this.#fetch = fetch;
    this.#hunt = new HolderHunt(wanted, fetch, this.#networks, this.#hits, huntMs);
    fetch.done.then(
      (result) => this.#onDone(fetch, result),
      (error: unknown) => this.#onFailed(fetch, failureFrom(error, `${this.kept.name} could not be fetched.`)),
    );
  }

  /** Resolves when its files are let go of. What has come stays. */
  async pause(): Promise<void> {
    if (this.isDone || this.kept.paused) return;
    this.problem = null;
    this.kept = { ...this.kept, paused: true, haveBytes: this.#haveBytes };
    this.stop();
    this.note('Paused.');
    await this.#stopped;
  }

  /** Also after a failure. */
  async resume(): Promise<void> {
    if (this.isDone || (!this.kept.paused && this.problem === null)) return;
    await this.#stopped;
    // Somebody else was faster, or it was paused again.
    if (!this.kept.paused && this.problem === null) return;
    this.kept = { ...this.kept, paused: false };
    this.note('It goes on.');
    this.begin();
  }

  /** No longer under way: until `begin`. */
  stop(): void {
    const [fetch, hunt] = [this.#fetch, this.#hunt];
    if (hunt !== null) this.#hits = hunt.hits;
    this.kept = { ...this.kept, haveBytes: this.#haveBytes };
    this.#cameBytes += cameFrom(this.#progress);
    this.#fetch = null;
    this.#hunt = null;
    hunt?.stop();
    if (fetch !== null) this.#stopped = fetch.stop();
  }

  /** What has come goes, too: after `stop`. */
  async discard(): Promise<void> {
    await this.#stopped;
    this.#maker.discard(this.#request);
  }

  note(words: string): void {
    this.#notes.push({ atMs: Date.now(), words: words.slice(0, NOTE_CHARS_MAX) });
    if (this.#notes.length > NOTES_MAX) this.#notes.shift();
  }

  view(): FetchView {
    const { id, name, bytes, hashes, folder, path, verification, addedAtMs, completedAtMs } = this.kept;
    const progress = this.#progress;
    const haveBytes = this.#haveBytes;
    const rate = Math.round(progress.bytesPerSecond);
    return {
      id,
      name,
      bytes,
      haveBytes,
      downloadRate: rate,
      downloadedBytes: this.#cameBytes + cameFrom(progress),
      leftMs: rate > 0 && haveBytes < bytes ? Math.round(((bytes - haveBytes) / rate) * 1000) : null,
      state: this.#state(progress),
      holders: progress.holders.length,
      sending: progress.holders.filter(({ bytesPerSecond }) => bytesPerSecond > 0).length,
      networks: networksOf(progress.holders),
      hashes,
      checksParts: progress.checksParts,
      verification,
      verdict: progress.verdict,
      folder,
      path,
      problem: this.problem,
      addedAtMs,
      completedAtMs,
    };
  }

  detail(): FetchDetail {
    const { name, bytes, sources, hashes } = this.kept;
    const exact = urnsOf(hashesOf(hashes));
    const parts = this.#fetch?.parts ?? null;
    const againInMs = this.#hunt === null ? null : this.#hunt.againInMs;
    return {
      ...this.view(),
      holderList: this.#progress.holders,
      pieces: parts === null ? null : piecesOf(parts),
      partPath: this.#maker.partPath(this.#request),
      sources,
      againInMs: this.#hunt === null ? null : Math.round(againInMs ?? 0),
      link: exact.length === 0 ? '' : formatMagnet({ exact, name, totalBytes: bytes }),
      notes: [...this.#notes],
    };
  }

  get #request(): FetchRequest {
    const { name, bytes, hashes, folder, sources } = this.kept;
    const ways = sources.map((url) => this.#maker.webWay(url)).filter((way) => way !== null);
    return { wanted: { bytes, hashes: hashesOf(hashes) }, name, folder, ways, onNote: (words) => this.note(words) };
  }

  get #progress(): FetchProgress {
    return this.#fetch?.progress ?? NOTHING_YET;
  }

  /** While what is there is being looked at, what was there when that began. */
  get #haveBytes(): number {
    if (this.isDone) return this.kept.bytes;
    const { state, bytesDone } = this.#progress;
    return state === 'opening' ? Math.max(bytesDone, this.kept.haveBytes) : bytesDone;
  }

  #state({ state }: FetchProgress): FetchView['state'] {
    if (this.problem !== null) return 'failed';
    if (this.isDone) return 'done';
    return this.kept.paused ? 'paused' : state;
  }

  #onDone(fetch: FileFetch, { path, verification }: FetchResult): void {
    // It was stopped meanwhile.
    if (this.#fetch !== fetch) return;
    this.#hunt?.stop();
    this.kept = { ...this.kept, path, verification, completedAtMs: Date.now() };
    this.note(`Done: ${VERIFICATION_WORDS[verification]}.`);
    this.#onEnd();
  }

  #onFailed(fetch: FileFetch, failure: Failure): void {
    if (this.#fetch !== fetch) return;
    this.#hunt?.stop();
    this.#fail(failure);
    this.#onEnd();
  }

  #fail({ kind, message, why, next }: Failure): void {
    this.problem = { kind, message, why, next };
    this.note(`${message} ${why}`.trim());
  }
}

function cameFrom({ holders }: FetchProgress): number {
  return holders.reduce((sum, { bytes }) => sum + bytes, 0);
}
